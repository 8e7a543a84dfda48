//! The output folder: the only place that makes folders, publishes files and
//! takes them away.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};

use crate::{Error, RelativePath};

/// Everything of ours that is not the archive itself.
const OWN_FOLDER: &str = ".gcapi";

/// A folder that holds an archive.
///
/// No function of it follows a symbolic link below the root: a link in the
/// place of a folder or file is reported as [`Error::InTheWay`].
#[derive(Clone, Debug)]
pub struct ArchiveFolder {
    root: PathBuf,
}

/// What lies at a path now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnDisk {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, in nanoseconds since 1970.
    pub modified_ns: i64,
}

impl ArchiveFolder {
    /// The folder of an archive that was downloaded before.
    ///
    /// # Errors
    /// [`Error::NotAnArchive`] if there is no catalogue in it.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let folder = Self {
            root: root.to_path_buf(),
        };
        if folder.catalogue_path().is_file() {
            Ok(folder)
        } else {
            Err(Error::NotAnArchive(root.to_path_buf()))
        }
    }

    /// A folder that may not be there, for a plan that writes nothing.
    #[must_use]
    pub fn planned(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// The folder for a download, made if it is not there.
    ///
    /// # Errors
    /// [`Error::ForeignFolder`] if it has content but no catalogue and
    /// `take_over` is false; [`Error::CannotWrite`] if it cannot be made or
    /// written to.
    pub fn create(root: &Path, take_over: bool) -> Result<Self, Error> {
        let folder = Self {
            root: root.to_path_buf(),
        };
        fs::create_dir_all(root).map_err(|source| Error::writing(root, source))?;
        if !folder.catalogue_path().is_file() && !take_over {
            let mut entries = fs::read_dir(root).map_err(|source| Error::reading(root, source))?;
            // What a run killed before its first record leaves is ours alone.
            let foreign = entries.any(|entry| entry.is_ok_and(|e| e.file_name() != OWN_FOLDER));
            if foreign {
                return Err(Error::ForeignFolder(root.to_path_buf()));
            }
        }
        let parts = folder.parts();
        folder.make_folders(&[OWN_FOLDER, "parts"])?;
        // Found now, not after the first gigabyte.
        let probe = parts.join(".probe");
        fs::write(&probe, b"").map_err(|source| Error::writing(&probe, source))?;
        gone(fs::remove_file(&probe)).map_err(|source| Error::writing(&probe, source))?;
        Ok(folder)
    }

    /// The output folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the catalogue lies.
    #[must_use]
    pub fn catalogue_path(&self) -> PathBuf {
        self.root.join(OWN_FOLDER).join("catalogue.sqlite")
    }

    /// Where the file lies that names who is working on the folder.
    #[must_use]
    pub(crate) fn lease_path(&self) -> PathBuf {
        self.root.join(OWN_FOLDER).join("lease.json")
    }

    /// Where files in flight lie.
    #[must_use]
    pub fn parts(&self) -> PathBuf {
        self.root.join(OWN_FOLDER).join("parts")
    }

    /// Where the file for `path` lies while it is in flight: always the same
    /// place, so that a later run finds it again.
    #[must_use]
    pub fn part_path(&self, path: &RelativePath) -> PathBuf {
        use std::fmt::Write as _;
        let digest = Sha256::digest(path.as_str().as_bytes());
        let mut name = String::with_capacity(37);
        for byte in digest.iter().take(16) {
            // Writing to a String cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        name.push_str(".part");
        self.parts().join(name)
    }

    /// The place of a file on this machine.
    #[must_use]
    pub fn absolute(&self, path: &RelativePath) -> PathBuf {
        path.below(&self.root)
    }

    /// What lies at a path, `None` if nothing does.
    ///
    /// # Errors
    /// [`Error::InTheWay`] if it is a link or a folder, or if a component of
    /// the path is a link.
    pub fn look(&self, path: &RelativePath) -> Result<Option<OnDisk>, Error> {
        let mut place = self.root.clone();
        let mut components = path.components().peekable();
        while let Some(component) = components.next() {
            place.push(component);
            let metadata = match fs::symlink_metadata(&place) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(source) => return Err(Error::reading(&place, source)),
            };
            if metadata.file_type().is_symlink() {
                return Err(Error::InTheWay {
                    path: place,
                    reason: "it is a symbolic link",
                });
            }
            match (components.peek().is_some(), metadata.is_dir()) {
                (true, true) => {}
                (true, false) => {
                    return Err(Error::InTheWay {
                        path: place,
                        reason: "it is not a folder",
                    });
                }
                (false, true) => {
                    return Err(Error::InTheWay {
                        path: place,
                        reason: "it is a folder",
                    });
                }
                (false, false) => return Ok(Some(on_disk(&metadata))),
            }
        }
        Err(Error::InTheWay {
            path: place,
            reason: "it is a folder",
        })
    }

    /// Moves a complete file to its final name, replacing what was there, and
    /// makes the folders above it.
    ///
    /// # Errors
    /// [`Error::InTheWay`] for links and folders; [`Error::CannotWrite`] and
    /// [`Error::NoSpace`].
    pub fn publish(&self, part: &Path, path: &RelativePath) -> Result<OnDisk, Error> {
        let mut folders: Vec<&str> = path.components().collect();
        folders.pop();
        self.make_folders(&folders)?;
        self.look(path)?;
        let place = self.absolute(path);
        fs::rename(part, &place).map_err(|source| Error::writing(&place, source))?;
        let metadata =
            fs::symlink_metadata(&place).map_err(|source| Error::reading(&place, source))?;
        Ok(on_disk(&metadata))
    }

    /// Takes a file away, and the folders above it that are empty then.
    ///
    /// # Errors
    /// [`Error::InTheWay`] for links and folders; [`Error::CannotWrite`].
    pub fn remove(&self, path: &RelativePath) -> Result<(), Error> {
        if self.look(path)?.is_none() {
            return Ok(());
        }
        let place = self.absolute(path);
        gone(fs::remove_file(&place)).map_err(|source| Error::writing(&place, source))?;
        for above in place
            .ancestors()
            .skip(1)
            .take_while(|above| *above != self.root)
        {
            // The first one that is not empty stays, and all above it.
            if fs::remove_dir(above).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Makes folders from the root down, through no link.
    fn make_folders(&self, names: &[&str]) -> Result<(), Error> {
        let mut place = self.root.clone();
        for name in names {
            place.push(name);
            match fs::create_dir(&place) {
                Ok(()) => continue,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Error::writing(&place, source)),
            }
            let metadata =
                fs::symlink_metadata(&place).map_err(|source| Error::reading(&place, source))?;
            if !metadata.is_dir() {
                return Err(Error::InTheWay {
                    path: place,
                    reason: "it is not a folder",
                });
            }
        }
        Ok(())
    }

    /// Removes what an earlier run left in flight and no run will take up.
    ///
    /// # Errors
    /// [`Error::CannotWrite`].
    pub fn clear_parts(&self) -> Result<(), Error> {
        let parts = self.parts();
        let entries = fs::read_dir(&parts).map_err(|source| Error::reading(&parts, source))?;
        for entry in entries {
            let path = entry
                .map_err(|source| Error::reading(&parts, source))?
                .path();
            gone(fs::remove_file(&path)).map_err(|source| Error::writing(&path, source))?;
        }
        Ok(())
    }

    /// Every file below the root that is not ours, as paths relative to it,
    /// each given to `found`. Links count as files. Names that are not UTF-8
    /// are given with replacement characters.
    ///
    /// # Errors
    /// [`Error::CannotRead`] for a folder that cannot be listed.
    pub fn walk(&self, found: &mut dyn FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let place = self.root.join(&folder);
            for entry in fs::read_dir(&place).map_err(|source| Error::reading(&place, source))? {
                let entry = entry.map_err(|source| Error::reading(&place, source))?;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                if folder.is_empty() && name == OWN_FOLDER {
                    continue;
                }
                let path = if folder.is_empty() {
                    name.into_owned()
                } else {
                    format!("{folder}/{name}")
                };
                let kind = entry
                    .file_type()
                    .map_err(|source| Error::reading(&place, source))?;
                if kind.is_dir() {
                    folders.push(path)
                } else {
                    found(&path)?
                }
            }
        }
        Ok(())
    }
}

/// What another process removed meanwhile is gone too.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn on_disk(metadata: &fs::Metadata) -> OnDisk {
    let modified_ns = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or(0);
    OnDisk {
        size: metadata.len(),
        modified_ns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelativePath {
        RelativePath::parse(text).unwrap()
    }

    #[test]
    fn a_file_is_published_with_its_folders_and_replaced() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = ArchiveFolder::create(&temporary.path().join("out"), false).unwrap();
        let target = path("item/images/ct.mha");
        for content in ["first", "second!"] {
            let part = folder.part_path(&target);
            fs::write(&part, content).unwrap();
            folder.publish(&part, &target).unwrap();
            assert_eq!(
                fs::read_to_string(folder.absolute(&target)).unwrap(),
                content
            );
            let size = u64::try_from(content.len()).unwrap();
            assert_eq!(folder.look(&target).unwrap().unwrap().size, size);
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_out_of_the_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let outside = temporary.path().join("outside");
        fs::create_dir(&outside).unwrap();
        let folder = ArchiveFolder::create(&temporary.path().join("out"), false).unwrap();
        std::os::unix::fs::symlink(&outside, folder.root().join("item")).unwrap();
        let target = path("item/a.json");
        let part = folder.part_path(&target);
        fs::write(&part, "x").unwrap();
        assert!(matches!(
            folder.publish(&part, &target),
            Err(Error::InTheWay { .. })
        ));
        assert!(matches!(folder.look(&target), Err(Error::InTheWay { .. })));
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }

    #[test]
    fn a_foreign_folder_is_refused_unless_taken_over() {
        let temporary = tempfile::tempdir().unwrap();
        fs::write(temporary.path().join("thesis.tex"), "years").unwrap();
        assert!(matches!(
            ArchiveFolder::create(temporary.path(), false),
            Err(Error::ForeignFolder(_))
        ));
        ArchiveFolder::create(temporary.path(), true).unwrap();
        assert!(temporary.path().join("thesis.tex").exists());
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_named() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = ArchiveFolder::create(temporary.path(), false).unwrap();
        fs::create_dir_all(temporary.path().join("item/a.json")).unwrap();
        let error = folder.look(&path("item/a.json")).unwrap_err();
        assert!(error.to_string().contains("it is a folder"), "{error}");
    }
}
