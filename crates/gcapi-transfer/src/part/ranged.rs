//! A file whose parts come side by side.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest as Crc};
use gcapi::Checksums;
use gcapi_archive::Error as ArchiveError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::hasher::{Hasher, Written};
use super::journal::{self, Entry, Identity, Journal};
use super::{Part, PartError, Ranges};

/// Bytes written, checked and journalled at a time: what a kill costs of each
/// stream in flight.
pub(crate) const BLOCK: usize = 512 * 1024;

/// Blocks on their way to the disk.
const BACKLOG: usize = 4;

/// Some bytes of a file.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) offset: u64,
    pub(crate) chunks: Vec<Bytes>,
}

/// A file in flight that takes blocks in any order.
#[derive(Debug)]
pub(crate) struct RangedFile {
    blocks: mpsc::Sender<Block>,
    writer: JoinHandle<Result<Option<Part>, PartError>>,
}

impl RangedFile {
    /// Opens a part file and gives what is there of it: what an earlier run
    /// left of the same version of the same file, as far as its bytes are what
    /// the journal says. Blocks.
    ///
    /// # Errors
    /// What the disk says; no space is found here, before the first byte.
    pub(crate) fn open(
        path: PathBuf,
        identity: &Identity,
        expected: Checksums,
    ) -> Result<(Self, Ranges), ArchiveError> {
        let failed = |source| ArchiveError::writing(&path, source);
        let journal_path = journal_path(&path);
        let resumes = journal::identity(&journal_path).is_some_and(|held| held == *identity);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(!resumes)
            .open(&path)
            .map_err(failed)?;
        reserve(&file, identity.length).map_err(failed)?;
        let mut there = Ranges::default();
        let mut held = Vec::new();
        let journal = if resumes {
            held = whole_blocks(&file, &journal_path, identity.length).map_err(failed)?;
            for entry in &held {
                there.insert(entry.offset..entry.offset + entry.length);
            }
            Journal::resume(&journal_path)
        } else {
            Journal::create(&journal_path, identity)
        };
        let journal = journal.map_err(|source| ArchiveError::writing(&journal_path, source))?;
        let (blocks, receiver) = mpsc::channel(BACKLOG);
        let writing = Writing {
            hasher: Hasher::start(path.clone(), identity.length, expected),
            path,
            file,
            journal,
            there: there.clone(),
            length: identity.length,
        };
        let writer = tokio::task::spawn_blocking(move || writing.run(held, receiver));
        Ok((Self { blocks, writer }, there))
    }

    /// A way to hand in blocks from another task.
    pub(crate) fn blocks(&self) -> mpsc::Sender<Block> {
        self.blocks.clone()
    }

    /// Waits until everything is written. `None` if the file is not whole.
    pub(crate) async fn finish(self) -> Result<Option<Part>, PartError> {
        drop(self.blocks);
        match self.writer.await {
            Ok(result) => result,
            Err(_) => Ok(None),
        }
    }
}

/// Where the journal of a part file lies.
pub(crate) fn journal_path(part: &Path) -> PathBuf {
    part.with_extension("journal")
}

/// What an earlier run began at a place, as far as it is of the same source.
pub(crate) fn begun(part: &Path, source: &str) -> Option<Identity> {
    journal::identity(&journal_path(part)).filter(|held| held.source == source && part.is_file())
}

/// Forgets what an earlier run began at a place.
pub(crate) fn discard(part: &Path) {
    // What cannot be removed is started anew when it is opened.
    let _ = std::fs::remove_file(journal_path(part));
}

struct Writing {
    path: PathBuf,
    file: File,
    journal: Journal,
    hasher: Hasher,
    there: Ranges,
    length: u64,
}

impl Writing {
    fn run(
        mut self,
        held: Vec<Entry>,
        mut blocks: mpsc::Receiver<Block>,
    ) -> Result<Option<Part>, PartError> {
        for entry in held {
            let written = Written {
                offset: entry.offset,
                length: entry.length,
                chunks: Vec::new(),
            };
            self.hasher.take(written);
        }
        while let Some(block) = blocks.blocking_recv() {
            self.write(block)
                .map_err(|source| ArchiveError::writing(&self.path, source))?;
        }
        if self.there.len() != self.length {
            return Ok(None);
        }
        let content = self.hasher.finish();
        // The journal is of no use any more, whichever way it ended: a file
        // whose checksum is wrong must not be taken up again.
        discard(&self.path);
        Ok(Some(Part {
            path: self.path,
            content: content?,
        }))
    }

    fn write(&mut self, block: Block) -> io::Result<()> {
        let mut crc = Crc::new(CrcAlgorithm::Crc32Iscsi);
        let mut length = 0;
        for chunk in &block.chunks {
            crc.update(chunk);
            length += chunk.len() as u64;
        }
        write_at(&self.file, &block.chunks, block.offset)?;
        let entry = Entry {
            offset: block.offset,
            length,
            crc32c: crc.finalize(),
        };
        self.journal.append(entry)?;
        self.there.insert(block.offset..block.offset + length);
        self.hasher.take(Written {
            offset: block.offset,
            length,
            chunks: block.chunks,
        });
        Ok(())
    }
}

/// The blocks of a journal whose bytes are still what it says, without those
/// that overlap one before.
fn whole_blocks(mut file: &File, journal_path: &Path, length: u64) -> io::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = journal::entries(journal_path)?.collect();
    entries.sort_by_key(|entry| entry.offset);
    let mut whole = Vec::new();
    let mut end = 0;
    let mut buffer = Vec::new();
    for entry in entries {
        let fits = entry.offset >= end
            && entry.length > 0
            && entry
                .offset
                .checked_add(entry.length)
                .is_some_and(|end| end <= length);
        let Some(size) = usize::try_from(entry.length)
            .ok()
            .filter(|size| fits && *size <= 4 * BLOCK)
        else {
            continue;
        };
        buffer.resize(size, 0);
        file.seek(SeekFrom::Start(entry.offset))?;
        if file.read_exact(&mut buffer).is_err() {
            continue;
        }
        if crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, &buffer) == entry.crc32c {
            end = entry.offset + entry.length;
            whole.push(entry);
        }
    }
    Ok(whole)
}

/// Takes the space of the whole file now, so that a disk that is too small is
/// found before the first byte. The length stays what was written, so that a
/// crash never shows a file of the full length.
#[cfg(target_os = "linux")]
fn reserve(file: &File, length: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    match fallocate(file, FallocateFlags::KEEP_SIZE, 0, length) {
        Err(Errno::NOSPC) => Err(Errno::NOSPC.into()),
        Err(Errno::DQUOT) => Err(Errno::DQUOT.into()),
        Err(Errno::FBIG) => Err(Errno::FBIG.into()),
        // Not every file system can (NFS, some in memory): then not.
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn reserve(_file: &File, _length: u64) -> io::Result<()> {
    Ok(())
}

/// Writes chunks one after the other from an offset on.
#[cfg(unix)]
fn write_at(file: &File, chunks: &[Bytes], offset: u64) -> io::Result<()> {
    use std::io::IoSlice;
    let mut at = offset;
    // More slices than any system takes at once are written in turns.
    for chunks in chunks.chunks(512) {
        let mut slices: Vec<IoSlice<'_>> = chunks.iter().map(|chunk| IoSlice::new(chunk)).collect();
        let mut slices = slices.as_mut_slice();
        while !slices.is_empty() {
            let written = rustix::io::pwritev(file, slices, at)?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            at += written as u64;
            IoSlice::advance_slices(&mut slices, written);
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write_at(file: &File, chunks: &[Bytes], offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    let mut at = offset;
    for chunk in chunks {
        let mut rest = chunk.as_ref();
        while !rest.is_empty() {
            let written = file.seek_write(rest, at)?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            at += written as u64;
            rest = rest.get(written..).unwrap_or_default();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use gcapi_archive::Content;

    use super::*;

    fn identity(length: usize) -> Identity {
        Identity::new("value 7".into(), length as u64, "\"x\"".into())
    }

    fn block(offset: usize, bytes: &[u8]) -> Block {
        Block {
            offset: offset as u64,
            chunks: vec![Bytes::copy_from_slice(bytes)],
        }
    }

    #[tokio::test]
    async fn blocks_come_in_any_order_and_the_rest_is_fetched_later() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("x.part");
        let bytes: Vec<u8> = (0..100).collect();

        let (file, there) =
            RangedFile::open(path.clone(), &identity(100), Checksums::default()).unwrap();
        assert_eq!(there, Ranges::default());
        for offset in [40, 0, 80] {
            file.blocks()
                .send(block(offset, &bytes[offset..offset + 20]))
                .await
                .unwrap();
        }
        assert!(file.finish().await.unwrap().is_none());

        // One of the blocks rots, and the journal's last line is torn.
        let mut held = std::fs::read(&path).unwrap();
        held[41] ^= 1;
        std::fs::write(&path, held).unwrap();
        let journal = std::fs::read(journal_path(&path)).unwrap();
        std::fs::write(journal_path(&path), &journal[..journal.len() - 3]).unwrap();

        assert_eq!(begun(&path, "value 7").unwrap(), identity(100));
        assert_eq!(begun(&path, "value 8"), None);
        let (file, there) =
            RangedFile::open(path.clone(), &identity(100), Checksums::default()).unwrap();
        assert_eq!(there.missing(100, 1000), vec![20..100]);
        for range in there.missing(100, 30) {
            let start = usize::try_from(range.start).unwrap();
            let end = usize::try_from(range.end).unwrap();
            file.blocks()
                .send(block(start, &bytes[start..end]))
                .await
                .unwrap();
        }
        let part = file.finish().await.unwrap().unwrap();
        assert_eq!(part.content, Content::of(&bytes));
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert!(!journal_path(&path).exists());
    }

    #[tokio::test]
    async fn another_version_is_started_anew() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("x.part");
        let (file, _) = RangedFile::open(path.clone(), &identity(8), Checksums::default()).unwrap();
        file.blocks().send(block(0, b"1234")).await.unwrap();
        file.finish().await.unwrap();
        let other = Identity::new("value 7".into(), 8, "\"y\"".into());
        let (_file, there) = RangedFile::open(path, &other, Checksums::default()).unwrap();
        assert_eq!(there, Ranges::default());
    }
}
