//! DICOM: an instance with one frame or many, and folders of instances that make a volume.
//!
//! Standard: DICOM PS3.3 (attributes) and PS3.5 (transfer syntaxes). Frames are sorted by their position
//! along the normal of their plane, and given out rescaled (slope and intercept). Colours become RGB:
//! palettes, and luminance with differences of colour (`YBR_FULL`, `YBR_FULL_422`, `YBR_RCT`, `YBR_ICT`).
//!
//! | pixels                                   | read                                                   |
//! |------------------------------------------|--------------------------------------------------------|
//! | not compressed, in either byte order     | 1, 8, 16 and 32 bits                                   |
//! | deflated data sets                       | the same                                               |
//! | run lengths (RLE)                        | 8, 16 and 32 bits                                      |
//! | JPEG: sequential, progressive            | 8 bits; 12 bits and arithmetic codes are not           |
//! | JPEG: lossless                           | 2 to 16 bits                                           |
//! | JPEG-LS, lossless and near-lossless      | one channel of 2 to 16 bits                            |
//! | JPEG 2000, HTJ2K                         | 1 to 16 bits, all channels of one size                 |
//! | JPEG XL, MPEG, HEVC, JPIP, deflated frames | not                                                  |
//!
//! A picture that would be wrong is not given out. [`Problem::Unsupported`] says why there is none: a
//! transfer syntax or a process without a decoder, palettes in segments, colours or signs that the
//! attributes and the compressed frame call differently, colours of more than 16 bits, slides, several
//! frames at one place, instances that are no images.

mod attributes;
mod codestream;
mod compressed;
mod native;
mod nesting;
mod palette;
mod pixels;
mod run_lengths;
mod source;
mod volume;

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Problem};
use crate::files::FilePath;
use crate::guard::guarded;
use crate::header::Header;
use crate::image::{Image, Reader};
use crate::limits::Limits;
use crate::samples::Samples;
use attributes::{Frame, Stored};

const DECODER: &str = "DICOM";

/// Opens one instance.
pub(crate) fn open_file(path: &FilePath, limits: &Limits) -> Result<Image, Error> {
    open_instances(path, vec![path.clone()], limits)
}

/// Opens a folder of instances.
pub(crate) fn open_folder(folder: &Path, limits: &Limits) -> Result<Image, Error> {
    let files = files_in(folder, limits).map_err(|problem| problem.at(folder))?;
    open_instances(folder, files, limits)
}

fn files_in(folder: &Path, limits: &Limits) -> Result<Vec<FilePath>, Problem> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_instance = path
            .extension()
            .is_some_and(|suffix| suffix.eq_ignore_ascii_case("dcm"));
        if is_instance && path.is_file() {
            files.push(FilePath::on_disk(&path));
            limits.parts(files.len() as u64)?;
        }
    }
    if files.is_empty() {
        return Err(Problem::unsupported("a folder without instances (*.dcm)"));
    }
    files.sort_by(|one, other| one.cmp(other));
    Ok(files)
}

/// Opens some instances, in any order.
pub(crate) fn open_instances(
    path: &Path,
    files: Vec<FilePath>,
    limits: &Limits,
) -> Result<Image, Error> {
    let mut instances = Vec::new();
    for file in files {
        let instance = guarded(DECODER, || attributes::read(&file, limits))
            .map_err(|problem| problem.at(&file))?;
        instances.push((file, instance));
    }
    let (header, set) = volume::assemble(instances, limits).map_err(|problem| problem.at(path))?;
    Ok(Image::new(path, limits, header, set))
}

/// What an error of the parser says, with its causes.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut reasons = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        reasons = format!("{reasons}: {reason}");
        source = reason.source();
    }
    reasons
}

/// Where a slice is.
#[derive(Debug, Clone)]
struct Slice {
    file: FilePath,
    index: u32,
    /// Frames of the file.
    count: u64,
    frame: Frame,
}

/// The slices of a volume, in their order.
#[derive(Debug)]
struct ImageSet {
    stored: Stored,
    slices: Vec<Slice>,
    /// What is wrong with the distances of the slices, which only a check minds.
    uneven: Option<(PathBuf, String)>,
}

impl Reader for ImageSet {
    fn samples(&self, header: &Header, limits: &Limits) -> Result<Samples, Error> {
        let mut samples =
            Samples::zeros(header.element, header.count()).map_err(|problem| self.at(problem))?;
        let mut rest = samples.as_bytes_mut();
        self.each_slice(header, limits, |slice| {
            let bytes = slice.as_bytes();
            let (place, others) = std::mem::take(&mut rest).split_at_mut(bytes.len());
            place.copy_from_slice(bytes);
            rest = others;
        })?;
        Ok(samples)
    }

    fn slice(&self, header: &Header, limits: &Limits, index: u64) -> Result<Samples, Error> {
        let mut found = None;
        let place = index as usize;
        let slices = self.slices.get(place..=place).unwrap_or_default();
        self.each_of(slices, header, limits, |slice| found = Some(slice))?;
        found.ok_or_else(|| self.at(Problem::NoSuchPart(format!("slice {index}"))))
    }

    fn check(&self, header: &Header, limits: &Limits) -> Result<u64, Error> {
        if let Some((path, reason)) = &self.uneven {
            return Err(Problem::malformed(reason).at(path));
        }
        self.each_slice(header, limits, |_| {})?;
        Ok(header.bytes())
    }
}

impl ImageSet {
    fn each_slice(
        &self,
        header: &Header,
        limits: &Limits,
        take: impl FnMut(Samples),
    ) -> Result<(), Error> {
        self.each_of(&self.slices, header, limits, take)
    }

    /// Decodes slices. An instance with several of them is parsed once, as long as they follow each
    /// other.
    fn each_of(
        &self,
        slices: &[Slice],
        header: &Header,
        limits: &Limits,
        mut take: impl FnMut(Samples),
    ) -> Result<(), Error> {
        for group in slices.chunk_by(|one, other| one.file == other.file) {
            let Some(Slice { file, count, .. }) = group.first() else {
                continue;
            };
            guarded(DECODER, || {
                limits.samples(file.length()?)?;
                let object =
                    attributes::read_with_pixels(file, count * self.stored.frame_bytes(), limits)?;
                for slice in group {
                    let samples = pixels::read(
                        &object,
                        &self.stored,
                        slice.index,
                        &slice.frame,
                        header.element,
                    )?;
                    take(samples);
                }
                Ok(())
            })
            .map_err(|problem| problem.at(file))?;
        }
        Ok(())
    }

    fn at(&self, problem: Problem) -> Error {
        let path = self.slices.first().map(|slice| slice.file.to_path_buf());
        Error {
            path: path.unwrap_or_default(),
            problem,
        }
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
