//! What can go wrong, as situations a caller can act on.
//!
//! * [`Error`] is the situation, [`ErrorKind`] its `Copy` form for `match`es.
//! * [`HttpContext`] is what was known about the request: every error that came from HTTP boxes one.
//!
//! No error holds a token, a signature or an unredacted address, so all of them may be logged.

mod classify;
mod context;
mod detail;
mod kind;
mod situation;

pub(crate) use classify::{from_transport, refused_by_api, refused_by_store};
pub use context::{GaveUp, HttpContext, MalformedContext, UrlRole};
pub(crate) use detail::SNIPPET_CHARACTERS;
pub use kind::ErrorKind;
pub use situation::Error;
