//! What can befall one file, and what it means for the others.

use gcapi::{Error as PlatformError, ErrorKind};
use gcapi_archive::Error as ArchiveError;

use crate::Error;
use crate::error::is_fatal;

/// What can befall one file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Other(#[from] Error),
}

impl FetchError {
    /// Whether every other file would meet the same: then the run ends.
    pub(super) fn is_fatal(&self) -> bool {
        match self {
            Self::Platform(error) => is_fatal(error),
            Self::Archive(error) => !matches!(error, ArchiveError::Path(_)),
            Self::Other(_) => true,
        }
    }

    pub(super) fn into_error(self) -> Error {
        match self {
            Self::Platform(error) => error.into(),
            Self::Archive(error) => error.into(),
            Self::Other(error) => error,
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
            Self::Archive(_) | Self::Other(_) => "report the path to the platform",
        }
    }
}
