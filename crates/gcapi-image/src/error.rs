//! What can go wrong with an image.

use std::io;
use std::path::{Path, PathBuf};

/// An image, or a file it consists of, that cannot be read as asked.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct Error {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong. Every variant is a situation the caller can act on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The operating system refused to read.
    #[error("failed to read: {0}")]
    Read(#[from] io::Error),

    /// Writing a copy failed.
    #[error("failed to write a copy: {0}")]
    Write(#[source] io::Error),

    /// Neither the content nor the suffix is that of a format known here.
    #[error(
        "is none of MetaImage, TIFF, DICOM, NIfTI, PNG and JPEG, neither by content nor by suffix"
    )]
    Unrecognized,

    /// The file breaks the rules of its format: fetch it again or repair it.
    #[error("is damaged: {0}")]
    Malformed(String),

    /// The file ends before its data do: fetch it again.
    #[error("is incomplete: {wanted} bytes of data are expected, {found} are there")]
    Truncated {
        /// Bytes that should be there.
        wanted: u64,
        /// Bytes that are.
        found: u64,
    },

    /// There is more data than the header says.
    #[error("has {extra} bytes more than its header says ({wanted})")]
    Excess {
        /// Bytes that should be there.
        wanted: u64,
        /// Bytes beyond them that were seen; there may be more.
        extra: u64,
    },

    /// The file may be fine, but this library does not read what it holds.
    #[error("is not supported: {0}")]
    Unsupported(String),

    /// More than [`Limits`](crate::Limits) allow.
    #[error("has {what} of {size}, beyond the limit of {limit}: raise the limit to read it")]
    TooLarge {
        /// What there is too much of, and in which unit.
        what: &'static str,
        /// How much there is.
        size: u64,
        /// How much is allowed.
        limit: u64,
    },

    /// The system has not as much memory as the samples need.
    #[error("needs {0} bytes of memory, which the system does not give: read it slice by slice")]
    NoMemory(u64),

    /// A header names a data file that is not in its own folder.
    #[error("names the data file {0:?}, which is not a file in the folder of the header")]
    OutsideFolder(String),

    /// A slice, level or region that the image does not have.
    #[error("has no {0}")]
    NoSuchPart(String),
}

impl Problem {
    /// Says where it is.
    pub(crate) fn at(self, path: &Path) -> Error {
        Error {
            path: path.to_owned(),
            problem: self,
        }
    }

    /// Something that breaks the rules of the format.
    pub(crate) fn malformed(what: impl Into<String>) -> Self {
        Self::Malformed(one_line(&what.into()))
    }

    /// Something that is not read here.
    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(one_line(&what.into()))
    }
}

/// What decoders say, and what they quote from a file, as a line of bearable length.
fn one_line(text: &str) -> String {
    /// Characters that say enough.
    const LONGEST: usize = 500;
    text.trim()
        .chars()
        .take(LONGEST)
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}
