//! The situations without their facts, for exhaustive `match`es elsewhere.

/// Which situation an [`Error`](crate::Error) is.
///
/// Exit codes, HTTP statuses and the like are each one `match` over this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// A setting is unusable.
    Configuration,
    /// An address is not on the API's own origin.
    ForeignOrigin,
    /// An address is not `https`.
    InsecureUrl,
    /// An address cannot be read, or must not be used.
    InvalidUrl,
    /// 401: the token is missing or not valid.
    Unauthenticated,
    /// 403: not permitted.
    Forbidden,
    /// 404: it does not exist, or may not be seen.
    NotFound,
    /// 429: too many requests.
    RateLimited,
    /// 403 of the object store: the signed address is no longer valid.
    Expired,
    /// A redirect where none may be followed.
    Redirected,
    /// Redirects that do not end.
    RedirectLoop,
    /// Any other refusal.
    Status,
    /// A search found nothing.
    NoneFound,
    /// A search found more than one object.
    MultipleFound,
    /// A successful response of the wrong shape.
    Malformed,
    /// No connection, or it broke before a response came.
    Connect,
    /// The server's certificate is not trusted.
    Certificate,
    /// Nothing came for too long.
    Timeout,
    /// The response body broke off.
    Body,
    /// A response is larger than this client accepts.
    TooLarge,
}
