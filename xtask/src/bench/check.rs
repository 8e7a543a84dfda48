//! Whether what arrived is what was served: nobody wins by failing.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Compares a download with the archive it came from: the number of files,
/// their bytes together, and every byte of one of them.
pub(crate) fn arrived(source: &Path, out: &Path) -> Result<(), String> {
    let (expected, found) = (files(source)?, files(out)?);
    let total = |files: &[(PathBuf, u64)]| files.iter().map(|(_, size)| size).sum::<u64>();
    let (wanted, got) = (total(&expected), total(&found));
    if expected.len() != found.len() || wanted != got {
        return Err(format!(
            "{} files of {got} bytes arrived, of {} and {wanted}",
            found.len(),
            expected.len()
        ));
    }
    let Some((path, _)) = expected.get(expected.len() / 2) else {
        return Ok(());
    };
    let name = path.file_name();
    let Some((same, _)) = found
        .iter()
        .find(|(other, _)| other == path)
        .or_else(|| found.iter().find(|(other, _)| other.file_name() == name))
    else {
        return Err(format!("{} did not arrive", path.display()));
    };
    if equal(&source.join(path), &out.join(same)).map_err(|error| error.to_string())? {
        Ok(())
    } else {
        Err(format!("{} arrived with other bytes", path.display()))
    }
}

/// The number of files, and the time of the newest change among them.
pub(crate) fn count(out: &Path) -> Result<(u64, Option<SystemTime>), String> {
    let found = files(out)?;
    let newest = found
        .iter()
        .filter_map(|(path, _)| fs::metadata(out.join(path)).ok()?.modified().ok())
        .max();
    Ok((found.len() as u64, newest))
}

/// Files with their sizes, in order, without what is hidden.
fn files(root: &Path) -> Result<Vec<(PathBuf, u64)>, String> {
    let failed = |error: std::io::Error| format!("failed to read {}: {error}", root.display());
    let (mut files, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let metadata = entry.metadata().map_err(failed)?;
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if let Ok(path) = entry.path().strip_prefix(root) {
                files.push((path.to_path_buf(), metadata.len()));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn equal(one: &Path, other: &Path) -> std::io::Result<bool> {
    const BLOCK: usize = 1 << 20;
    let mut one = BufReader::with_capacity(BLOCK, File::open(one)?);
    let mut other = BufReader::with_capacity(BLOCK, File::open(other)?);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        one.by_ref().take(BLOCK as u64).read_to_end(&mut left)?;
        other.by_ref().take(BLOCK as u64).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}
