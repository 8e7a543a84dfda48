//! A response of the API, read to its end.

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, HttpContext, MalformedContext, SNIPPET_CHARACTERS};
use crate::redact::tidy;

/// A successful response with its whole body.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RawResponse {
    /// The status, always a success: anything else is an [`Error`].
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
    pub(crate) method: Method,
    pub(crate) url: String,
}

impl RawResponse {
    /// The body as JSON of any shape.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] when the body is not JSON.
    pub fn json(&self) -> Result<Value, Error> {
        self.parse("the body")
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self, place: &str) -> Result<T, Error> {
        self.require_json(place)?;
        serde_json::from_slice(&self.body)
            .map_err(|error| self.malformed(place, &error.to_string(), &self.body))
    }

    /// A login page or the page of a gateway must not be mistaken for bad JSON.
    pub(crate) fn require_json(&self, place: &str) -> Result<(), Error> {
        let content_type = self
            .headers
            .get(CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default();
        if content_type
            .to_ascii_lowercase()
            .starts_with("application/json")
        {
            return Ok(());
        }
        let reason = format!(
            "expected application/json, got {:?}",
            tidy(&content_type, 80)
        );
        Err(self.malformed(place, &reason, &self.body))
    }

    pub(crate) fn malformed(&self, place: &str, reason: &str, text: &[u8]) -> Error {
        let mut http = HttpContext::new(self.method.clone(), self.url.clone(), String::new());
        http.status = Some(self.status);
        // A part of the text suffices, and lossy conversion of the whole page would cost.
        let start = text
            .get(..text.len().min(4 * SNIPPET_CHARACTERS))
            .unwrap_or_default();
        Error::Malformed(Box::new(MalformedContext {
            http,
            place: place.to_owned(),
            reason: tidy(reason, SNIPPET_CHARACTERS),
            snippet: tidy(&String::from_utf8_lossy(start), SNIPPET_CHARACTERS),
        }))
    }
}
