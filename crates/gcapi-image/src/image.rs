//! An image of any format.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Problem};
use crate::header::{Format, Header, Level};
use crate::limits::Limits;
use crate::samples::{Element, Samples};

/// An image whose header was read, and whose samples can be.
///
/// It keeps no copy of the samples: each call reads the file.
pub struct Image {
    path: PathBuf,
    header: Header,
    limits: Limits,
    reader: Box<dyn Reader>,
}

/// What [`Image::check`] read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// Bytes of samples that were decoded, of all levels.
    pub decoded_bytes: u64,
}

/// What a rectangle of pixels is, in pixels of its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) width: u64,
    pub(crate) height: u64,
}

/// How the samples of a format are read.
pub(crate) trait Reader: Send + Sync {
    /// All of them; their number was held against the limits.
    fn samples(&self, header: &Header, limits: &Limits) -> Result<Samples, Error>;

    /// One slice, which exists and is within the limits.
    fn slice(&self, header: &Header, limits: &Limits, index: u64) -> Result<Samples, Error>;

    /// A region of a level, which exists and is within the limits.
    fn region(
        &self,
        header: &Header,
        limits: &Limits,
        _level: usize,
        region: Region,
    ) -> Result<Samples, Error> {
        let slice = self.slice(header, limits, 0)?;
        crop(&slice, header, region).map_err(|problem| problem.at(Path::new("")))
    }

    /// Whether a slice is found only by decoding everything before it.
    fn decodes_from_the_start(&self) -> bool {
        false
    }

    /// A region, which exists, as the file has it; `None` where it is not a JPEG stream of its own.
    fn jpeg(
        &self,
        _limits: &Limits,
        _level: usize,
        _region: Region,
    ) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    /// Decodes everything in bounded memory and gives the number of bytes.
    fn check(&self, header: &Header, limits: &Limits) -> Result<u64, Error>;
}

impl fmt::Debug for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Image")
            .field("path", &self.path)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl Image {
    pub(crate) fn new(
        path: &Path,
        limits: &Limits,
        header: Header,
        reader: impl Reader + 'static,
    ) -> Self {
        Self {
            path: path.to_owned(),
            header,
            limits: *limits,
            reader: Box::new(reader),
        }
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.header.format
    }

    /// The type of a sample.
    #[must_use]
    pub fn element(&self) -> Element {
        self.header.element
    }

    /// Samples along each axis, x first; two to four axes.
    #[must_use]
    pub fn size(&self) -> &[u64] {
        &self.header.size
    }

    /// Samples at each place, which lie beside each other in memory: 1 for grey, 3 for RGB.
    #[must_use]
    pub fn channels(&self) -> u32 {
        self.header.channels
    }

    /// Distance of two samples along each axis, in millimetres, x first; 1 where it is unknown.
    #[must_use]
    pub fn spacing(&self) -> &[f64] {
        &self.header.spacing
    }

    /// Position of the first sample in millimetres: x to the left, y to the back, z to the head (LPS),
    /// as SimpleITK's `GetOrigin`.
    #[must_use]
    pub fn origin(&self) -> &[f64] {
        &self.header.origin
    }

    /// Directions of the axes: a square matrix, row-major, whose columns are the axes in LPS, as
    /// SimpleITK's `GetDirection`.
    #[must_use]
    pub fn direction(&self) -> &[f64] {
        &self.header.direction
    }

    /// Whether the least sample is shown brightest, as in a DICOM image of `MONOCHROME1`. The samples are
    /// those that are stored all the same.
    #[must_use]
    pub fn is_inverted(&self) -> bool {
        self.header.is_inverted
    }

    /// Levels of a pyramid, the largest first; one for images that are none.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.header.levels
    }

    /// Width and height, in pixels, of the tiles that the largest level is stored in; `None` for images
    /// that are not stored in tiles.
    #[must_use]
    pub fn tile_size(&self) -> Option<(u64, u64)> {
        self.header.tile
    }

    /// Number of slices: the product of the sizes of all axes beyond the second.
    #[must_use]
    pub fn slices(&self) -> u64 {
        self.header.slices()
    }

    /// The file or folder that was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a slice is found only by decoding everything before it, as in compressed MetaImage and
    /// NIfTI files.
    #[must_use]
    pub fn decodes_from_the_start(&self) -> bool {
        self.reader.decodes_from_the_start()
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// All samples of the largest level, in native byte order, x fastest after the channels.
    ///
    /// # Errors
    ///
    /// [`Problem::TooLarge`] and [`Problem::NoMemory`] before anything is read,
    /// [`Problem::Truncated`] and [`Problem::Malformed`] for data that are not what the header
    /// says, [`Problem::Unsupported`] where decoding would give a wrong picture.
    pub fn samples(&self) -> Result<Samples, Error> {
        self.limits
            .samples(self.header.bytes())
            .map_err(|problem| problem.at(&self.path))?;
        self.reader.samples(&self.header, &self.limits)
    }

    /// The samples of one slice. Slices are counted through all axes beyond the second.
    ///
    /// Only this slice is decoded where the format allows; compressed MetaImage and NIfTI files
    /// are decoded from their start to its end, in bounded memory.
    ///
    /// # Errors
    ///
    /// As for [`samples`](Self::samples), and [`Problem::NoSuchPart`].
    pub fn slice(&self, index: u64) -> Result<Samples, Error> {
        self.header
            .has_slice(index, &self.limits)
            .map_err(|problem| problem.at(&self.path))?;
        self.reader.slice(&self.header, &self.limits, index)
    }

    /// The samples of a rectangle of a level, in pixels of that level: `width * height * channels`.
    ///
    /// Of a slide only the tiles that it touches are decoded. A volume has no regions but those of its
    /// first slice.
    ///
    /// # Errors
    ///
    /// As for [`samples`](Self::samples), and [`Problem::NoSuchPart`] where the rectangle is empty
    /// or not inside the level.
    pub fn region(
        &self,
        level: usize,
        x: u64,
        y: u64,
        width: u64,
        height: u64,
    ) -> Result<Samples, Error> {
        let region = self.rectangle(level, x, y, width, height)?;
        self.reader
            .region(&self.header, &self.limits, level, region)
    }

    /// A rectangle of a level, in pixels of that level, as a JPEG stream made of what the file has,
    /// without decoding it; `None` where the rectangle is not exactly one tile stored in JPEG, or where
    /// other decoders could read it differently from [`region`](Self::region).
    ///
    /// Headers are written anew (tables of the file in front, colours as TIFF says them); all that
    /// follows them is as it is in the file.
    ///
    /// # Errors
    ///
    /// As for [`region`](Self::region).
    pub fn jpeg(
        &self,
        level: usize,
        x: u64,
        y: u64,
        width: u64,
        height: u64,
    ) -> Result<Option<Vec<u8>>, Error> {
        let region = self.rectangle(level, x, y, width, height)?;
        self.reader.jpeg(&self.limits, level, region)
    }

    /// A rectangle that exists, and is within the limits.
    fn rectangle(
        &self,
        level: usize,
        x: u64,
        y: u64,
        width: u64,
        height: u64,
    ) -> Result<Region, Error> {
        let region = Region {
            x,
            y,
            width,
            height,
        };
        self.check_region(level, region)
            .map_err(|problem| problem.at(&self.path))?;
        Ok(region)
    }

    fn check_region(&self, level: usize, region: Region) -> Result<(), Problem> {
        let levels = self.levels();
        let Some(Level { width, height }) = levels.get(level) else {
            let what = format!("level {level}, but {}", levels.len());
            return Err(Problem::NoSuchPart(what));
        };
        let ends = |start: u64, length: u64, size: u64| {
            length > 0 && start.checked_add(length).is_some_and(|end| end <= size)
        };
        if !ends(region.x, region.width, *width) || !ends(region.y, region.height, *height) {
            let Region {
                x,
                y,
                width: w,
                height: h,
            } = region;
            let what = format!("region {w}x{h} at {x},{y}: level {level} is {width}x{height}");
            return Err(Problem::NoSuchPart(what));
        }
        let pixel = u64::from(self.header.channels) * self.header.element.bytes();
        let bytes = region
            .width
            .saturating_mul(region.height)
            .saturating_mul(pixel);
        self.limits.samples(bytes)
    }

    /// Decodes everything to its end, in memory that does not grow with the image, and makes sure
    /// that it is what the header says: compressed streams complete and their checksums right, not a
    /// byte too few or too many, all tiles of all levels inside the file.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<Checked, Error> {
        self.reader
            .check(&self.header, &self.limits)
            .map(|decoded_bytes| Checked { decoded_bytes })
    }
}

/// Cuts a rectangle out of a slice.
pub(crate) fn crop(slice: &Samples, header: &Header, region: Region) -> Result<Samples, Problem> {
    let pixel = u64::from(header.channels) * header.element.bytes();
    let count = region.width * region.height * u64::from(header.channels);
    let mut cut = Samples::zeros(header.element, count)?;
    let row = (region.width * pixel) as usize;
    let rows = slice
        .as_bytes()
        .chunks_exact((header.width() * pixel) as usize)
        .skip(region.y as usize);
    for (into, from) in cut.as_bytes_mut().chunks_exact_mut(row.max(1)).zip(rows) {
        let start = (region.x * pixel) as usize;
        if let Some(from) = from.get(start..start + row) {
            into.copy_from_slice(from);
        }
    }
    Ok(cut)
}
