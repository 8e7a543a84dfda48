//! What can go wrong with an archive on disk.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::PathRefused;

/// An error of the folder or its catalogue. Every variant is a situation the
/// caller can act on, and names the place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder has no catalogue.
    #[error("{} is not a downloaded archive: there is no .gcapi/catalogue.sqlite in it", .0.display())]
    NotAnArchive(PathBuf),

    /// The folder has content that is not ours.
    #[error("{} is not empty and was not made by gcapi", .0.display())]
    ForeignFolder(PathBuf),

    /// The folder belongs to another archive, mode or layout.
    #[error("{} holds {found}, not {wanted}", folder.display())]
    OtherContent {
        /// The folder.
        folder: PathBuf,
        /// What it holds.
        found: String,
        /// What was to be put there.
        wanted: String,
    },

    /// No space, no quota or no inode is left.
    #[error("no space left on the device while writing {}", path.display())]
    NoSpace {
        /// The file or folder that was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// What is to be written is known not to fit, before its first byte.
    #[error(
        "no space left on the device of {}: {needed} {what} are needed, {available} are free",
        folder.display()
    )]
    TooSmall {
        /// The output folder.
        folder: PathBuf,
        /// `bytes` or `files`.
        what: &'static str,
        /// How many are needed.
        needed: u64,
        /// How many are left.
        available: u64,
    },

    /// Writing failed.
    #[error("failed to write {}: {source}", path.display())]
    CannotWrite {
        /// The file or folder that was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Reading failed.
    #[error("failed to read {}: {source}", path.display())]
    CannotRead {
        /// The file or folder that was being read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Something that is not a plain file or folder stands in the way.
    #[error("{} is in the way: {reason}", path.display())]
    InTheWay {
        /// The place.
        path: PathBuf,
        /// What stands there.
        reason: &'static str,
    },

    /// Another process is working on the folder.
    #[error(
        "another gcapi is working on {}: process {pid} on {host}, since {}",
        folder.display(),
        date(*since)
    )]
    Held {
        /// The folder.
        folder: PathBuf,
        /// The machine it runs on.
        host: String,
        /// Its process there.
        pid: u32,
        /// When it began, seconds since 1970.
        since: i64,
    },

    /// Another process is writing to the catalogue.
    #[error("another gcapi is working on {}", .0.display())]
    Busy(PathBuf),

    /// The catalogue was written by a newer version.
    #[error(
        "the catalogue {} has version {found}; this program reads up to {known}", path.display()
    )]
    NewerCatalogue {
        /// The catalogue.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },

    /// SQLite refused.
    #[error("the catalogue {} cannot be used: {source}", path.display())]
    Catalogue {
        /// The catalogue.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },

    /// A path from the server was refused.
    #[error(transparent)]
    Path(#[from] PathRefused),
}

impl Error {
    /// Sorts a failure to write into "no space" and the rest.
    #[must_use]
    pub fn writing(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoSpace { path, source }
            }
            _ => Self::CannotWrite { path, source },
        }
    }

    /// A failure to read.
    #[must_use]
    pub fn reading(path: &Path, source: io::Error) -> Self {
        Self::CannotRead {
            path: path.to_path_buf(),
            source,
        }
    }

    /// Sorts what SQLite says into our situations.
    pub(crate) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy(path.to_path_buf())
            }
            Some(ErrorCode::DiskFull) => Self::NoSpace {
                path: path.to_path_buf(),
                source: io::Error::new(io::ErrorKind::StorageFull, source),
            },
            // SQLite has a code for a full disk, and none for a quota that is
            // used up: writing fails, and nothing is damaged.
            Some(ErrorCode::SystemIoFailure) if !is_of_reading(&source) => Self::CannotWrite {
                path: path.to_path_buf(),
                source: io::Error::other(source),
            },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => Self::CannotWrite {
                path: path.to_path_buf(),
                source: io::Error::new(io::ErrorKind::PermissionDenied, source),
            },
            _ => Self::Catalogue {
                path: path.to_path_buf(),
                source,
            },
        }
    }
}

/// Whether SQLite failed to read, or found less than there should be.
fn is_of_reading(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_READ, SQLITE_IOERR_SHORT_READ};
    error.sqlite_error().is_some_and(|error| {
        matches!(
            error.extended_code,
            SQLITE_IOERR_READ | SQLITE_IOERR_SHORT_READ
        )
    })
}

/// A moment in seconds since 1970, for people.
fn date(seconds: i64) -> String {
    let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    UNIX_EPOCH
        .checked_add(since)
        .map_or_else(String::new, httpdate::fmt_http_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_sqlite(code: i32) -> Error {
        let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        Error::sqlite(Path::new("catalogue.sqlite"), source)
    }

    #[test]
    fn a_disk_or_a_quota_that_is_full_is_no_damage() {
        use rusqlite::ffi;
        assert!(matches!(of_sqlite(ffi::SQLITE_FULL), Error::NoSpace { .. }));
        for code in [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_FSYNC] {
            assert!(matches!(of_sqlite(code), Error::CannotWrite { .. }));
        }
        for code in [ffi::SQLITE_IOERR_SHORT_READ, ffi::SQLITE_CORRUPT] {
            assert!(matches!(of_sqlite(code), Error::Catalogue { .. }));
        }
        let quota = io::Error::from(io::ErrorKind::QuotaExceeded);
        assert!(matches!(
            Error::writing(Path::new("x"), quota),
            Error::NoSpace { .. }
        ));
    }
}
