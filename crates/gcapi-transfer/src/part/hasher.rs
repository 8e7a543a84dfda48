//! Hashes a file in order while its parts come in any order.
//!
//! Bytes that come in order are hashed from memory; the others are read back
//! once it is their turn, from the page cache as a rule, since the parts in
//! flight are never far apart.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::mpsc;

use gcapi::Checksums;
use gcapi_archive::{Content, Error as ArchiveError};

use super::buffer::Buffer;
use super::{Digests, PartError};

/// Bytes read back at a time.
const READ: usize = 1 << 20;

/// Blocks on their way to the hasher: it may lag behind the disk by that many.
const BACKLOG: usize = 4;

/// Bytes that were written.
pub(super) struct Written {
    pub(super) offset: u64,
    pub(super) length: u64,
    /// The bytes, or none if they were written by an earlier run.
    pub(super) buffer: Option<Buffer>,
}

/// A hasher on a thread of its own.
pub(super) struct Hasher {
    sender: mpsc::SyncSender<Written>,
    thread: std::thread::JoinHandle<Result<Content, PartError>>,
}

impl Hasher {
    /// Starts hashing a file of a known length.
    pub(super) fn start(path: PathBuf, length: u64, expected: Checksums) -> Self {
        let (sender, receiver) = mpsc::sync_channel(BACKLOG);
        let thread = std::thread::spawn(move || {
            let mut hashing = Hashing {
                digests: Digests::new(expected),
                ahead: BTreeMap::new(),
                path,
            };
            hashing
                .run(&receiver)
                .map_err(|source| ArchiveError::reading(&hashing.path, source))?;
            if hashing.digests.size() != length {
                // Nobody asks then: the file is not whole.
                return Ok(Content {
                    size: hashing.digests.size(),
                    sha256: String::new(),
                });
            }
            Ok(hashing.digests.finish()?)
        });
        Self { sender, thread }
    }

    /// Takes a block. If the hasher ended early, [`Hasher::finish`] says why.
    pub(super) fn take(&self, written: Written) {
        let _ = self.sender.send(written);
    }

    /// Waits for the end.
    pub(super) fn finish(self) -> Result<Content, PartError> {
        let Self { sender, thread } = self;
        drop(sender);
        thread.join().unwrap_or_else(|_| {
            let source = io::Error::other("the hashing thread ended early");
            Err(ArchiveError::reading(std::path::Path::new("part"), source).into())
        })
    }
}

struct Hashing {
    digests: Digests,
    /// Lengths of blocks that were written and are not hashed, by offset.
    ahead: BTreeMap<u64, u64>,
    path: PathBuf,
}

impl Hashing {
    fn run(&mut self, blocks: &mpsc::Receiver<Written>) -> io::Result<()> {
        let mut file = None;
        let mut buffer = Vec::new();
        while let Ok(block) = blocks.recv() {
            match block.buffer {
                Some(buffer) if block.offset == self.digests.size() => {
                    self.digests.update(buffer.bytes());
                }
                _ => {
                    self.ahead.insert(block.offset, block.length);
                }
            }
            while let Some(length) = self.ahead.remove(&self.digests.size()) {
                let file = match &mut file {
                    Some(file) => file,
                    none => none.insert(File::open(&self.path)?),
                };
                self.read_back(file, length, &mut buffer)?;
            }
        }
        Ok(())
    }

    fn read_back(&mut self, file: &mut File, length: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
        file.seek(SeekFrom::Start(self.digests.size()))?;
        let mut left = length;
        while left > 0 {
            let piece = usize::try_from(left).map_or(READ, |left| left.min(READ));
            buffer.resize(piece, 0);
            file.read_exact(buffer)?;
            self.digests.update(buffer);
            left -= piece as u64;
        }
        Ok(())
    }
}
