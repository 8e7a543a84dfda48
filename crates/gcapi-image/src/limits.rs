//! What a file may ask for.

use crate::error::Problem;

/// Bounds held against what a header claims, before anything is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of all samples that are given out at once. Default: 16 GiB.
    pub sample_bytes: u64,
    /// Bytes of a header, or of one table of a TIFF. Default: 64 MiB.
    pub header_bytes: u64,
    /// Directories of a TIFF, data files of a MetaImage, instances of a DICOM image set.
    /// Default: 65 536.
    pub parts: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sample_bytes: 16 << 30,
            header_bytes: 64 << 20,
            parts: 1 << 16,
        }
    }
}

impl Limits {
    /// Fails if samples of this many bytes are too many, or more than the machine can address.
    pub(crate) fn samples(&self, bytes: u64) -> Result<(), Problem> {
        within("samples in bytes", bytes, self.sample_bytes)?;
        usize::try_from(bytes)
            .map(drop)
            .map_err(|_| Problem::NoMemory(bytes))
    }

    /// Fails if a header of this many bytes is too long.
    pub(crate) fn header(&self, bytes: u64) -> Result<(), Problem> {
        within("a header in bytes", bytes, self.header_bytes)
    }

    /// Fails if an image of this many parts has too many.
    pub(crate) fn parts(&self, parts: u64) -> Result<(), Problem> {
        within("parts", parts, self.parts)
    }
}

fn within(what: &'static str, size: u64, limit: u64) -> Result<(), Problem> {
    if size <= limit {
        Ok(())
    } else {
        Err(Problem::TooLarge { what, size, limit })
    }
}
