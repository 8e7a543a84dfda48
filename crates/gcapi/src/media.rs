//! The first hop to a file: from the platform's address to one that can be read.

use std::collections::HashSet;
use std::fmt;

use percent_encoding::percent_decode_str;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};
use url::Url;

use crate::client::Client;
use crate::error::{Error, MalformedContext, UrlRole};
use crate::models::DicomInstance;
use crate::origin;
use crate::redact::redact;
use crate::retry::RetryContext;
use crate::transport::{Call, location, redirected};

/// How many redirects within the platform's own origin are followed.
const MAXIMUM_HOPS: usize = 5;

/// How to read one object: an address, usually signed and short-lived, and the headers that go
/// with it.
///
/// Made by [`Client::resolve_media`], or from a [`DicomInstance`] with `try_from`. It is good for
/// any number of [`Client::get_object`] calls until the signature runs out.
#[derive(Clone)]
pub struct ObjectRequest {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) with_token: bool,
    pub(crate) role: UrlRole,
}

impl ObjectRequest {
    /// The address, credentials masked.
    #[must_use]
    pub fn url_redacted(&self) -> String {
        redact(&self.url)
    }

    /// The scheme, host and port the bytes come from.
    #[must_use]
    pub fn origin(&self) -> String {
        origin::origin_text(&self.url)
    }

    /// The name the object has in the store: the last segment of the path, percent-decoded. The
    /// server chose it, so it may hold anything; check it before it becomes a file name.
    #[must_use]
    pub fn served_name(&self) -> String {
        let segment = self.url.path().rsplit('/').next().unwrap_or_default();
        percent_decode_str(segment).decode_utf8_lossy().into_owned()
    }
}

impl fmt::Debug for ObjectRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ObjectRequest")
            .field("url", &self.url_redacted())
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("with_token", &self.with_token)
            .finish()
    }
}

/// Sends exactly the headers the platform signed. The whole list of instances is signed at once and
/// for minutes only: ask for a new list rather than trying an old entry again.
impl TryFrom<&DicomInstance> for ObjectRequest {
    type Error = Error;

    fn try_from(instance: &DicomInstance) -> Result<Self, Error> {
        let signed = &instance.get_instance;
        let role = UrlRole::DicomInstance;
        let url = origin::parse(&signed.url, role)?;
        origin::require_secure(&url, role)?;
        let invalid = |reason: String| Error::InvalidUrl {
            role,
            url: redact(&url),
            reason,
        };
        if !signed.method.eq_ignore_ascii_case("GET") {
            return Err(invalid("its method is not GET".to_owned()));
        }
        let mut headers = HeaderMap::new();
        for (name, text) in &signed.headers {
            let header = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| invalid("the name of a signed header is not valid".to_owned()))?;
            let mut value = HeaderValue::from_str(text)
                .map_err(|_| invalid(format!("the signed header {header} is not valid")))?;
            value.set_sensitive(header != ACCEPT);
            headers.insert(header, value);
        }
        Ok(Self {
            url,
            headers,
            with_token: false,
            role,
        })
    }
}

impl Client {
    /// Reads a `file` address of a model, which must be on the API's own origin.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidUrl`], [`Error::InsecureUrl`] or [`Error::ForeignOrigin`].
    pub fn media_url(&self, address: &str) -> Result<Url, Error> {
        origin::parse_on_origin(self.base_url(), address, UrlRole::File)
    }

    /// Asks the platform where a file is: `GET` of a media address, with the token.
    ///
    /// The platform checks the permission, writes a download record, and answers with a redirect to
    /// a signed address. That address is returned; the file itself is not touched. A platform that
    /// serves the file right away is understood too.
    ///
    /// # Errors
    ///
    /// * [`Error::ForeignOrigin`], [`Error::InsecureUrl`]: the address, or the redirect, is not
    ///   one to contact. Nobody was contacted there.
    /// * [`Error::Forbidden`] for images and [`Error::NotFound`] for other files without
    ///   permission; a bad token counts as none here.
    /// * [`Error::RedirectLoop`]: the platform sends in circles.
    /// * [`Error::Malformed`]: the platform sends to a web page, such as its login.
    pub async fn resolve_media(&self, url: &Url) -> Result<ObjectRequest, Error> {
        let mut retry = self.transport().retry.context();
        self.resolve_media_within(url, &mut retry).await
    }

    /// The same under a budget that the caller shares between several requests.
    ///
    /// # Errors
    ///
    /// As [`resolve_media`](Self::resolve_media).
    pub async fn resolve_media_within(
        &self,
        url: &Url,
        retry: &mut RetryContext,
    ) -> Result<ObjectRequest, Error> {
        origin::require_origin(self.base_url(), url, UrlRole::File)?;
        let mut url = url.clone();
        let mut seen = HashSet::new();
        loop {
            let mut call = Call::api(Method::GET, url.clone(), UrlRole::File);
            // The body may turn out to be the file, of which nothing is read here: compressing it
            // would be work for nothing.
            call.headers
                .insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            if seen.len() > MAXIMUM_HOPS || !seen.insert(url.clone()) {
                let hops = seen.len();
                return Err(Error::RedirectLoop(
                    call.context(format!("after {hops} redirects")),
                ));
            }
            // Dropping the response leaves a file that came right away unread.
            let response = self.transport().send(&call, retry).await?;
            if response.status().is_success() {
                if seen.len() > 1 && is_web_page(&response) {
                    return Err(web_page(&call, &response));
                }
                return Ok(ObjectRequest {
                    url,
                    headers: HeaderMap::new(),
                    with_token: true,
                    role: UrlRole::File,
                });
            }
            let Some(target) = location(response.headers()) else {
                return Err(redirected(&call, &response));
            };
            let target = url.join(&target).map_err(|error| Error::InvalidUrl {
                role: UrlRole::Redirect,
                url: crate::redact::redact_text(&target),
                reason: error.to_string(),
            })?;
            origin::require_secure(&target, UrlRole::Redirect)?;
            if target.origin() != self.base_url().origin() {
                return Ok(ObjectRequest {
                    url: target,
                    headers: HeaderMap::new(),
                    with_token: false,
                    role: UrlRole::Redirect,
                });
            }
            url = target;
        }
    }
}

fn is_web_page(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}

/// Saving a login page under the name of a file would be worse than failing.
fn web_page(call: &Call, response: &Response) -> Error {
    let mut http = *call.context(String::new());
    http.status = Some(response.status());
    Error::Malformed(Box::new(MalformedContext {
        http,
        place: "the target of the redirect".to_owned(),
        reason: "it is a web page of the platform, not a file".to_owned(),
        snippet: String::new(),
    }))
}
