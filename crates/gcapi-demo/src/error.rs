//! What can go wrong while the archive is made.

use std::path::PathBuf;

/// Why there is no demo archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be composed.
    #[error("failed to encode {what}")]
    Encode {
        /// What was being written.
        what: &'static str,
        /// What the encoder says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The disk refused.
    #[error("failed to {action} {}", path.display())]
    Disk {
        /// What was tried.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Something else lies where the archive should be.
    #[error("failed to make the demo archive: {} exists and is not a demo archive", folder.display())]
    Occupied {
        /// The folder that is taken.
        folder: PathBuf,
    },
    /// The catalogue or the folder of the archive refused.
    #[error("failed to record the demo archive in its catalogue")]
    Archive(#[from] gcapi_archive::Error),
}

impl Error {
    pub(crate) fn encode(
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Encode {
            what,
            source: source.into(),
        }
    }
}
