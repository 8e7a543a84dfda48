//! A file whose parts come side by side.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crc_fast::CrcAlgorithm;
use gcapi_archive::Error as ArchiveError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::buffer::{BLOCK, Buffer};
use super::hasher::{Hasher, Written};
use super::journal::{self, Entry, Identity, Journal};
use super::positional::Positional;
use super::{Part, PartError, Ranges};

/// Blocks on their way to the disk.
const BACKLOG: usize = 4;

/// Some bytes of a file.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) offset: u64,
    pub(crate) buffer: Buffer,
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
    pub(crate) fn open(path: PathBuf, identity: &Identity) -> Result<(Self, Ranges), ArchiveError> {
        let failed = |source| ArchiveError::writing(&path, source);
        let journal_path = journal_path(&path);
        let resumes = journal::identity(&journal_path).is_some_and(|held| held == *identity);
        let file = Positional::open(&path, identity.length, !resumes).map_err(failed)?;
        let mut there = Ranges::default();
        let mut held = Vec::new();
        let journal = if resumes {
            held = whole_blocks(file.file(), &journal_path, identity.length).map_err(failed)?;
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
            hasher: Hasher::start(path.clone(), identity.length, identity.checksums.clone()),
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
    file: Positional,
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
                buffer: None,
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
        let Block { offset, buffer } = block;
        let length = buffer.len() as u64;
        if offset == self.there.unbroken() {
            // The hasher has it from memory.
            self.file.write(buffer.bytes(), offset)?;
        } else {
            self.file
                .write_through_the_page_cache(buffer.bytes(), offset)?;
        }
        let entry = Entry {
            offset,
            length,
            crc32c: crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, buffer.bytes()),
        };
        self.journal.append(entry)?;
        self.there.insert(offset..offset + length);
        self.hasher.take(Written {
            offset,
            length,
            buffer: Some(buffer),
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

#[cfg(test)]
mod tests {
    use gcapi::Checksums;
    use gcapi_archive::Content;

    use super::super::buffer::Buffers;
    use super::*;

    fn identified(source: &str, length: usize, etag: &str) -> Identity {
        Identity::new(
            source.into(),
            length as u64,
            etag.into(),
            Checksums::default(),
        )
    }

    fn identity(length: usize) -> Identity {
        identified("value 7", length, "\"x\"")
    }

    fn block(offset: usize, bytes: &[u8]) -> Block {
        let mut buffer = Buffers::default().take();
        buffer.put(bytes);
        Block {
            offset: offset as u64,
            buffer,
        }
    }

    #[tokio::test]
    async fn blocks_come_in_any_order_and_the_rest_is_fetched_later() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("x.part");
        let bytes: Vec<u8> = (0..100).collect();

        let (file, there) = RangedFile::open(path.clone(), &identity(100)).unwrap();
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
        let (file, there) = RangedFile::open(path.clone(), &identity(100)).unwrap();
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
        let (file, _) = RangedFile::open(path.clone(), &identity(8)).unwrap();
        file.blocks().send(block(0, b"1234")).await.unwrap();
        file.finish().await.unwrap();
        let other = identified("value 7", 8, "\"y\"");
        let (_file, there) = RangedFile::open(path, &other).unwrap();
        assert_eq!(there, Ranges::default());
    }
}
