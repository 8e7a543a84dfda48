//! What ends the program: a message, a next step and an exit code.
//!
//! The exit codes are part of the program's interface; the README lists them.

use gcapi::ErrorKind;
use gcapi_archive::Error as ArchiveError;
use gcapi_transfer::Error as TransferError;

/// Everything was done, but for some items.
pub(crate) const SOME_FAILED: u8 = 1;
/// What was typed or configured cannot be done.
pub(crate) const USAGE: u8 = 2;
/// Not signed in, or not allowed.
pub(crate) const NOT_ALLOWED: u8 = 3;
/// There is no such thing.
pub(crate) const NOT_FOUND: u8 = 4;
/// Files are not what was fetched.
pub(crate) const INTEGRITY: u8 = 5;
/// No space, or no right to write.
pub(crate) const CANNOT_WRITE: u8 = 6;
/// The network, or the platform, gave up.
pub(crate) const NETWORK: u8 = 7;
/// Stopped early on purpose, in a state to go on from (EX_TEMPFAIL of
/// `sysexits.h`: come again).
pub(crate) const COME_AGAIN: u8 = 75;
/// Interrupted by the user.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why the program ends without having done what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) next_step: Option<String>,
    pub(crate) exit_code: u8,
}

impl Failure {
    pub(crate) fn new(exit_code: u8, message: String, next_step: &str) -> Self {
        Self {
            message,
            next_step: Some(next_step.to_owned()),
            exit_code,
        }
    }

    pub(crate) fn usage(message: String, next_step: &str) -> Self {
        Self::new(USAGE, message, next_step)
    }

    pub(crate) fn cannot_write(message: String) -> Self {
        Self::new(
            CANNOT_WRITE,
            message,
            "make room or choose another place, then run it again",
        )
    }

    /// No token was found anywhere.
    pub(crate) fn no_token() -> Self {
        Self::new(
            NOT_ALLOWED,
            "there is no token".to_owned(),
            "make one at https://grand-challenge.org/settings/api-tokens/ and keep it with \
             `gcapi login`, or set GRAND_CHALLENGE_AUTHORIZATION, or give --token-file",
        )
    }

    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        Self::new(
            USAGE,
            format!("an internal step failed: {error}"),
            "please report it",
        )
    }
}

impl From<gcapi::Error> for Failure {
    fn from(error: gcapi::Error) -> Self {
        let (exit_code, next_step) = match error.kind() {
            ErrorKind::Configuration | ErrorKind::InvalidUrl | ErrorKind::InsecureUrl => (
                USAGE,
                "the base URL looks like https://grand-challenge.org/api/v1/",
            ),
            ErrorKind::Unauthenticated => (
                NOT_ALLOWED,
                "the token is wrong or expired: make a new one at \
                 https://grand-challenge.org/settings/api-tokens/ and run `gcapi login`",
            ),
            ErrorKind::Forbidden => (NOT_ALLOWED, "ask the archive's editors for access"),
            ErrorKind::NotFound | ErrorKind::NoneFound => (
                NOT_FOUND,
                "check the name with `gcapi archives`, and ask the archive's editors for access",
            ),
            ErrorKind::MultipleFound => (NOT_FOUND, "give a pk or an API URL instead"),
            ErrorKind::Certificate => (
                NETWORK,
                "if the server is yours, or a proxy of your institute is in between, give its CA \
                 certificate with --ca-cert",
            ),
            ErrorKind::ForeignOrigin | ErrorKind::Redirected | ErrorKind::RedirectLoop => (
                NETWORK,
                "your token was not sent there; check --base-url, or report it to the platform",
            ),
            ErrorKind::Malformed | ErrorKind::TooLarge | ErrorKind::Status => (
                NETWORK,
                "check that --base-url is a Grand Challenge API; otherwise try again later",
            ),
            ErrorKind::Connect => (
                NETWORK,
                "check --base-url and the network (HTTPS_PROXY is honoured), then run it again: \
                 what is here stays",
            ),
            ErrorKind::RateLimited | ErrorKind::Expired | ErrorKind::Timeout | ErrorKind::Body => {
                (NETWORK, "run it again later: what is here stays")
            }
        };
        Self::new(exit_code, error.to_string(), next_step)
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        let (exit_code, next_step) = match &error {
            ArchiveError::NotAnArchive(_) => {
                (NOT_FOUND, "give a folder that `gcapi download` made")
            }
            ArchiveError::ForeignFolder(_) => (
                USAGE,
                "give a new folder with -o, or --existing overwrite to put the archive beside \
                 what is there",
            ),
            ArchiveError::OtherContent { .. } => (USAGE, "give another folder with -o"),
            ArchiveError::NoSpace { .. } | ArchiveError::TooSmall { .. } => (
                CANNOT_WRITE,
                "make room, then run the same command again: it goes on from here",
            ),
            ArchiveError::CannotWrite { .. } => (
                CANNOT_WRITE,
                "check who owns the folder, or choose another with -o",
            ),
            ArchiveError::InTheWay { .. } => (CANNOT_WRITE, "move it away, then run it again"),
            ArchiveError::Held { .. } => (
                CANNOT_WRITE,
                "wait until it is done, then run it again; a process that is gone holds nothing \
                 a minute later",
            ),
            ArchiveError::Busy(_) => (CANNOT_WRITE, "wait until it is done, then run it again"),
            ArchiveError::NewerCatalogue { .. } => (USAGE, "install a newer gcapi"),
            ArchiveError::Catalogue { .. } => (
                INTEGRITY,
                "the catalogue is damaged: move the folder's .gcapi away and download with \
                 --existing overwrite",
            ),
            _ => (CANNOT_WRITE, "check the disk and the rights on the folder"),
        };
        Self::new(exit_code, error.to_string(), next_step)
    }
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        let (exit_code, next_step) = match error {
            TransferError::Platform(error) => return error.into(),
            TransferError::Archive(error) => return error.into(),
            TransferError::Reference { .. } => (
                USAGE,
                "give a slug, a pk or an API URL; `gcapi archives` lists them",
            ),
            TransferError::NoSuchArchive { .. } => (
                NOT_FOUND,
                "check the name with `gcapi archives`; the platform answers the same when access \
                 was not granted, so ask the archive's editors for it",
            ),
            TransferError::NothingVisible { .. } => (
                NOT_ALLOWED,
                "being able to see an archive is not yet access to its items: request it on the \
                 archive's page, then run it again",
            ),
            TransferError::NotEmpty(_) => {
                (USAGE, "give a new folder with -o, or drop --existing error")
            }
            TransferError::PruneOfAPart => (
                USAGE,
                "prune in a run without --socket, --exclude-socket, --item and --image-type",
            ),
            TransferError::Pattern { .. } => (
                USAGE,
                "patterns have *, ?, [a-z] and {one,other}; put them in quotes",
            ),
            _ => (USAGE, "please report it"),
        };
        Self::new(exit_code, error.to_string(), next_step)
    }
}

impl From<gcapi_server::Error> for Failure {
    fn from(error: gcapi_server::Error) -> Self {
        Self::new(
            USAGE,
            error.to_string(),
            "if an address is in use, give others with --listen and --store-listen (port 0 takes \
             any free one)",
        )
    }
}

impl From<gcapi_inspect::table::WriteError> for Failure {
    fn from(error: gcapi_inspect::table::WriteError) -> Self {
        use gcapi_inspect::table::{Error, WriteError};
        match error {
            WriteError::Table(Error::Archive(error)) => error.into(),
            WriteError::Table(error) => Self::internal(&error),
            other => Self::cannot_write(other.to_string()),
        }
    }
}
