//! Slides in the form of Deep Zoom: a description, and tiles of every level.
//!
//! Levels of Deep Zoom halve from the whole image down to a single pixel. A tile is drawn
//! from the smallest level of the file that is at least as large.

use axum::http::header;
use gcapi_image::{Image, Level, Picture, Samples};

use super::images;
use super::refused::Refused;
use super::state::ViewerState;
use super::thumbnails::jpeg;
use crate::answer::Answer;

/// Pixels along the sides of a tile.
const TILE: u64 = 512;

/// Pixels that are read for one tile: more are needed only where a file has no levels.
const MOST_READ: u64 = 64 << 20;

/// Describes a slide.
pub(super) fn description(state: &ViewerState, path: &str) -> Result<Answer, Refused> {
    let found = images::find(state, path)?;
    let image = images::open_region(state, &found)?;
    let Level { width, height } = largest(&image)?;
    Ok(Answer::of(
        "application/xml",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Image xmlns=\"http://schemas.microsoft.com/deepzoom/2008\" Format=\"jpg\" \
             Overlap=\"0\" TileSize=\"{TILE}\"><Size Width=\"{width}\" Height=\"{height}\"/></Image>\n"
        )
        .into_bytes(),
    ))
}

/// Draws a tile; `tile` is `<level>/<column>_<row>.jpg`.
pub(super) fn tile(state: &ViewerState, path: &str, tile: &str) -> Result<Answer, Refused> {
    let (level, column, row) = parse(tile).ok_or(Refused::NotFound)?;
    let found = images::find(state, path)?;
    let image = images::open_region(state, &found)?;
    let picture = draw(&image, level, column, row)?;
    Ok(Answer::of("image/jpeg", jpeg(&picture)?.to_vec())
        .header(header::CACHE_CONTROL, "private, max-age=300".to_owned()))
}

fn parse(tile: &str) -> Option<(u32, u64, u64)> {
    let (level, place) = tile.strip_suffix(".jpg")?.split_once('/')?;
    let (column, row) = place.split_once('_')?;
    Some((level.parse().ok()?, column.parse().ok()?, row.parse().ok()?))
}

fn largest(image: &Image) -> Result<Level, Refused> {
    let level = image.levels().first().copied();
    level.ok_or(Refused::Form("It has no pixels."))
}

fn draw(image: &Image, level: u32, column: u64, row: u64) -> Result<Picture, Refused> {
    let full = largest(image)?;
    let top = full.width.max(full.height).next_power_of_two().ilog2();
    // Levels beyond the largest, and tiles beyond the edge, are not there.
    let halvings = top.checked_sub(level).ok_or(Refused::NotFound)?;
    let factor = 1_u64 << halvings.min(62);
    let (width, height) = (full.width.div_ceil(factor), full.height.div_ceil(factor));
    let left = column.checked_mul(TILE).filter(|left| *left < width);
    let upper = row.checked_mul(TILE).filter(|upper| *upper < height);
    let (Some(left), Some(upper)) = (left, upper) else {
        return Err(Refused::NotFound);
    };
    let (columns, rows) = (TILE.min(width - left), TILE.min(height - upper));
    // The smallest level that need not be enlarged.
    let (index, source) = image
        .levels()
        .iter()
        .enumerate()
        .rfind(|(_, level)| level.width >= width && level.height >= height)
        .unwrap_or((0, &full));
    let across = Axis::new(left, columns, width, source.width);
    let down = Axis::new(upper, rows, height, source.height);
    if across.read().saturating_mul(down.read()) > MOST_READ {
        return Err(Refused::Form(
            "It has no levels to be seen from afar, and is too large without them.",
        ));
    }
    let samples = image.region(index, across.first, down.first, across.read(), down.read())?;
    let Samples::U8(bytes) = &samples else {
        return Err(Refused::Form("Its pixels are not of 8 bits."));
    };
    Ok(scaled(bytes, image.channels() as usize, &across, &down))
}

/// The pixels along one side of a tile, and those of the file they are made of.
struct Axis {
    from: u64,
    count: u64,
    /// Pixels of the level of the tile.
    of: u64,
    /// Pixels of the level of the file.
    source: u64,
    first: u64,
    end: u64,
}

impl Axis {
    fn new(from: u64, count: u64, of: u64, source: u64) -> Self {
        let mut axis = Self {
            from,
            count,
            of,
            source,
            first: 0,
            end: 0,
        };
        axis.first = axis.span(0).0;
        axis.end = axis.span(count.saturating_sub(1)).1;
        axis
    }

    fn read(&self) -> u64 {
        self.end - self.first
    }

    /// The pixels of the file that a pixel of the tile is the mean of: at least one.
    fn span(&self, index: u64) -> (u64, u64) {
        let at = |position: u64| {
            (u128::from(position) * u128::from(self.source) / u128::from(self.of.max(1))) as u64
        };
        let start = at(self.from + index).min(self.source.saturating_sub(1));
        (
            start,
            at(self.from + index + 1).clamp(start + 1, self.source),
        )
    }
}

/// Makes a region smaller. Transparent pixels are on white, as slides are.
fn scaled(bytes: &[u8], channels: usize, across: &Axis, down: &Axis) -> Picture {
    let drawn = if channels == 1 { 1 } else { 3 };
    let stride = across.read() as usize * channels;
    let mut pixels = Vec::with_capacity((across.count * down.count) as usize * drawn);
    for row in 0..down.count {
        let (upper, lower) = down.span(row);
        for column in 0..across.count {
            let (left, right) = across.span(column);
            let mut sums = [0_u64; 3];
            let mut count = 0;
            for y in upper - down.first..lower - down.first {
                let start = y as usize * stride + (left - across.first) as usize * channels;
                let length = (right - left) as usize * channels;
                let line = bytes.get(start..start + length).unwrap_or_default();
                for pixel in line.chunks_exact(channels) {
                    let alpha = u64::from(pixel.get(3).copied().unwrap_or(255));
                    for (sum, sample) in sums.iter_mut().zip(pixel) {
                        *sum += (u64::from(*sample) * alpha + 255 * (255 - alpha)) / 255;
                    }
                    count += 1;
                }
            }
            let means = sums.map(|sum| (sum / count.max(1)) as u8);
            pixels.extend(means.iter().take(drawn));
        }
    }
    Picture {
        width: across.count as u32,
        height: down.count as u32,
        channels: drawn as u8,
        pixels,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Four by two pixels of three colours.
    fn image(folder: &std::path::Path) -> Image {
        let path = folder.join("a.mha");
        let header = "NDims = 2\nDimSize = 4 2\nElementNumberOfChannels = 3\n\
                      ElementType = MET_UCHAR\nElementDataFile = LOCAL\n";
        let pixels: Vec<u8> = (0..24).map(|value| value * 10).collect();
        fs::write(&path, [header.as_bytes(), &pixels].concat()).unwrap();
        gcapi_image::open(&path).unwrap()
    }

    #[test]
    fn the_largest_level_is_the_image_itself_and_the_smallest_its_mean() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(folder.path());
        let whole = draw(&image, 2, 0, 0).unwrap();
        assert_eq!((whole.width, whole.height, whole.channels), (4, 2, 3));
        let expected: Vec<u8> = (0..24).map(|value| value * 10).collect();
        assert_eq!(whole.pixels, expected);
        let point = draw(&image, 0, 0, 0).unwrap();
        assert_eq!((point.width, point.height), (1, 1));
        assert_eq!(point.pixels, [105, 115, 125]);
    }

    #[test]
    fn what_is_beyond_the_edge_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(folder.path());
        for (level, column, row) in [
            (3, 0, 0),
            (2, 1, 0),
            (2, 0, 1),
            (2, u64::MAX, 0),
            (99, 0, 0),
        ] {
            let drawn = draw(&image, level, column, row);
            assert!(
                matches!(drawn, Err(Refused::NotFound)),
                "{level} {column} {row}"
            );
        }
    }

    #[test]
    fn names_of_tiles_are_understood_and_others_are_not() {
        assert_eq!(parse("11/3_4.jpg"), Some((11, 3, 4)));
        for wrong in [
            "",
            "11/3_4",
            "11/3.jpg",
            "-1/0_0.jpg",
            "1/0_0.png",
            "1/0_0_0.jpg",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
