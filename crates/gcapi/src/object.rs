//! The second hop to a file: its bytes, whole or in part.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use reqwest::header::{
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
};
use reqwest::{Method, Response, StatusCode};

use crate::checksums::Checksums;
use crate::client::Client;
use crate::error::{self, Error, MalformedContext};
use crate::media::ObjectRequest;
use crate::range::{ByteRange, ContentRange};
use crate::redact::{redact, tidy};
use crate::retry::RetryContext;
use crate::transport::{Call, redirected};

/// A response with the bytes of an object still to be read.
#[non_exhaustive]
pub struct Object {
    /// 200 for the whole object, 206 for a range. A server may answer a range with 200.
    pub status: StatusCode,
    /// The number of bytes in this response, when announced.
    pub length: Option<u64>,
    /// Which bytes they are; present with 206.
    pub content_range: Option<ContentRange>,
    /// The version of the object. It is the MD5 of small objects only: not a checksum.
    pub etag: Option<String>,
    /// When the object was stored, as the server wrote it.
    pub last_modified: Option<String>,
    /// The media type, as guessed when the object was stored.
    pub content_type: Option<String>,
    call: Call,
    response: Response,
    timeout: Duration,
}

impl Object {
    /// The length of the whole object, from whichever header tells.
    #[must_use]
    pub fn total_length(&self) -> Option<u64> {
        match self.content_range {
            Some(range) => range.total,
            None => self.length,
        }
    }

    /// What the store says of the object's bytes.
    #[must_use]
    pub fn checksums(&self) -> Checksums {
        Checksums::of(self.response.headers())
    }

    /// The bytes as they arrive.
    ///
    /// The stream ends with [`Error::Body`] when the connection breaks or ends before the
    /// announced length, and with [`Error::Timeout`] when nothing comes for the client's timeout.
    /// Both are [transient](Error::is_transient).
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let reading = Reading {
            call: self.call,
            response: self.response,
            timeout: self.timeout,
            missing: self.length,
        };
        stream::unfold(Some(reading), |reading| async move {
            let mut reading = reading?;
            match reading.next().await {
                Ok(Some(bytes)) => Some((Ok(bytes), Some(reading))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Object")
            .field("url", &redact(&self.call.url))
            .field("status", &self.status)
            .field("length", &self.length)
            .field("content_range", &self.content_range)
            .field("etag", &self.etag)
            .finish_non_exhaustive()
    }
}

/// A body being read.
struct Reading {
    call: Call,
    response: Response,
    timeout: Duration,
    missing: Option<u64>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        // The clock runs only while somebody waits: a slow reader is not a slow server.
        match tokio::time::timeout(self.timeout, self.response.chunk()).await {
            Ok(Ok(Some(bytes))) => {
                self.missing = self
                    .missing
                    .map(|missing| missing.saturating_sub(bytes.len() as u64));
                Ok(Some(bytes))
            }
            Ok(Ok(None)) => match self.missing {
                Some(missing) if missing > 0 => Err(Error::Body(
                    self.call.context(format!("it ended {missing} bytes early")),
                )),
                _ => Ok(None),
            },
            Ok(Err(failure)) => Err(error::from_transport(
                failure,
                &self.call.method,
                &redact(&self.call.url),
                !self.call.with_token,
                true,
            )),
            Err(_elapsed) => {
                let seconds = self.timeout.as_secs_f64();
                Err(Error::Timeout(
                    self.call.context(format!("nothing came for {seconds} s")),
                ))
            }
        }
    }
}

impl Client {
    /// Opens an object, or a range of it, for reading: `GET` to the object store, without the
    /// token and without compression.
    ///
    /// With `if_range` (an `ETag` seen before), an object that changed since comes whole, as 200.
    /// Failures are tried again until a response head comes; the body is read by the caller.
    ///
    /// # Errors
    ///
    /// * [`Error::Expired`]: the store refuses the address; resolve it again.
    /// * [`Error::NotFound`], [`Error::RateLimited`], [`Error::Status`]: other refusals, 416 for a
    ///   range past the end among them.
    /// * [`Error::Redirected`]: the store redirects, which is never followed.
    /// * [`Error::Malformed`]: a 206 that does not say which bytes it holds.
    pub async fn get_object(
        &self,
        request: &ObjectRequest,
        range: Option<ByteRange>,
        if_range: Option<&str>,
    ) -> Result<Object, Error> {
        let mut retry = self.transport().retry.context();
        self.get_object_within(request, range, if_range, &mut retry)
            .await
    }

    /// The same under a budget that the caller shares between several requests.
    ///
    /// # Errors
    ///
    /// As [`get_object`](Self::get_object).
    pub async fn get_object_within(
        &self,
        request: &ObjectRequest,
        range: Option<ByteRange>,
        if_range: Option<&str>,
        retry: &mut RetryContext,
    ) -> Result<Object, Error> {
        let mut call = Call::api(Method::GET, request.url.clone(), request.role);
        call.headers = request.headers.clone();
        call.object = true;
        call.with_token = request.with_token;
        if let Some(range) = range {
            call.headers
                .insert(RANGE, header_value("range", &range.header_text())?);
        }
        if let Some(version) = if_range {
            call.headers
                .insert(IF_RANGE, header_value("version", version)?);
        }
        let response = self.transport().send(&call, retry).await?;
        let status = response.status();
        if status.is_redirection() {
            return Err(redirected(&call, &response));
        }
        let content_range = match (status, text(&response, &CONTENT_RANGE)) {
            (StatusCode::PARTIAL_CONTENT, header) => {
                let header = header.unwrap_or_default();
                Some(ContentRange::parse(&header).ok_or_else(|| {
                    malformed(
                        &call,
                        status,
                        "Content-Range",
                        "it does not tell a range",
                        &header,
                    )
                })?)
            }
            (StatusCode::OK, _) => None,
            _ => {
                return Err(malformed(
                    &call,
                    status,
                    "the status",
                    "expected 200 or 206",
                    "",
                ));
            }
        };
        Ok(Object {
            status,
            length: response.content_length(),
            content_range,
            etag: text(&response, &ETAG),
            last_modified: text(&response, &LAST_MODIFIED),
            content_type: text(&response, &CONTENT_TYPE),
            call,
            response,
            timeout: self.transport().timeout,
        })
    }
}

fn text(response: &Response, name: &HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn header_value(what: &str, text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_invalid| Error::Configuration {
        message: format!("the {what} {:?} cannot be sent in a header", tidy(text, 80)),
    })
}

fn malformed(call: &Call, status: StatusCode, place: &str, reason: &str, seen: &str) -> Error {
    let mut http = *call.context(String::new());
    http.status = Some(status);
    Error::Malformed(Box::new(MalformedContext {
        http,
        place: place.to_owned(),
        reason: reason.to_owned(),
        snippet: tidy(seen, 100),
    }))
}
