//! A file that is there when it is whole, and not before.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::failure::Failure;

/// A file that is being written beside its place. It goes when it is not published.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
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
            let file = File::create_new(&beside)?;
            Ok(Self {
                file,
                beside,
                place: place.to_owned(),
            })
        };
        begin().map_err(|error| cannot_write(place, &error))
    }

    /// Writes it and gives it its name, in place of a file that has it already.
    pub(crate) fn publish(mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file
            .write_all(bytes)
            .and_then(|()| self.file.sync_data())
            .and_then(|()| fs::rename(&self.beside, &self.place))
            .map_err(|error| cannot_write(&self.place, &error))
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
