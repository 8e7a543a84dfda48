//! A whole-slide image: tiled TIFF with every level of the pyramid as a
//! directory of its own, the largest first.
//!
//! Format: TIFF 6.0 with sections 15 (tiles), 14 (horizontal predictor) and
//! Technical Note 2 (JPEG in TIFF); deflate is compression 8. The `tiff` crate
//! writes directories and tags but has no tiles, so the tiles are cut and
//! compressed here and their offsets written as tags.

use std::io::{Cursor, Write as _};

use ::tiff::TiffResult;
use ::tiff::encoder::{Rational, TiffEncoder};
use ::tiff::tags::Tag;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use crate::error::Error;
use crate::raster::Picture;

/// Width and height of a tile in pixels.
pub const TILE: usize = 256;

/// How the tiles are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Deflate of the differences between neighbours: every pixel comes back.
    Lossless,
    /// JPEG in YCbCr with half the colour resolution, as most scanners do.
    Jpeg {
        /// 1 to 100.
        quality: u8,
    },
}

/// A slide with its smaller copies.
#[derive(Debug, Clone, PartialEq)]
pub struct Pyramid {
    /// The levels, each half as wide and high as the one before.
    pub levels: Vec<Picture>,
    /// Edge of a pixel of the first level, in micrometres.
    pub pixel_um: f64,
    /// How the tiles are compressed.
    pub coding: Coding,
}

impl Pyramid {
    /// Makes the smaller copies, down to a single tile.
    #[must_use]
    pub fn new(picture: Picture, pixel_um: f64, coding: Coding) -> Self {
        let mut levels = vec![picture];
        while let Some(last) = levels
            .last()
            .filter(|last| last.width > TILE || last.height > TILE)
        {
            levels.push(last.halved());
        }
        Self {
            levels,
            pixel_um,
            coding,
        }
    }

    /// The TIFF file.
    ///
    /// # Errors
    /// [`Error::Encode`] if a tile cannot be compressed.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut tiles = Vec::with_capacity(self.levels.len());
        for level in &self.levels {
            tiles.push(self.compressed_tiles(level)?);
        }
        self.file(&tiles)
            .map_err(|source| Error::encode("a TIFF file", source))
    }

    fn file(&self, tiles: &[Vec<Vec<u8>>]) -> TiffResult<Vec<u8>> {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes)?;
        let mut pixel_um = self.pixel_um;
        for (index, (level, tiles)) in self.levels.iter().zip(tiles).enumerate() {
            let mut directory = encoder.image_directory()?;
            let mut offsets = Vec::with_capacity(tiles.len());
            let mut sizes = Vec::with_capacity(tiles.len());
            for tile in tiles {
                offsets.push(u32::try_from(directory.write_data(tile.as_slice())?)?);
                sizes.push(u32::try_from(tile.len())?);
            }
            let edge = u16::try_from(TILE)?;
            // Bit 0: a smaller copy of another picture of this file.
            directory.write_tag(Tag::NewSubfileType, u32::from(index > 0))?;
            directory.write_tag(Tag::ImageWidth, u32::try_from(level.width)?)?;
            directory.write_tag(Tag::ImageLength, u32::try_from(level.height)?)?;
            directory.write_tag(Tag::BitsPerSample, [8_u16, 8, 8].as_slice())?;
            directory.write_tag(Tag::SamplesPerPixel, 3_u16)?;
            directory.write_tag(Tag::PlanarConfiguration, 1_u16)?;
            directory.write_tag(Tag::TileWidth, edge)?;
            directory.write_tag(Tag::TileLength, edge)?;
            directory.write_tag(Tag::TileOffsets, offsets.as_slice())?;
            directory.write_tag(Tag::TileByteCounts, sizes.as_slice())?;
            match self.coding {
                Coding::Lossless => {
                    directory.write_tag(Tag::Compression, 8_u16)?;
                    directory.write_tag(Tag::PhotometricInterpretation, 2_u16)?;
                    directory.write_tag(Tag::Predictor, 2_u16)?;
                }
                Coding::Jpeg { .. } => {
                    directory.write_tag(Tag::Compression, 7_u16)?;
                    directory.write_tag(Tag::PhotometricInterpretation, 6_u16)?;
                    directory.write_tag(Tag::ChromaSubsampling, [2_u16, 2].as_slice())?;
                }
            }
            let resolution = pixels_per_centimetre(pixel_um);
            directory.write_tag(Tag::XResolution, resolution.clone())?;
            directory.write_tag(Tag::YResolution, resolution)?;
            directory.write_tag(Tag::ResolutionUnit, 3_u16)?;
            directory.write_tag(Tag::Software, "gcapi-demo")?;
            directory.finish()?;
            pixel_um *= 2.0;
        }
        Ok(bytes.into_inner())
    }

    /// The tiles of a level, from left to right and from top to bottom.
    fn compressed_tiles(&self, level: &Picture) -> Result<Vec<Vec<u8>>, Error> {
        let (across, down) = (level.width.div_ceil(TILE), level.height.div_ceil(TILE));
        let mut tiles = Vec::with_capacity(across * down);
        for row in 0..down {
            for column in 0..across {
                let tile = cut(level, column * TILE, row * TILE);
                tiles.push(match self.coding {
                    Coding::Lossless => deflated(tile)?,
                    Coding::Jpeg { quality } => jpeg(&tile, quality)?,
                });
            }
        }
        Ok(tiles)
    }
}

/// One tile; what lies beyond the picture repeats its edge.
fn cut(level: &Picture, left: usize, top: usize) -> Vec<u8> {
    let mut tile = Vec::with_capacity(TILE * TILE * 3);
    let columns = TILE.min(level.width - left);
    for row in 0..TILE {
        let row = (top + row).min(level.height - 1);
        let start = (row * level.width + left) * 3;
        let pixels = level
            .bytes
            .get(start..start + columns * 3)
            .unwrap_or_default();
        tile.extend_from_slice(pixels);
        let edge = pixels.last_chunk::<3>().copied().unwrap_or_default();
        tile.extend(std::iter::repeat_n(edge, TILE - columns).flatten());
    }
    tile
}

/// Replaces each sample by its difference from the pixel to its left, then
/// compresses.
fn deflated(mut tile: Vec<u8>) -> Result<Vec<u8>, Error> {
    for row in tile.chunks_exact_mut(TILE * 3) {
        let mut left = [0_u8; 3];
        for pixel in row.chunks_exact_mut(3) {
            for (sample, before) in pixel.iter_mut().zip(&mut left) {
                let present = *sample;
                *sample = present.wrapping_sub(*before);
                *before = present;
            }
        }
    }
    let encode = |source| Error::encode("a TIFF tile", source);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(5));
    encoder.write_all(&tile).map_err(encode)?;
    encoder.finish().map_err(encode)
}

/// A complete JPEG stream.
fn jpeg(tile: &[u8], quality: u8) -> Result<Vec<u8>, Error> {
    let encode = |source| Error::encode("a JPEG tile", source);
    let edge = u16::try_from(TILE).map_err(|source| Error::encode("a JPEG tile", source))?;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder
        .encode(tile, edge, edge, ColorType::Rgb)
        .map_err(encode)?;
    Ok(bytes)
}

/// 0.5 µm per pixel are 20 000 pixels per centimetre.
fn pixels_per_centimetre(pixel_um: f64) -> Rational {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a saturating cast of a positive number"
    )]
    let n = (1e7 / pixel_um).round() as u32;
    Rational { n, d: 1000 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::tiff::decoder::Decoder;

    fn example(size: usize) -> Picture {
        let bytes = (0..size * size * 3)
            .map(|index| u8::try_from(index * 31 % 251).unwrap())
            .collect();
        Picture {
            width: size,
            height: size,
            bytes,
        }
    }

    #[test]
    fn the_levels_halve_down_to_one_tile() {
        let pyramid = Pyramid::new(example(600), 0.5, Coding::Lossless);
        let widths: Vec<_> = pyramid.levels.iter().map(|level| level.width).collect();
        assert_eq!(widths, [600, 300, 150]);
    }

    #[test]
    fn a_tile_of_every_level_comes_back_as_it_was() {
        let pyramid = Pyramid::new(example(512), 0.5, Coding::Lossless);
        let mut decoder = Decoder::new(Cursor::new(pyramid.encode().unwrap())).unwrap();
        assert_eq!(decoder.dimensions().unwrap(), (512, 512));
        let ::tiff::decoder::DecodingResult::U8(tile) = decoder.read_chunk(3).unwrap() else {
            panic!("not bytes")
        };
        assert_eq!(tile, cut(&pyramid.levels[0], 256, 256));
        decoder.next_image().unwrap();
        let ::tiff::decoder::DecodingResult::U8(tile) = decoder.read_chunk(0).unwrap() else {
            panic!("not bytes")
        };
        assert_eq!(tile, pyramid.levels[1].bytes);
        assert!(!decoder.more_images());
    }

    #[test]
    fn jpeg_tiles_are_whole_streams() {
        let pyramid = Pyramid::new(example(256), 0.5, Coding::Jpeg { quality: 80 });
        let tile = &pyramid.compressed_tiles(&pyramid.levels[0]).unwrap()[0];
        assert!(tile.starts_with(&[0xff, 0xd8]) && tile.ends_with(&[0xff, 0xd9]));
    }
}
