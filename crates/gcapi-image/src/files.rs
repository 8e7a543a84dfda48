//! Where the files of an image are: on this disk, or wherever somebody else opens them.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files that an image may consist of, by their paths.
///
/// A reader opens the same file more than once and reads what it needs, in any order: whoever
/// implements this for files that are far away keeps what came.
pub trait Files: Send + Sync {
    /// Opens a file for reading at any position.
    ///
    /// # Errors
    ///
    /// Those of the system that has it, of the kind [`io::ErrorKind::NotFound`] where there is none.
    fn open(&self, path: &Path) -> io::Result<OpenFile>;

    /// Whether a file lies outside of a folder although its path does not say so, as behind a
    /// symbolic link. A file that is not there is not outside.
    ///
    /// # Errors
    ///
    /// Those of the system, for the folder.
    fn is_outside(&self, _folder: &Path, _path: &Path) -> io::Result<bool> {
        Ok(false)
    }
}

/// A file that is being read.
pub struct OpenFile {
    reader: Box<dyn ReadAnywhere>,
    length: u64,
}

trait ReadAnywhere: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadAnywhere for T {}

impl OpenFile {
    /// A file of so many bytes.
    pub fn new(reader: impl Read + Seek + Send + 'static, length: u64) -> Self {
        Self {
            reader: Box::new(reader),
            length,
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }
}

impl fmt::Debug for OpenFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OpenFile")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

impl Read for OpenFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.reader.read(into)
    }
}

impl Seek for OpenFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

/// The files of this machine.
struct Disk;

impl Files for Disk {
    fn open(&self, path: &Path) -> io::Result<OpenFile> {
        // A pipe would be waited for.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Ok(OpenFile::new(file, length))
    }

    fn is_outside(&self, folder: &Path, path: &Path) -> io::Result<bool> {
        let Ok(real) = fs::canonicalize(path) else {
            return Ok(false);
        };
        Ok(!real.starts_with(fs::canonicalize(folder)?))
    }
}

/// A path, and the files it is a path in.
#[derive(Clone)]
pub(crate) struct FilePath {
    path: PathBuf,
    files: Arc<dyn Files>,
}

impl FilePath {
    pub(crate) fn new(path: &Path, files: Arc<dyn Files>) -> Self {
        Self {
            path: path.to_owned(),
            files,
        }
    }

    pub(crate) fn on_disk(path: &Path) -> Self {
        Self::new(path, Arc::new(Disk))
    }

    pub(crate) fn open(&self) -> io::Result<OpenFile> {
        self.files.open(&self.path)
    }

    pub(crate) fn length(&self) -> io::Result<u64> {
        self.open().map(|file| file.length)
    }

    /// A file in the folder of this one; `None` if a link leads elsewhere.
    pub(crate) fn beside(&self, relative: &Path) -> io::Result<Option<Self>> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let path = folder.join(relative);
        let is_outside = self.files.is_outside(folder, &path)?;
        Ok((!is_outside).then(|| Self::new(&path, Arc::clone(&self.files))))
    }
}

impl Deref for FilePath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl PartialEq for FilePath {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for FilePath {}

impl fmt::Debug for FilePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io::Cursor;

    use super::*;
    use crate::{Limits, Samples, open_from};

    struct Memory(HashMap<PathBuf, Vec<u8>>);

    impl Files for Memory {
        fn open(&self, path: &Path) -> io::Result<OpenFile> {
            let bytes = self.0.get(path).ok_or(io::ErrorKind::NotFound)?.clone();
            let length = bytes.len() as u64;
            Ok(OpenFile::new(Cursor::new(bytes), length))
        }
    }

    #[test]
    fn an_image_is_read_from_files_that_are_on_no_disk() {
        let header = "NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = a.raw\n";
        let files = [
            ("set/a.mhd", header.as_bytes().to_vec()),
            ("set/a.raw", vec![1, 2, 3, 4]),
        ];
        let memory = files.map(|(name, bytes)| (PathBuf::from(name), bytes));
        let files: Arc<dyn Files> = Arc::new(Memory(memory.into()));
        let limits = Limits::default();
        let image = open_from(Arc::clone(&files), "set/a.mhd".as_ref(), &limits).unwrap();
        assert_eq!(image.samples().unwrap(), Samples::U8(vec![1, 2, 3, 4]));
        let missing = open_from(files, "a.mhd".as_ref(), &limits).unwrap_err();
        assert!(missing.to_string().contains("a.mhd"), "{missing}");
    }
}
