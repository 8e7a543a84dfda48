//! Which format it is.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Problem};
use crate::files::{FilePath, Files};
use crate::header::Format;
use crate::image::Image;
use crate::limits::Limits;

/// Bytes at the start of a file by which it is recognised.
const START: u64 = 1024;

/// Opens an image by its content, then by its suffix, and reads its header only. A folder is a
/// DICOM image set.
///
/// # Errors
///
/// [`Problem::Unrecognized`] for other files, [`Problem::Malformed`] and [`Problem::Unsupported`]
/// for headers that make no sense, or none here.
pub fn open(path: &Path) -> Result<Image, Error> {
    open_within(path, &Limits::default())
}

/// As [`open`], with bounds of the caller.
///
/// # Errors
///
/// As for [`open`], and [`Problem::TooLarge`] for headers beyond the limits. What the samples need is
/// held against the limits when they are asked for.
pub fn open_within(path: &Path, limits: &Limits) -> Result<Image, Error> {
    let metadata = std::fs::metadata(path).map_err(|source| Problem::from(source).at(path))?;
    if metadata.is_dir() {
        return crate::dicom::open_folder(path, limits);
    }
    if !metadata.is_file() {
        // A pipe would be waited for, a device might never end.
        let neither = io::Error::other("it is neither a file nor a folder");
        return Err(Problem::from(neither).at(path));
    }
    open_file(&FilePath::on_disk(path), limits)
}

/// As [`open_within`], for files that are not on this disk. The path is one of those that they
/// know; the data file of a header is asked for by its path beside it.
///
/// # Errors
///
/// As for [`open_within`].
pub fn open_from(files: Arc<dyn Files>, path: &Path, limits: &Limits) -> Result<Image, Error> {
    open_file(&FilePath::new(path, files), limits)
}

fn open_file(path: &FilePath, limits: &Limits) -> Result<Image, Error> {
    let start = beginning(path).map_err(|source| Problem::from(source).at(path))?;
    match by_content(&start).or_else(|| by_suffix(path)) {
        Some(Format::MetaImage) => crate::metaimage::open(path, limits),
        Some(Format::Tiff) => crate::tiff::open(path, limits),
        Some(Format::Dicom) => crate::dicom::open_file(path, limits),
        Some(Format::Nifti) => crate::nifti::open(path, limits),
        Some(format @ (Format::Png | Format::Jpeg)) => crate::picture::open(path, limits, format),
        None => Err(Problem::Unrecognized.at(path)),
    }
}

/// Opens a DICOM image set: a folder of instances, sorted by their position along the normal of their
/// plane. [`open`] of a folder does the same.
///
/// # Errors
///
/// As for [`open`], and [`Problem::Malformed`] for instances that do not make one volume.
pub fn open_dicom_set(folder: &Path) -> Result<Image, Error> {
    crate::dicom::open_folder(folder, &Limits::default())
}

/// Opens the DICOM instances of one image set, where other files may lie in their folder. The folder
/// is what errors that concern the set as a whole name.
///
/// # Errors
///
/// As for [`open_dicom_set`], and [`Problem::TooLarge`] beyond the limits.
pub fn open_dicom_instances(
    folder: &Path,
    instances: Vec<PathBuf>,
    limits: &Limits,
) -> Result<Image, Error> {
    limits
        .parts(instances.len() as u64)
        .map_err(|problem| problem.at(folder))?;
    let instances = instances.iter().map(|path| FilePath::on_disk(path));
    crate::dicom::open_instances(folder, instances.collect(), limits)
}

fn beginning(path: &FilePath) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    path.open()?.take(START).read_to_end(&mut start)?;
    Ok(start)
}

fn by_content(start: &[u8]) -> Option<Format> {
    let at = |position: usize, magic: &[u8]| {
        start
            .get(position..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    if at(128, b"DICM") {
        Some(Format::Dicom)
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        Some(Format::Png)
    } else if at(0, b"\xff\xd8\xff") {
        Some(Format::Jpeg)
    } else if [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"]
        .iter()
        .any(|magic| at(0, magic))
    {
        Some(Format::Tiff)
    } else if at(0, b"\x1f\x8b")
        || at(344, b"n+1\0")
        || at(344, b"ni1\0")
        || at(4, b"n+2\0")
        || at(4, b"ni2\0")
    {
        Some(Format::Nifti)
    } else if crate::metaimage::looks_like_it(start) {
        Some(Format::MetaImage)
    } else {
        None
    }
}

fn by_suffix(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
    if ends(&[".mha", ".mhd"]) {
        Some(Format::MetaImage)
    } else if ends(&[".tif", ".tiff", ".svs", ".btf"]) {
        Some(Format::Tiff)
    } else if ends(&[".dcm"]) {
        Some(Format::Dicom)
    } else if ends(&[".nii", ".nii.gz"]) {
        Some(Format::Nifti)
    } else {
        None
    }
}
