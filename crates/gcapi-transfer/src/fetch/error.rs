//! What can befall one file, and what it means for the others.

use gcapi::{Error as PlatformError, ErrorKind};
use gcapi_archive::Error as ArchiveError;

use crate::Error;
use crate::error::is_fatal;
use crate::part::{Mismatch, PartError};

/// What can befall one file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The bytes are not what the store says they are, twice.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The file changed again and again while it was fetched.
    #[error("it changed in the store again and again while it was being fetched")]
    Unstable,
    /// Parts of the file are missing although all of them were fetched.
    #[error("it did not come whole")]
    Incomplete,
    #[error(transparent)]
    Other(#[from] Error),
}

impl FetchError {
    /// Whether every other file would meet the same: then the run ends.
    pub(super) fn is_fatal(&self) -> bool {
        match self {
            Self::Platform(error) => is_fatal(error),
            Self::Archive(error) => !matches!(error, ArchiveError::Path(_)),
            Self::Mismatch(_) | Self::Unstable | Self::Incomplete => false,
            Self::Other(error) => !matches!(error, Error::Exists(_)),
        }
    }

    /// Whether the server may have had enough.
    pub(super) fn is_overload(&self) -> bool {
        let Self::Platform(error) = self else {
            return false;
        };
        let status = error.context().and_then(|context| context.status);
        match error.kind() {
            ErrorKind::RateLimited | ErrorKind::Timeout => true,
            ErrorKind::Status => status.is_some_and(|status| status.as_u16() == 503),
            _ => false,
        }
    }

    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Platform(error) => error.into(),
            Self::Archive(error) => error.into(),
            Self::Other(error) => error,
            error @ (Self::Mismatch(_) | Self::Unstable | Self::Incomplete) => Error::NotWhole {
                reason: error.to_string(),
            },
        }
    }

    pub(super) fn next_step(&self) -> &'static str {
        match self {
            Self::Platform(error) => match error.kind() {
                ErrorKind::Forbidden | ErrorKind::NotFound => {
                    "ask the archive's editors whether you may see it, then run again"
                }
                ErrorKind::ForeignOrigin | ErrorKind::InsecureUrl | ErrorKind::RedirectLoop => {
                    "nothing was sent there; report it to the platform"
                }
                ErrorKind::Malformed | ErrorKind::TooLarge => {
                    "run again; if it stays so, report it to the platform"
                }
                _ => "run the same command again: only what is missing is fetched",
            },
            Self::Mismatch(_) => {
                "the store has other bytes than it says: report it to the platform"
            }
            Self::Unstable | Self::Incomplete => {
                "run the same command again: only what is missing is fetched"
            }
            Self::Archive(_) | Self::Other(_) => "report the path to the platform",
        }
    }
}

impl From<PartError> for FetchError {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Disk(error) => error.into(),
            PartError::Mismatch(error) => error.into(),
        }
    }
}
