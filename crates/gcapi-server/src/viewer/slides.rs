//! Slides in the form of Deep Zoom: a description, and tiles of every level.
//!
//! Levels of Deep Zoom halve from the whole image down to a single pixel, and the tiles are
//! as large as those of the file. So most of them are in the file as they are asked for, and
//! are sent without being decoded where they are stored in JPEG. All others (at the edge,
//! or between the levels that the file has) are drawn from the smallest level that is at
//! least as large; and pictures of more than 8 bits from black to white as the page wants
//! it.

use std::sync::Arc;

use axum::http::header;
use bytes::Bytes;
use gcapi_image::{Element, Image, Level, Picture, Samples};

use super::images::{self, Found};
use super::refused::Refused;
use super::scaling::{self, Axis};
use super::state::ViewerState;
use super::thumbnails::jpeg;
use super::windows::{self, window};
use crate::answer::Answer;
use crate::page::Query;

/// Pixels along the sides of a tile, where those of the file do not suit.
const TILE: u64 = 512;

/// Tiles of the file that suit: smaller ones are too many requests, larger ones too long a wait.
const SUITABLE: std::ops::RangeInclusive<u64> = 128..=2048;

/// Pixels that are read for one tile: more are needed only where a file has no levels.
const MOST_READ: u64 = 64 << 20;

/// Describes a slide.
pub(super) fn description(
    state: &ViewerState,
    path: &str,
    format: &str,
) -> Result<Answer, Refused> {
    let found = images::find(state, path)?;
    let image = images::open_region(state, &found)?;
    let Level { width, height } = largest(&image)?;
    let edge = edge(&image);
    Ok(Answer::of(
        "application/xml",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Image xmlns=\"http://schemas.microsoft.com/deepzoom/2008\" Format=\"{format}\" \
             Overlap=\"0\" TileSize=\"{edge}\"><Size Width=\"{width}\" Height=\"{height}\"/></Image>\n"
        )
        .into_bytes(),
    ))
}

/// Gives a tile; `tile` is `<level>/<column>_<row>.jpg`.
pub(super) fn tile(
    state: &ViewerState,
    path: &str,
    tile: &str,
    query: &Query,
) -> Result<Answer, Refused> {
    let (found, image, place) = open(state, path, tile, ".jpg")?;
    let bytes: Bytes = if image.element() != Element::U8 {
        let slice = windows::slice(state, &found, &image)?;
        let (across, down) = place.axes(place.full);
        let (black, white) = window(query).unwrap_or(slice.automatic);
        let window = if image.is_inverted() {
            (white, black)
        } else {
            (black, white)
        };
        let width = place.full.width;
        jpeg(&scaling::grey(
            &slice.samples,
            width,
            window,
            &across,
            &down,
        ))?
    } else {
        match stored(&image, &place)? {
            Some(stored) => stored.into(),
            None => jpeg(&draw(&image, &place)?)?,
        }
    };
    Ok(Answer::of("image/jpeg", bytes.to_vec())
        .header(header::CACHE_CONTROL, "private, max-age=300".to_owned()))
}

/// The image that a tile is of, and where the tile is.
pub(super) fn open(
    state: &ViewerState,
    path: &str,
    tile: &str,
    suffix: &str,
) -> Result<(Found, Arc<Image>, Place), Refused> {
    let place = parse(tile, suffix).ok_or(Refused::NotFound)?;
    let found = images::find(state, path)?;
    let image = images::open_region(state, &found)?;
    let place = Place::find(&image, place)?;
    Ok((found, image, place))
}

/// Level, column and row of a tile by its name.
fn parse(tile: &str, suffix: &str) -> Option<(u32, u64, u64)> {
    let (level, place) = tile.strip_suffix(suffix)?.split_once('/')?;
    let (column, row) = place.split_once('_')?;
    Some((level.parse().ok()?, column.parse().ok()?, row.parse().ok()?))
}

fn largest(image: &Image) -> Result<Level, Refused> {
    let level = image.levels().first().copied();
    level.ok_or(Refused::Form("It has no pixels."))
}

/// Pixels along the sides of a tile.
fn edge(image: &Image) -> u64 {
    match image.tile_size() {
        Some((width, height)) if width == height && SUITABLE.contains(&width) => width,
        _ => TILE,
    }
}

/// Where a tile is, in pixels of its level.
pub(super) struct Place {
    full: Level,
    /// The size of the whole image, divided by this and rounded up, is that of the level.
    factor: u64,
    width: u64,
    height: u64,
    left: u64,
    upper: u64,
    columns: u64,
    rows: u64,
}

impl Place {
    fn find(image: &Image, (level, column, row): (u32, u64, u64)) -> Result<Self, Refused> {
        let full = largest(image)?;
        let edge = edge(image);
        let top = full.width.max(full.height).next_power_of_two().ilog2();
        // Levels beyond the largest, and tiles beyond the edge, are not there.
        let halvings = top.checked_sub(level).ok_or(Refused::NotFound)?;
        let factor = 1_u64 << halvings.min(62);
        let (width, height) = (full.width.div_ceil(factor), full.height.div_ceil(factor));
        let left = column.checked_mul(edge).filter(|left| *left < width);
        let upper = row.checked_mul(edge).filter(|upper| *upper < height);
        let (Some(left), Some(upper)) = (left, upper) else {
            return Err(Refused::NotFound);
        };
        Ok(Self {
            full,
            factor,
            width,
            height,
            left,
            upper,
            columns: edge.min(width - left),
            rows: edge.min(height - upper),
        })
    }

    /// The pixels of the tile, and those of a level of the file that they are made of.
    fn axes(&self, source: Level) -> (Axis, Axis) {
        (
            Axis::new(self.left, self.columns, self.width, source.width),
            Axis::new(self.upper, self.rows, self.height, source.height),
        )
    }

    /// Whether a level of the file has the same pixels at the same places: a row or column
    /// that was left over in halving may be there or not.
    fn is_level(&self, level: Level) -> bool {
        let is_part = |full: u64, size: u64| {
            (full / self.factor..=full.div_ceil(self.factor)).contains(&size)
        };
        is_part(self.full.width, level.width) && is_part(self.full.height, level.height)
    }
}

/// The tile as the file has it, if it does.
fn stored(image: &Image, place: &Place) -> Result<Option<Vec<u8>>, Refused> {
    let mut levels = image.levels().iter();
    let Some(index) = levels.position(|level| place.is_level(*level)) else {
        return Ok(None);
    };
    let is_inside = image.levels().get(index).is_some_and(|level| {
        place.left + place.columns <= level.width && place.upper + place.rows <= level.height
    });
    if !is_inside {
        return Ok(None);
    }
    Ok(image.jpeg(index, place.left, place.upper, place.columns, place.rows)?)
}

/// The pixels of 8 bits that a tile is made of, from the smallest level that need not be
/// enlarged, and where they are.
pub(super) fn read(image: &Image, place: &Place) -> Result<(Vec<u8>, Axis, Axis), Refused> {
    let (index, source) = image
        .levels()
        .iter()
        .enumerate()
        .rfind(|(_, level)| level.width >= place.width && level.height >= place.height)
        .unwrap_or((0, &place.full));
    let (across, down) = place.axes(*source);
    if across.read().saturating_mul(down.read()) > MOST_READ {
        return Err(Refused::Form(
            "It has no levels to be seen from afar, and is too large without them.",
        ));
    }
    let samples = image.region(index, across.first, down.first, across.read(), down.read())?;
    let Samples::U8(bytes) = samples else {
        return Err(Refused::Form("Its pixels are not of 8 bits."));
    };
    Ok((bytes, across, down))
}

fn draw(image: &Image, place: &Place) -> Result<Picture, Refused> {
    let (bytes, across, down) = read(image, place)?;
    Ok(scaling::colours(
        &bytes,
        image.channels() as usize,
        &across,
        &down,
    ))
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
        let drawn = |level| draw(&image, &Place::find(&image, (level, 0, 0)).unwrap()).unwrap();
        let whole = drawn(2);
        assert_eq!((whole.width, whole.height, whole.channels), (4, 2, 3));
        let expected: Vec<u8> = (0..24).map(|value| value * 10).collect();
        assert_eq!(whole.pixels, expected);
        let point = drawn(0);
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
            let found = Place::find(&image, (level, column, row));
            assert!(
                matches!(found, Err(Refused::NotFound)),
                "{level} {column} {row}"
            );
        }
    }

    #[test]
    fn levels_of_a_file_are_those_of_the_page_where_their_pixels_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let image = image(folder.path());
        let mut place = Place::find(&image, (2, 0, 0)).unwrap();
        place.full = Level {
            width: 1001,
            height: 600,
        };
        place.factor = 4;
        for (width, height, is_level) in [
            (250, 150, true),
            (251, 150, true),
            (249, 150, false),
            (256, 256, false),
            (1001, 600, false),
        ] {
            assert_eq!(place.is_level(Level { width, height }), is_level, "{width}");
        }
    }

    #[test]
    fn names_of_tiles_are_understood_and_others_are_not() {
        assert_eq!(parse("11/3_4.jpg", ".jpg"), Some((11, 3, 4)));
        for wrong in [
            "",
            "11/3_4",
            "11/3.jpg",
            "-1/0_0.jpg",
            "1/0_0.png",
            "1/0_0_0.jpg",
        ] {
            assert_eq!(parse(wrong, ".jpg"), None, "{wrong}");
        }
    }
}
