//! From what the HTTP library and the servers say to a situation.

use std::error::Error as StdError;
use std::io;
use std::time::SystemTime;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode};

use super::context::HttpContext;
use super::detail;
use super::situation::Error;
use crate::redact::tidy;
use crate::retry::parse_retry_after;

/// A failure before or between responses. `in_body` tells whether a response had begun.
pub(crate) fn from_transport(
    error: reqwest::Error,
    method: &Method,
    url: &str,
    from_store: bool,
    in_body: bool,
) -> Error {
    // reqwest's own message repeats the full address, signature included.
    let error = error.without_url();
    let mut context = HttpContext::new(method.clone(), url.to_owned(), chain_text(&error));
    context.from_store = from_store;
    context.may_have_arrived = !error.is_connect();
    let context = Box::new(context);
    if in_body {
        if error.is_timeout() {
            Error::Timeout(context)
        } else {
            Error::Body(context)
        }
    } else if is_certificate_failure(&error) {
        Error::Certificate(context)
    } else if error.is_timeout() && !error.is_connect() {
        Error::Timeout(context)
    } else {
        Error::Connect(context)
    }
}

/// A response of the API that is not success.
pub(crate) fn refused_by_api(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    method: &Method,
    url: &str,
) -> Error {
    let mut context = HttpContext::new(method.clone(), url.to_owned(), detail::of_api(body));
    context.status = Some(status);
    context.retry_after = retry_after(headers);
    let context = Box::new(context);
    match status {
        StatusCode::UNAUTHORIZED => Error::Unauthenticated(context),
        StatusCode::FORBIDDEN => Error::Forbidden(context),
        StatusCode::NOT_FOUND => Error::NotFound(context),
        StatusCode::TOO_MANY_REQUESTS => Error::RateLimited(context),
        _ => Error::Status(context),
    }
}

/// A response of the object store that is not success.
pub(crate) fn refused_by_store(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    url: &str,
) -> Error {
    let (code, message) = detail::of_store(body);
    let mut context = HttpContext::new(Method::GET, url.to_owned(), message);
    context.status = Some(status);
    context.code = code;
    context.retry_after = retry_after(headers);
    context.from_store = true;
    let context = Box::new(context);
    match status {
        StatusCode::FORBIDDEN => Error::Expired(context),
        StatusCode::NOT_FOUND => Error::NotFound(context),
        StatusCode::TOO_MANY_REQUESTS => Error::RateLimited(context),
        // A 401 says nothing about the token here: the store was never given it.
        _ => Error::Status(context),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<std::time::Duration> {
    let asked = headers.get(RETRY_AFTER)?.to_str().ok()?;
    // A date is meant on the server's clock; ours may differ.
    let now = headers
        .get(DATE)
        .and_then(|date| date.to_str().ok())
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(SystemTime::now);
    parse_retry_after(asked, now)
}

/// The messages of an error and of everything below it, each once.
fn chain_text(error: &dyn StdError) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut current = Some(error);
    while let Some(layer) = current {
        let text = layer.to_string();
        // Many layers only repeat the one below.
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        current = layer.source();
    }
    tidy(&parts.join(": "), detail::SNIPPET_CHARACTERS)
}

/// Certificate failures hide several layers down, inside I/O errors.
fn is_certificate_failure(error: &(dyn StdError + 'static)) -> bool {
    let mut current = Some(error);
    while let Some(layer) = current {
        if let Some(tls) = layer.downcast_ref::<rustls::Error>() {
            return matches!(
                tls,
                rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented
            );
        }
        // `source()` of an I/O error skips the error it wraps.
        let wrapped = layer
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        current = match wrapped {
            Some(inner) => Some(inner),
            None => layer.source(),
        };
    }
    false
}
