//! Whose a lease is, and whether it lives.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Error;

/// How long the lease of an owner on another machine counts without being
/// renewed.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Who holds a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) host: String,
    pub(super) pid: u32,
    /// When it took the folder, seconds since 1970.
    pub(super) since: i64,
    /// The run of the machine, and the space its pids are counted in; empty
    /// where the system does not say.
    #[serde(default)]
    pub(super) boot: String,
    #[serde(default)]
    pub(super) pid_namespace: String,
    /// When the process started, in the machine's own ticks: a pid alone may be
    /// somebody else's by now.
    #[serde(default)]
    pub(super) started: String,
    /// Makes every lease another one.
    #[serde(default)]
    pub(super) nonce: String,
}

impl Owner {
    pub(super) fn this_process() -> Self {
        let pid = std::process::id();
        Self {
            host: host(),
            pid,
            since: now(),
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id")
                .map(|id| id.trim().to_owned())
                .unwrap_or_default(),
            pid_namespace: fs::read_link("/proc/self/ns/pid")
                .map(|link| link.to_string_lossy().into_owned())
                .unwrap_or_default(),
            started: match process(pid) {
                Process::Started(started) => started,
                Process::None | Process::Hidden => String::new(),
            },
            nonce: Uuid::new_v4().simple().to_string(),
        }
    }

    /// The error for whoever else wants the folder.
    pub(super) fn holds(self, folder: PathBuf) -> Error {
        Error::Held {
            folder,
            host: self.host,
            pid: self.pid,
            since: self.since,
        }
    }
}

/// The holder of a lease, if it is alive. `mine` was written just now: its
/// time is that of the file system's own clock, and clocks need not agree.
pub(super) fn alive(
    path: &Path,
    content: &[u8],
    mine: &Path,
    us: &Owner,
) -> io::Result<Option<Owner>> {
    let modified = |path: &Path| fs::metadata(path).and_then(|found| found.modified());
    let is_renewed = match modified(path) {
        Ok(renewed) => modified(mine)?.duration_since(renewed).unwrap_or_default() < PATIENCE,
        // Released just now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error),
    };
    let Ok(owner) = serde_json::from_slice::<Owner>(content) else {
        // Torn, or of another version: nobody to ask, so time decides.
        let since = modified(path).map_or(us.since, seconds);
        let unknown = Owner {
            host: "an unknown host".to_owned(),
            pid: 0,
            since,
            ..us.clone()
        };
        return Ok(is_renewed.then_some(unknown));
    };
    // Two machines, or containers, may have one name: only where the run of
    // the machine is the same too can the process be looked for here.
    let is_here = !owner.boot.is_empty()
        && (&owner.host, &owner.boot, &owner.pid_namespace)
            == (&us.host, &us.boot, &us.pid_namespace);
    let is_alive = match process(owner.pid) {
        Process::Started(started) if is_here => started == owner.started,
        Process::None if is_here => false,
        _ => is_renewed,
    };
    Ok(is_alive.then_some(owner))
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

/// What is known of a process of this machine.
enum Process {
    /// It is there since this moment.
    Started(String),
    /// There is none, or it has ended and nobody has taken notice.
    None,
    /// Nobody says.
    Hidden,
}

#[cfg(target_os = "linux")]
fn process(pid: u32) -> Process {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    // Fields 3 and 22 of proc_pid_stat(5); the name in brackets before them
    // may hold anything.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let mut fields = stat
        .rsplit_once(')')
        .map(|(_, fields)| fields.split_whitespace())
        .into_iter()
        .flatten();
    match (fields.next(), fields.nth(18)) {
        (Some("Z" | "X"), _) => Process::None,
        (Some(_), Some(started)) => Process::Started(started.to_owned()),
        // Processes of other users may be hidden, and are there all the same.
        _ => match i32::try_from(pid).ok().and_then(Pid::from_raw) {
            Some(pid) if test_kill_process(pid) != Err(Errno::SRCH) => Process::Hidden,
            _ => Process::None,
        },
    }
}

#[cfg(not(target_os = "linux"))]
fn process(_pid: u32) -> Process {
    Process::Hidden
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    seconds(SystemTime::now())
}

fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or(0)
}
