//! Who is working on a folder.
//!
//! Locks of the file system lie on NFS and Lustre: they are missing, or they
//! are granted to everybody. So a folder is taken by a file that names its
//! owner (`owner.rs`), made by a hard link, which exactly one of two processes
//! gets to make on every file system that has them (`taking.rs`).
//!
//! A dead owner's lease is taken over: on the same machine the process is
//! looked for, by its pid and the moment it started; on another one the lease
//! counts as long as it is renewed.

mod owner;
mod taking;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use crate::{ArchiveFolder, Error};
use owner::{Owner, PATIENCE, now};

/// How often an owner says that it is alive.
const RENEWAL: Duration = Duration::from_secs(10);

/// A folder that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    held: Arc<Held>,
    /// Dropping it ends the thread that renews.
    renewing: Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>,
}

#[derive(Debug)]
struct Held {
    folder: PathBuf,
    path: PathBuf,
    content: Vec<u8>,
    /// When it was found to be ours, seconds since 1970.
    seen: AtomicI64,
    lost: AtomicBool,
}

impl Lease {
    /// Takes a folder.
    ///
    /// # Errors
    /// [`Error::Held`] if somebody alive has it.
    pub(crate) fn acquire(folder: &ArchiveFolder) -> Result<Self, Error> {
        let path = folder.lease_path();
        let failed = |source| Error::writing(&path, source);
        let owner = Owner::this_process();
        let content =
            serde_json::to_vec(&owner).map_err(|error| failed(io::Error::other(error)))?;
        let mine = path.with_extension(format!("{}.new", owner.nonce));
        let taken = fs::write(&mine, &content)
            .map_err(failed)
            .and_then(|()| taking::take(folder, &path, &mine, &content, &owner));
        // What is left is one more link to the lease, or nothing of use.
        let _ = fs::remove_file(&mine);
        taken?;
        taking::sweep(&path);
        Ok(Self::renewed(Held {
            folder: folder.root().to_path_buf(),
            path,
            content,
            seen: AtomicI64::new(owner.since),
            lost: AtomicBool::new(false),
        }))
    }

    fn renewed(held: Held) -> Self {
        let (ended, end) = mpsc::channel();
        let held = Arc::new(held);
        let renewed = Arc::clone(&held);
        let renew = move || {
            while end.recv_timeout(RENEWAL) == Err(mpsc::RecvTimeoutError::Timeout) {
                renewed.renew();
            }
        };
        // Without a thread it is renewed by whoever writes next.
        let thread = thread::Builder::new().name("lease".to_owned()).spawn(renew);
        Self {
            held,
            renewing: thread.ok().map(|thread| (ended, thread)),
        }
    }

    /// Makes sure that the folder is still ours: a process that was asleep
    /// for a while may have been taken for dead.
    ///
    /// # Errors
    /// [`Error::Held`] with who has it now, or [`Error::Busy`].
    pub(crate) fn check(&self) -> Result<(), Error> {
        let age = now().saturating_sub(self.held.seen.load(Ordering::Relaxed));
        if age > i64::try_from(PATIENCE.as_secs() / 2).unwrap_or(0) {
            self.held.renew();
        }
        if !self.held.lost.load(Ordering::Relaxed) {
            return Ok(());
        }
        let folder = self.held.folder.clone();
        let other = fs::read(&self.held.path)
            .ok()
            .and_then(|content| serde_json::from_slice::<Owner>(&content).ok());
        Err(match other {
            Some(other) => other.holds(folder),
            None => Error::Busy(folder),
        })
    }
}

impl Held {
    fn is_ours(&self) -> io::Result<bool> {
        match fs::read(&self.path) {
            Ok(content) => Ok(content == self.content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn renew(&self) {
        match self.is_ours() {
            Ok(true) => {
                if touch(&self.path).is_ok() {
                    self.seen.store(now(), Ordering::Relaxed);
                }
            }
            Ok(false) => self.lost.store(true, Ordering::Relaxed),
            // It may work next time.
            Err(_) => {}
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some((ended, thread)) = self.renewing.take() {
            drop(ended);
            let _ = thread.join();
        }
        // Somebody may have taken it over, believing us dead.
        if self.held.is_ours().is_ok_and(|ours| ours) {
            let _ = fs::remove_file(&self.held.path);
        }
    }
}

/// Who holds a folder, for whoever found it in use.
pub(crate) fn holder(folder: &ArchiveFolder) -> Option<Error> {
    let content = fs::read(folder.lease_path()).ok()?;
    let owner: Owner = serde_json::from_slice(&content).ok()?;
    Some(owner.holds(folder.root().to_path_buf()))
}

/// Sets the time of change of a file to now, by the file system's own clock.
#[cfg(unix)]
fn touch(path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    let times = Timestamps {
        last_access: now,
        last_modification: now,
    };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(not(unix))]
fn touch(path: &Path) -> io::Result<()> {
    let file = fs::File::options().write(true).open(path)?;
    file.set_modified(SystemTime::now())
}

#[cfg(test)]
mod tests;
