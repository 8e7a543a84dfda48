//! Why a download as a whole could not go on. What befalls one file is a
//! [`Failure`](gcapi_archive::Failure) instead.

use std::path::PathBuf;

use gcapi::ErrorKind;

/// An error that ends a download.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The platform refused or could not be reached.
    #[error(transparent)]
    Platform(#[from] gcapi::Error),

    /// The output folder or its catalogue cannot be used.
    #[error(transparent)]
    Archive(#[from] gcapi_archive::Error),

    /// The reference is neither a slug, a pk nor an API URL of an archive.
    #[error("{reference:?} is not an archive: {reason}")]
    Reference {
        /// What was given.
        reference: String,
        /// What is wrong with it.
        reason: String,
    },

    /// There is no such archive, or none that may be seen.
    #[error("there is no archive {reference:?} on {base_url}, or you may not see it")]
    NoSuchArchive {
        /// What was asked for.
        reference: String,
        /// Where.
        base_url: String,
    },

    /// The archive can be seen and nothing in it.
    #[error(
        "the archive {title:?} can be seen, but none of its {what}: either it is empty, or access \
         to them was not granted"
    )]
    NothingVisible {
        /// Title of the archive.
        title: String,
        /// `items` or `images`.
        what: &'static str,
    },

    /// The folder is not empty and nothing in it may be touched.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),

    /// A file is there that may not be replaced.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),

    /// The bytes of a file did not come as they should.
    #[error("{reason}")]
    NotWhole {
        /// What was wrong with them.
        reason: String,
    },

    /// Files that were not asked for would seem to be gone.
    #[error("what left the archive cannot be told while only a part of it is asked for")]
    PruneOfAPart,

    /// A glob is malformed.
    #[error("the pattern {pattern:?} is malformed: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A background task ended without an answer: a bug in this program.
    #[error("an internal task failed: {0}")]
    Internal(String),
}

/// An error that every further request of a download would meet as well: the
/// token is refused, the certificate is not trusted, or nobody can be reached.
/// A connection that breaks once a request was sent may be that file's alone.
#[must_use]
pub fn is_fatal(error: &gcapi::Error) -> bool {
    match error.kind() {
        ErrorKind::Unauthenticated | ErrorKind::Certificate => true,
        ErrorKind::Connect => error
            .context()
            .is_none_or(|context| !context.may_have_arrived),
        _ => false,
    }
}
