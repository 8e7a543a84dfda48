//! How much more a disk takes.

use serde::Serialize;

use crate::{ArchiveFolder, Error};

/// What is left on the file system of a folder, for whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Room {
    /// Bytes.
    pub bytes: u64,
    /// Files; `None` where their number is not bounded.
    pub inodes: Option<u64>,
}

/// The least a file takes, whatever is in it.
const BLOCK: u64 = 4096;

impl ArchiveFolder {
    /// What is left for this folder; of the folder it will be made in, if it
    /// is not there. `None` where the system does not say.
    ///
    /// # Errors
    /// [`Error::CannotRead`].
    #[cfg(unix)]
    pub fn room(&self) -> Result<Option<Room>, Error> {
        let root = std::path::absolute(self.root())
            .map_err(|source| Error::reading(self.root(), source))?;
        let Some(there) = root.ancestors().find(|above| above.exists()) else {
            return Ok(None);
        };
        let left = rustix::fs::statvfs(there)
            .map_err(|error| Error::reading(there, std::io::Error::from(error)))?;
        Ok(Some(Room {
            bytes: left.f_bavail.saturating_mul(left.f_frsize),
            // Btrfs and some network file systems make inodes as they need
            // them, and count none at all.
            inodes: (left.f_files > 0).then_some(left.f_favail),
        }))
    }

    /// As on Unix; not asked for here.
    ///
    /// # Errors
    /// None.
    #[cfg(not(unix))]
    pub fn room(&self) -> Result<Option<Room>, Error> {
        Ok(None)
    }

    /// Makes sure that a file of so many bytes fits.
    ///
    /// # Errors
    /// [`Error::TooSmall`] if it does not.
    pub fn require(&self, bytes: u64) -> Result<(), Error> {
        match self.room()? {
            Some(room) if room.bytes < bytes => Err(self.too_small("bytes", bytes, room.bytes)),
            _ => Ok(()),
        }
    }

    /// Makes sure that so many more files fit, whatever is in them.
    ///
    /// # Errors
    /// [`Error::TooSmall`] if they do not.
    pub fn require_files(&self, files: u64) -> Result<(), Error> {
        let Some(room) = self.room()? else {
            return Ok(());
        };
        match room.inodes {
            Some(inodes) if inodes < files => Err(self.too_small("files", files, inodes)),
            _ if room.bytes < files.saturating_mul(BLOCK) => {
                Err(self.too_small("bytes", files.saturating_mul(BLOCK), room.bytes))
            }
            _ => Ok(()),
        }
    }

    fn too_small(&self, what: &'static str, needed: u64, available: u64) -> Error {
        Error::TooSmall {
            folder: self.root().to_path_buf(),
            what,
            needed,
            available,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_said_with_both_numbers() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = ArchiveFolder::planned(&temporary.path().join("not/there/yet"));
        let room = folder.room().unwrap().unwrap();
        assert!(room.bytes > 0);
        folder.require(1).unwrap();
        folder.require_files(1).unwrap();
        let error = folder.require(u64::MAX).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{} bytes are needed", u64::MAX)),
            "{error}"
        );
        assert!(folder.require_files(u64::MAX).is_err());
    }
}
