//! What goes wrong in the engine, as one exception that says which situation it is. The Python
//! face turns it into the classes people catch.

use gcapi::{Error, ErrorKind};
use gcapi_archive::Error as ArchiveError;
use gcapi_transfer::Error as TransferError;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::{create_exception, intern};

create_exception!(
    _native,
    NativeError,
    PyException,
    "A failure of the engine.\n\nAttributes\n----------\nkind : str\n    Which situation it is, such \
     as ``not-found`` or ``connect``.\nurl : str or None\n    The address concerned, signatures \
     masked.\nstatus : int or None\n    The HTTP status, when a response came."
);

/// An exception from an error of the client.
pub(crate) fn platform(python: Python<'_>, error: &Error) -> PyErr {
    let status = error.context().and_then(|context| context.status);
    new(
        python,
        kind(error.kind()),
        &error.to_string(),
        error.url(),
        status.map(|status| status.as_u16()),
    )
}

/// An exception from an error that ended a download.
pub(crate) fn transfer(python: Python<'_>, error: &TransferError) -> PyErr {
    let kind = match error {
        TransferError::Platform(error) => return platform(python, error),
        TransferError::Archive(error) => return folder(python, error),
        TransferError::Reference { .. } => "reference",
        TransferError::NoSuchArchive { .. } => "no-such-archive",
        TransferError::NothingVisible { .. } => "nothing-visible",
        TransferError::NotEmpty(_) => "not-empty",
        TransferError::Exists(_) => "exists",
        TransferError::NotWhole { .. } => "not-whole",
        TransferError::PruneOfAPart | TransferError::Pattern { .. } => "argument",
        _ => "internal",
    };
    new(python, kind, &error.to_string(), None, None)
}

/// An exception from an error of a folder or its catalogue.
pub(crate) fn folder(python: Python<'_>, error: &ArchiveError) -> PyErr {
    let kind = match error {
        ArchiveError::NotAnArchive(_) => "not-an-archive",
        ArchiveError::ForeignFolder(_) => "not-empty",
        ArchiveError::Held { .. } | ArchiveError::Busy(_) => "held",
        ArchiveError::NoSpace { .. } => "no-space",
        _ => "folder",
    };
    new(python, kind, &error.to_string(), None, None)
}

/// An exception from a task that ended without a result, which is a bug.
pub(crate) fn internal(python: Python<'_>, error: &dyn std::fmt::Display) -> PyErr {
    let message = format!("an internal task failed: {error}");
    new(python, "internal", &message, None, None)
}

/// An exception of a kind.
pub(crate) fn new(
    python: Python<'_>,
    kind: &str,
    message: &str,
    url: Option<&str>,
    status: Option<u16>,
) -> PyErr {
    let error = NativeError::new_err(message.to_owned());
    let value = error.value(python);
    let set = value
        .setattr(intern!(python, "kind"), kind)
        .and_then(|()| value.setattr(intern!(python, "url"), url))
        .and_then(|()| value.setattr(intern!(python, "status"), status));
    match set {
        Ok(()) => error,
        Err(raised) => raised,
    }
}

fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Configuration => "configuration",
        ErrorKind::ForeignOrigin => "foreign-origin",
        ErrorKind::InsecureUrl => "insecure-url",
        ErrorKind::InvalidUrl => "invalid-url",
        ErrorKind::Unauthenticated => "unauthenticated",
        ErrorKind::Forbidden => "forbidden",
        ErrorKind::NotFound => "not-found",
        ErrorKind::RateLimited => "rate-limited",
        ErrorKind::Expired => "expired",
        ErrorKind::Redirected => "redirected",
        ErrorKind::RedirectLoop => "redirect-loop",
        ErrorKind::Status => "status",
        ErrorKind::NoneFound => "none-found",
        ErrorKind::MultipleFound => "multiple-found",
        ErrorKind::Malformed => "malformed",
        ErrorKind::Connect => "connect",
        ErrorKind::Certificate => "certificate",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Body => "body",
        ErrorKind::TooLarge => "too-large",
    }
}
