//! A platform on threads of its own, so that a test can wait for a program
//! that talks to it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use futures_util::TryStreamExt as _;
use gcapi_archive::ArchiveFolder;
use gcapi_server::{CertificateSource, ServerConfig, ServerToken};
use tokio::sync::oneshot;

use crate::interference::{Interference, Seen, Side, apply, moved};
use crate::wire::Proxy;

type Hook = dyn Fn(&Seen) -> Interference + Send + Sync;

/// A server over TLS that serves an archive on disk, counts requests, and
/// misbehaves on demand. It ends when it is dropped.
#[derive(Debug)]
pub struct Platform {
    base_url: String,
    store: String,
    ca: PathBuf,
    token: ServerToken,
    log: Arc<Mutex<Vec<Seen>>>,
    served: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _folder: tempfile::TempDir,
}

impl Platform {
    /// Serves a folder as it should be.
    ///
    /// # Panics
    /// If it cannot be served: a test cannot go on then.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        Self::misbehaving(folder, |_| Interference::Pass)
    }

    /// Serves a folder; `hook` decides what becomes of each request.
    ///
    /// # Panics
    /// As for [`Platform::start`].
    #[must_use]
    pub fn misbehaving(
        folder: &Path,
        hook: impl Fn(&Seen) -> Interference + Send + Sync + 'static,
    ) -> Self {
        Self::new(folder, Arc::new(hook), false)
    }

    /// The same, with a proxy in front of the store that can break what it
    /// sends in the middle: [`Interference::Wire`] does nothing without it.
    /// [`Platform::served_bytes`] counts what the proxy took then.
    ///
    /// # Panics
    /// As for [`Platform::start`].
    #[must_use]
    pub fn behind_a_wire(
        folder: &Path,
        hook: impl Fn(&Seen) -> Interference + Send + Sync + 'static,
    ) -> Self {
        Self::new(folder, Arc::new(hook), true)
    }

    #[expect(clippy::expect_used, reason = "a test cannot go on without a platform")]
    fn new(folder: &Path, hook: Arc<Hook>, behind_a_wire: bool) -> Self {
        let temporary = tempfile::tempdir().expect("a temporary folder can be made");
        let token = ServerToken::generate();
        let config = ServerConfig::new(
            ArchiveFolder::open(folder).expect("the folder holds an archive"),
            token.clone(),
            CertificateSource::Generated {
                write_ca_to: temporary.path().join("ca.pem"),
            },
        );
        let log = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, starting) = std::sync::mpsc::channel();
        let served = Arc::new(AtomicU64::new(0));
        let layers = Layers {
            log: Arc::clone(&log),
            hook,
            served: Arc::clone(&served),
            moved: Arc::default(),
        };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime can be made");
            runtime.block_on(async move {
                let server = gcapi_server::start_with(
                    config,
                    |router| layered(router, Side::Api, &layers),
                    |router| layered(router, Side::Store, &layers),
                )
                .await
                .expect("the platform can be started");
                let origin = |url: &str| url.trim_end_matches('/').to_owned();
                let ca = server
                    .ca_certificate()
                    .map(Path::to_path_buf)
                    .unwrap_or_default();
                let mut store = origin(server.store_origin().as_str());
                if behind_a_wire {
                    let proxy =
                        Proxy::new(server.store_address(), &ca).expect("a proxy can be made");
                    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                        .await
                        .expect("a proxy can listen");
                    let port = listener.local_addr().expect("it listens").port();
                    let behind = std::mem::replace(&mut store, format!("https://localhost:{port}"));
                    let _ = layers.moved.set((behind, store.clone()));
                    tokio::spawn(proxy.run(listener));
                }
                let _ = started.send((server.base_url().to_string(), store, ca));
                let _ = stopped.await;
                drop(server);
            });
            runtime.shutdown_background();
        });
        let (base_url, store, ca) = starting.recv().expect("the platform has started");
        Self {
            base_url,
            store,
            ca,
            token,
            log,
            served,
            stop: Some(stop),
            thread: Some(thread),
            _folder: temporary,
        }
    }

    /// `https://localhost:<port>/api/v1/`
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// `https://localhost:<port>` of the object store.
    #[must_use]
    pub fn store(&self) -> &str {
        &self.store
    }

    /// Where the CA certificate lies.
    #[must_use]
    pub fn ca_certificate(&self) -> &Path {
        &self.ca
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.expose()
    }

    /// Every request so far.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        lock(&self.log).clone()
    }

    /// Bytes the store has sent so far, as far as the sockets took them.
    #[must_use]
    pub fn served_bytes(&self) -> u64 {
        self.served.load(Ordering::SeqCst)
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.log).clear();
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct Layers {
    log: Arc<Mutex<Vec<Seen>>>,
    hook: Arc<Hook>,
    served: Arc<AtomicU64>,
    /// The store's origin, and that of the proxy before it, if there is one.
    moved: Arc<OnceLock<(String, String)>>,
}

fn layered(router: Router, side: Side, layers: &Layers) -> Router {
    let layers = layers.clone();
    router.layer(from_fn(move |request: Request, next: Next| {
        let seen = {
            let mut log = lock(&layers.log);
            let seen = Seen {
                number: log.len(),
                side,
                method: request.method().to_string(),
                host: host(&request),
                path: request.uri().path().to_owned(),
                query: request.uri().query().unwrap_or_default().to_owned(),
                headers: request.headers().clone(),
            };
            log.push(seen.clone());
            seen
        };
        let interference = (layers.hook)(&seen);
        let (served, to) = (Arc::clone(&layers.served), Arc::clone(&layers.moved));
        async move {
            match (side, to.get()) {
                (Side::Api, Some((from, to))) => moved(interference, request, next, from, to).await,
                (Side::Api, None) => apply(interference, request, next).await,
                (Side::Store, _) => counted(apply(interference, request, next).await, served),
            }
        }
    }))
}

/// HTTP/2 has it in the address, HTTP/1.1 in a header.
fn host(request: &Request) -> String {
    let header = || {
        request
            .headers()
            .get("host")
            .and_then(|host| host.to_str().ok())
    };
    request
        .uri()
        .authority()
        .map(|authority| authority.as_str())
        .or_else(header)
        .unwrap_or_default()
        .to_owned()
}

/// The same answer, whose bytes are counted as they leave.
fn counted(answer: Response, served: Arc<AtomicU64>) -> Response {
    let (parts, body) = answer.into_parts();
    let counted = body.into_data_stream().inspect_ok(move |bytes| {
        served.fetch_add(bytes.len() as u64, Ordering::SeqCst);
    });
    Response::from_parts(parts, Body::from_stream(counted))
}
