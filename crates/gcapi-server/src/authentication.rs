//! Who asks.

use axum::http::{HeaderMap, header};

use crate::ServerToken;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Nobody we know. Not an error: the platform shows the public nothing
    /// of this archive, and says so with empty lists.
    Anonymous,
    /// Somebody with the token.
    Member,
}

/// A header that tried and failed; the text is the platform's.
pub(crate) type Rejected = &'static str;

/// Reads the `Authorization` header. Schemes that are not `Bearer` are
/// overlooked, as the platform does.
pub(crate) fn visitor(headers: &HeaderMap, token: &ServerToken) -> Result<Visitor, Rejected> {
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return Ok(Visitor::Anonymous);
    };
    let header = String::from_utf8_lossy(header.as_bytes());
    let mut words = header.split_ascii_whitespace();
    if !words
        .next()
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
    {
        return Ok(Visitor::Anonymous);
    }
    match (words.next(), words.next()) {
        (None, _) => Err("Invalid token header. No credentials provided."),
        (Some(_), Some(_)) => Err("Invalid token header. Token string should not contain spaces."),
        (Some(brought), None) if token.is(brought) => Ok(Visitor::Member),
        (Some(_), None) => Err("Invalid token."),
    }
}
