//! Whether a catalogue has changed.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

/// What changes about the catalogue's file when it is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    size: u64,
    modified: SystemTime,
    /// SQLite's own count of changes: clocks of file systems are too coarse
    /// to tell two changes apart.
    changes: [u8; 4],
}

/// Where in its header SQLite counts changes.
const CHANGE_COUNTER: usize = 24;

impl Stamp {
    /// The stamp of a catalogue now; `None` if it cannot be read.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut header = [0; CHANGE_COUNTER + 4];
        file.read_exact(&mut header).ok()?;
        let metadata = file.metadata().ok()?;
        Some(Self {
            size: metadata.len(),
            modified: metadata.modified().ok()?,
            changes: *header.last_chunk()?,
        })
    }
}
