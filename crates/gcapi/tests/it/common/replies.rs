//! The answers servers give.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};

use super::server::Stall;

pub(crate) fn reply(status: u16, content_type: &'static str, body: impl Into<Body>) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .body(body.into())
        .unwrap()
}

pub(crate) fn json(status: u16, body: impl Into<String>) -> Response {
    reply(status, "application/json", body.into())
}

pub(crate) fn html(status: u16) -> Response {
    let page = "<!doctype html><html><head><title>Gone\n fishing</title></head></html>";
    reply(status, "text/html; charset=utf-8", page)
}

pub(crate) fn store_refusal(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    reply(status, "application/xml", body)
}

pub(crate) fn bytes(status: u16, body: impl Into<Body>) -> Response {
    reply(status, "application/octet-stream", body)
}

pub(crate) fn redirect(location: &str) -> Response {
    with(reply(302, "text/html", ""), "location", location)
}

pub(crate) fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    let value = HeaderValue::from_str(value).unwrap();
    response.headers_mut().insert(name, value);
    response
}

/// The head of the response comes only after this long.
pub(crate) fn late(mut response: Response, delay: Duration) -> Response {
    response.extensions_mut().insert(Stall(delay));
    response
}

/// Announces more bytes than it sends before the connection breaks.
pub(crate) fn truncated(response: Response, announced: usize) -> Response {
    let (mut head, body) = response.into_parts();
    head.headers
        .insert(header::CONTENT_LENGTH, announced.into());
    let breaks = stream::once(async {
        // What was sent before must have left by then.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::other("broken on purpose"))
    });
    let sent = body
        .into_data_stream()
        .map(|part| part.map_err(io::Error::other));
    Response::from_parts(head, Body::from_stream(sent.chain(breaks)))
}

/// Sends these bytes and then nothing more, with the connection open.
pub(crate) fn stalled(first: &'static [u8], announced: usize) -> Response {
    let start = stream::once(async move { Ok::<_, io::Error>(Bytes::from_static(first)) });
    let mut response = bytes(200, Body::from_stream(start.chain(stream::pending())));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, announced.into());
    response
}
