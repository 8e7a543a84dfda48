//! Pictures of more than 8 bits that are too large to be sent as they are: an X-ray, say.
//!
//! Their tiles are drawn from black to white as the page wants it. The picture that was
//! looked at last stays decoded: most formats have to be decoded as a whole for any tile.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use gcapi_image::{Image, Samples, robust_window};
use serde_json::json;

use super::images::{self, Found};
use super::refused::Refused;
use super::state::ViewerState;
use crate::answer::Answer;
use crate::page::Query;

/// A decoded picture.
pub(super) struct Slice {
    pub(super) samples: Samples,
    /// Black and white where the page does not say them.
    pub(super) automatic: (f64, f64),
}

/// The picture that was looked at last, with its file and the time of its change.
#[derive(Default)]
pub(super) struct LastSlice(Mutex<Option<(PathBuf, i64, Arc<Slice>)>>);

/// Says black and white of a picture.
pub(super) fn answer(state: &ViewerState, path: &str) -> Result<Answer, Refused> {
    let found = images::find(state, path)?;
    let image = images::open_region(state, &found)?;
    let (black, white) = slice(state, &found, &image)?.automatic;
    Ok(Answer::json(
        json!({"black": black, "white": white}).to_string(),
    ))
}

/// Black and white of a request, if it says them.
pub(super) fn window(query: &Query) -> Option<(f64, f64)> {
    let number = |name: &str| {
        query
            .last(name)?
            .parse()
            .ok()
            .filter(|it: &f64| it.is_finite())
    };
    let (black, white) = (number("black")?, number("white")?);
    (white > black).then_some((black, white))
}

/// The decoded picture.
pub(super) fn slice(
    state: &ViewerState,
    found: &Found,
    image: &Image,
) -> Result<Arc<Slice>, Refused> {
    // Its tiles are asked for side by side: they wait for the one that decodes it.
    let mut last = state
        .last_slice()
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some((place, modified_ns, slice)) = last.as_ref()
        && *place == found.place
        && *modified_ns == found.modified_ns
    {
        return Ok(Arc::clone(slice));
    }
    if image.channels() != 1 || image.slices() != 1 {
        return Err(Refused::Form("It is not a single picture in grey."));
    }
    // Two of them would need twice the memory.
    *last = None;
    let samples = image.slice(0)?;
    let (black, mut white) = robust_window(&samples);
    if white <= black {
        white = black + 1.0;
    }
    let slice = Arc::new(Slice {
        samples,
        automatic: (black, white),
    });
    *last = Some((found.place.clone(), found.modified_ns, Arc::clone(&slice)));
    Ok(slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_two_numbers_in_their_order() {
        let read = |query: &str| window(&Query::parse(Some(query)));
        assert_eq!(read("black=-1.5&white=2e3"), Some((-1.5, 2000.0)));
        for none in [
            "",
            "black=1",
            "black=2&white=1",
            "black=1&white=1",
            "black=a&white=1",
            "black=-inf&white=1",
            "black=0&white=NaN",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
