//! From the pixel data of an instance to samples.

use dicom_encoding::transfer_syntax::{Codec, TransferSyntaxIndex as _};
use dicom_object::DefaultDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::attributes::{Frame, Stored};
use super::codestream::Colours;
use super::{compressed, native};
use crate::colours;
use crate::error::Problem;
use crate::samples::{Element, Samples};

/// Colours that are read, whether each transfer syntax can have them or not.
const COLOURS: [&str; 5] = ["RGB", "YBR_FULL", "YBR_FULL_422", "YBR_RCT", "YBR_ICT"];

impl Stored {
    /// Fails for pixels that would not be shown right.
    pub(crate) fn is_readable(&self) -> Result<(), Problem> {
        let photometric = self.photometric.as_str();
        let readable = match (self.channels, self.bits_allocated) {
            (1, bits) => {
                photometric.starts_with("MONOCHROME")
                    || photometric.is_empty()
                    || (self.palette.is_some() && bits <= 16)
            }
            (3, 8) => COLOURS.contains(&photometric) && !self.is_signed,
            (3, 16) => photometric == "RGB" && !self.is_signed,
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

    /// What samples are that nothing but the attributes describes.
    pub(crate) fn colours(&self) -> Result<Colours, Problem> {
        match (self.channels, self.photometric.as_str()) {
            (1, _) | (_, "RGB") => Ok(Colours::AsShown),
            (_, "YBR_FULL") => Ok(Colours::Ybr),
            (_, other) => Err(Problem::unsupported(format!(
                "colours as {other} in this transfer syntax"
            ))),
        }
    }

    /// Channels that are given out.
    pub(crate) fn shown_channels(&self) -> u32 {
        if self.palette.is_some() {
            3
        } else {
            self.channels
        }
    }

    /// Pixels of a frame.
    pub(crate) fn pixels(&self) -> u64 {
        self.columns * self.rows
    }

    /// Bytes of a decoded frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        self.frame_count() * u64::from(self.bits_allocated.div_ceil(8))
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
        self.pixels() * u64::from(self.channels)
    }
}

/// The narrowest type that holds the rescaled values of all frames; `F64` if they are no integers, as
/// other readers do.
pub(crate) fn element(stored: &Stored, frames: &[Frame]) -> Element {
    if let Some(palette) = &stored.palette {
        return palette.element();
    }
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
    let is_compressed = TransferSyntaxRegistry
        .get(uid)
        .is_none_or(|syntax| !matches!(syntax.codec(), Codec::None | Codec::Dataset(Some(_))));
    let (mut bytes, colours) = if is_compressed {
        compressed::decode(object, stored, index)?
    } else {
        native::decode(object, stored, index)?
    };
    let (wanted, found) = (stored.frame_bytes(), bytes.len() as u64);
    if found < wanted {
        return Err(Problem::Truncated { wanted, found });
    }
    bytes.truncate(wanted as usize);
    if colours == Colours::Ybr {
        colours::into_rgb(&mut bytes);
    }
    let values = values(&bytes, stored);
    match &stored.palette {
        Some(palette) => palette.colours(values, stored.pixels()),
        None => rescaled(values, stored, frame, element),
    }
}

/// The bits that count, with their sign.
fn values<'a>(bytes: &'a [u8], stored: &Stored) -> impl Iterator<Item = i64> + use<'a> {
    // Whatever the bits above the stored ones are (overlays, a sign that a decoder did not know of),
    // they do not count.
    let size = stored.bits_allocated.div_ceil(8) as usize;
    let below = 64 - (stored.high_bit + 1);
    let unused = 64 - stored.bits_stored;
    let is_signed = stored.is_signed;
    bytes.chunks_exact(size).map(move |bytes| {
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
    })
}

/// Values with slope and intercept.
fn rescaled(
    values: impl Iterator<Item = i64>,
    stored: &Stored,
    frame: &Frame,
    element: Element,
) -> Result<Samples, Problem> {
    let mut samples = Samples::zeros(element, stored.frame_count())?;
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
