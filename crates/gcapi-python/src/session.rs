//! The session: settings, and the client of this process made from them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gcapi::{Client, ClientBuilder, ExchangeRequest, HeaderMap, HeaderName, HeaderValue, Method};
use gcapi::{RetryPolicy, Token, Url};
use gcapi_transfer::ReadAhead;
use pyo3::exceptions::{PyFileNotFoundError, PyValueError};
use pyo3::prelude::*;

use crate::process::OfProcess;
use crate::response::RawResponse;
use crate::{environment, errors, runtime};

/// A wait nobody will see the end of.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// The longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The connections to one platform, with one account.
///
/// It may be used from several threads, and after ``fork``: each process has connections of its
/// own, made when they are first needed.
#[pyclass(frozen, module = "gcapi_rs._native")]
pub(crate) struct Session {
    builder: ClientBuilder,
    /// Files fetched at a time.
    jobs: usize,
    /// Locked like the runtime: only while the interpreter is held.
    client: Mutex<Option<OfProcess<Connected>>>,
}

/// What ``verify`` may be.
#[derive(Debug, FromPyObject)]
enum Verify {
    Flag(bool),
    Authorities(PathBuf),
}

/// What a session has in one process.
#[derive(Clone, Debug)]
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) ahead: Arc<ReadAhead>,
}

impl Session {
    /// The client of this process.
    pub(crate) fn client(&self, python: Python<'_>) -> PyResult<Client> {
        Ok(self.connected(python)?.client)
    }

    /// What there is in this process.
    pub(crate) fn connected(&self, python: Python<'_>) -> PyResult<Connected> {
        let mut held = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(connected) = held.as_ref().and_then(OfProcess::get) {
            return Ok(connected.clone());
        }
        let built = self.builder.clone().build();
        let connected = Connected {
            client: built.map_err(|error| errors::platform(python, &error))?,
            ahead: Arc::default(),
        };
        *held = Some(OfProcess::new(connected.clone()));
        Ok(connected)
    }

    /// Files fetched at a time.
    pub(crate) fn jobs(&self) -> usize {
        self.jobs
    }
}

#[pymethods]
impl Session {
    #[new]
    #[pyo3(signature = (
        *, token, base_url, verify, timeout, user_agent, max_concurrent_downloads,
        max_retries = None
    ))]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are the settings of a client"
    )]
    fn new(
        python: Python<'_>,
        token: Option<&str>,
        base_url: &str,
        verify: Verify,
        timeout: Option<f64>,
        user_agent: &str,
        max_concurrent_downloads: usize,
        max_retries: Option<u32>,
    ) -> PyResult<Self> {
        let refused = |error: gcapi::Error| errors::platform(python, &error);
        let token = token.map(Token::parse).transpose().map_err(refused)?;
        let timeout = match timeout {
            None => FOR_EVER,
            Some(seconds) => Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|timeout| !timeout.is_zero())
                .map(|timeout| timeout.min(FOR_EVER))
                .ok_or_else(|| {
                    PyValueError::new_err(format!(
                        "timeout is {seconds}; it must be a positive number of seconds, or None"
                    ))
                })?,
        };
        if max_concurrent_downloads == 0 {
            return Err(PyValueError::new_err(
                "max_concurrent_downloads is 0; it must be at least 1",
            ));
        }
        let mut builder = Client::builder()
            .token(token)
            .base_url(base_url)
            .user_agent(user_agent)
            .timeout(timeout)
            .connect_timeout(timeout.min(CONNECT_TIMEOUT));
        if let Some(max_retries) = max_retries {
            builder = builder.retry(RetryPolicy {
                max_retries,
                ..RetryPolicy::default()
            });
        }
        builder = match verify {
            Verify::Flag(check) => builder.danger_accept_invalid_certs(!check),
            Verify::Authorities(path) => builder.ca_certificate_pem(authorities(&path)?),
        };
        if let Some(proxy) = environment::proxy() {
            builder = builder.proxy(&proxy);
        }
        if let Some(hosts) = environment::no_proxy() {
            builder = builder.no_proxy(&hosts);
        }
        let session = Self {
            builder,
            jobs: max_concurrent_downloads,
            client: Mutex::new(None),
        };
        // What is wrong with the settings is said here, not at the first request.
        session.client(python)?;
        Ok(session)
    }

    /// Sends a request, waits for the whole answer, and gives it whatever its status is.
    ///
    /// Parameters
    /// ----------
    /// method : str
    /// url : str
    ///     On the origin of the base URL; its query is kept, ``params`` are added.
    /// headers, params : list of (str, str)
    /// body : bytes or None
    /// follow_redirects : bool
    ///     The token is sent to the origin of the base URL only, also after a redirect.
    /// engine_retries : bool
    ///     Try again what may pass by itself, as the engine does. Otherwise there is one try.
    ///
    /// Raises
    /// ------
    /// NativeError
    ///     No answer came, or the URL may not be contacted.
    #[pyo3(signature = (
        method, url, *, headers, params, body, follow_redirects, engine_retries = false
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are the parts of a request")]
    fn send(
        &self,
        python: Python<'_>,
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        params: Vec<(String, String)>,
        body: Option<Vec<u8>>,
        follow_redirects: bool,
        engine_retries: bool,
    ) -> PyResult<RawResponse> {
        let Connected { client, ahead } = self.connected(python)?;
        let request = ExchangeRequest {
            method: Method::from_bytes(method.to_ascii_uppercase().as_bytes())
                .map_err(|_invalid| PyValueError::new_err(format!("no HTTP method: {method:?}")))?,
            url: address(&client, url, &params)?,
            headers: header_map(&headers)?,
            body: body.map(Into::into),
            follow_redirects,
            most: None,
            retry: engine_retries,
        };
        // A plain request may have been expected.
        let is_plain = request.method == Method::GET
            && request.body.is_none()
            && request.headers.is_empty()
            && request.follow_redirects;
        let sent = runtime::wait(python, || async move {
            if is_plain && let Some(answer) = ahead.take(&request.url).await {
                return Ok(answer);
            }
            client.exchange(&request).await
        })?;
        let answer = sent.map_err(|error| errors::platform(python, &error))?;
        RawResponse::new(python, answer)
    }

    /// How many requests were sent, and how many of them repeated one that failed.
    fn statistics(&self, python: Python<'_>) -> PyResult<(u64, u64)> {
        let statistics = self.client(python)?.statistics();
        Ok((statistics.requests, statistics.retries))
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Session")
            .field("settings", &self.builder)
            .finish_non_exhaustive()
    }
}

fn authorities(path: &std::path::Path) -> PyResult<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        PyFileNotFoundError::new_err(format!(
            "verify names the certificates {}, which cannot be read: {error}",
            path.display()
        ))
    })
}

pub(crate) fn address(client: &Client, url: &str, params: &[(String, String)]) -> PyResult<Url> {
    let mut url = client.base_url().join(url).map_err(|error| {
        PyValueError::new_err(format!("not a URL: {error}; give a path or an https URL"))
    })?;
    if !params.is_empty() {
        url.query_pairs_mut().extend_pairs(params);
    }
    Ok(url)
}

fn header_map(headers: &[(String, String)]) -> PyResult<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        // The value may be a secret.
        let wrong = || PyValueError::new_err(format!("the header {name:?} cannot be sent"));
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_invalid| wrong())?;
        let value = HeaderValue::from_str(value).map_err(|_invalid| wrong())?;
        map.append(parsed, value);
    }
    Ok(map)
}
