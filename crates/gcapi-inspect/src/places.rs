//! Which files of an item are a value's.

use std::collections::BTreeSet;

use gcapi_archive::{FileOrigin, FileRecord, ValueRecord};

/// The files of a value, of those of its item.
pub fn files_of<'a>(
    files: &'a [FileRecord],
    value: &'a ValueRecord,
) -> impl Iterator<Item = &'a FileRecord> {
    files
        .iter()
        .filter(|file| file.value == Some(value.pk) && file.socket == Some(value.socket))
}

/// The paths of a value's files below the folder of the archive; of a DICOM image set its folder.
#[must_use]
pub fn paths(files: &[FileRecord], value: &ValueRecord) -> Vec<String> {
    let paths: BTreeSet<String> = files_of(files, value)
        .map(|file| {
            let path = file.path.to_string();
            match &file.origin {
                FileOrigin::DicomInstance { .. } => path
                    .rsplit_once('/')
                    .map_or_else(String::new, |(folder, _)| folder.to_owned()),
                _ => path,
            }
        })
        .collect();
    paths.into_iter().collect()
}

/// The path that stands for a value: a header before its data file, and a slide before the list of
/// its tiles, as in `python/gcapi_rs/archive.py`.
#[must_use]
pub fn main_path(paths: &[String]) -> Option<&str> {
    let preference = |path: &&String| match path.rsplit('.').next() {
        Some(suffix) if suffix.eq_ignore_ascii_case("mhd") => 0,
        Some(suffix) if suffix.eq_ignore_ascii_case("dzi") => 2,
        _ => 1,
    };
    paths.iter().min_by_key(preference).map(String::as_str)
}
