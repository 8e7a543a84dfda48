//! A platform in a process of its own, for benchmarks: serves a synthetic
//! archive, with what makes life hard added, and counts.
//!
//! ```text
//! platform FOLDER ORDER
//! ```
//!
//! `ORDER` is a JSON object: the shape of the archive (`items`, `values`,
//! `files`, `images`, `instances`, `size`), `latency_ms` before every answer,
//! `lifetime_seconds` of signed URLs, `drop_every` so many bytes of the store,
//! `rate` in bytes per second of each answer of the store, `store` (an origin where another server gives out `FOLDER/archive`, to
//! which media URLs of Files then lead), `keep_pages` (pages of listings are
//! rendered once), `port` of the API, `certificate` and `key`.
//!
//! The archive is made in `FOLDER` if it is not there. One JSON line says how
//! it is reached; then every line on standard input is answered with the
//! requests, and the bytes of the store, since the line before; at its end the
//! platform ends.

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use gcapi_archive::ArchiveFolder;
use gcapi_server::{CertificateSource, ServerConfig, ServerToken};
use gcapi_testkit::synthetic::{self, Shape};
use serde_json::{Value, json};
use tokio::time::Instant;

/// What is counted.
#[derive(Debug, Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
    /// Bytes since the start, for the drops.
    ever: AtomicU64,
}

/// How the store and the API differ from the real ones.
#[derive(Clone, Debug)]
struct Manner {
    counts: Arc<Counts>,
    latency: Duration,
    drop_every: u64,
    rate: Option<u32>,
    store: Option<String>,
    pages: Option<Arc<Pages>>,
}

/// Pages of listings that were rendered already, by request.
type Pages = Mutex<HashMap<String, (StatusCode, HeaderMap, Bytes)>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, order] = arguments.as_slice() else {
        return Err("usage: platform FOLDER ORDER".into());
    };
    let (folder, order) = (Path::new(folder), serde_json::from_str::<Value>(order)?);
    make(folder, shape(&order)?)?;
    let manner = Manner {
        counts: Arc::default(),
        latency: Duration::from_millis(number(&order, "latency_ms").unwrap_or(0)),
        drop_every: number(&order, "drop_every").unwrap_or(u64::MAX),
        rate: number(&order, "rate").map(u32::try_from).transpose()?,
        store: text(&order, "store").map(str::to_owned),
        pages: (order.get("keep_pages") == Some(&Value::Bool(true))).then(Arc::default),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let (api, store) = (manner.clone(), manner.clone());
    let config = config(folder, &order)?;
    let token = config.token.clone();
    let server = runtime.block_on(gcapi_server::start_with(
        config,
        |router| layered(router, api),
        |router| layered_store(router, store),
    ))?;
    let mut stdout = std::io::stdout();
    let reached = json!({"base_url": server.base_url().as_str(), "token": token.expose()});
    writeln!(stdout, "{reached}")?;
    for line in std::io::stdin().lock().lines() {
        line?;
        let counts = &manner.counts;
        let since = json!({
            "requests": counts.requests.swap(0, Ordering::Relaxed),
            "bytes": counts.bytes.swap(0, Ordering::Relaxed),
        });
        writeln!(stdout, "{since}")?;
    }
    drop(server);
    runtime.shutdown_background();
    Ok(())
}

/// Makes the archive, if it is not there or was made otherwise.
fn make(folder: &Path, shape: Shape) -> Result<(), Box<dyn Error>> {
    let (archive, version) = (folder.join("archive"), folder.join("version"));
    if std::fs::read_to_string(&version).is_ok_and(|made| made == synthetic::VERSION) {
        return Ok(());
    }
    if archive.exists() {
        std::fs::remove_dir_all(&archive)?;
    }
    synthetic::make(&archive, shape)?;
    std::fs::write(version, synthetic::VERSION)?;
    Ok(())
}

fn shape(order: &Value) -> Result<Shape, Box<dyn Error>> {
    let count = |key| u32::try_from(number(order, key).unwrap_or(0));
    Ok(Shape {
        items: count("items")?,
        values: count("values")?,
        files: count("files")?,
        images: count("images")?,
        instances: count("instances")?,
        size: number(order, "size").unwrap_or(0),
    })
}

fn config(folder: &Path, order: &Value) -> Result<ServerConfig, Box<dyn Error>> {
    let file = |key: &'static str| text(order, key).ok_or_else(|| format!("no {key} in the order"));
    let mut config = ServerConfig::new(
        ArchiveFolder::open(&folder.join("archive"))?,
        ServerToken::generate(),
        CertificateSource::Files {
            certificate: file("certificate")?.into(),
            key: file("key")?.into(),
        },
    );
    if let Some(port) = number(order, "port") {
        config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port)?));
    }
    if let Some(seconds) = number(order, "lifetime_seconds") {
        config.signature_lifetime = Duration::from_secs(seconds);
    }
    Ok(config)
}

fn number(order: &Value, key: &str) -> Option<u64> {
    order.get(key).and_then(Value::as_u64)
}

fn text<'a>(order: &'a Value, key: &str) -> Option<&'a str> {
    order.get(key).and_then(Value::as_str)
}

/// The API and media URLs.
fn layered(router: Router, manner: Manner) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let manner = manner.clone();
        async move {
            manner.counts.requests.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(manner.latency).await;
            let mut response = match &manner.pages {
                Some(pages) => kept(pages, request, next).await,
                None => next.run(request).await,
            };
            if let Some(store) = &manner.store {
                lead_to(store, response.headers_mut());
            }
            response
        }
    }))
}

/// The store.
fn layered_store(router: Router, manner: Manner) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let manner = manner.clone();
        async move {
            manner.counts.requests.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(manner.latency).await;
            let (parts, body) = next.run(request).await.into_parts();
            let mut pace = Pace::new(manner.rate);
            let chunks = body.into_data_stream().then(move |chunk| {
                let due = pace.due(chunk.as_ref().map_or(0, Bytes::len));
                async move {
                    tokio::time::sleep_until(due).await;
                    chunk
                }
            });
            let chunks = chunks.map(move |chunk| {
                let chunk = chunk.map_err(std::io::Error::other)?;
                let length = chunk.len() as u64;
                manner.counts.bytes.fetch_add(length, Ordering::Relaxed);
                let before = manner.counts.ever.fetch_add(length, Ordering::Relaxed);
                if before / manner.drop_every == (before + length) / manner.drop_every {
                    Ok(chunk)
                } else {
                    Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
                }
            });
            Response::from_parts(parts, Body::from_stream(chunks))
        }
    }))
}

/// When bytes are due, at a rate.
struct Pace {
    start: Instant,
    rate: Option<u32>,
    bytes: u64,
}

impl Pace {
    fn new(rate: Option<u32>) -> Self {
        Self {
            start: Instant::now(),
            rate,
            bytes: 0,
        }
    }

    fn due(&mut self, bytes: usize) -> Instant {
        self.bytes += bytes as u64;
        let after = self.rate.map_or(Duration::ZERO, |rate| {
            Duration::from_micros(self.bytes.saturating_mul(1_000_000) / u64::from(rate.max(1)))
        });
        self.start + after
    }
}

/// Answers a page from memory, if it was given out before.
async fn kept(pages: &Pages, request: Request, next: Next) -> Response {
    let uri = request.uri();
    let is_page = uri.query().is_some_and(|query| query.contains("limit="));
    let key = format!(
        "{}?{} {:?}",
        uri.path(),
        uri.query().unwrap_or_default(),
        request.headers().get(header::ACCEPT_ENCODING),
    );
    let known = lock(pages).get(&key).cloned();
    if let (true, Some((status, headers, body))) = (is_page, known) {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        return response;
    }
    let (parts, body) = next.run(request).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    if is_page && parts.status == StatusCode::OK {
        let page = (parts.status, parts.headers.clone(), body.clone());
        lock(pages).insert(key, page);
    }
    Response::from_parts(parts, Body::from(body))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets the redirect of a File lead to another server that has the folder.
fn lead_to(store: &str, headers: &mut HeaderMap) {
    let led = headers.get(header::LOCATION).and_then(|location| {
        let (url, query) = location.to_str().ok()?.split_once('?')?;
        // .../<value pk>/<name>
        let value = url.rsplit('/').nth(1)?.parse().ok()?;
        let path = synthetic::path_of_file(value)?;
        HeaderValue::try_from(format!("{store}/{path}?{query}")).ok()
    });
    if let Some(location) = led {
        headers.insert(header::LOCATION, location);
    }
}
