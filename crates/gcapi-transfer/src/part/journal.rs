//! What of a part file is there, written down as it comes, so that a later
//! run fetches only the rest.
//!
//! The first line says what the file is of; every other line is a block:
//! offset, length and CRC-32C. A line is appended after its bytes were
//! written, and none is trusted: a block counts only if its bytes still have
//! that checksum. So it does not matter which of the two reached the disk
//! before a power cut, nor whether somebody touched the file meanwhile.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;

use gcapi::Checksums;
use serde::{Deserialize, Serialize};

/// Version of the format. Another one is started anew.
const VERSION: u32 = 1;

/// What a part file is of. A file that is anything else is started anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    version: u32,
    /// What the platform calls it: the pk of a value or an image file, a SOP
    /// instance UID.
    pub(crate) source: String,
    /// Bytes of the whole file.
    pub(crate) length: u64,
    /// Strong ETag of its version in the store.
    pub(crate) etag: String,
    /// What the store said of its bytes: a run that goes on with it compares
    /// as the one that began would have.
    #[serde(default)]
    pub(super) checksums: Checksums,
}

impl Identity {
    pub(crate) fn new(source: String, length: u64, etag: String, checksums: Checksums) -> Self {
        Self {
            version: VERSION,
            source,
            length,
            etag,
            checksums,
        }
    }
}

/// A line of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) crc32c: u64,
}

/// A journal being written.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
}

impl Journal {
    /// Starts a journal anew.
    pub(super) fn create(path: &Path, identity: &Identity) -> io::Result<Self> {
        let mut file = File::create(path)?;
        let mut line = serde_json::to_vec(identity).map_err(io::Error::other)?;
        line.push(b'\n');
        file.write_all(&line)?;
        Ok(Self { file })
    }

    /// Goes on with a journal that was read. A line that was torn by a kill
    /// is ended first, so that it spoils no other.
    pub(super) fn resume(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().append(true).open(path)?;
        file.write_all(b"\n")?;
        Ok(Self { file })
    }

    /// Appends a block whose bytes were written.
    pub(super) fn append(&mut self, entry: Entry) -> io::Result<()> {
        // One write: a kill leaves a whole line or the beginning of one.
        let line = format!("{} {} {:08x}\n", entry.offset, entry.length, entry.crc32c);
        self.file.write_all(line.as_bytes())
    }
}

/// What a journal says; `None` if there is none that can be read.
pub(crate) fn identity(path: &Path) -> Option<Identity> {
    let mut line = String::new();
    BufReader::new(File::open(path).ok()?)
        .read_line(&mut line)
        .ok()?;
    serde_json::from_str(&line)
        .ok()
        .filter(|identity: &Identity| identity.version == VERSION)
}

/// The blocks of a journal that can be read; torn lines are left out.
pub(super) fn entries(path: &Path) -> io::Result<impl Iterator<Item = Entry>> {
    let lines = BufReader::new(File::open(path)?)
        .lines()
        .skip(1)
        .map_while(Result::ok);
    Ok(lines.filter_map(|line| entry(&line)))
}

fn entry(line: &str) -> Option<Entry> {
    let mut words = line.split(' ');
    let entry = Entry {
        offset: words.next()?.parse().ok()?,
        length: words.next()?.parse().ok()?,
        crc32c: words
            .next()
            .filter(|crc| crc.len() == 8)
            .and_then(|crc| u64::from_str_radix(crc, 16).ok())?,
    };
    words.next().is_none().then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_survives_a_kill_in_the_middle_of_a_line() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("x.journal");
        let what = Identity::new("value 7".into(), 100, "\"x\"".into(), Checksums::default());
        let block = |offset| Entry {
            offset,
            length: 10,
            crc32c: 0xab,
        };
        Journal::create(&path, &what)
            .unwrap()
            .append(block(0))
            .unwrap();
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"10 10 0000").unwrap();
        Journal::resume(&path).unwrap().append(block(20)).unwrap();
        assert_eq!(identity(&path).unwrap(), what);
        assert_eq!(
            entries(&path).unwrap().collect::<Vec<_>>(),
            [block(0), block(20)]
        );
        std::fs::write(&path, "{\"version\":99}\n").unwrap();
        assert_eq!(identity(&path), None);
        assert_eq!(identity(&temporary.path().join("none")), None);
    }
}
