//! Small pictures, made when they are first asked for, or shortly before, and kept in memory.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use axum::http::header;
use bytes::Bytes;
use gcapi_image::Picture;
use jpeg_encoder::{ColorType, Encoder};

use super::images::{self, Found};
use super::refused::Refused;
use super::state::ViewerState;
use crate::answer::Answer;
use crate::page::Query;

/// Pixels along the longer side of a card's picture, on screens with two pixels for one.
const EDGE: u32 = 384;

/// The largest picture that can be asked for.
const LARGEST_EDGE: u32 = 2048;

/// Bytes of pictures in memory.
const KEPT: usize = 64 << 20;

const QUALITY: u8 = 82;

/// What is shown where there is no picture. It is an answer and not an error: an archive
/// with a damaged image in it is looked at like any other.
const PLACEHOLDER: &[u8] = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" fill="#8884"/><path d="M30 34h36v28H30zM30 58l12-12 9 8 7-6 8 8M26 70 70 26" fill="none" stroke="#888" stroke-width="3" stroke-linejoin="round"/></svg>"##;

/// A picture, or the placeholder for it.
pub(super) fn answer(state: &ViewerState, path: &str, query: &Query) -> Result<Answer, Refused> {
    let edge = query
        .last("edge")
        .and_then(|edge| edge.parse().ok())
        .unwrap_or(EDGE)
        .clamp(16, LARGEST_EDGE);
    let drawn = drawn(state, path, edge)?;
    Ok(if drawn.is_empty() {
        Answer::of("image/svg+xml", PLACEHOLDER.to_vec())
    } else {
        Answer::of("image/jpeg", drawn.to_vec())
    }
    .header(header::CACHE_CONTROL, "private, max-age=300".to_owned()))
}

/// Makes a picture that will be asked for.
pub(super) fn draw_ahead(state: &ViewerState, path: &str) -> Result<(), Refused> {
    drawn(state, path, EDGE).map(drop)
}

/// The picture, made if need be; empty if there is none.
fn drawn(state: &ViewerState, path: &str, edge: u32) -> Result<Bytes, Refused> {
    let found = images::find(state, path)?;
    let key = (found.place.clone(), found.modified_ns, edge);
    if let Some(drawn) = state.thumbnails().get(&key) {
        return Ok(drawn);
    }
    let drawn = draw(state, &found, edge)
        .map_err(|refused| {
            tracing::debug!(path, reason = refused.reason(), "no picture");
        })
        .unwrap_or_default();
    state.thumbnails().put(key, &drawn);
    Ok(drawn)
}

fn draw(state: &ViewerState, found: &Found, edge: u32) -> Result<Bytes, Refused> {
    let image = images::open_region(state, found)?;
    jpeg(&gcapi_image::thumbnail(&image, edge)?)
}

/// Encodes a picture.
pub(super) fn jpeg(picture: &Picture) -> Result<Bytes, Refused> {
    let failed = Refused::Form("It has no picture that a browser can show.");
    let (Ok(width), Ok(height)) = (u16::try_from(picture.width), u16::try_from(picture.height))
    else {
        return Err(failed);
    };
    let color = match picture.channels {
        1 => ColorType::Luma,
        _ => ColorType::Rgb,
    };
    let mut encoded = Vec::new();
    Encoder::new(&mut encoded, QUALITY)
        .encode(&picture.pixels, width, height, color)
        .map_err(|_| failed)?;
    Ok(encoded.into())
}

/// File, time of its change, edge.
type Key = (PathBuf, i64, u32);

/// Pictures in memory; an empty one stands for an image that has none.
#[derive(Default)]
pub(super) struct Thumbnails(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    pictures: HashMap<Key, Bytes>,
    /// The order in which they came.
    order: VecDeque<Key>,
    bytes: usize,
}

/// What an entry takes beside its picture, roughly.
const OVERHEAD: usize = 512;

impl Thumbnails {
    fn get(&self, key: &Key) -> Option<Bytes> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pictures.get(key).cloned()
    }

    fn put(&self, key: Key, picture: &Bytes) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.pictures.insert(key.clone(), picture.clone()).is_some() {
            return;
        }
        kept.bytes += picture.len() + OVERHEAD;
        kept.order.push_back(key);
        while kept.bytes > KEPT
            && let Some(oldest) = kept.order.pop_front()
            && let Some(gone) = kept.pictures.remove(&oldest)
        {
            kept.bytes -= gone.len() + OVERHEAD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_the_oldest_pictures_go() {
        let thumbnails = Thumbnails::default();
        let key = |number: i64| (PathBuf::from("a"), number, EDGE);
        let picture = Bytes::from(vec![0; 1 << 20]);
        for number in 0..100 {
            thumbnails.put(key(number), &picture);
        }
        assert!(thumbnails.get(&key(0)).is_none());
        assert!(thumbnails.get(&key(99)).is_some());
        let kept = thumbnails.0.lock().unwrap();
        assert!(kept.bytes <= KEPT && kept.pictures.len() == kept.order.len());
    }
}
