//! Writes at positions of a file: past the page cache where that is the
//! cheaper way, through it everywhere else.
//!
//! Bytes that are hashed from memory and not read again gain nothing from the
//! page cache: copying them there costs several times what the device needs
//! to take them, and durable they are only after a second journey. Bytes that
//! have to be read back for the hash are written through it.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
use super::buffer::ALIGNMENT;

/// A file open for writing at positions.
#[derive(Debug)]
pub(super) struct Positional {
    file: File,
    /// The same file, opened past the page cache.
    direct: Option<File>,
}

impl Positional {
    /// Opens a file, with the space for `length` bytes taken.
    pub(super) fn open(path: &Path, length: u64, truncate: bool) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(truncate)
            .open(path)?;
        reserve(&file, length)?;
        let direct = past_the_page_cache(&file, path);
        Ok(Self { file, direct })
    }

    /// The file, for reading.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Writes bytes that nobody will read back soon.
    pub(super) fn write(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let directly = self.write_directly(bytes, offset)?;
        let rest = bytes.get(directly..).unwrap_or_default();
        self.write_through_the_page_cache(rest, offset + directly as u64)
    }

    /// Writes bytes that will be read back soon.
    pub(super) fn write_through_the_page_cache(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        write_all_at(&self.file, bytes, offset)
    }

    /// Writes what is aligned, and says how much that was.
    #[cfg(target_os = "linux")]
    fn write_directly(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let whole = bytes.len() - bytes.len() % ALIGNMENT;
        let aligned =
            bytes.as_ptr().align_offset(ALIGNMENT) == 0 && offset.is_multiple_of(ALIGNMENT as u64);
        let (Some(direct), true) = (&self.direct, aligned && whole > 0) else {
            return Ok(0);
        };
        let mut written = 0;
        while written < whole {
            let rest = bytes.get(written..whole).unwrap_or_default();
            match rustix::io::pwrite(direct, rest, offset + written as u64) {
                // The device wants a larger alignment than was thought: what
                // is left goes the other way, and everything after it.
                Ok(count) if count > 0 && count % ALIGNMENT == 0 => written += count,
                Ok(count) => {
                    self.direct = None;
                    return Ok(written + count);
                }
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::INVAL | rustix::io::Errno::OPNOTSUPP) => {
                    self.direct = None;
                    return Ok(written);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(written)
    }

    #[cfg(not(target_os = "linux"))]
    fn write_directly(&mut self, _bytes: &[u8], _offset: u64) -> io::Result<usize> {
        Ok(0)
    }
}

/// Opens a file a second time, past the page cache, on file systems of which
/// it is known that this is the better way. Over a network it is not: there
/// the page cache is what hides the latency.
#[cfg(target_os = "linux")]
fn past_the_page_cache(file: &File, path: &Path) -> Option<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    /// `EXT4_SUPER_MAGIC` and `XFS_SUPER_MAGIC` of `statfs(2)`.
    const LOCAL: [u64; 2] = [0xef53, 0x5846_5342];
    let kind = rustix::fs::fstatfs(file).ok()?.f_type;
    if !LOCAL.contains(&u64::try_from(kind).ok()?) {
        return None;
    }
    let flags = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).ok()?;
    OpenOptions::new()
        .write(true)
        .custom_flags(flags)
        .open(path)
        .ok()
}

#[cfg(not(target_os = "linux"))]
fn past_the_page_cache(_file: &File, _path: &Path) -> Option<File> {
    None
}

/// Takes the space of a whole file now, so that a disk that is too small is
/// found before the first byte. The length stays what was written, so that a
/// crash never shows a file of the full length.
#[cfg(target_os = "linux")]
pub(super) fn reserve(file: &File, length: u64) -> io::Result<()> {
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
pub(super) fn reserve(_file: &File, _length: u64) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt as _;
    let (mut rest, mut at) = (bytes, offset);
    while !rest.is_empty() {
        let written = file.seek_write(rest, at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        at += written as u64;
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::buffer::{BLOCK, Buffers};
    use super::*;

    /// Both ways, with every kind of begin and end, side by side in one file.
    #[test]
    fn bytes_lie_where_they_were_written_whichever_way_they_went() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("x");
        let length = 3 * BLOCK + 777;
        let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let mut file = Positional::open(&path, length as u64, true).unwrap();
        let buffers = Buffers::default();
        let block = |range: std::ops::Range<usize>| {
            let mut buffer = buffers.take();
            assert_eq!(buffer.put(&bytes[range.clone()]), range.len());
            buffer
        };
        // The last block first, with an odd end.
        file.write(block(3 * BLOCK..length).bytes(), 3 * BLOCK as u64)
            .unwrap();
        // A block that broke off in the middle of a page, and what follows.
        file.write(block(0..5000).bytes(), 0).unwrap();
        file.write(block(5000..BLOCK).bytes(), 5000).unwrap();
        file.write_through_the_page_cache(block(BLOCK..2 * BLOCK).bytes(), BLOCK as u64)
            .unwrap();
        file.write(block(2 * BLOCK..3 * BLOCK).bytes(), 2 * BLOCK as u64)
            .unwrap();
        assert!(std::fs::read(&path).unwrap() == bytes);
    }
}
