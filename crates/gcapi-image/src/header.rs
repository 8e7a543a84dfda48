//! What is known of an image before its samples are read.

use crate::error::Problem;
use crate::limits::Limits;
use crate::samples::Element;

/// The format of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// MetaImage: `.mha`, or `.mhd` with a data file.
    MetaImage,
    /// TIFF and BigTIFF.
    Tiff,
    /// A DICOM instance, or a folder with a series of them.
    Dicom,
    /// NIfTI-1 and NIfTI-2.
    Nifti,
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
}

/// A level of a pyramid, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Level {
    /// Pixels in a row.
    pub width: u64,
    /// Rows.
    pub height: u64,
}

/// What all formats have in common.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    pub(crate) format: Format,
    pub(crate) element: Element,
    pub(crate) channels: u32,
    /// Samples along each axis, x first; two to four, none of them zero.
    pub(crate) size: Vec<u64>,
    /// Millimetres.
    pub(crate) spacing: Vec<f64>,
    /// Millimetres, LPS.
    pub(crate) origin: Vec<f64>,
    /// Row-major; the columns are the axes.
    pub(crate) direction: Vec<f64>,
    pub(crate) levels: Vec<Level>,
    /// Whether the least sample is the brightest.
    pub(crate) is_inverted: bool,
    /// Width and height of the tiles that the largest level is stored in.
    pub(crate) tile: Option<(u64, u64)>,
}

impl Header {
    /// A header without a position in space: spacing 1, origin 0, no rotation.
    ///
    /// Fails if there is an axis without samples, or if more bytes are claimed than can be counted.
    pub(crate) fn new(
        format: Format,
        element: Element,
        channels: u32,
        size: Vec<u64>,
    ) -> Result<Self, Problem> {
        let axes = size.len();
        let (Some(width), Some(height)) = (size.first().copied(), size.get(1).copied()) else {
            return Err(Problem::unsupported(format!("an image with {axes} axes")));
        };
        if axes > 4 {
            return Err(Problem::unsupported(format!("an image with {axes} axes")));
        }
        if channels == 0 || size.contains(&0) {
            return Err(Problem::malformed(format!(
                "a size of {size:?} with {channels} channels"
            )));
        }
        let header = Self {
            format,
            element,
            channels,
            size,
            spacing: vec![1.0; axes],
            origin: vec![0.0; axes],
            direction: identity(axes),
            levels: vec![Level { width, height }],
            is_inverted: false,
            tile: None,
        };
        if header.checked_bytes().is_none() {
            return Err(Problem::malformed(format!(
                "a size of {:?} with {channels} channels",
                header.size
            )));
        }
        Ok(header)
    }

    fn checked_bytes(&self) -> Option<u64> {
        self.size
            .iter()
            .try_fold(u64::from(self.channels), |product, size| {
                product.checked_mul(*size)
            })?
            .checked_mul(self.element.bytes())
            // File positions are signed in many places.
            .filter(|bytes| *bytes < i64::MAX as u64)
    }

    /// Bytes of all samples in memory.
    pub(crate) fn bytes(&self) -> u64 {
        self.checked_bytes().unwrap_or(u64::MAX)
    }

    /// Number of all samples.
    pub(crate) fn count(&self) -> u64 {
        self.bytes() / self.element.bytes()
    }

    pub(crate) fn width(&self) -> u64 {
        self.size.first().copied().unwrap_or(1)
    }

    pub(crate) fn height(&self) -> u64 {
        self.size.get(1).copied().unwrap_or(1)
    }

    /// Slices of all axes beyond the second.
    pub(crate) fn slices(&self) -> u64 {
        self.size.iter().skip(2).product()
    }

    /// Number of samples in a slice.
    pub(crate) fn slice_count(&self) -> u64 {
        self.width() * self.height() * u64::from(self.channels)
    }

    /// Bytes of a slice in memory.
    pub(crate) fn slice_bytes(&self) -> u64 {
        self.slice_count() * self.element.bytes()
    }

    /// Fails if there is no such slice, or if it is too large to be given out.
    pub(crate) fn has_slice(&self, index: u64, limits: &Limits) -> Result<(), Problem> {
        if index >= self.slices() {
            let what = format!("slice {index}, but {}", self.slices());
            return Err(Problem::NoSuchPart(what));
        }
        limits.samples(self.slice_bytes())
    }
}

/// No rotation.
pub(crate) fn identity(axes: usize) -> Vec<f64> {
    (0..axes * axes)
        .map(|index| if index % (axes + 1) == 0 { 1.0 } else { 0.0 })
        .collect()
}
