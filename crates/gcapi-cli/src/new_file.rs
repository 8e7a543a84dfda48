//! A file that is there when it is whole, and not before.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::failure::Failure;

/// A file that is being written beside its place. It goes when it is not published.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: BufWriter<File>,
    beside: PathBuf,
    place: PathBuf,
}

impl NewFile {
    /// Begins a file, so that what keeps it from being written is known before the work is done.
    pub(crate) fn begin(place: &Path) -> Result<Self, Failure> {
        let begin = || {
            if place.is_dir() {
                return Err(io::Error::other("it is a folder"));
            }
            let name = format!(".{}.part", Uuid::new_v4().simple());
            let beside = place.with_file_name(name);
            let file = BufWriter::new(File::create_new(&beside)?);
            Ok(Self {
                file,
                beside,
                place: place.to_owned(),
            })
        };
        begin().map_err(|error| cannot_write(place, &error))
    }

    /// Lets somebody write it, makes it durable and gives it its name, in place of a file that has
    /// it already.
    pub(crate) fn publish<T>(
        mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let written = write(&mut self.file)?;
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .and_then(|()| fs::rename(&self.beside, &self.place))
            .map_err(|error| cannot_write(&self.place, &error))?;
        Ok(written)
    }

    /// The same for bytes that are there already.
    pub(crate) fn publish_bytes(self, bytes: &[u8]) -> Result<(), Failure> {
        let place = self.place.clone();
        self.publish(|file| {
            file.write_all(bytes)
                .map_err(|error| cannot_write(&place, &error))
        })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // It is not there where it became the file itself.
        let _ = fs::remove_file(&self.beside);
    }
}

fn cannot_write(place: &Path, error: &io::Error) -> Failure {
    Failure::cannot_write(format!("failed to write {}: {error}", place.display()))
}
