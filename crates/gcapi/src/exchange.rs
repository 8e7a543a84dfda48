//! One request and whatever is answered, for callers that judge answers themselves: a shell in
//! another language, with its own idea of what an error is.

use std::fmt;

use bytes::Bytes;
use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, PROXY_AUTHORIZATION,
    TRANSFER_ENCODING,
};
use reqwest::{Method, Response, StatusCode, Version};
use url::Url;

use crate::checksums::Checksums;
use crate::client::Client;
use crate::error::{self, Error, UrlRole};
use crate::origin;
use crate::redact::{redact, redact_text};
use crate::transport::{Call, location};

/// How many redirects are followed, as browsers do.
const MAXIMUM_REDIRECTS: usize = 20;

/// A request in the caller's own words.
#[derive(Clone)]
pub struct ExchangeRequest {
    /// The method.
    pub method: Method,
    /// The address, on the API's own origin.
    pub url: Url,
    /// Headers beside those this client sends anyway.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Bytes>,
    /// Whether redirects are followed. The token goes to the API's own origin only, before a
    /// redirect and after it.
    pub follow_redirects: bool,
    /// The longest body that is read; a longer one is [`Error::TooLarge`]. Only what the server
    /// announces counts: a body of unknown length is read to its end.
    pub most: Option<u64>,
    /// Whether the client's retry policy applies; otherwise there is exactly one try.
    pub retry: bool,
}

impl fmt::Debug for ExchangeRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ExchangeRequest")
            .field("method", &self.method)
            .field("url", &redact(&self.url))
            .field("follow_redirects", &self.follow_redirects)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// An answer of any status, read to its end.
#[derive(Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// The status, which may be a refusal.
    pub status: StatusCode,
    /// The version of HTTP it came over.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
    /// The address that answered. It may be signed: do not show it.
    pub url: Url,
    /// The body, decompressed, in the pieces it came in.
    pub body: Vec<Bytes>,
    /// The redirects that led here, the first one first.
    pub history: Vec<Self>,
}

impl Exchange {
    /// The length of the body in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        self.body.iter().map(Bytes::len).sum()
    }

    /// What the server says of the bytes of the body.
    #[must_use]
    pub fn checksums(&self) -> Checksums {
        Checksums::of(&self.headers)
    }

    /// The status as the error it is, if it is one.
    fn refusal(&self, call: &Call) -> Option<Error> {
        if !self.status.is_client_error() && !self.status.is_server_error() {
            return None;
        }
        let shown = redact(&self.url);
        let text = self.body.first().cloned().unwrap_or_default();
        Some(if call.with_token {
            error::refused_by_api(self.status, &self.headers, &text, &call.method, &shown)
        } else {
            error::refused_by_store(self.status, &self.headers, &text, &shown)
        })
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("status", &self.status)
            .field("url", &redact(&self.url))
            .field("length", &self.length())
            .field("history", &self.history)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Sends a request and gives whatever is answered: no status is an error.
    ///
    /// Waits that other requests were asked to keep do not hold it back unless
    /// [`retry`](ExchangeRequest::retry) is set.
    ///
    /// # Errors
    ///
    /// * [`Error::ForeignOrigin`], [`Error::InsecureUrl`]: the address, or for the latter the
    ///   target of a redirect, may not be contacted. Nothing was sent there.
    /// * [`Error::RedirectLoop`]: more than 20 redirects.
    /// * [`Error::Connect`], [`Error::Certificate`], [`Error::Timeout`], [`Error::Body`]: no
    ///   whole answer came. [`Error::TooLarge`]: it was not wanted.
    pub async fn exchange(&self, request: &ExchangeRequest) -> Result<Exchange, Error> {
        origin::require_origin(self.base_url(), &request.url, UrlRole::Api)?;
        let mut call = Call::api(request.method.clone(), request.url.clone(), UrlRole::Api);
        call.headers = request.headers.clone();
        call.body = request.body.clone();
        let mut history = Vec::new();
        loop {
            let mut answer = self.answer(&call, request).await?;
            let target = request
                .follow_redirects
                .then(|| redirect_target(&answer))
                .flatten();
            let Some(target) = target else {
                answer.history = history;
                return Ok(answer);
            };
            if history.len() >= MAXIMUM_REDIRECTS {
                return Err(Error::RedirectLoop(
                    call.context(format!("after {MAXIMUM_REDIRECTS} redirects")),
                ));
            }
            call = self.follow(&call, &answer, &target)?;
            history.push(answer);
        }
    }

    /// One hop, tried again where that was asked for.
    async fn answer(&self, call: &Call, request: &ExchangeRequest) -> Result<Exchange, Error> {
        let (transport, retry) = (self.transport(), request.retry);
        let mut budget = transport.retry.context();
        loop {
            if retry {
                transport.wait_at_gate(call).await;
            }
            let answered = self.answer_once(call, request.most).await;
            let error = match &answered {
                Ok(answer) => answer.refusal(call),
                Err(error) => Some(error.clone()),
            };
            let Some(error) = error.filter(|_| retry) else {
                return answered;
            };
            transport.heed(call, &error);
            if transport.after_failure(&mut budget, error).await.is_err() {
                return answered;
            }
        }
    }

    async fn answer_once(&self, call: &Call, most: Option<u64>) -> Result<Exchange, Error> {
        let transport = self.transport();
        let response = transport.execute(call).await?;
        let (status, version) = (response.status(), response.version());
        let headers = response.headers().clone();
        if let (Some(length), Some(most)) = (response.content_length(), most)
            && length > most
        {
            let detail = format!("{length} bytes, and {most} are wanted at most");
            return Err(Error::TooLarge(call.context(detail)));
        }
        let body = self.pieces(call, response).await?;
        Ok(Exchange {
            status,
            version,
            headers,
            url: call.url.clone(),
            body,
            history: Vec::new(),
        })
    }

    async fn pieces(&self, call: &Call, mut response: Response) -> Result<Vec<Bytes>, Error> {
        let transport = self.transport();
        let mut pieces = Vec::new();
        while let Some(piece) = transport.next_piece(call, &mut response).await? {
            pieces.push(piece);
        }
        Ok(pieces)
    }

    /// The request a redirect asks for.
    fn follow(&self, call: &Call, answer: &Exchange, target: &str) -> Result<Call, Error> {
        let url = call.url.join(target).map_err(|error| Error::InvalidUrl {
            role: UrlRole::Redirect,
            url: redact_text(target),
            reason: error.to_string(),
        })?;
        origin::require_secure(&url, UrlRole::Redirect)?;
        let mut next = call.clone();
        next.role = UrlRole::Redirect;
        next.with_token = url.origin() == self.base_url().origin();
        // The store reads objects as they are stored.
        next.object = !next.with_token;
        next.url = url;
        if !next.with_token {
            for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE] {
                next.headers.remove(name);
            }
        }
        if becomes_get(answer.status, &call.method) {
            next.method = Method::GET;
            next.body = None;
            for name in [CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING] {
                next.headers.remove(name);
            }
        }
        Ok(next)
    }
}

fn redirect_target(answer: &Exchange) -> Option<String> {
    match answer.status.as_u16() {
        301 | 302 | 303 | 307 | 308 => location(&answer.headers),
        _ => None,
    }
}

/// As RFC 9110 allows and every browser does: only 307 and 308 repeat the request.
fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        301 => *method == Method::POST,
        302 | 303 => *method != Method::HEAD,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_redirect_that_says_so_repeats_the_request() {
        let kept = |status: u16, method: Method| {
            !becomes_get(StatusCode::from_u16(status).unwrap(), &method)
        };
        assert!(kept(307, Method::POST) && kept(308, Method::POST));
        assert!(!kept(301, Method::POST) && !kept(302, Method::POST));
        assert!(kept(301, Method::PUT) && !kept(303, Method::PUT));
        assert!(kept(303, Method::HEAD) && kept(301, Method::GET));
    }
}
