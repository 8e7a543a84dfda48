//! Settings of a client, checked all at once when it is built.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Certificate, NoProxy, Proxy};
use url::Url;

use crate::client::Client;
use crate::error::Error;
use crate::gate::Gate;
use crate::redact::{redact_text, tidy};
use crate::retry::RetryPolicy;
use crate::secret::Token;
use crate::transport::Transport;

/// The API of grand-challenge.org.
const DEFAULT_BASE_URL: &str = "https://grand-challenge.org/api/v1/";
/// Many ranges are read at once, and each needs a connection of its own; none must be closed
/// between two of them only because the pool is small.
const IDLE_CONNECTIONS: usize = 256;
/// How long an HTTP/2 connection in use may be silent before it is asked whether it still lives,
/// and how long it has to answer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Settings of a [`Client`]. Setters never fail; [`build`](Self::build) reports what is wrong.
#[derive(Clone)]
pub struct ClientBuilder {
    token: Option<Token>,
    base_url: String,
    ca_certificates: Vec<Vec<u8>>,
    accept_invalid_certs: bool,
    proxy: Option<String>,
    no_proxy: Option<String>,
    connect_timeout: Duration,
    timeout: Duration,
    retry: RetryPolicy,
    user_agent: String,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            token: None,
            base_url: DEFAULT_BASE_URL.to_owned(),
            ca_certificates: Vec::new(),
            accept_invalid_certs: false,
            proxy: None,
            no_proxy: None,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            retry: RetryPolicy::default(),
            user_agent: concat!("gcapi-rs/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl ClientBuilder {
    /// The account to act for. Without one, only what is public can be seen. Default none.
    #[must_use]
    pub fn token(mut self, token: Option<Token>) -> Self {
        self.token = token;
        self
    }

    /// The address of the API: `https`, ending in `/api/v1/` (the last slash may be missing).
    /// Default `https://grand-challenge.org/api/v1/`.
    #[must_use]
    pub fn base_url(mut self, base_url: &str) -> Self {
        base_url.clone_into(&mut self.base_url);
        self
    }

    /// Trusts the certificates of a PEM text besides those of the system, for the API and for the
    /// object store. May be called more than once.
    #[must_use]
    pub fn ca_certificate_pem(mut self, pem: Vec<u8>) -> Self {
        self.ca_certificates.push(pem);
        self
    }

    /// Trusts any certificate. Whoever is on the line can then read the token. Default no.
    #[must_use]
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.accept_invalid_certs = accept;
        self
    }

    /// Connects through a proxy. The environment is not consulted. Default none.
    #[must_use]
    pub fn proxy(mut self, url: &str) -> Self {
        self.proxy = Some(url.to_owned());
        self
    }

    /// Hosts to reach without the proxy, as in the usual `NO_PROXY` (`a.example,10.0.0.0/8`).
    #[must_use]
    pub fn no_proxy(mut self, hosts: &str) -> Self {
        self.no_proxy = Some(hosts.to_owned());
        self
    }

    /// The longest wait for a connection. Default 10 seconds.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The longest wait for the next bytes of a response. It does not limit how long a transfer
    /// takes that makes progress. Default 60 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How failures are tried again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The `User-Agent` to send. Default `gcapi-rs/<version>`.
    #[must_use]
    pub fn user_agent(mut self, user_agent: &str) -> Self {
        user_agent.clone_into(&mut self.user_agent);
        self
    }

    /// Checks the settings and makes the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] for a base URL, certificate, proxy or user agent that cannot be
    /// used.
    pub fn build(self) -> Result<Client, Error> {
        let base = check_base_url(&self.base_url)?;
        let authorization = self.token.as_ref().map(Token::header).transpose()?;
        // Each reads the system's certificates, which can take longer than a request.
        let (api, store) = std::thread::scope(|scope| {
            let store = scope.spawn(|| self.store());
            (self.api(), store.join())
        });
        let store = store.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(Client::new(Transport {
            base,
            api: api?,
            store: store?,
            authorization,
            retry: self.retry,
            connect_timeout: self.connect_timeout,
            timeout: self.timeout,
            requests: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            gate: Gate::default(),
        }))
    }

    /// What talks to the API.
    fn api(&self) -> Result<reqwest::Client, Error> {
        let mut json = HeaderMap::new();
        json.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.common()?
            .default_headers(json)
            .gzip(true)
            // All requests share one connection: when it dies silently, trying again on it would
            // not help, so it has to be found dead.
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(KEEP_ALIVE)
            .build()
            .map_err(configuration)
    }

    /// What talks to the object store.
    fn store(&self) -> Result<reqwest::Client, Error> {
        self.common()?
            // Over HTTP/2 all ranges of a file would share one connection and its window.
            .http1_only()
            // Ranges and lengths count the bytes as stored.
            .gzip(false)
            .build()
            .map_err(configuration)
    }

    /// What the connections to the API and to the store have in common.
    fn common(&self) -> Result<reqwest::ClientBuilder, Error> {
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .referer(false)
            .https_only(true)
            // Retries are counted and budgeted here; the library must not add its own.
            .retry(reqwest::retry::never())
            // This also keeps the library from reading the environment.
            .no_proxy()
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .tcp_nodelay(true)
            .connect_timeout(self.connect_timeout)
            .user_agent(self.user_agent.as_str())
            .tls_danger_accept_invalid_certs(self.accept_invalid_certs);
        for pem in &self.ca_certificates {
            let certificates = Certificate::from_pem_bundle(pem).map_err(configuration)?;
            if certificates.is_empty() {
                return Err(Error::Configuration {
                    message: "the CA file holds no certificate; expected PEM text with \
                              \"-----BEGIN CERTIFICATE-----\""
                        .to_owned(),
                });
            }
            builder = builder.tls_certs_merge(certificates);
        }
        if let Some(url) = &self.proxy {
            let proxy = Proxy::all(url.as_str()).map_err(|error| Error::Configuration {
                message: format!(
                    "the proxy {:?} cannot be used: {}",
                    redact_text(url),
                    tidy(&error.without_url().to_string(), 200)
                ),
            })?;
            let exceptions = self.no_proxy.as_deref().and_then(NoProxy::from_string);
            builder = builder.proxy(proxy.no_proxy(exceptions));
        }
        Ok(builder)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientBuilder")
            .field("token", &self.token)
            .field("base_url", &redact_text(&self.base_url))
            .field("proxy", &self.proxy.as_deref().map(redact_text))
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

fn configuration(error: reqwest::Error) -> Error {
    use std::error::Error as _;
    let error = error.without_url();
    let cause = error
        .source()
        .map(|source| format!(": {source}"))
        .unwrap_or_default();
    Error::Configuration {
        message: tidy(&format!("the client cannot be set up: {error}{cause}"), 300),
    }
}

fn check_base_url(text: &str) -> Result<Url, Error> {
    let refuse = |problem: &str| Error::Configuration {
        message: format!(
            "the base URL {:?} {problem}; it should look like {DEFAULT_BASE_URL}",
            redact_text(text)
        ),
    };
    let mut url = Url::parse(text.trim()).map_err(|_invalid| refuse("is not a URL"))?;
    if url.scheme() != "https" {
        return Err(refuse("is not https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("holds a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("holds a query or a fragment"));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    if !url.path().ends_with("/api/v1/") {
        return Err(refuse("does not end in /api/v1/"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_checked() {
        for (text, expected) in [
            (
                "https://gc.example/api/v1/",
                Ok("https://gc.example/api/v1/"),
            ),
            (
                " https://gc.example/api/v1\n",
                Ok("https://gc.example/api/v1/"),
            ),
            (
                "https://gc.example:8443/sub/api/v1/",
                Ok("https://gc.example:8443/sub/api/v1/"),
            ),
            ("http://gc.example/api/v1/", Err("not https")),
            ("https://gc.example/", Err("/api/v1/")),
            ("https://gc.example/xapi/v1/", Err("/api/v1/")),
            ("https://gc.example/api/v1/archives/", Err("/api/v1/")),
            ("https://u:pw@gc.example/api/v1/", Err("password")),
            ("https://gc.example/api/v1/?a=b", Err("query")),
            ("https://gc.example/api/v1/#a", Err("fragment")),
            ("gc.example", Err("not a URL")),
            ("", Err("not a URL")),
        ] {
            match (check_base_url(text), expected) {
                (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected),
                (Err(error), Err(part)) => {
                    let message = error.to_string();
                    assert!(message.contains(part), "{text:?}: {message}");
                    assert!(message.contains(DEFAULT_BASE_URL), "{message}");
                    assert!(!message.contains("pw"), "{message}");
                }
                (outcome, _) => panic!("{text:?}: {outcome:?}"),
            }
        }
    }

    #[test]
    fn unusable_settings_are_told_apart() {
        let message = |builder: ClientBuilder| builder.build().unwrap_err().to_string();
        assert!(
            message(Client::builder().ca_certificate_pem(b"nothing".to_vec()))
                .contains("CERTIFICATE")
        );
        let garbage = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(
            message(Client::builder().ca_certificate_pem(garbage.to_vec()))
                .contains("cannot be set up")
        );
        assert!(message(Client::builder().proxy("::")).contains("proxy"));
        assert!(message(Client::builder().user_agent("a\nb")).contains("cannot be set up"));
    }

    #[test]
    fn debug_texts_hold_no_secret() {
        let builder = Client::builder()
            .token(Some(Token::parse("s3cr3t").unwrap()))
            .proxy("http://user:s3cr3t@proxy.example:3128");
        assert!(!format!("{builder:?}").contains("s3cr3t"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("s3cr3t"));
    }
}
