//! Starting, wrapping and stopping.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::middleware::{self, Next};
use gcapi_server::{CertificateSource, Error, ServerConfig, start, start_with};

use crate::archive::{Archive, answer, client, plain_bytes};

#[tokio::test]
async fn a_body_under_way_outlives_the_shutdown() {
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    let mut response = served.client.get(&location).send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    let stopping = tokio::spawn(served.server.shutdown());
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut received = first.to_vec();
    while let Some(chunk) = response.chunk().await.unwrap() {
        received.extend_from_slice(&chunk);
    }
    assert_eq!(received, plain_bytes());
    stopping.await.unwrap().unwrap();
    let refused = served.client.get(&location).send().await;
    assert!(refused.unwrap_err().is_connect());
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_shutdown() {
    let served = Archive::new().serve().await;
    let location = served.plain_location().await;
    let whole = served.client.get(&location).send().await.unwrap();
    assert_eq!(whole.bytes().await.unwrap().len(), plain_bytes().len());
    let started = Instant::now();
    served.server.shutdown().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn both_routers_can_be_wrapped() {
    let archive = Archive::new();
    let counted = Arc::new(AtomicUsize::new(0));
    let wrap = |counter: Arc<AtomicUsize>| {
        move |router: axum::Router| {
            router.layer(middleware::from_fn(move |request: Request, next: Next| {
                counter.fetch_add(1, Ordering::Relaxed);
                next.run(request)
            }))
        }
    };
    let server = start_with(
        archive.config(),
        wrap(Arc::clone(&counted)),
        wrap(Arc::clone(&counted)),
    )
    .await
    .unwrap();
    let client = client(&archive.ca);
    let version = client.get(server.base_url().join("gcapi/").unwrap());
    assert_eq!(answer(version).await.0, 200);
    let bare = client.get(server.store_origin().clone());
    assert_eq!(answer(bare).await.0, 403);
    assert_eq!(counted.load(Ordering::Relaxed), 2);
    server.shutdown().await.unwrap();
}

#[tokio::test]
async fn only_the_certificate_of_the_ca_is_written() {
    let served = Archive::new().serve().await;
    let ca = served.server.ca_certificate().unwrap();
    assert_eq!(ca, served.archive.ca);
    let pem = std::fs::read_to_string(ca).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(!pem.contains("PRIVATE KEY"));
    let beside = std::fs::read_dir(ca.parent().unwrap()).unwrap();
    let mut names: Vec<_> = beside.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["ca.pem", "out"]);
    // The names a client may use.
    for host in ["localhost", "127.0.0.1"] {
        let mut url = served.server.base_url().join("gcapi/").unwrap();
        url.set_host(Some(host)).unwrap();
        assert_eq!(answer(served.client.get(url)).await.0, 200, "{host}");
    }
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    let distrusted = stranger.get(served.server.base_url().clone()).send().await;
    assert!(distrusted.unwrap_err().is_connect());
}

#[tokio::test]
async fn a_certificate_can_come_from_files() {
    let archive = Archive::new();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (
        archive.ca.with_file_name("cert.pem"),
        archive.ca.with_file_name("key.pem"),
    );
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let config = |certificate, key| ServerConfig {
        certificate: CertificateSource::Files { certificate, key },
        ..archive.config()
    };
    let server = start(config(certificate.clone(), key)).await.unwrap();
    assert_eq!(server.ca_certificate(), None);
    let version = client(&certificate).get(server.base_url().join("gcapi/").unwrap());
    assert_eq!(answer(version).await.0, 200);
    let nothing = archive.ca.with_file_name("nothing.pem");
    let error = start(config(certificate, nothing)).await.unwrap_err();
    assert!(matches!(error, Error::CertificateFile { .. }), "{error}");
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let served = Archive::new().serve().await;
    let archive = Archive::new();
    let taken = ServerConfig {
        listen: served.server.api_address(),
        ..archive.config()
    };
    let error = start(taken).await.unwrap_err();
    assert!(matches!(error, Error::Listen { .. }), "{error}");
    let odd = ServerConfig {
        public_host: Some("a/b".into()),
        ..archive.config()
    };
    let error = start(odd).await.unwrap_err();
    assert!(matches!(error, Error::HostName(_)), "{error}");
    let named = ServerConfig {
        public_host: Some("archive.example.org".into()),
        ..archive.config()
    };
    let server = start(named).await.unwrap();
    assert_eq!(server.base_url().host_str(), Some("archive.example.org"));
}
