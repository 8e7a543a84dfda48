//! What has to survive a power cut: one by one for a few files, and by asking
//! the file system for everything at once for many.

use std::fs::File;
use std::path::{Path, PathBuf};

use gcapi_archive::{ArchiveFolder, Error as ArchiveError};

/// Up to this many files are made durable one by one; for more it is cheaper
/// to ask for everything.
const ONE_BY_ONE: usize = 4;

/// Makes the bytes of files durable.
pub(super) fn bytes(folder: &ArchiveFolder, files: &[&Path]) -> Result<(), ArchiveError> {
    if files.len() > ONE_BY_ONE && sync_file_system(folder)? {
        return Ok(());
    }
    for path in files {
        sync(path)?;
    }
    Ok(())
}

/// Makes the names of files durable: those are in the folders above them.
pub(super) fn names(folder: &ArchiveFolder, files: &[PathBuf]) -> Result<(), ArchiveError> {
    if files.len() > ONE_BY_ONE && sync_file_system(folder)? {
        return Ok(());
    }
    // Folders cannot be opened like files on Windows, where renames are
    // journalled by the file system itself.
    if cfg!(unix) {
        for path in files {
            for above in path
                .ancestors()
                .skip(1)
                .take_while(|above| above.starts_with(folder.root()))
            {
                sync(above)?;
            }
        }
    }
    Ok(())
}

fn sync(path: &Path) -> Result<(), ArchiveError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|source| ArchiveError::writing(path, source))
}

/// Makes everything on the folder's file system durable, where the system has
/// a call for that.
#[cfg(target_os = "linux")]
fn sync_file_system(folder: &ArchiveFolder) -> Result<bool, ArchiveError> {
    let failed = |source| ArchiveError::writing(folder.root(), source);
    let root = File::open(folder.root()).map_err(failed)?;
    rustix::fs::syncfs(&root).map_err(|error| failed(error.into()))?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_folder: &ArchiveFolder) -> Result<bool, ArchiveError> {
    Ok(false)
}
