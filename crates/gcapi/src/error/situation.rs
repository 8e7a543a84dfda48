//! The public error type.

use std::time::Duration;

use super::context::{HttpContext, MalformedContext, UrlRole};
use super::kind::ErrorKind;

/// What went wrong. Errors are cheap to clone and safe to log.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is unusable. Nothing was sent.
    #[error("{message}")]
    Configuration {
        /// What is wrong, and what it should look like.
        message: String,
    },
    /// The address is not on the API's own origin, so it was not contacted.
    #[error("the {role} {url} is not on {allowed}, the only origin that may receive the API token")]
    ForeignOrigin {
        /// What the address was.
        role: UrlRole,
        /// The address, credentials masked.
        url: String,
        /// The origin that would have been allowed.
        allowed: String,
    },
    /// The address is not `https`, so it was not contacted.
    #[error("the {role} {url} is not https")]
    InsecureUrl {
        /// What the address was.
        role: UrlRole,
        /// The address, credentials masked.
        url: String,
    },
    /// The text is not an address this client can use.
    #[error("the {role} {url:?} is not usable: {reason}")]
    InvalidUrl {
        /// What the address was.
        role: UrlRole,
        /// The text, credentials masked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// 401: the token is missing or not valid.
    #[error("not authenticated: {0}")]
    Unauthenticated(Box<HttpContext>),
    /// 403: the object may be seen, but this may not be done with it.
    #[error("not permitted: {0}")]
    Forbidden(Box<HttpContext>),
    /// 404: the object does not exist, or the account may not see it.
    #[error("{}", not_found(.0))]
    NotFound(Box<HttpContext>),
    /// 429: too many requests.
    #[error("too many requests: {0}")]
    RateLimited(Box<HttpContext>),
    /// 403 of the object store: the signed address ran out or was refused. Resolving the media
    /// address again gives a fresh one.
    #[error("the object store refused the signed URL: {0}")]
    Expired(Box<HttpContext>),
    /// A redirect where none may be followed; the detail names its target.
    #[error("unexpected redirect: {0}")]
    Redirected(Box<HttpContext>),
    /// Redirects that lead in circles, or through too many steps.
    #[error("redirects do not end: {0}")]
    RedirectLoop(Box<HttpContext>),
    /// Any other status that is not success.
    #[error("request refused: {0}")]
    Status(Box<HttpContext>),
    /// A search that must find one object found none.
    #[error("no object found at {url}")]
    NoneFound {
        /// The search.
        url: String,
    },
    /// A search that must find one object found several.
    #[error("{count} objects found at {url} where one was expected")]
    MultipleFound {
        /// The search.
        url: String,
        /// How many there are.
        count: u64,
    },
    /// A successful response that does not have the expected shape.
    #[error("unexpected answer: {0}")]
    Malformed(Box<MalformedContext>),
    /// No connection could be made, or it broke before a response came.
    #[error("connection failed: {0}")]
    Connect(Box<HttpContext>),
    /// The certificate of the server is not trusted.
    #[error("the server's certificate is not trusted: {0}")]
    Certificate(Box<HttpContext>),
    /// The server sent nothing for too long.
    #[error("timed out: {0}")]
    Timeout(Box<HttpContext>),
    /// The body of a response broke off.
    #[error("the response broke off: {0}")]
    Body(Box<HttpContext>),
    /// A response is larger than this client accepts.
    #[error("the response is too large: {0}")]
    TooLarge(Box<HttpContext>),
}

impl Error {
    /// Which situation this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Configuration { .. } => ErrorKind::Configuration,
            Self::ForeignOrigin { .. } => ErrorKind::ForeignOrigin,
            Self::InsecureUrl { .. } => ErrorKind::InsecureUrl,
            Self::InvalidUrl { .. } => ErrorKind::InvalidUrl,
            Self::Unauthenticated(_) => ErrorKind::Unauthenticated,
            Self::Forbidden(_) => ErrorKind::Forbidden,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::RateLimited(_) => ErrorKind::RateLimited,
            Self::Expired(_) => ErrorKind::Expired,
            Self::Redirected(_) => ErrorKind::Redirected,
            Self::RedirectLoop(_) => ErrorKind::RedirectLoop,
            Self::Status(_) => ErrorKind::Status,
            Self::NoneFound { .. } => ErrorKind::NoneFound,
            Self::MultipleFound { .. } => ErrorKind::MultipleFound,
            Self::Malformed(_) => ErrorKind::Malformed,
            Self::Connect(_) => ErrorKind::Connect,
            Self::Certificate(_) => ErrorKind::Certificate,
            Self::Timeout(_) => ErrorKind::Timeout,
            Self::Body(_) => ErrorKind::Body,
            Self::TooLarge(_) => ErrorKind::TooLarge,
        }
    }

    /// Sending the same request again may help, and nobody has given up on it yet.
    ///
    /// Connections that fail, 429, 502, 503, 504 and 507 are transient for every method; 500, a
    /// timeout, and anything that broke after the request may have arrived only for requests that
    /// may safely be repeated. An error that used up its budget is not transient any more: outer
    /// loops must not multiply the inner ones.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let Some(context) = self.context() else {
            return false;
        };
        if context.gave_up.is_some() {
            return false;
        }
        match self {
            Self::RateLimited(_) => true,
            Self::Status(_) => match context.status.map(|status| status.as_u16()) {
                Some(502 | 503 | 504 | 507) => true,
                Some(500) => context.is_idempotent(),
                _ => false,
            },
            Self::Connect(_) => !context.may_have_arrived || context.is_idempotent(),
            Self::Timeout(_) | Self::Body(_) => context.is_idempotent(),
            _ => false,
        }
    }

    /// How long the server asked to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.context()?.retry_after
    }

    /// The address concerned, credentials masked.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::ForeignOrigin { url, .. }
            | Self::InsecureUrl { url, .. }
            | Self::InvalidUrl { url, .. }
            | Self::NoneFound { url }
            | Self::MultipleFound { url, .. } => Some(url),
            _ => self.context().map(|context| context.url.as_str()),
        }
    }

    /// The facts about the request, for errors that came from HTTP.
    #[must_use]
    pub fn context(&self) -> Option<&HttpContext> {
        match self {
            Self::Unauthenticated(context)
            | Self::Forbidden(context)
            | Self::NotFound(context)
            | Self::RateLimited(context)
            | Self::Expired(context)
            | Self::Redirected(context)
            | Self::RedirectLoop(context)
            | Self::Status(context)
            | Self::Connect(context)
            | Self::Certificate(context)
            | Self::Timeout(context)
            | Self::Body(context)
            | Self::TooLarge(context) => Some(context),
            Self::Malformed(malformed) => Some(&malformed.http),
            Self::Configuration { .. }
            | Self::ForeignOrigin { .. }
            | Self::InsecureUrl { .. }
            | Self::InvalidUrl { .. }
            | Self::NoneFound { .. }
            | Self::MultipleFound { .. } => None,
        }
    }

    pub(crate) fn context_mut(&mut self) -> Option<&mut HttpContext> {
        match self {
            Self::Unauthenticated(context)
            | Self::Forbidden(context)
            | Self::NotFound(context)
            | Self::RateLimited(context)
            | Self::Expired(context)
            | Self::Redirected(context)
            | Self::RedirectLoop(context)
            | Self::Status(context)
            | Self::Connect(context)
            | Self::Certificate(context)
            | Self::Timeout(context)
            | Self::Body(context)
            | Self::TooLarge(context) => Some(context),
            Self::Malformed(malformed) => Some(&mut malformed.http),
            _ => None,
        }
    }
}

fn not_found(context: &HttpContext) -> String {
    if context.from_store {
        format!("not found in the object store: {context}")
    } else {
        format!(
            "not found, or access was not granted (the platform answers 404 to both): {context}"
        )
    }
}
