//! A small picture of an image.

use crate::error::{Error, Problem};
use crate::header::Level;
use crate::image::Image;
use crate::samples::{Element, Samples};

/// Share of the samples below the black of a picture, and above its white.
const CLIPPED: f64 = 0.01;

/// Samples that are looked at to find black and white.
const LOOKED_AT: usize = 1 << 16;

/// A picture of 8 bits a channel, rows from the top, channels beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// 1 for grey, 3 for RGB.
    pub channels: u8,
    /// `width * height * channels` bytes.
    pub pixels: Vec<u8>,
}

/// Draws the middle slice of a volume, or the smallest level of a slide that is large enough, in at most
/// `edge` pixels along its longer side.
///
/// Pixels keep their shape on the patient: where the spacings along x and y differ, the picture is
/// stretched. Colours of 8 bits stay as they are, those of 16 are divided by 257. Everything else is grey, from black at the 1st
/// percentile to white at the 99th, or the other way round where the least sample is the brightest.
///
/// # Errors
///
/// As for [`Image::slice`] and [`Image::region`], and [`Problem::NoSuchPart`] for an edge of zero.
pub fn thumbnail(image: &Image, edge: u32) -> Result<Picture, Error> {
    if edge == 0 {
        return Err(Problem::NoSuchPart("picture without pixels".to_owned()).at(image.path()));
    }
    let (samples, width, height) = source(image, u64::from(edge))?;
    let channels = u64::from(image.channels());
    let (columns, rows) = shape(image, width, height, u64::from(edge));
    // Black, and what a sample is to be multiplied with.
    let colours = match (channels, image.element()) {
        (3 | 4, Element::U8) => Some((0.0, 1.0)),
        (3 | 4, Element::U16) => Some((0.0, 1.0 / 257.0)),
        _ => None,
    };
    let drawn = if colours.is_some() { 3 } else { 1 };
    let scale = colours.unwrap_or_else(|| {
        let step = (samples.len() / LOOKED_AT)
            .max(1)
            .next_multiple_of(channels.max(1) as usize);
        let (black, white) = window(&samples, step);
        let range = white - black;
        (black, if range > 0.0 { 255.0 / range } else { 0.0 })
    });
    let mut pixels = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let x = column * width / columns..((column + 1) * width).div_ceil(columns);
            let y = row * height / rows..((row + 1) * height).div_ceil(rows);
            for channel in 0..drawn {
                let mean = mean(&samples, (width, channels, channel), x.clone(), y.clone());
                // A conversion from floating point keeps to the bounds of the type.
                let shown = ((mean - scale.0) * scale.1).round() as u8;
                pixels.push(if image.is_inverted() { !shown } else { shown });
            }
        }
    }
    Ok(Picture {
        width: columns as u32,
        height: rows as u32,
        channels: drawn as u8,
        pixels,
    })
}

/// The share of the stored bytes that [`thumbnail`] reads of an image, from 0 to 1: an estimate from the
/// header alone, as if every pixel took as many bytes as any other.
#[must_use]
pub fn thumbnail_share(image: &Image, edge: u32) -> f64 {
    let slices = image.slices().max(1);
    if image.decodes_from_the_start() {
        return (slices / 2 + 1) as f64 / slices as f64;
    }
    let pixels = |level: &Level| level.width as f64 * level.height as f64;
    match level(image, u64::from(edge)) {
        None => 1.0 / slices as f64,
        Some((_, level)) => pixels(level) / image.levels().iter().map(pixels).sum::<f64>().max(1.0),
    }
}

/// The samples that are to be made smaller, and their width and height.
fn source(image: &Image, edge: u64) -> Result<(Samples, u64, u64), Error> {
    let Some((index, level)) = level(image, edge) else {
        let size = image
            .levels()
            .first()
            .map_or((1, 1), |level| (level.width, level.height));
        return Ok((image.slice(image.slices() / 2)?, size.0, size.1));
    };
    let samples = image.region(index, 0, 0, level.width, level.height)?;
    Ok((samples, level.width, level.height))
}

/// Of a pyramid, the smallest level that need not be enlarged, or the largest there is.
fn level(image: &Image, edge: u64) -> Option<(usize, &Level)> {
    let levels = image.levels();
    if image.slices() > 1 || levels.len() < 2 {
        return None;
    }
    let mut from_the_smallest = levels.iter().enumerate().rev();
    from_the_smallest
        .find(|(_, level)| level.width.max(level.height) >= edge)
        .or_else(|| levels.iter().enumerate().next())
}

/// Columns and rows of the picture.
fn shape(image: &Image, width: u64, height: u64, edge: u64) -> (u64, u64) {
    let spacing = |axis: usize| {
        let spacing = image.spacing().get(axis).copied().unwrap_or(1.0).abs();
        if spacing.is_normal() { spacing } else { 1.0 }
    };
    // Of a ratio that makes sense: a line of pixels is no picture.
    let ratio = (spacing(1) / spacing(0)).clamp(0.05, 20.0);
    let (wide, high) = (width as f64, height as f64 * ratio);
    // Nothing is enlarged, but what is stretched keeps its longer side.
    let longest = wide
        .max(high)
        .min(edge as f64)
        .min(width.max(height) as f64);
    let scale = longest / wide.max(high);
    let pixels = |length: f64| ((length * scale).round() as u64).clamp(1, edge);
    (pixels(wide), pixels(high))
}

/// The values to draw black and white, so that most samples are told apart: the 1st and the 99th
/// percentile, or the extremes where few samples differ from the others. Both are the same where all
/// samples are; values that are no numbers do not count.
#[must_use]
pub fn robust_window(samples: &Samples) -> (f64, f64) {
    let step = (samples.len() / LOOKED_AT).max(1);
    window(samples, step)
}

fn window(samples: &Samples, step: usize) -> (f64, f64) {
    let mut values: Vec<f64> = (0..samples.len())
        .step_by(step)
        .filter_map(|index| samples.get(index))
        .filter(|value| value.is_finite())
        .collect();
    let mut at = |share: f64| {
        if values.is_empty() {
            return 0.0;
        }
        let index = (share * (values.len() - 1) as f64).round() as usize;
        *values.select_nth_unstable_by(index, f64::total_cmp).1
    };
    match (at(CLIPPED), at(1.0 - CLIPPED)) {
        // Few samples are not zero, as in a mask: those are to be seen.
        (black, white) if white <= black => (at(0.0), at(1.0)),
        window => window,
    }
}

/// Mean of a channel in a rectangle; zero where nothing is finite.
fn mean(
    samples: &Samples,
    (width, channels, channel): (u64, u64, u64),
    x: std::ops::Range<u64>,
    y: std::ops::Range<u64>,
) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u64);
    for row in y {
        for column in x.clone() {
            let index = (row * width + column) * channels + channel;
            if let Some(value) = samples
                .get(index as usize)
                .filter(|value| value.is_finite())
            {
                sum += value;
                count += 1;
            }
        }
    }
    if count == 0 { 0.0 } else { sum / count as f64 }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn drawn(header: &str, data: &[u8], edge: u32) -> Picture {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a.mha");
        let header = format!("{header}\nElementDataFile = LOCAL\n");
        fs::write(&path, [header.as_bytes(), data].concat()).unwrap();
        thumbnail(&crate::open(&path).unwrap(), edge).unwrap()
    }

    #[test]
    fn the_middle_slice_is_drawn_from_black_to_white() {
        let data: Vec<u8> = [[9_i16; 4], [-1000, 0, 0, 1000], [7; 4]]
            .concat()
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let header = "NDims = 3\nDimSize = 2 2 3\nElementType = MET_SHORT";
        let picture = drawn(header, &data, 100);
        assert_eq!((picture.width, picture.height, picture.channels), (2, 2, 1));
        assert_eq!(picture.pixels, [0, 128, 128, 255]);
        let small = drawn(header, &data, 1);
        assert_eq!((small.width, small.height, small.pixels), (1, 1, vec![128]));
    }

    #[test]
    fn colours_stay() {
        let header =
            "NDims = 2\nDimSize = 2 1\nElementNumberOfChannels = 3\nElementType = MET_UCHAR";
        let picture = drawn(header, &[1, 2, 3, 4, 5, 6], 9);
        assert_eq!(
            (picture.channels, picture.pixels),
            (3, vec![1, 2, 3, 4, 5, 6])
        );
        let wide = [1_u16, 2, 3, 4, 5, 255].map(|value| (257 * value).to_le_bytes());
        let picture = drawn(&header.replace("UCHAR", "USHORT"), wide.as_flattened(), 9);
        assert_eq!(
            (picture.channels, picture.pixels),
            (3, vec![1, 2, 3, 4, 5, 255])
        );
    }

    #[test]
    fn a_small_mask_is_seen_and_an_even_picture_is_black() {
        let header = "NDims = 2\nDimSize = 20 20\nElementType = MET_UCHAR";
        let mut mask = vec![0; 400];
        mask[7] = 1;
        let picture = drawn(header, &mask, 20);
        assert_eq!((picture.pixels[7], picture.pixels[8]), (255, 0));
        assert_eq!(drawn(header, &[3; 400], 20).pixels, [0; 400]);
    }

    #[test]
    fn pixels_keep_their_shape() {
        let header = "NDims = 2\nDimSize = 10 10\nElementSpacing = 1 2\nElementType = MET_UCHAR";
        let picture = drawn(header, &[0; 100], 10);
        assert_eq!((picture.width, picture.height), (5, 10));
        let flat = header.replace("1 2", "1e300 1e-300");
        let picture = drawn(&flat, &[0; 100], 10);
        assert_eq!((picture.width, picture.height), (10, 1));
    }

    #[test]
    fn the_share_that_a_picture_reads_follows_from_the_header() {
        let share = |more: &str| {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("a.mha");
            let header = "NDims = 3\nDimSize = 2 2 8\nElementType = MET_UCHAR";
            fs::write(&path, format!("{header}\n{more}ElementDataFile = LOCAL\n")).unwrap();
            thumbnail_share(&crate::open(&path).unwrap(), 9)
        };
        assert_eq!(share(""), 1.0 / 8.0);
        assert_eq!(share("CompressedData = True\n"), 5.0 / 8.0);
        assert_eq!(share("BinaryData = False\n"), 5.0 / 8.0);
    }

    #[test]
    fn what_is_no_number_is_black() {
        let data: Vec<u8> = [f32::NAN, 0.0, f32::INFINITY, 1.0]
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let header = "NDims = 2\nDimSize = 2 2\nElementType = MET_FLOAT";
        assert_eq!(drawn(header, &data, 2).pixels, [0, 0, 0, 255]);
    }
}
