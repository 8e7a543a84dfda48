//! NIfTI-1 and NIfTI-2, in one file (`.nii`, `.nii.gz`).
//!
//! Formats: <https://nifti.nimh.nih.gov/nifti-1> and <https://nifti.nimh.nih.gov/nifti-2>. Coordinates are
//! turned from RAS to LPS, units to millimetres and seconds. The place in space is that of the sform if
//! there is one, then of the qform, then of the distances alone. Samples with a slope or an intercept are
//! rescaled, into `F32`, or `F64` where the stored type has more than 16 bits.

mod geometry;
mod header;
mod write;

use crate::error::{Error, Problem};
use crate::files::FilePath;
use crate::header::Header;
use crate::image::{Image, Reader};
use crate::limits::Limits;
use crate::samples::{Element, Samples};
use crate::stream::StoredSamples;

pub use write::write;

/// Opens a file.
pub(crate) fn open(path: &FilePath, limits: &Limits) -> Result<Image, Error> {
    header::read(path, limits)
        .map(|(header, samples)| Image::new(path, limits, header, samples))
        .map_err(|problem| problem.at(path))
}

/// Samples that may have to be rescaled.
struct Rescaled {
    stored: StoredSamples,
    /// As the samples are stored.
    header: Header,
    /// Slope and intercept.
    scale: Option<(f64, f64)>,
}

impl Reader for Rescaled {
    fn samples(&self, header: &Header, limits: &Limits) -> Result<Samples, Error> {
        let samples = self.stored.samples(&self.header, limits)?;
        self.rescaled(samples, header.element)
    }

    fn slice(&self, header: &Header, limits: &Limits, index: u64) -> Result<Samples, Error> {
        let samples = self.stored.slice(&self.header, limits, index)?;
        self.rescaled(samples, header.element)
    }

    fn decodes_from_the_start(&self) -> bool {
        self.stored.decodes_from_the_start()
    }

    fn check(&self, _header: &Header, limits: &Limits) -> Result<u64, Error> {
        self.stored.check(&self.header, limits)
    }
}

impl Rescaled {
    fn rescaled(&self, samples: Samples, element: Element) -> Result<Samples, Error> {
        let Some((slope, intercept)) = self.scale else {
            return Ok(samples);
        };
        let mut scaled =
            Samples::zeros(element, samples.len() as u64).map_err(|problem| self.at(problem))?;
        match &mut scaled {
            Samples::F32(vector) => {
                let mut places = vector.iter_mut();
                samples.for_each(|value| {
                    if let Some(place) = places.next() {
                        *place = (value * slope + intercept) as f32;
                    }
                });
            }
            Samples::F64(vector) => {
                let mut places = vector.iter_mut();
                samples.for_each(|value| {
                    if let Some(place) = places.next() {
                        *place = value * slope + intercept;
                    }
                });
            }
            _ => return Ok(samples),
        }
        Ok(scaled)
    }

    fn at(&self, problem: Problem) -> Error {
        let path = self
            .stored
            .parts
            .first()
            .map(|part| part.path.to_path_buf());
        Error {
            path: path.unwrap_or_default(),
            problem,
        }
    }
}

#[cfg(test)]
mod tests;
