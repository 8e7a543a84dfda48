//! From the pixel data of an instance to samples.

use dicom_dictionary_std::tags;
use dicom_encoding::adapters::PixelDataObject;
use dicom_encoding::transfer_syntax::{Codec, TransferSyntaxIndex};
use dicom_object::DefaultDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::attributes::{Frame, Stored};
use super::codestream;
use crate::error::Problem;
use crate::samples::{Element, Samples};

/// Colours that are given out as they are stored, or as a decoder turns them into RGB.
const COLOURS: [&str; 6] = [
    "RGB",
    "YBR_FULL",
    "YBR_FULL_422",
    "YBR_RCT",
    "YBR_ICT",
    "YBR_PARTIAL_420",
];

impl Stored {
    /// Fails for pixels that would not be shown right.
    pub(crate) fn is_readable(&self) -> Result<(), Problem> {
        let readable = match self.channels {
            1 => self.photometric.starts_with("MONOCHROME") || self.photometric.is_empty(),
            3 => COLOURS.contains(&self.photometric.as_str()) && self.bits_allocated == 8,
            _ => false,
        };
        if readable {
            Ok(())
        } else {
            Err(Problem::unsupported(format!(
                "{} channels of {} bits as {:?}",
                self.channels, self.bits_allocated, self.photometric
            )))
        }
    }

    /// The least and the greatest value that can be stored.
    fn range(&self) -> (i64, i64) {
        if self.is_signed {
            (
                -(1 << (self.bits_stored - 1)),
                (1 << (self.bits_stored - 1)) - 1,
            )
        } else {
            (0, (1 << self.bits_stored) - 1)
        }
    }

    /// Samples of a frame.
    pub(crate) fn frame_count(&self) -> u64 {
        self.columns * self.rows * u64::from(self.channels)
    }
}

/// The narrowest type that holds the rescaled values of all frames; `F64` if they are no integers, as
/// other readers do.
pub(crate) fn element(stored: &Stored, frames: &[Frame]) -> Element {
    let as_stored = match (stored.bits_allocated, stored.is_signed) {
        (..=8, false) => Element::U8,
        (..=8, true) => Element::I8,
        (9..=16, false) => Element::U16,
        (9..=16, true) => Element::I16,
        (_, false) => Element::U32,
        (_, true) => Element::I32,
    };
    if frames.iter().all(is_identity) {
        return as_stored;
    }
    let is_integer = |frame: &Frame| whole(frame.slope).zip(whole(frame.intercept)).is_some();
    if !frames.iter().all(is_integer) {
        return Element::F64;
    }
    let (least, greatest) = stored.range();
    let values: Vec<f64> = frames
        .iter()
        .flat_map(|frame| {
            [least, greatest].map(|value| value as f64 * frame.slope + frame.intercept)
        })
        .collect();
    let within = |low: f64, high: f64| values.iter().all(|value| (low..=high).contains(value));
    if within(f64::from(i16::MIN), f64::from(i16::MAX)) {
        Element::I16
    } else if within(0.0, f64::from(u16::MAX)) {
        Element::U16
    } else if within(f64::from(i32::MIN), f64::from(i32::MAX)) {
        Element::I32
    } else {
        Element::F64
    }
}

fn is_identity(frame: &Frame) -> bool {
    frame.slope == 1.0 && frame.intercept == 0.0
}

fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 1e9).then_some(number as i64)
}

/// Decodes one frame and rescales it.
pub(crate) fn read(
    object: &DefaultDicomObject,
    stored: &Stored,
    index: u32,
    frame: &Frame,
    element: Element,
) -> Result<Samples, Problem> {
    let uid = object.meta().transfer_syntax().trim_end_matches('\0');
    let syntax = TransferSyntaxRegistry
        .get(uid)
        .ok_or_else(|| Problem::unsupported(format!("the transfer syntax {uid}")))?;
    let name = syntax.name();
    let no_preview =
        || Problem::unsupported(format!("pixels in the transfer syntax {name} ({uid})"));
    let mut bytes = match syntax.codec() {
        Codec::EncapsulatedPixelData(Some(decoder), _) => {
            if stored.bits_allocated != 8 && stored.bits_allocated != 16 {
                let bits = stored.bits_allocated;
                return Err(Problem::unsupported(format!(
                    "compressed samples of {bits} bits"
                )));
            }
            let compressed = object.frame_pixel_data(index).ok_or_else(|| {
                Problem::malformed(format!("frame {index} is not in the pixel data"))
            })?;
            codestream::agrees(&compressed, stored)?;
            if uid == "1.2.840.10008.1.2.5" && stored.channels > 1 && stored.photometric != "RGB" {
                return Err(Problem::unsupported(format!(
                    "run lengths of colours as {}",
                    stored.photometric
                )));
            }
            let mut bytes = Vec::new();
            decoder
                .decode_frame(object, index, &mut bytes)
                .map_err(|error| Problem::malformed(format!("{name}: {error}")))?;
            bytes
        }
        Codec::EncapsulatedPixelData(None, _) | Codec::Dataset(None) => return Err(no_preview()),
        Codec::None | Codec::Dataset(Some(_)) => native(object, stored, index, uid)?,
    };
    let sample = u64::from(stored.bits_allocated.div_ceil(8));
    let wanted = stored.frame_count() * sample;
    let found = bytes.len() as u64;
    if found < wanted {
        return Err(Problem::Truncated { wanted, found });
    }
    bytes.truncate(wanted as usize);
    rescaled(&bytes, stored, frame, element)
}

/// A frame that is not compressed, with its channels beside each other.
fn native(
    object: &DefaultDicomObject,
    stored: &Stored,
    index: u32,
    uid: &str,
) -> Result<Vec<u8>, Problem> {
    if stored.channels > 1 && stored.photometric != "RGB" {
        let colours = &stored.photometric;
        return Err(Problem::unsupported(format!(
            "colours as {colours} that are not compressed"
        )));
    }
    let is_big_endian = uid == "1.2.840.10008.1.2.2";
    if is_big_endian && stored.bits_allocated > 16 {
        return Err(Problem::unsupported("32 bits, most significant first"));
    }
    let element = object.get(tags::PIXEL_DATA).ok_or_else(|| {
        Problem::unsupported("an instance without pixels, or with pixels in floating point")
    })?;
    let data = element
        .to_bytes()
        .map_err(|_| Problem::malformed("the pixels are no bytes"))?;
    let count = stored.frame_count();
    let start = u64::from(index) * count;
    let missing = |wanted: u64| Problem::Truncated {
        wanted,
        found: data.len() as u64,
    };
    if stored.bits_allocated == 1 {
        // The bits of all frames follow each other, the least significant of a byte first.
        return (start..start + count)
            .map(|bit| {
                let byte = data.get((bit / 8) as usize)?;
                Some(byte >> (bit % 8) & 1)
            })
            .collect::<Option<_>>()
            .ok_or_else(|| missing((start + count).div_ceil(8)));
    }
    let sample = u64::from(stored.bits_allocated / 8);
    let range = (start * sample) as usize..((start + count) * sample) as usize;
    let end = range.end as u64;
    let frame = data.get(range).ok_or_else(|| missing(end))?;
    if stored.channels > 1 && stored.is_planar {
        let plane = frame.len() / stored.channels as usize;
        let planes: Vec<&[u8]> = frame.chunks_exact(plane.max(1)).collect();
        return Ok((0..plane)
            .flat_map(|index| planes.iter().filter_map(move |plane| plane.get(index)))
            .copied()
            .collect());
    }
    Ok(frame.to_vec())
}

/// The bits that count, with their sign, rescaled.
fn rescaled(
    bytes: &[u8],
    stored: &Stored,
    frame: &Frame,
    element: Element,
) -> Result<Samples, Problem> {
    // Whatever the bits above the stored ones are (overlays, a sign that a decoder did not know of),
    // they do not count.
    let mut samples = Samples::zeros(element, stored.frame_count())?;
    let size = stored.bits_allocated.div_ceil(8) as usize;
    let below = 64 - (stored.high_bit + 1);
    let unused = 64 - stored.bits_stored;
    let is_signed = stored.is_signed;
    let values = bytes.chunks_exact(size).map(|bytes| {
        let number = bytes
            .iter()
            .rev()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
            << below;
        if is_signed {
            number.cast_signed() >> unused
        } else {
            (number >> unused).cast_signed()
        }
    });
    let slope = whole(frame.slope).unwrap_or(1);
    let intercept = whole(frame.intercept).unwrap_or(0);
    /// The type was chosen so that every value fits.
    macro_rules! integers {
        ($vector:expr, $type:ty) => {
            for (place, value) in $vector.iter_mut().zip(values) {
                *place = (value * slope + intercept) as $type;
            }
        };
    }
    match &mut samples {
        Samples::U8(vector) => integers!(vector, u8),
        Samples::I8(vector) => integers!(vector, i8),
        Samples::U16(vector) => integers!(vector, u16),
        Samples::I16(vector) => integers!(vector, i16),
        Samples::U32(vector) => integers!(vector, u32),
        Samples::I32(vector) => integers!(vector, i32),
        Samples::U64(vector) => integers!(vector, u64),
        Samples::I64(vector) => integers!(vector, i64),
        Samples::F32(vector) => {
            for (place, value) in vector.iter_mut().zip(values) {
                *place = (value as f64 * frame.slope + frame.intercept) as f32;
            }
        }
        Samples::F64(vector) => {
            for (place, value) in vector.iter_mut().zip(values) {
                *place = value as f64 * frame.slope + frame.intercept;
            }
        }
    }
    Ok(samples)
}
