//! Connections through a proxy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::common::{Server, builder, json};

/// A proxy that opens tunnels, and how many it opened.
async fn proxy() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let tunnels = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&tunnels);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(tunnel(client));
        }
    });
    (address, tunnels)
}

async fn tunnel(mut client: TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap();
    assert!(
        head.starts_with("CONNECT ") && !head.contains("Bearer"),
        "{head}"
    );
    let mut server = TcpStream::connect(target).await.unwrap();
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    // Whichever side ends first ends the tunnel.
    let _ended = copy_bidirectional(&mut client, &mut server).await;
}

#[tokio::test]
async fn a_proxy_is_used_except_where_it_must_not_be() {
    let server = Server::start(|_, _| json(200, "{}")).await;
    for (exceptions, expected) in [("", 1), ("other.example", 1), ("localhost", 0)] {
        let (address, tunnels) = proxy().await;
        let client = builder(&server)
            .proxy(&address)
            .no_proxy(exceptions)
            .build()
            .unwrap();
        client.uploads().detail("1").await.unwrap();
        assert_eq!(tunnels.load(Ordering::SeqCst), expected, "{exceptions:?}");
    }
}
