//! The client itself: shared state, and the requests that belong to no group.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use reqwest::Method;
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

use crate::builder::ClientBuilder;
use crate::endpoint::Endpoint;
use crate::error::{Error, UrlRole};
use crate::models::{DicomInstanceList, PlatformVersion};
use crate::redact::redact_text;
use crate::response::RawResponse;
use crate::transport::{Call, Transport};

/// A client of one platform, with one account. Cheap to clone; clones share connections, counters
/// and what has been asked once.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    transport: Transport,
    version: OnceCell<Result<PlatformVersion, Error>>,
}

/// What a client has sent so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// The HTTP requests sent, those to the object store and all retries included.
    pub requests: u64,
    /// How many of them repeated one that failed.
    pub retries: u64,
}

impl Client {
    /// A builder with the defaults for grand-challenge.org.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn new(transport: Transport) -> Self {
        Self {
            shared: Arc::new(Shared {
                transport,
                version: OnceCell::new(),
            }),
        }
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.shared.transport
    }

    /// The address all API paths are below. It ends in `/api/v1/`.
    #[must_use]
    pub fn base_url(&self) -> &Url {
        &self.shared.transport.base
    }

    /// The policy under which this client tries again, for jobs of several requests that share
    /// one budget.
    #[must_use]
    pub fn retry_policy(&self) -> &crate::RetryPolicy {
        &self.transport().retry
    }

    /// What this client and its clones have sent so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let transport = self.transport();
        Statistics {
            requests: transport.requests.load(Ordering::Relaxed),
            retries: transport.retries.load(Ordering::Relaxed),
        }
    }

    /// Any list endpoint below the base URL, such as `archives/items/`. A path that is not below
    /// it is an [`Error::InvalidUrl`] of every request.
    #[must_use]
    pub fn endpoint<T>(&self, path: &str) -> Endpoint<T> {
        Endpoint::new(self.clone(), path)
    }

    /// Which versions of the official client the platform supports: `GET gcapi/`.
    ///
    /// Asked at most once per client; a failure is remembered too. The token is sent along, and a
    /// token that is not valid gives [`Error::Unauthenticated`] although the endpoint is open.
    ///
    /// # Errors
    ///
    /// Failures of the request, or [`Error::Malformed`].
    pub async fn version(&self) -> Result<PlatformVersion, Error> {
        self.shared
            .version
            .get_or_init(async || {
                let url = self.api_url("gcapi/")?;
                let call = Call::api(Method::GET, url, UrlRole::Api);
                self.transport().fetch(&call).await?.parse("the version")
            })
            .await
            .clone()
    }

    /// Signed requests for the instances of a DICOM image set:
    /// `GET cases/images/{pk}/dicom/instances/`.
    ///
    /// All are signed at once, for some minutes: fetch the list again rather than trying an old
    /// entry again.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] when the image has no DICOM image set, or may not be seen.
    pub async fn dicom_instances(&self, image: &Uuid) -> Result<DicomInstanceList, Error> {
        let url = self.api_url(&format!("cases/images/{image}/dicom/instances/"))?;
        let call = Call::api(Method::GET, url, UrlRole::Api);
        self.transport()
            .fetch(&call)
            .await?
            .parse("the list of instances")
    }

    /// Any request to the API's own origin. A relative path is below the base URL, one that starts
    /// with `/` below the host.
    ///
    /// `POST` and `PATCH` are tried again only when the request cannot have had an effect, or the
    /// server says that it is busy (429, 502, 503, 504, 507).
    ///
    /// # Errors
    ///
    /// Every response that is not success is an error; validation errors are in its detail.
    pub async fn request(
        &self,
        method: Method,
        path_or_url: &str,
        query: &[(String, String)],
        body: Option<&serde_json::Value>,
    ) -> Result<RawResponse, Error> {
        let mut url = self.api_url(path_or_url)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut call = Call::api(method, url, UrlRole::Api);
        if let Some(body) = body {
            call = call.json(body.to_string().into_bytes().into());
        }
        self.transport().fetch(&call).await
    }

    fn api_url(&self, path_or_url: &str) -> Result<Url, Error> {
        let base = self.base_url();
        let url = base.join(path_or_url).map_err(|error| Error::InvalidUrl {
            role: UrlRole::Api,
            url: redact_text(path_or_url),
            reason: error.to_string(),
        })?;
        crate::origin::require_origin(base, &url, UrlRole::Api)?;
        Ok(url)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("base_url", &self.base_url().as_str())
            .field("authenticated", &self.transport().authorization.is_some())
            .finish_non_exhaustive()
    }
}
