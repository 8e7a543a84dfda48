//! Who is working on a folder.
//!
//! Locks of the file system lie on NFS and Lustre: they are missing, or they
//! are granted to everybody. So a folder is taken by a file that names its
//! owner, made by a hard link, which exactly one of two processes gets to make
//! on every file system that has them. A dead owner's lease is taken over: on
//! the same machine the process is looked for, by its pid and the moment it
//! started; on another one the lease counts as long as it is renewed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::{ArchiveFolder, Error};

/// How often an owner says that it is alive.
const RENEWAL: Duration = Duration::from_secs(10);

/// How long the lease of an owner on another machine counts without that.
const PATIENCE: Duration = Duration::from_secs(60);

/// Times another process may get in between before we give up.
const TRIES: usize = 10;

/// Who holds a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    host: String,
    pid: u32,
    /// When it took the folder, seconds since 1970.
    since: i64,
    /// The run of the machine, and the space its pids are counted in; empty
    /// where the system does not say.
    #[serde(default)]
    boot: String,
    #[serde(default)]
    pid_namespace: String,
    /// When the process started, in the machine's own ticks: a pid alone may be
    /// somebody else's by now.
    #[serde(default)]
    started: String,
}

/// A folder that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    path: PathBuf,
    content: Vec<u8>,
    /// Dropping it ends the thread that renews.
    renewing: Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>,
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
        for _ in 0..TRIES {
            if place(&path, &content).map_err(failed)? {
                return Ok(Self::renewed(path, content));
            }
            let held = match fs::read(&path) {
                Ok(held) => held,
                // It was released just now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => return Err(Error::reading(&path, source)),
            };
            if let Some(holder) = alive(&path, &held, &owner).map_err(failed)? {
                return Err(Error::Held {
                    folder: folder.root().to_path_buf(),
                    host: holder.host,
                    pid: holder.pid,
                    since: holder.since,
                });
            }
            take_away(&path, &held).map_err(failed)?;
        }
        Err(Error::Busy(folder.root().to_path_buf()))
    }

    fn renewed(path: PathBuf, content: Vec<u8>) -> Self {
        let (ended, end) = mpsc::channel();
        let (at, bytes) = (path.clone(), content.clone());
        let thread = thread::spawn(move || {
            while end.recv_timeout(RENEWAL) == Err(mpsc::RecvTimeoutError::Timeout) {
                // The same bytes again: the time of change is the file
                // server's, so clocks need not agree. If that fails now it may
                // work next time.
                if fs::read(&at).is_ok_and(|held| held == bytes) {
                    let _ = fs::write(&at, &bytes);
                }
            }
        });
        Self {
            path,
            content,
            renewing: Some((ended, thread)),
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
        if fs::read(&self.path).is_ok_and(|held| held == self.content) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the lease if there is none; false if there is one.
fn place(path: &Path, content: &[u8]) -> io::Result<bool> {
    let mine = path.with_extension(format!("{}.new", std::process::id()));
    fs::write(&mine, content)?;
    let placed = match fs::hard_link(&mine, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // A file system without links: exclusive creation is the next best.
        Err(_) => match fs::File::create_new(path) {
            Ok(mut file) => file.write_all(content).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        },
    };
    let _ = fs::remove_file(&mine);
    placed
}

/// The holder of a lease, if it is alive.
fn alive(path: &Path, held: &[u8], us: &Owner) -> io::Result<Option<Owner>> {
    let age = age(path)?;
    let Ok(owner) = serde_json::from_slice::<Owner>(held) else {
        // Torn, or of another version: nobody to ask, so time decides.
        let unknown = Owner {
            host: "an unknown host".to_owned(),
            pid: 0,
            ..us.clone()
        };
        return Ok((age < PATIENCE).then_some(unknown));
    };
    let same_machine = owner.host == us.host && owner.pid_namespace == us.pid_namespace;
    let is_alive = if !same_machine {
        age < PATIENCE
    } else if owner.boot != us.boot {
        false
    } else {
        started(owner.pid).is_some_and(|started| started == owner.started)
    };
    Ok(is_alive.then_some(owner))
}

/// How long ago a file was changed, by the clock of the file system it is on.
fn age(path: &Path) -> io::Result<Duration> {
    let probe = path.with_extension(format!("{}.now", std::process::id()));
    fs::write(&probe, b"")?;
    let now = fs::metadata(&probe).and_then(|metadata| metadata.modified());
    let _ = fs::remove_file(&probe);
    match fs::metadata(path).and_then(|metadata| metadata.modified()) {
        Ok(changed) => Ok(now?.duration_since(changed).unwrap_or_default()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Duration::MAX),
        Err(error) => Err(error),
    }
}

/// Takes a dead owner's lease away. Of several that try only one moves it;
/// who finds a living one in its hands puts it back.
fn take_away(path: &Path, dead: &[u8]) -> io::Result<()> {
    let aside = path.with_extension(format!("{}.dead", std::process::id()));
    match fs::rename(path, &aside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    if fs::read(&aside)? != dead {
        let _ = fs::hard_link(&aside, path);
    }
    fs::remove_file(&aside)
}

impl Owner {
    fn this_process() -> Self {
        let pid = std::process::id();
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .unwrap_or(0);
        Self {
            host: host(),
            pid,
            since,
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .map(|id| id.trim().to_owned())
                .unwrap_or_default(),
            pid_namespace: fs::read_link("/proc/self/ns/pid")
                .map(|link| link.to_string_lossy().into_owned())
                .unwrap_or_default(),
            started: started(pid).unwrap_or_default(),
        }
    }
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

/// When a process of this machine started; `None` if there is none.
#[cfg(target_os = "linux")]
fn started(pid: u32) -> Option<String> {
    // Field 22 of proc_pid_stat(5); the name in brackets may hold anything.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

/// Elsewhere only whether there is such a process is known.
#[cfg(all(unix, not(target_os = "linux")))]
fn started(pid: u32) -> Option<String> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).ok()?)?;
    rustix::process::test_kill_process(pid)
        .is_ok()
        .then(String::new)
}

#[cfg(not(unix))]
fn started(_pid: u32) -> Option<String> {
    Some(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, ArchiveFolder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = ArchiveFolder::create(&temporary.path().join("out"), false).unwrap();
        (temporary, folder)
    }

    fn hold(folder: &ArchiveFolder, owner: &Owner, ago: Duration) {
        let path = folder.lease_path();
        fs::write(&path, serde_json::to_vec(owner).unwrap()).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - ago).unwrap();
    }

    #[test]
    fn one_at_a_time_and_the_next_when_it_is_released() {
        let (_temporary, folder) = folder();
        let lease = Lease::acquire(&folder).unwrap();
        let error = Lease::acquire(&folder).unwrap_err();
        let Error::Held { pid, since, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(pid, std::process::id());
        assert!(since > 0);
        drop(lease);
        assert!(!folder.lease_path().exists());
        drop(Lease::acquire(&folder).unwrap());
        let left: Vec<_> = fs::read_dir(folder.lease_path().parent().unwrap())
            .unwrap()
            .collect();
        assert_eq!(left.len(), 1, "only the folder of parts is left");
    }

    #[test]
    fn a_dead_owner_of_this_machine_is_taken_over_at_once() {
        let (_temporary, folder) = folder();
        let us = Owner::this_process();
        for dead in [
            Owner {
                pid: u32::MAX / 2,
                ..us.clone()
            },
            Owner {
                started: "another moment".into(),
                ..us.clone()
            },
            Owner {
                boot: "another run".into(),
                ..us.clone()
            },
        ] {
            hold(&folder, &dead, Duration::ZERO);
            drop(Lease::acquire(&folder).unwrap());
        }
    }

    #[test]
    fn another_machine_holds_it_as_long_as_it_renews() {
        let (_temporary, folder) = folder();
        let other = Owner {
            host: "node17".into(),
            ..Owner::this_process()
        };
        hold(&folder, &other, Duration::from_secs(20));
        let error = Lease::acquire(&folder).unwrap_err();
        assert!(error.to_string().contains("node17"), "{error}");
        hold(&folder, &other, Duration::from_secs(120));
        drop(Lease::acquire(&folder).unwrap());
    }

    #[test]
    fn a_lease_nobody_can_read_counts_for_a_while() {
        let (_temporary, folder) = folder();
        fs::write(folder.lease_path(), "{").unwrap();
        assert!(matches!(Lease::acquire(&folder), Err(Error::Held { .. })));
        let file = fs::File::options()
            .write(true)
            .open(folder.lease_path())
            .unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(100))
            .unwrap();
        drop(Lease::acquire(&folder).unwrap());
    }
}
