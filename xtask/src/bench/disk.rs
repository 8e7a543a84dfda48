//! The disk between two runs.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use crate::run;

/// What stays free, whatever is measured.
const RESERVE: u64 = 20 << 30;

/// Bytes that are free where a folder is.
pub(crate) fn free(folder: &Path) -> Result<u64, String> {
    let mut ask = Command::new("df");
    ask.args(["--output=avail", "--block-size=1"]).arg(folder);
    run::asked(&mut ask)
        .and_then(|text| text.lines().nth(1)?.trim().parse().ok())
        .ok_or_else(|| "df does not say how much room there is".to_owned())
}

/// Refuses work that would fill the disk.
pub(crate) fn has_room(folder: &Path, bytes: u64) -> Result<(), String> {
    let free = free(folder)?;
    if free < bytes.saturating_add(RESERVE) {
        return Err(format!(
            "{} MB are free; this needs {} MB, and 20 GB are left alone",
            free / 1_000_000,
            bytes / 1_000_000
        ));
    }
    Ok(())
}

/// The same start for everybody: nothing on its way to the disk, and so much
/// of the memory of a virtual machine really there, as a file written and
/// removed leaves it.
pub(crate) fn settle(folder: &Path, bytes: u64) -> Result<(), String> {
    let path = folder.join("settle");
    let failed = |error: std::io::Error| format!("failed to write {}: {error}", path.display());
    let block = vec![0; 1 << 20];
    let mut file = File::create(&path).map_err(failed)?;
    for _ in 0..bytes >> 20 {
        file.write_all(&block).map_err(failed)?;
    }
    drop(file);
    fs::remove_file(&path).map_err(failed)?;
    run::done(&mut Command::new("sync")).map(|_| ())
}

/// Removes a folder that may not be there.
pub(crate) fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("failed to remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
