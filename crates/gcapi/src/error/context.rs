//! Facts about the request behind an error.

use std::fmt;
use std::time::Duration;

use reqwest::{Method, StatusCode};

/// What was known about a request that failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HttpContext {
    /// The method.
    pub method: Method,
    /// The address, with credentials masked.
    pub url: String,
    /// The status, when a response came at all.
    pub status: Option<StatusCode>,
    /// The error code of an object store, such as `AccessDenied`.
    pub code: Option<String>,
    /// What the server said, or what broke, as one line.
    pub detail: String,
    /// How often the request was sent again after a failure.
    pub retries: u32,
    /// The time spent on it, waiting included.
    pub elapsed: Duration,
    /// How long the server asked to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// Why it was not tried once more, when trying again was an option.
    pub gave_up: Option<GaveUp>,
    /// The answer is of the object store, not of the platform.
    pub from_store: bool,
    /// The request may have reached the server, so that repeating it may repeat its effect.
    pub may_have_arrived: bool,
}

impl HttpContext {
    pub(crate) fn new(method: Method, url: String, detail: String) -> Self {
        Self {
            method,
            url,
            status: None,
            code: None,
            detail,
            retries: 0,
            elapsed: Duration::ZERO,
            retry_after: None,
            gave_up: None,
            from_store: false,
            may_have_arrived: true,
        }
    }

    /// Sending this request twice has the effect of sending it once.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        [Method::GET, Method::HEAD, Method::PUT, Method::DELETE].contains(&self.method)
    }
}

impl fmt::Display for HttpContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.url)?;
        if let Some(status) = self.status {
            write!(formatter, ": {status}")?;
        }
        if let Some(code) = &self.code {
            write!(formatter, ": {code}")?;
        }
        if !self.detail.is_empty() {
            write!(formatter, ": {}", self.detail)?;
        }
        if self.retries > 0 {
            let tries = u64::from(self.retries) + 1;
            let seconds = self.elapsed.as_secs_f64();
            write!(formatter, " (tried {tries} times over {seconds:.1} s)")?;
        }
        if let Some(GaveUp::RetryAfter { asked, left }) = self.gave_up {
            write!(
                formatter,
                " (the server asks to wait {} s, more than the {} s left for trying again)",
                asked.as_secs(),
                left.as_secs()
            )?;
        }
        Ok(())
    }
}

/// Why a request was not tried once more although that might have helped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GaveUp {
    /// The number of retries was used up.
    Retries,
    /// The time for retries was used up.
    Elapsed,
    /// The server asked to wait longer than the time that was left.
    RetryAfter {
        /// How long it asked to wait.
        asked: Duration,
        /// How much time was left.
        left: Duration,
    },
}

/// A successful response that does not have the expected shape.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MalformedContext {
    /// The request that was answered.
    pub http: HttpContext,
    /// Which part of the answer is meant: `page`, `results[3] (pk …)`, `Location`.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
    /// The beginning of the offending text, credentials masked.
    pub snippet: String,
}

impl fmt::Display for MalformedContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} of {}: {}",
            self.place, self.http, self.reason
        )?;
        if !self.snippet.is_empty() {
            write!(formatter, "; it begins {:?}", self.snippet)?;
        }
        Ok(())
    }
}

/// What an address was that this client would not use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlRole {
    /// The configured address of the API.
    Base,
    /// The `next` or `previous` link of a page.
    PageLink,
    /// The `image` of a socket value, or the `api_url` of an image.
    Image,
    /// The `file` of a socket value or of an image.
    File,
    /// Any other address of an object of the API.
    Api,
    /// Where a media address redirected to.
    Redirect,
    /// The signed request of a DICOM instance.
    DicomInstance,
}

impl fmt::Display for UrlRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Base => "base URL",
            Self::PageLink => "page link",
            Self::Image => "image URL",
            Self::File => "file URL",
            Self::Api => "API URL",
            Self::Redirect => "redirect",
            Self::DicomInstance => "DICOM instance URL",
        })
    }
}
