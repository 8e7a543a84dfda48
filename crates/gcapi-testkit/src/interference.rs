//! How a platform misbehaves.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::Value;

use crate::wire::Wire;

/// Which of the two origins a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The API and media URLs.
    Api,
    /// The object store.
    Store,
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// How many came before it, on both sides.
    pub number: usize,
    /// Where it came to.
    pub side: Side,
    /// `GET`, ...
    pub method: String,
    /// Host and port it was sent to.
    pub host: String,
    /// Path without query.
    pub path: String,
    /// Query, empty if there is none.
    pub query: String,
    /// Headers.
    pub headers: HeaderMap,
}

impl Seen {
    /// Whether this is a page of a list below `/api/v1/`, as
    /// `archives/items/`.
    #[must_use]
    pub fn is_list(&self, endpoint: &str) -> bool {
        self.side == Side::Api && self.path == format!("/api/v1/{endpoint}")
    }
}

/// What a platform does with a request.
pub enum Interference {
    /// What it should.
    Pass,
    /// What it should, later.
    Delay(Duration),
    /// Something else.
    Answer(Answer),
    /// Its JSON is changed first.
    Json(Box<dyn FnOnce(&mut Value) + Send>),
    /// Its body is replaced, headers and all else kept but for the length.
    Body(Box<dyn FnOnce(Vec<u8>) -> Vec<u8> + Send>),
    /// The body breaks off after so many bytes, with the length promised.
    Truncate(usize),
    /// What it should, but as if no range had been asked for.
    WithoutRange,
    /// What it should, without saying how long it is.
    WithoutLength,
    /// The body breaks off after so many bytes, and no length was promised.
    TruncateWithoutLength(usize),
    /// Nothing comes any more after so many bytes.
    Stall(usize),
    /// The answer says that its bytes are others of the file than they are.
    WrongContentRange,
    /// The bytes of a range that begins later than the one asked for, and a
    /// `Content-Range` that says so.
    OtherRange,
    /// More bytes than the answer says there are.
    Longer,
    /// The ETag has the shape of an MD5 and is none.
    WrongChecksum,
    /// Another version of every file, with another ETag: its bytes are those
    /// of version 0 with this number added by exclusive or.
    Version(u8),
    /// What it should, at so many bytes per second.
    Slowly(u64),
    /// Asked for with another query first.
    Query(Box<dyn FnOnce(&str) -> String + Send>, Box<Self>),
    /// As if the store had never heard of ranges.
    NoRanges,
    /// Compressed, whether or not that was asked for.
    Gzip,
    /// Compressed, and broken off in the middle of it.
    BrokenGzip,
    /// What it should, with another header, if it is success.
    Header(&'static str, String),
    /// What it should, over a connection that breaks. Only of the store, and
    /// only with [`crate::Platform::behind_a_wire`].
    Wire(Wire),
}

impl Interference {
    /// Changes the JSON of an answer.
    #[must_use]
    pub fn json(change: impl FnOnce(&mut Value) + Send + 'static) -> Self {
        Self::Json(Box::new(change))
    }

    /// Asks with another query.
    #[must_use]
    pub fn query(change: impl FnOnce(&str) -> String + Send + 'static) -> Self {
        Self::Query(Box::new(change), Box::new(Self::Pass))
    }

    /// Answers with a status and a JSON body.
    #[must_use]
    pub fn status(status: u16, body: &str) -> Self {
        Self::Answer(Answer {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
        })
    }

    /// What a store says of a signed URL that has grown old.
    #[must_use]
    pub fn expired() -> Self {
        Self::Answer(Answer {
            status: 403,
            headers: vec![("content-type".to_owned(), "application/xml".to_owned())],
            body: b"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code>\
                <Message>Request has expired</Message></Error>"
                .to_vec(),
        })
    }

    /// Redirects.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::Answer(Answer {
            status: 302,
            headers: vec![("location".to_owned(), location.to_owned())],
            body: Vec::new(),
        })
    }
}

impl std::fmt::Debug for Interference {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Pass => "Pass",
            Self::Delay(_) => "Delay",
            Self::Answer(_) => "Answer",
            Self::Json(_) => "Json",
            Self::Body(_) => "Body",
            Self::Truncate(_) => "Truncate",
            Self::WithoutRange => "WithoutRange",
            Self::WithoutLength => "WithoutLength",
            Self::TruncateWithoutLength(_) => "TruncateWithoutLength",
            Self::Stall(_) => "Stall",
            Self::WrongContentRange => "WrongContentRange",
            Self::OtherRange => "OtherRange",
            Self::Longer => "Longer",
            Self::WrongChecksum => "WrongChecksum",
            Self::Version(_) => "Version",
            Self::Slowly(_) => "Slowly",
            Self::Query(..) => "Query",
            Self::NoRanges => "NoRanges",
            Self::Gzip => "Gzip",
            Self::BrokenGzip => "BrokenGzip",
            Self::Header(..) => "Header",
            Self::Wire(_) => "Wire",
        })
    }
}

/// An answer made up by a test.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// Applies an interference around the real server.
pub(crate) async fn apply(
    interference: Interference,
    mut request: Request,
    next: Next,
) -> Response {
    if !matches!(interference, Interference::Pass | Interference::Delay(_)) {
        // Bodies are changed as they are, not as they are compressed.
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    match interference {
        Interference::Pass => next.run(request).await,
        Interference::Delay(delay) => {
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Interference::Answer(answer) => made_up(answer),
        Interference::WithoutRange => {
            request.headers_mut().remove(header::RANGE);
            next.run(request).await
        }
        Interference::Json(change) => {
            let response = next.run(request).await;
            replace(response, |body| {
                let mut value = serde_json::from_slice(&body).unwrap_or(Value::Null);
                change(&mut value);
                value.to_string().into_bytes()
            })
            .await
        }
        Interference::Body(change) => replace(next.run(request).await, change).await,
        Interference::Truncate(length) => {
            let (parts, body) = next.run(request).await.into_parts();
            let kept = beginning(body, length).await;
            Response::from_parts(parts, then(kept, Duration::from_millis(20)))
        }
        Interference::TruncateWithoutLength(length) => {
            let (mut parts, body) = next.run(request).await.into_parts();
            parts.headers.remove(header::CONTENT_LENGTH);
            let kept = beginning(body, length).await;
            Response::from_parts(parts, then(kept, Duration::from_millis(20)))
        }
        Interference::Stall(length) => {
            let (parts, body) = next.run(request).await.into_parts();
            let kept = beginning(body, length).await;
            Response::from_parts(parts, then(kept, Duration::from_secs(300)))
        }
        Interference::WithoutLength => {
            let (mut parts, body) = next.run(request).await.into_parts();
            parts.headers.remove(header::CONTENT_LENGTH);
            let body = whole(body).await;
            let chunks = stream::once(async move { Ok::<_, std::io::Error>(body) });
            Response::from_parts(parts, Body::from_stream(chunks))
        }
        Interference::Longer => {
            let (mut parts, body) = next.run(request).await.into_parts();
            parts.headers.remove(header::CONTENT_LENGTH);
            let mut body = whole(body).await.to_vec();
            if parts.headers.contains_key(header::CONTENT_RANGE) {
                body.extend_from_slice(b"and some more");
            }
            let chunks = stream::once(async move { Ok::<_, std::io::Error>(Bytes::from(body)) });
            Response::from_parts(parts, Body::from_stream(chunks))
        }
        Interference::WrongContentRange => {
            let mut response = next.run(request).await;
            if let Some(range) = response.headers_mut().get_mut(header::CONTENT_RANGE) {
                *range = HeaderValue::from_static("bytes 1-2/3");
            }
            response
        }
        Interference::WrongChecksum => {
            let mut response = next.run(request).await;
            let md5 = HeaderValue::from_static("\"0123456789abcdef0123456789abcdef\"");
            response.headers_mut().insert(header::ETAG, md5);
            response
        }
        Interference::Version(version) => other_version(version, request, next).await,
        Interference::Slowly(rate) => {
            let (parts, body) = next.run(request).await.into_parts();
            Response::from_parts(parts, slowly(whole(body).await, rate))
        }
        Interference::Query(change, then) => {
            let uri = request.uri();
            let query = change(uri.query().unwrap_or_default());
            let changed = format!("{}?{query}", uri.path()).parse();
            *request.uri_mut() = changed.unwrap_or_else(|_| uri.clone());
            Box::pin(apply(*then, request, next)).await
        }
        Interference::OtherRange => {
            let headers = request.headers_mut();
            let asked = headers.get(header::RANGE).and_then(|range| {
                let (start, end) = range
                    .to_str()
                    .ok()?
                    .strip_prefix("bytes=")?
                    .split_once('-')?;
                let start = start.parse::<u64>().ok()? + 1000;
                HeaderValue::try_from(format!("bytes={start}-{end}")).ok()
            });
            if let Some(other) = asked {
                headers.insert(header::RANGE, other);
            }
            next.run(request).await
        }
        Interference::NoRanges => {
            request.headers_mut().remove(header::RANGE);
            let mut response = next.run(request).await;
            response.headers_mut().remove(header::ACCEPT_RANGES);
            response
        }
        Interference::Gzip => gzip(next.run(request).await, false).await,
        Interference::BrokenGzip => gzip(next.run(request).await, true).await,
        Interference::Header(name, value) => with_header(
            next.run(request).await,
            HeaderName::from_static(name),
            &value,
        ),
        Interference::Wire(wire) => {
            let (name, value) = wire.header();
            with_header(next.run(request).await, name, &value)
        }
    }
}

/// The same with the store at another origin.
pub(crate) async fn moved(
    interference: Interference,
    mut request: Request,
    next: Next,
    from: &str,
    to: &str,
) -> Response {
    let is_list_of_signed_requests = request.uri().path().ends_with("/dicom/instances/");
    if is_list_of_signed_requests {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    let mut response = apply(interference, request, next).await;
    if let Some(location) = response.headers_mut().get_mut(header::LOCATION)
        && let Ok(text) = location.to_str()
        && let Ok(elsewhere) = HeaderValue::try_from(text.replace(from, to))
    {
        *location = elsewhere;
    }
    let is_encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    if !is_list_of_signed_requests || is_encoded {
        return response;
    }
    replace(response, |body| match String::from_utf8(body) {
        Ok(text) => text.replace(from, to).into_bytes(),
        Err(error) => error.into_bytes(),
    })
    .await
}

fn with_header(mut response: Response, name: HeaderName, value: &str) -> Response {
    if let (true, Ok(value)) = (response.status().is_success(), HeaderValue::try_from(value)) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// A compressed body; what is no success is left alone.
async fn gzip(mut response: Response, broken: bool) -> Response {
    use std::io::Write as _;
    if !response.status().is_success() {
        return response;
    }
    let gzip = HeaderValue::from_static("gzip");
    response
        .headers_mut()
        .insert(header::CONTENT_ENCODING, gzip);
    replace(response, |body| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        // Writing to memory cannot fail.
        let _ = encoder.write_all(&body);
        let mut body = encoder.finish().unwrap_or_default();
        if broken {
            body.truncate(body.len() / 2);
        }
        body
    })
    .await
}

/// The first bytes of a body.
async fn beginning(body: Body, length: usize) -> Bytes {
    let body = whole(body).await;
    body.slice(..length.min(body.len()))
}

/// Bytes, then a pause in which they leave, then a broken connection.
fn then(bytes: Bytes, pause: Duration) -> Body {
    let broken = stream::once(async move {
        tokio::time::sleep(pause).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(stream::once(async move { Ok(bytes) }).chain(broken))
}

/// Bytes in small pieces, each at its time.
fn slowly(bytes: Bytes, rate: u64) -> Body {
    const PIECE: usize = 16 * 1024;
    let started = tokio::time::Instant::now();
    let pieces = stream::unfold((bytes, 0_u64), move |(mut left, sent)| async move {
        if left.is_empty() {
            return None;
        }
        let piece = left.split_to(left.len().min(PIECE));
        let sent = sent + piece.len() as u64;
        let due = Duration::from_micros(sent * 1_000_000 / rate.max(1));
        tokio::time::sleep_until(started + due).await;
        Some((Ok::<_, std::io::Error>(piece), (left, sent)))
    });
    Body::from_stream(pieces)
}

/// A store whose files are of another version than the server's.
async fn other_version(version: u8, mut request: Request, next: Next) -> Response {
    let suffix = format!("-v{version}\"");
    if let Some(asked) = request.headers_mut().remove(header::IF_RANGE) {
        let asked = String::from_utf8_lossy(asked.as_bytes()).into_owned();
        let is_this = if version == 0 {
            !asked.contains("-v")
        } else {
            asked.ends_with(&suffix)
        };
        if !is_this {
            request.headers_mut().remove(header::RANGE);
        }
    }
    let (mut parts, body) = next.run(request).await.into_parts();
    if version == 0 || !parts.status.is_success() {
        return Response::from_parts(parts, body);
    }
    if let Some(etag) = parts.headers.get_mut(header::ETAG) {
        let other = String::from_utf8_lossy(etag.as_bytes())
            .trim_end_matches('"')
            .to_owned();
        if let Ok(other) = HeaderValue::try_from(other + &suffix) {
            *etag = other;
        }
    }
    let body: Vec<u8> = whole(body)
        .await
        .iter()
        .map(|byte| byte ^ version)
        .collect();
    Response::from_parts(parts, Body::from(body))
}

async fn whole(body: Body) -> Bytes {
    axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default()
}

async fn replace(response: Response, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = change(whole(body).await.to_vec());
    parts
        .headers
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Response::from_parts(parts, Body::from(body))
}

fn made_up(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
