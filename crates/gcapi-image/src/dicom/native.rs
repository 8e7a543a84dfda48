//! Pixels that are not compressed.

use std::borrow::Cow;

use dicom_core::PrimitiveValue;
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;

use super::attributes::Stored;
use super::codestream::Colours;
use crate::colours;
use crate::error::Problem;

/// Retired, and still to be met: explicit types, the most significant byte first.
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// A frame as little-endian samples, those of a pixel beside each other; a byte for each bit.
pub(crate) fn decode(
    object: &DefaultDicomObject,
    stored: &Stored,
    index: u32,
) -> Result<(Vec<u8>, Colours), Problem> {
    let data = pixel_data(object, stored)?;
    let index = u64::from(index);
    if stored.bits_allocated == 1 {
        return Ok((bits(&data, index, stored)?, Colours::AsShown));
    }
    let shares_colours = stored.channels == 3 && stored.photometric == "YBR_FULL_422";
    let count = if shares_colours {
        if !stored.columns.is_multiple_of(2) || stored.is_planar {
            return Err(Problem::malformed(
                "colours that pairs of pixels share, in an odd row or in planes",
            ));
        }
        2 * stored.pixels()
    } else {
        stored.frame_count()
    };
    let bytes = count * u64::from(stored.bits_allocated / 8);
    let range = (index * bytes) as usize..((index + 1) * bytes) as usize;
    let frame = data.get(range).ok_or(Problem::Truncated {
        wanted: (index + 1) * bytes,
        found: data.len() as u64,
    })?;
    if shares_colours {
        return Ok((colours::unshared(frame), Colours::Ybr));
    }
    let frame = if stored.channels > 1 && stored.is_planar {
        beside_each_other(frame, stored)
    } else {
        frame.to_vec()
    };
    Ok((frame, stored.colours()?))
}

/// All pixels, the least significant byte of each first.
fn pixel_data<'a>(
    object: &'a DefaultDicomObject,
    stored: &Stored,
) -> Result<Cow<'a, [u8]>, Problem> {
    let element = object.get(tags::PIXEL_DATA).ok_or_else(|| {
        Problem::unsupported("an instance without pixels, or with pixels in floating point")
    })?;
    let mut data = element
        .to_bytes()
        .map_err(|_| Problem::malformed("the pixels are no bytes"))?;
    // The reader has brought the two bytes of words into order, whatever the words are for.
    let are_words = matches!(element.value().primitive(), Some(PrimitiveValue::U16(_)));
    let is_big_endian = object.meta().transfer_syntax() == BIG_ENDIAN;
    if is_big_endian && stored.bits_allocated == 32 {
        if !are_words {
            return Err(Problem::unsupported(
                "32 bits, most significant first, that are no words",
            ));
        }
        for words in data.to_mut().chunks_exact_mut(4) {
            words.rotate_left(2);
        }
    }
    Ok(data)
}

/// The bits of all frames follow each other, the least significant of a byte first.
fn bits(data: &[u8], index: u64, stored: &Stored) -> Result<Vec<u8>, Problem> {
    let count = stored.frame_count();
    let range = index * count..(index + 1) * count;
    let wanted = range.end.div_ceil(8);
    range
        .map(|bit| {
            let byte = data.get((bit / 8) as usize)?;
            Some(byte >> (bit % 8) & 1)
        })
        .collect::<Option<_>>()
        .ok_or(Problem::Truncated {
            wanted,
            found: data.len() as u64,
        })
}

/// From one plane for each channel to the channels of each pixel.
fn beside_each_other(frame: &[u8], stored: &Stored) -> Vec<u8> {
    let channels = stored.channels as usize;
    let width = (stored.bits_allocated / 8) as usize;
    let plane = frame.len() / channels;
    let planes: Vec<_> = frame
        .chunks_exact(plane.max(1))
        .map(|plane| plane.chunks_exact(width))
        .collect();
    let mut together = Vec::with_capacity(frame.len());
    let mut planes = planes;
    for _ in 0..stored.pixels() {
        for plane in &mut planes {
            together.extend_from_slice(plane.next().unwrap_or_default());
        }
    }
    together
}
