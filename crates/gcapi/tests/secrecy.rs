//! No text this crate makes holds a secret.
//!
//! A program of its own, because it sets the logger of the whole process.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests may panic like the tests themselves"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "shared with other tests, which use the rest"
)]
#[path = "it/common/mod.rs"]
mod common;

use std::io;
use std::sync::{Arc, Mutex};

use futures_util::TryStreamExt;
use gcapi::{Bytes, Url};
use tracing_subscriber::filter::LevelFilter;

use common::{Server, TOKEN, builder, bytes, client, html, json, redirect};

/// Everything that is logged, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs something in a thread of its own, and leaves what it spawned running there.
fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            send.send(work.await).unwrap();
            // Keeps serving until the test program ends.
            std::future::pending::<()>().await;
        });
    });
    receive.recv().unwrap()
}

#[tokio::test]
async fn no_log_line_holds_the_token_or_a_signature() {
    let store = apart(Server::start(|_, before| match before {
        0 => html(503),
        _ => bytes(200, "content"),
    }));
    let target = store.url("/a.mha?X-Amz-Signature=s3cr3t");
    let api = apart(Server::start(move |seen, _| match seen.path.as_str() {
        "/media/a.mha" => redirect(&target),
        _ => json(200, "{}"),
    }));

    let log = Log::default();
    let writer = log.clone();
    let own = std::thread::current().id();
    // The servers are in threads of their own, and what they log is not the client's doing.
    let writer = move || match std::thread::current().id() == own {
        true => writer.clone(),
        false => Log::default(),
    };
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(writer)
        .init();
    let client = client(&api);
    client.uploads().detail("1").await.unwrap();
    let media = Url::parse(&api.url("/media/a.mha")).unwrap();
    let request = client.resolve_media(&media).await.unwrap();
    let object = client.get_object(&request, None, None).await.unwrap();
    let _read: Vec<Bytes> = object.into_stream().try_collect().await.unwrap();

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in ["/api/v1/uploads/1/", "X-Amz-Signature=***", "trying again"] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
    for line in text.lines() {
        assert!(!line.contains(TOKEN) && !line.contains("s3cr3t"), "{line}");
    }
}

#[tokio::test]
async fn no_error_and_no_debug_text_holds_the_token() {
    let server = Server::start(|seen, _| {
        // A server that repeats what it was sent.
        json(
            400,
            format!("{{\"detail\":{:?}}}", seen.header("authorization").unwrap()),
        )
    })
    .await;
    let client = client(&server);
    let error = client.uploads().detail("1").await.unwrap_err();
    for text in [
        format!("{client:?}"),
        format!("{:?}", client.uploads()),
        format!("{:?}", builder(&server)),
        format!("{error}"),
        format!("{error:?}"),
    ] {
        assert!(!text.contains(TOKEN), "{text}");
    }
}
