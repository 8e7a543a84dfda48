//! The parsers of what servers say, for those that feed them nonsense. Not part of the interface.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::checksums::Checksums;
use crate::error::{Error, refused_by_api, refused_by_store};
use crate::page::Page;
use crate::response::RawResponse;

/// Reads `Retry-After`.
#[must_use]
pub fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    crate::retry::parse_retry_after(text, now)
}

/// Reads a page of a list.
///
/// # Errors
///
/// As for [`Endpoint::page`](crate::Endpoint::page).
pub fn page<T: DeserializeOwned>(body: &[u8], base: &Url) -> Result<Page<T>, Error> {
    let json = HeaderValue::from_static("application/json");
    let response = RawResponse {
        status: StatusCode::OK,
        headers: HeaderMap::from_iter([(CONTENT_TYPE, json)]),
        body: Bytes::copy_from_slice(body),
        method: Method::GET,
        url: base.to_string(),
    };
    Page::parse(&response, base)
}

/// What a refusal of the API becomes.
#[must_use]
pub fn refusal_of_the_api(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    refused_by_api(
        status,
        headers,
        body,
        &Method::GET,
        "https://platform.invalid/",
    )
}

/// What a refusal of the object store becomes.
#[must_use]
pub fn refusal_of_the_store(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    refused_by_store(status, headers, body, "https://store.invalid/")
}

/// Reads the checksums in a response head.
#[must_use]
pub fn checksums(headers: &HeaderMap) -> Checksums {
    Checksums::of(headers)
}
