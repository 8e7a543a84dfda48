//! Memory for the blocks of large files.
//!
//! Chunks are copied into it as they come from the network, while they are
//! still in the processor's cache. So the memory of the connection is free
//! for its next bytes at once, a block is handed from thread to thread as one
//! thing, and the memory is used again instead of being given back to the
//! system: fresh pages cost more than the copy.

use std::sync::{Arc, Mutex, PoisonError};

/// Bytes written, checked and journalled at a time: what a kill costs of each
/// stream in flight.
pub(crate) const BLOCK: usize = 512 * 1024;

/// What writing past the page cache asks of memory, positions and lengths: the
/// block size of the device, which is no larger than this.
pub(super) const ALIGNMENT: usize = 4096;

/// Memory kept for later.
const SPARE: usize = 48;

/// Where memory comes from and goes to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffers {
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Buffers {
    /// An empty buffer.
    pub(crate) fn take(&self) -> Buffer {
        let spare = self
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let memory = spare.unwrap_or_else(|| vec![0; BLOCK + ALIGNMENT]);
        let start = memory.as_ptr().align_offset(ALIGNMENT);
        Buffer {
            // Memory that cannot be aligned is not; then it is written through
            // the page cache.
            start: start.min(ALIGNMENT),
            length: 0,
            memory,
            home: self.clone(),
        }
    }
}

/// Up to [`BLOCK`] bytes, aligned to [`ALIGNMENT`]. Its memory goes back to
/// where it came from when it is dropped.
#[derive(Debug)]
pub(crate) struct Buffer {
    memory: Vec<u8>,
    start: usize,
    length: usize,
    home: Buffers,
}

impl Buffer {
    /// Copies as much as there is room for, and says how much that was.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> usize {
        let from = self.start + self.length;
        let room = self
            .memory
            .get_mut(from..self.start + BLOCK)
            .unwrap_or_default();
        let copied = room.len().min(bytes.len());
        if let (Some(room), Some(bytes)) = (room.get_mut(..copied), bytes.get(..copied)) {
            room.copy_from_slice(bytes);
        }
        self.length += copied;
        copied
    }

    /// What was put into it.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory
            .get(self.start..self.start + self.length)
            .unwrap_or_default()
    }

    /// How many bytes were put into it.
    pub(crate) fn len(&self) -> usize {
        self.length
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut spare = self
            .home
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE {
            spare.push(std::mem::take(&mut self.memory));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_aligned_bounded_and_used_again() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        assert_eq!(buffer.put(b"1234"), 4);
        assert_eq!(buffer.put(&vec![7; BLOCK]), BLOCK - 4);
        assert_eq!(buffer.put(b"5"), 0);
        assert_eq!(buffer.len(), BLOCK);
        assert_eq!(&buffer.bytes()[..5], b"1234\x07");
        let address = buffer.bytes().as_ptr();
        assert_eq!(address.align_offset(ALIGNMENT), 0);
        drop(buffer);
        let buffer = buffers.take();
        assert_eq!(buffer.len(), 0);
        assert!(buffer.bytes().is_empty());
        assert_eq!(buffer.bytes().as_ptr(), address);
    }
}
