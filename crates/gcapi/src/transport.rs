//! Sending requests: the one place that attaches the token, counts, times out and tries again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, Response};
use tracing::{debug, info};
use url::Url;

use crate::error::{self, Error, HttpContext, UrlRole};
use crate::gate::Gate;
use crate::origin;
use crate::redact::{redact, redact_text};
use crate::response::RawResponse;
use crate::retry::{Decision, RetryContext, RetryPolicy};

/// The largest response of the API that is read into memory.
const BODY_LIMIT: usize = 256 * 1024 * 1024;
/// How much of a refusal is read for its text.
const REFUSAL_LIMIT: usize = 4 * 1024;
/// How long to wait for the text of a refusal; without it the refusal still stands.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(10);

/// The connections and counters behind a client.
pub(crate) struct Transport {
    pub(crate) base: Url,
    pub(crate) api: reqwest::Client,
    pub(crate) store: reqwest::Client,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) retry: RetryPolicy,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    pub(crate) requests: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) gate: Gate,
}

/// One request, ready to be sent any number of times.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) role: UrlRole,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    /// Objects are read over HTTP/1.1 and as stored; everything else over whatever is fastest.
    pub(crate) object: bool,
    pub(crate) with_token: bool,
}

impl Call {
    pub(crate) fn api(method: Method, url: Url, role: UrlRole) -> Self {
        Self {
            method,
            url,
            role,
            headers: HeaderMap::new(),
            body: None,
            object: false,
            with_token: true,
        }
    }

    pub(crate) fn json(mut self, body: Bytes) -> Self {
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = Some(body);
        self
    }

    pub(crate) fn context(&self, detail: String) -> Box<HttpContext> {
        let mut context = HttpContext::new(self.method.clone(), redact(&self.url), detail);
        context.from_store = !self.with_token;
        Box::new(context)
    }
}

impl Transport {
    /// Sends the request until a response head with a success or a redirect comes.
    pub(crate) async fn send(
        &self,
        call: &Call,
        retry: &mut RetryContext,
    ) -> Result<Response, Error> {
        loop {
            match self.send_once(call).await {
                Ok(response) => return Ok(response),
                Err(error) => self.after_failure(retry, error).await?,
            }
        }
    }

    /// Sends the request until a successful response has been read to its end.
    pub(crate) async fn fetch(&self, call: &Call) -> Result<RawResponse, Error> {
        let mut retry = self.retry.context();
        loop {
            match self.fetch_once(call).await {
                Ok(response) => return Ok(response),
                Err(error) => self.after_failure(&mut retry, error).await?,
            }
        }
    }

    async fn fetch_once(&self, call: &Call) -> Result<RawResponse, Error> {
        let response = self.send_once(call).await?;
        if response.status().is_redirection() {
            return Err(redirected(call, &response));
        }
        let status = response.status();
        let headers = response.headers().clone();
        let body = self.read_body(call, response).await?;
        Ok(RawResponse {
            status,
            headers,
            body,
            method: call.method.clone(),
            url: redact(&call.url),
        })
    }

    async fn send_once(&self, call: &Call) -> Result<Response, Error> {
        self.wait_at_gate(call).await;
        let response = self.execute(call).await?;
        let status = response.status();
        if status.is_success() || status.is_redirection() {
            return Ok(response);
        }
        let shown = redact(&call.url);
        let headers = response.headers().clone();
        let text = read_some(response).await;
        let refusal = if call.with_token {
            error::refused_by_api(status, &headers, &text, &call.method, &shown)
        } else {
            error::refused_by_store(status, &headers, &text, &shown)
        };
        self.heed(call, &refusal);
        Err(refusal)
    }

    /// Waits while the origin of a request asks everybody to wait.
    pub(crate) async fn wait_at_gate(&self, call: &Call) {
        self.gate.pass(&call.url).await;
    }

    /// Lets every request to an origin wait that asked for it.
    pub(crate) fn heed(&self, call: &Call, refusal: &Error) {
        if let Some(asked) = refusal.retry_after() {
            self.gate.close(&call.url, asked);
        }
    }

    /// Sends the request once, at once, and gives the head of whatever is answered.
    pub(crate) async fn execute(&self, call: &Call) -> Result<Response, Error> {
        let shown = redact(&call.url);
        let client = if call.object { &self.store } else { &self.api };
        let mut request = reqwest::Request::new(call.method.clone(), call.url.clone());
        *request.headers_mut() = call.headers.clone();
        if call.with_token {
            // Whatever the callers checked before: the token never leaves for elsewhere.
            origin::require_origin(&self.base, &call.url, call.role)?;
            if let Some(authorization) = &self.authorization {
                request
                    .headers_mut()
                    .insert(AUTHORIZATION, authorization.clone());
            }
        } else {
            origin::require_secure(&call.url, call.role)?;
        }
        if let Some(body) = &call.body {
            *request.body_mut() = Some(body.clone().into());
        }

        self.requests.fetch_add(1, Ordering::Relaxed);
        let patience = self.connect_timeout.saturating_add(self.timeout);
        let response = match tokio::time::timeout(patience, client.execute(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(failure)) => {
                return Err(error::from_transport(
                    failure,
                    &call.method,
                    &shown,
                    !call.with_token,
                    false,
                ));
            }
            Err(_elapsed) => return Err(self.timed_out(call)),
        };
        let status = response.status();
        debug!(method = %call.method, url = %shown, status = status.as_u16(), "response");
        Ok(response)
    }

    async fn read_body(&self, call: &Call, mut response: Response) -> Result<Bytes, Error> {
        let mut body = BytesMut::new();
        while let Some(piece) = self.next_piece(call, &mut response).await? {
            if body.len() + piece.len() > BODY_LIMIT {
                return Err(Error::TooLarge(
                    call.context(format!("more than {} MiB", BODY_LIMIT >> 20)),
                ));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// The next piece of a body, `None` at its end.
    pub(crate) async fn next_piece(
        &self,
        call: &Call,
        response: &mut Response,
    ) -> Result<Option<Bytes>, Error> {
        match tokio::time::timeout(self.timeout, response.chunk()).await {
            Ok(Ok(piece)) => Ok(piece),
            Ok(Err(failure)) => Err(error::from_transport(
                failure,
                &call.method,
                &redact(&call.url),
                !call.with_token,
                true,
            )),
            Err(_elapsed) => Err(self.timed_out(call)),
        }
    }

    /// Waits before the next try, or returns the error that is final.
    pub(crate) async fn after_failure(
        &self,
        retry: &mut RetryContext,
        error: Error,
    ) -> Result<(), Error> {
        match retry.decide(&error) {
            Decision::Wait(delay) => {
                info!(%error, delay_ms = delay.as_millis(), "trying again");
                self.retries.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(delay).await;
                Ok(())
            }
            Decision::Permanent | Decision::GiveUp(_) => Err(retry.stamp(error)),
        }
    }

    fn timed_out(&self, call: &Call) -> Error {
        let seconds = self.timeout.as_secs_f64();
        Error::Timeout(call.context(format!("nothing came for {seconds} s")))
    }
}

/// A redirect where none may be followed.
pub(crate) fn redirected(call: &Call, response: &Response) -> Error {
    let target = location(response.headers()).map_or_else(
        || "nowhere (no Location)".to_owned(),
        |target| redact_text(&target),
    );
    let mut context = call.context(format!("to {target}"));
    context.status = Some(response.status());
    Error::Redirected(context)
}

/// The target of a redirect as the server wrote it.
pub(crate) fn location(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(LOCATION)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The beginning of a refusal, or as much of it as comes in time.
async fn read_some(mut response: Response) -> Bytes {
    let mut text = BytesMut::new();
    let reading = async {
        while text.len() < REFUSAL_LIMIT {
            match response.chunk().await {
                Ok(Some(chunk)) => text.extend_from_slice(&chunk),
                Ok(None) | Err(_) => break,
            }
        }
    };
    // Only the text is lost when this is too slow.
    let _in_time = tokio::time::timeout(REFUSAL_PATIENCE, reading).await;
    text.truncate(REFUSAL_LIMIT);
    text.freeze()
}
