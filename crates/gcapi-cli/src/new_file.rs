//! A file that is there when it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Writes a file beside its place and renames it, so that nothing half-written is ever found under
/// its name. What was there before is replaced.
pub(crate) fn write<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let beside = beside(path);
    let written = fill(path, &beside, write);
    if written.is_err() {
        // Nothing of it is of use.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn fill<T>(
    path: &Path,
    beside: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let failed = |error: io::Error| {
        Failure::cannot_write(format!("failed to write {}: {error}", path.display()))
    };
    let mut file = BufWriter::new(File::create(beside).map_err(failed)?);
    let written = write(&mut file)?;
    file.flush().map_err(failed)?;
    file.get_ref().sync_all().map_err(failed)?;
    drop(file);
    fs::rename(beside, path).map_err(failed)?;
    Ok(written)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    PathBuf::from(name)
}
