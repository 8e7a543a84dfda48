//! What log lines hold, down to the finest level of every crate.

use std::io;
use std::sync::{Arc, Mutex};

use crate::archive::{Archive, answer};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_holds_a_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    // For the whole process: requests are answered on threads of their own.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    assert_eq!(answer(served.client.get(&location)).await.0, 200);
    let refused = served.client.get(&location).bearer_auth("ff");
    assert_eq!(answer(refused).await.0, 400);
    let both = format!("{location}&token={}", served.token.expose());
    assert_eq!(answer(served.client.get(both)).await.0, 200);

    let lines = lines.0.lock().unwrap();
    let ours: Vec<_> = std::str::from_utf8(&lines)
        .unwrap()
        .lines()
        .filter(|line| line.contains(" gcapi_server"))
        .collect();
    let signature = location.split("X-Amz-Signature=").nth(1).unwrap();
    assert!(
        ours.iter()
            .any(|line| line.contains("X-Amz-Signature=****"))
    );
    for line in ours {
        assert!(!line.contains(signature), "{line}");
        assert!(!line.contains(served.token.expose()), "{line}");
    }
}
