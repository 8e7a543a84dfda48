//! The server: one closure answers everything, and every request is remembered.

use std::net::TcpListener;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, Version};
use axum::response::Response;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    /// The host and port it was sent to, whichever way the version of HTTP tells.
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// A number among the query parameters.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.parse().unwrap())
    }
}

/// Put into a response, this delays its head.
#[derive(Clone)]
pub(crate) struct Stall(pub(crate) Duration);

pub(crate) struct Server {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    handle: Handle<std::net::SocketAddr>,
}

impl Server {
    /// Starts a server. The closure gets each request and how many came before it.
    pub(crate) async fn start<Answer>(answer: Answer) -> Self
    where
        Answer: Fn(&Seen, usize) -> Response + Send + Sync + 'static,
    {
        // Whoever comes first installs it; the others find it there.
        let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let identity = identity();
        let config = RustlsConfig::from_pem(
            identity.cert.pem().into_bytes(),
            identity.signing_key.serialize_pem().into_bytes(),
        )
        .await
        .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let handle = Handle::new();

        let remember = Arc::clone(&seen);
        let answer = Arc::new(answer);
        let router = Router::new().fallback(move |request: Request| {
            let remember = Arc::clone(&remember);
            let answer = Arc::clone(&answer);
            async move {
                let request = read(request).await;
                let before = {
                    let mut seen = remember.lock().unwrap();
                    seen.push(request.clone());
                    seen.len() - 1
                };
                let mut response = answer(&request, before);
                if let Some(Stall(duration)) = response.extensions_mut().remove::<Stall>() {
                    tokio::time::sleep(duration).await;
                }
                response
            }
        });
        let serving = axum_server::from_tcp_rustls(listener, config)
            .unwrap()
            .handle(handle.clone())
            .serve(router.into_make_service());
        tokio::spawn(serving);
        Self { port, seen, handle }
    }

    /// An address on this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

async fn read(request: Request) -> Seen {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let host = match head.uri.authority() {
        Some(authority) => authority.to_string(),
        None => head
            .headers
            .get("host")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned(),
    };
    Seen {
        method: head.method,
        host,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        version: head.version,
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// One certificate for all servers of a run, signed by itself.
fn identity() -> &'static CertifiedKey<KeyPair> {
    static IDENTITY: OnceLock<CertifiedKey<KeyPair>> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
    })
}

pub(crate) fn ca_pem() -> Vec<u8> {
    identity().cert.pem().into_bytes()
}
