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

/// Which of the two origins a request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Interference {
    /// Changes the JSON of an answer.
    #[must_use]
    pub fn json(change: impl FnOnce(&mut Value) + Send + 'static) -> Self {
        Self::Json(Box::new(change))
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
            let body = whole(body).await;
            let kept = body
                .get(..length.min(body.len()))
                .unwrap_or_default()
                .to_vec();
            let chunks =
                stream::once(async move { Ok(Bytes::from(kept)) }).chain(stream::once(async {
                    // Lets what was sent so far leave before the connection breaks.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
                }));
            Response::from_parts(parts, Body::from_stream(chunks))
        }
    }
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
