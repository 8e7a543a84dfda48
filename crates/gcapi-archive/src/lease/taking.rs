//! How one of several processes gets a lease.
//!
//! Of several heirs of a dead owner only one may succeed, and one that was
//! slow must not take the lease from it. So an heir first makes a link whose
//! name follows from the lease it succeeds: of each lease there is at most one
//! successor. Only then it gives its own the name of the lease.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::owner::{Owner, PATIENCE, alive};
use crate::{ArchiveFolder, Content, Error};

/// Times another process may get in between before we give up.
const TRIES: usize = 10;

/// Gives `mine` the name of the lease, once nobody alive has it.
pub(super) fn take(
    folder: &ArchiveFolder,
    path: &Path,
    mine: &Path,
    content: &[u8],
    us: &Owner,
) -> Result<(), Error> {
    let failed = |source| Error::writing(path, source);
    for _ in 0..TRIES {
        let line = line_of_owners(path).map_err(failed)?;
        let Some((last, held)) = line.last() else {
            if place(mine, path, content).map_err(failed)? {
                return Ok(());
            }
            continue;
        };
        if let Some(holder) = alive(last, held, mine, us).map_err(failed)? {
            return Err(holder.holds(folder.root().to_path_buf()));
        }
        let ours = successor(path, held);
        if !place(mine, &ours, content).map_err(failed)? {
            continue;
        }
        // Who looked long ago may succeed a lease that is no more.
        let now = line_of_owners(path).map_err(failed)?;
        if now.last().is_none_or(|(_, last)| last != content) {
            let _ = fs::remove_file(&ours);
            continue;
        }
        fs::rename(&ours, path).map_err(failed)?;
        // Heirs that died before they came so far.
        for (dead, _) in line.iter().skip(1) {
            let _ = fs::remove_file(dead);
        }
        return Ok(());
    }
    Err(Error::Busy(folder.root().to_path_buf()))
}

/// The lease, its successor if it has one, and so on; the last one counts.
fn line_of_owners(path: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut line = Vec::new();
    let mut next = path.to_path_buf();
    loop {
        match fs::read(&next) {
            Ok(content) => {
                let after = successor(path, &content);
                line.push((next, content));
                next = after;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(line),
            Err(error) => return Err(error),
        }
    }
}

/// Where the successor of a lease is put.
pub(super) fn successor(path: &Path, content: &[u8]) -> PathBuf {
    let digest = Content::of(content).sha256;
    path.with_extension(format!("after-{}", digest.get(..32).unwrap_or_default()))
}

/// Gives a file another name if that is free; false if it is not.
fn place(mine: &Path, path: &Path, content: &[u8]) -> io::Result<bool> {
    match fs::hard_link(mine, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(is_linked(mine, path)),
        // A file system without links: exclusive creation is the next best.
        Err(_) => match fs::File::create_new(path) {
            Ok(mut file) => file.write_all(content).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        },
    }
}

/// Whether two names are of one file: an NFS server that is asked again for a
/// link, because its first answer was lost, says that the name is taken.
#[cfg(unix)]
fn is_linked(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |path: &Path| {
        fs::metadata(path)
            .ok()
            .map(|found| (found.dev(), found.ino()))
    };
    id(one).is_some_and(|one| Some(one) == id(other))
}

#[cfg(not(unix))]
fn is_linked(_one: &Path, _other: &Path) -> bool {
    false
}

/// Removes what processes left that were killed while they tried. For whoever
/// has the lease.
pub(super) fn sweep(path: &Path) {
    let Some(entries) = path.parent().and_then(|folder| fs::read_dir(folder).ok()) else {
        return;
    };
    let modified = |path: &Path| fs::metadata(path).and_then(|found| found.modified());
    for left in entries.flatten().map(|entry| entry.path()) {
        let is_ours = left
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("lease."))
            && left != path;
        // What is young may be of somebody who is trying.
        let is_old = || {
            let age = modified(path).ok()?.duration_since(modified(&left).ok()?);
            age.ok().filter(|age| *age > PATIENCE)
        };
        if is_ours && is_old().is_some() {
            let _ = fs::remove_file(&left);
        }
    }
}
