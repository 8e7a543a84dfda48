//! One picture of a file, tile by tile or strip by strip.

use std::io::{Read as _, Seek as _, SeekFrom};

use tiff::ColorType;
use tiff::decoder::{ChunkType, Decoder, DecodingResult};
use tiff::tags::{CompressionMethod, PlanarConfiguration, SampleFormat, Tag};

use super::directories::{self, StartingAt, problem};
use super::stored_jpeg::{self, Colours};
use crate::colours;
use crate::error::Problem;
use crate::files::FilePath;
use crate::image::Region;
use crate::limits::Limits;
use crate::samples::{Element, Samples};

/// An open picture.
pub(crate) struct Page {
    decoder: Decoder<StartingAt>,
    pub(crate) layout: Layout,
    width: u64,
    height: u64,
    /// Of a tile, or a strip.
    chunk_width: u64,
    chunk_height: u64,
    is_planar: bool,
    is_ycbcr: bool,
    /// Of tiles that are streams of JPEG.
    jpeg_colours: Option<Colours>,
    offsets: Vec<u64>,
    lengths: Vec<u64>,
    file_length: u64,
    /// The one that was decoded last: its memory is used again.
    chunk: DecodingResult,
}

/// What the samples of a picture are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) element: Element,
    pub(crate) channels: u32,
}

impl Page {
    pub(crate) fn open(path: &FilePath, directory: u64, limits: &Limits) -> Result<Self, Problem> {
        let mut decoder = directories::open(path, Some(directory), limits)?;
        let (width, height) = decoder.dimensions().map_err(problem)?;
        let color = decoder.colortype().map_err(problem)?;
        let format = decoder
            .find_tag_unsigned_vec::<u16>(Tag::SampleFormat)
            .map_err(problem)?
            .and_then(|formats| formats.first().copied())
            .map_or(SampleFormat::Uint, SampleFormat::from_u16_exhaustive);
        let layout = layout(color, format)?;
        is_flat(&mut decoder)?;
        is_measured_from_black(&mut decoder, layout.element)?;
        let is_planar = decoder
            .find_tag_unsigned::<u16>(Tag::PlanarConfiguration)
            .map_err(problem)?
            .and_then(PlanarConfiguration::from_u16)
            == Some(PlanarConfiguration::Planar);
        let is_ycbcr = matches!(color, ColorType::YCbCr(8));
        if is_planar && is_ycbcr {
            return Err(Problem::unsupported("YCbCr in planes of their own"));
        }
        let method = known_compression(&mut decoder)?;
        let is_jpeg = method == CompressionMethod::ModernJPEG
            && decoder.get_chunk_type() == ChunkType::Tile
            && layout.element == Element::U8
            && !is_planar;
        let jpeg_colours = decoder
            .find_tag_unsigned::<u16>(Tag::PhotometricInterpretation)
            .map_err(problem)?
            .filter(|_| is_jpeg)
            .and_then(|photometric| Colours::of(photometric, layout.channels));
        let (offsets, lengths) = match decoder.get_chunk_type() {
            ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
            ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
        };
        let mut table = |tag: Tag| {
            decoder
                .find_tag_unsigned_vec::<u64>(tag)
                .map_err(problem)
                .map(Option::unwrap_or_default)
        };
        let (offsets, lengths) = (table(offsets)?, table(lengths)?);
        let (chunk_width, chunk_height) = decoder.chunk_dimensions();
        Ok(Self {
            layout,
            width: u64::from(width),
            height: u64::from(height),
            chunk_width: u64::from(chunk_width).max(1),
            // A strip may be said to be higher than the picture.
            chunk_height: match decoder.get_chunk_type() {
                ChunkType::Tile => u64::from(chunk_height).max(1),
                ChunkType::Strip => u64::from(chunk_height.min(height)).max(1),
            },
            is_planar,
            is_ycbcr,
            jpeg_colours,
            offsets,
            lengths,
            file_length: path.length()?,
            chunk: DecodingResult::U8(Vec::new()),
            decoder,
        })
    }

    /// The samples of a region inside the picture.
    pub(crate) fn read(&mut self, region: Region, limits: &Limits) -> Result<Samples, Problem> {
        let count = region.width * region.height * u64::from(self.layout.channels);
        let mut samples = Samples::zeros(self.layout.element, count)?;
        self.read_into(region, samples.as_bytes_mut(), limits)?;
        Ok(samples)
    }

    /// The same into memory of the caller, which is zero.
    pub(crate) fn read_into(
        &mut self,
        region: Region,
        into: &mut [u8],
        limits: &Limits,
    ) -> Result<(), Problem> {
        let columns =
            region.x / self.chunk_width..(region.x + region.width).div_ceil(self.chunk_width);
        let rows =
            region.y / self.chunk_height..(region.y + region.height).div_ceil(self.chunk_height);
        for row in rows {
            for column in columns.clone() {
                for plane in 0..self.planes() {
                    if self.decode(column, row, plane, limits)?.is_some() {
                        self.place((column, row, plane), region, into);
                    }
                }
            }
        }
        Ok(())
    }

    /// Decodes every chunk and gives the number of bytes that they make.
    pub(crate) fn check(&mut self, limits: &Limits) -> Result<u64, Problem> {
        let mut bytes = 0;
        for plane in 0..self.planes() {
            for row in 0..self.height.div_ceil(self.chunk_height) {
                for column in 0..self.width.div_ceil(self.chunk_width) {
                    bytes += self.decode(column, row, plane, limits)?.unwrap_or(0);
                }
            }
        }
        Ok(bytes)
    }

    fn planes(&self) -> u64 {
        if self.is_planar {
            u64::from(self.layout.channels)
        } else {
            1
        }
    }

    /// Decodes a tile or strip and gives the number of its bytes; `None` if the file leaves it out, as
    /// files with empty areas do.
    fn decode(
        &mut self,
        column: u64,
        row: u64,
        plane: u64,
        limits: &Limits,
    ) -> Result<Option<u64>, Problem> {
        let Some((index, ..)) = self.find(column, row, plane)? else {
            return Ok(None);
        };
        let index = u32::try_from(index)
            .map_err(|_| Problem::unsupported("more tiles than can be counted"))?;
        let size = self.decoded_bytes(row, plane);
        limits.samples(size)?;
        // Whole rows of a tile, though only a part of it may be inside the picture: the decoder would read
        // the parts one by one, and for LZW it loses its place when they are short.
        let mut chunk = std::mem::replace(&mut self.chunk, DecodingResult::U8(Vec::new()));
        self.decoder
            .read_chunk_to_buffer(&mut chunk, index, self.row_bytes() as usize)
            .map_err(problem)?;
        {
            let mut samples = chunk.as_buffer(0);
            let bytes = samples.as_bytes_mut();
            if (bytes.len() as u64) < size {
                return Err(Problem::malformed(format!(
                    "tile or strip {index} has another size than its place"
                )));
            }
            if self.is_ycbcr {
                colours::into_rgb(bytes);
            }
        }
        self.chunk = chunk;
        Ok(Some(size))
    }

    /// Number of a tile or strip, where it is in the file and its length; `None` if the file leaves it
    /// out.
    fn find(&self, column: u64, row: u64, plane: u64) -> Result<Option<(u64, u64, u64)>, Problem> {
        let across = self.width.div_ceil(self.chunk_width);
        let down = self.height.div_ceil(self.chunk_height);
        let index = (plane * down + row) * across + column;
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        let (offset, length) = self
            .offsets
            .get(place)
            .zip(self.lengths.get(place))
            .ok_or_else(|| Problem::malformed(format!("there is no tile or strip {index}")))?;
        if *length == 0 {
            return Ok(None);
        }
        if offset
            .checked_add(*length)
            .is_none_or(|end| end > self.file_length)
        {
            return Err(Problem::malformed(format!(
                "tile or strip {index} is not inside the file: {length} bytes at {offset} of {}",
                self.file_length
            )));
        }
        Ok(Some((index, *offset, *length)))
    }

    /// Width and height of a tile; `None` for strips.
    pub(crate) fn tile_size(&self) -> Option<(u64, u64)> {
        (self.decoder.get_chunk_type() == ChunkType::Tile)
            .then_some((self.chunk_width, self.chunk_height))
    }

    /// A region as the file has it, where that is a whole tile in JPEG that others read as well.
    pub(crate) fn jpeg(
        &mut self,
        region: Region,
        limits: &Limits,
    ) -> Result<Option<Vec<u8>>, Problem> {
        let (width, height) = (self.chunk_width, self.chunk_height);
        let is_tile = (region.width, region.height) == (width, height)
            && region.x.is_multiple_of(width)
            && region.y.is_multiple_of(height);
        let Some(colours) = self.jpeg_colours.filter(|_| is_tile) else {
            return Ok(None);
        };
        let Some((_, offset, length)) = self.find(region.x / width, region.y / height, 0)? else {
            return Ok(None);
        };
        limits.samples(length)?;
        let tables = match self.decoder.find_tag(Tag::JPEGTables).map_err(problem)? {
            Some(tables) => tables.into_u8_vec().map_err(problem)?,
            None => Vec::new(),
        };
        let file = self.decoder.inner();
        file.seek(SeekFrom::Start(offset))?;
        let mut tile = Vec::new();
        file.take(length).read_to_end(&mut tile)?;
        Ok(stored_jpeg::complete(
            &tables,
            &tile,
            colours,
            (width, height),
        ))
    }

    /// Bytes of a row of a tile or strip.
    fn row_bytes(&self) -> u64 {
        let channels = u64::from(self.layout.channels) / self.planes();
        self.chunk_width
            .saturating_mul(channels * self.layout.element.bytes())
    }

    /// Bytes of the rows that the decoder gives of a tile or strip.
    fn decoded_bytes(&self, row: u64, plane: u64) -> u64 {
        // It counts tiles of all planes as if they were of one, so that it does not leave out what is below
        // the edge of the second plane and of those after it.
        let is_whole = plane > 0 && self.decoder.get_chunk_type() == ChunkType::Tile;
        let (_, height) = self.extent(0, row);
        let rows = if is_whole { self.chunk_height } else { height };
        self.row_bytes().saturating_mul(rows)
    }

    /// Width and height of a chunk inside the picture.
    fn extent(&self, column: u64, row: u64) -> (u64, u64) {
        (
            self.chunk_width.min(self.width - column * self.chunk_width),
            self.chunk_height.min(self.height - row * self.chunk_height),
        )
    }

    /// Copies what the decoded chunk and a region have in common.
    fn place(&mut self, (column, row, plane): (u64, u64, u64), region: Region, into: &mut [u8]) {
        let (width, height) = self.extent(column, row);
        let (left, top) = (column * self.chunk_width, row * self.chunk_height);
        let x = region.x.max(left)..(region.x + region.width).min(left + width);
        let y = region.y.max(top)..(region.y + region.height).min(top + height);
        let sample = self.layout.element.bytes();
        let pixel = sample * u64::from(self.layout.channels);
        let stored = pixel / self.planes();
        let (chunk_width, is_planar) = (self.chunk_width, self.is_planar);
        let chunk = self.chunk.as_buffer(0);
        let chunk = chunk.as_bytes();
        for line in y {
            let from = ((line - top) * chunk_width + x.start - left) * stored;
            let to = ((line - region.y) * region.width + x.start - region.x) * pixel;
            let pixels = x.end - x.start;
            let from = chunk.get(from as usize..(from + pixels * stored) as usize);
            let to = into.get_mut(to as usize..(to + pixels * pixel) as usize);
            let Some((from, to)) = from.zip(to) else {
                continue;
            };
            if !is_planar {
                to.copy_from_slice(from);
                continue;
            }
            let channel = (plane * sample) as usize;
            let samples = from.chunks_exact(sample as usize);
            for (sample, pixel) in samples.zip(to.chunks_exact_mut(pixel as usize)) {
                if let Some(place) = pixel.get_mut(channel..channel + sample.len()) {
                    place.copy_from_slice(sample);
                }
            }
        }
    }
}

/// Says which compressions are not read before the first tile does.
fn known_compression(decoder: &mut Decoder<StartingAt>) -> Result<CompressionMethod, Problem> {
    let method = decoder
        .find_tag_unsigned::<u16>(Tag::Compression)
        .map_err(problem)?
        .map_or(
            CompressionMethod::None,
            CompressionMethod::from_u16_exhaustive,
        );
    match method {
        CompressionMethod::None
        | CompressionMethod::LZW
        | CompressionMethod::ModernJPEG
        | CompressionMethod::Deflate
        | CompressionMethod::OldDeflate
        | CompressionMethod::PackBits => Ok(method),
        CompressionMethod::Unknown(33_003 | 33_005) => {
            Err(Problem::unsupported("compression with JPEG 2000 in a TIFF"))
        }
        other => Err(Problem::unsupported(format!("compression {other:?}"))),
    }
}

/// Fails for tiles of several planes, of which the first alone would be shown.
fn is_flat(decoder: &mut Decoder<StartingAt>) -> Result<(), Problem> {
    /// `ImageDepth` and `TileDepth`, which are not of the standard.
    const DEPTHS: [Tag; 2] = [Tag::Unknown(32_997), Tag::Unknown(32_998)];
    for tag in DEPTHS {
        let depth = decoder.find_tag_unsigned::<u64>(tag).map_err(problem)?;
        if depth.is_some_and(|depth| depth > 1) {
            return Err(Problem::unsupported("tiles of several planes"));
        }
    }
    Ok(())
}

/// Fails where zero is white and there is no telling which number is black: the decoder turns samples
/// round, so that zero is black in all that it gives.
fn is_measured_from_black(
    decoder: &mut Decoder<StartingAt>,
    element: Element,
) -> Result<(), Problem> {
    const WHITE_IS_ZERO: u16 = 0;
    let photometric = decoder
        .find_tag_unsigned::<u16>(Tag::PhotometricInterpretation)
        .map_err(problem)?;
    let is_unsigned = matches!(
        element,
        Element::U8 | Element::U16 | Element::U32 | Element::U64
    );
    if photometric == Some(WHITE_IS_ZERO) && !is_unsigned {
        return Err(Problem::unsupported(
            "samples with a sign or a fraction of which zero is white",
        ));
    }
    Ok(())
}

fn layout(color: ColorType, format: SampleFormat) -> Result<Layout, Problem> {
    let (channels, bits) = match color {
        ColorType::Gray(bits) => (1, bits),
        ColorType::GrayA(bits) => (2, bits),
        ColorType::RGB(bits) => (3, bits),
        ColorType::YCbCr(8) => (3, 8),
        ColorType::RGBA(bits) => (4, bits),
        ColorType::Multiband {
            bit_depth,
            num_samples,
        } => (u32::from(num_samples), bit_depth),
        other => return Err(Problem::unsupported(format!("colours as {other:?}"))),
    };
    let element = match (format, bits) {
        (SampleFormat::Uint, 8) => Element::U8,
        (SampleFormat::Uint, 16) => Element::U16,
        (SampleFormat::Uint, 32) => Element::U32,
        (SampleFormat::Uint, 64) => Element::U64,
        (SampleFormat::Int, 8) => Element::I8,
        (SampleFormat::Int, 16) => Element::I16,
        (SampleFormat::Int, 32) => Element::I32,
        (SampleFormat::Int, 64) => Element::I64,
        (SampleFormat::IEEEFP, 32) => Element::F32,
        (SampleFormat::IEEEFP, 64) => Element::F64,
        (format, bits) => {
            return Err(Problem::unsupported(format!(
                "samples of {bits} bits in the format {format:?}"
            )));
        }
    };
    Ok(Layout { element, channels })
}
