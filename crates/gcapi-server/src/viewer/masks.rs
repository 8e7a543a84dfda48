//! Masks of slides in the form of Deep Zoom: tiles that let the slide through where there is
//! no label.
//!
//! A tile is a PNG with a palette: its pixels are the labels of the file, and the colours
//! are those that the page has for them.

use axum::http::header;
use gcapi_image::{Element, Picture};
use png::{BitDepth, ColorType, Encoder};

use super::refused::Refused;
use super::scaling;
use super::slides;
use super::state::ViewerState;
use crate::answer::Answer;
use crate::page::Query;

const NO_MASK: Refused = Refused::Form("It has no labels of 8 bits.");

/// Red, green, blue and opacity of every label.
type Palette = [[u8; 4]; 256];

/// Gives a tile; `tile` is `<level>/<column>_<row>.png`.
pub(super) fn tile(
    state: &ViewerState,
    path: &str,
    tile: &str,
    query: &Query,
) -> Result<Answer, Refused> {
    let (_, image, place) = slides::open(state, path, tile, ".png")?;
    if image.element() != Element::U8 || image.channels() != 1 {
        return Err(NO_MASK);
    }
    let (labels, across, down) = slides::read(&image, &place)?;
    let picture = scaling::labels(&labels, &across, &down);
    let colours = palette(query.last("colours").unwrap_or_default());
    let bytes = encoded(&picture, &colours).map_err(|_| NO_MASK)?;
    Ok(Answer::of("image/png", bytes)
        .header(header::CACHE_CONTROL, "private, max-age=300".to_owned()))
}

/// Colours as `1-e69f00.2-56b4e9`; all other labels, and those that make no sense, cannot be
/// seen.
fn palette(text: &str) -> Palette {
    let mut palette = [[0; 4]; 256];
    for one in text.split('.') {
        let read = || {
            let (label, colour) = one.split_once('-')?;
            let label: u8 = label.parse().ok()?;
            let colour = u32::from_str_radix(colour, 16)
                .ok()
                .filter(|it| *it <= 0xff_ffff)?;
            Some((label, colour.to_be_bytes()))
        };
        if let Some((label, [_, red, green, blue])) = read()
            && let Some(place) = palette.get_mut(usize::from(label))
        {
            *place = [red, green, blue, 255];
        }
    }
    palette
}

fn encoded(picture: &Picture, palette: &Palette) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::Eight);
    let colours = palette
        .iter()
        .flat_map(|[red, green, blue, _]| [*red, *green, *blue]);
    encoder.set_palette(colours.collect::<Vec<_>>());
    encoder.set_trns(
        palette
            .iter()
            .map(|[.., opacity]| *opacity)
            .collect::<Vec<_>>(),
    );
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&picture.pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_has_the_colour_that_the_page_says() {
        let picture = Picture {
            width: 3,
            height: 1,
            channels: 1,
            pixels: vec![0, 2, 255],
        };
        let bytes = encoded(
            &picture,
            &palette("2-e69f00.255-0000ff.256-ffffff.7-x.junk"),
        )
        .unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; 12];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, [0, 0, 0, 0, 0xe6, 0x9f, 0x00, 255, 0, 0, 255, 255]);
    }
}
