//! What the attributes of an instance say of its frames.

use std::io::Read as _;

use dicom_core::Tag;
use dicom_core::dictionary::UidDictionary as _;
use dicom_dictionary_std::{StandardSopClassDictionary, tags};
use dicom_object::file::ReadPreamble;
use dicom_object::{DefaultDicomObject, InMemDicomObject, OpenFileOptions, ReadError};

use super::palette::Palette;
use super::{nesting, reasons, source};
use crate::error::Problem;
use crate::files::FilePath;
use crate::limits::Limits;

/// How samples are stored. All frames of an image have the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) columns: u64,
    pub(crate) rows: u64,
    pub(crate) channels: u32,
    pub(crate) bits_allocated: u32,
    pub(crate) bits_stored: u32,
    pub(crate) high_bit: u32,
    pub(crate) is_signed: bool,
    pub(crate) is_planar: bool,
    pub(crate) photometric: String,
    /// The colours that samples stand for.
    pub(crate) palette: Option<Palette>,
}

/// A frame, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Frame {
    /// Millimetres, LPS, of the centre of the first pixel.
    pub(crate) position: Option<[f64; 3]>,
    /// Directions of the rows and of the columns.
    pub(crate) orientation: Option<[f64; 6]>,
    pub(crate) slope: f64,
    pub(crate) intercept: f64,
}

/// An instance without its pixels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Instance {
    pub(crate) stored: Stored,
    pub(crate) frames: Vec<Frame>,
    /// Millimetres between columns, and between rows.
    pub(crate) pixel_spacing: [f64; 2],
    /// Millimetres between slices, as far as one instance knows.
    pub(crate) slice_spacing: f64,
    pub(crate) number: i64,
}

/// Reads what comes before the pixels.
pub(crate) fn read(path: &FilePath, limits: &Limits) -> Result<Instance, Problem> {
    let (mut source, extent) = source::open(path, 0, limits)?;
    nesting::is_bearable(&mut source, extent, limits)?;
    let object = options()
        .read_until(tags::PIXEL_DATA)
        .from_reader(source.take(limits.header_bytes))
        .map_err(unreadable)?;
    is_image(&object)?;
    if object.get(tags::TOTAL_PIXEL_MATRIX_COLUMNS).is_some() {
        return Err(Problem::unsupported(
            "a slide whose tiles are frames of a DICOM instance",
        ));
    }
    let count = frame_count(&object)?;
    limits.parts(u64::from(count))?;
    let groups = FunctionalGroups::of(&object);
    let mut frames: Vec<Frame> = (0..count as usize)
        .map(|index| groups.frame(index))
        .collect();
    place_doses(&object, &mut frames);
    let stored = stored(&object)?;
    if stored.shown_channels() > 1 {
        // Colours are no measurements.
        for frame in &mut frames {
            (frame.slope, frame.intercept) = (1.0, 0.0);
        }
    }
    let spacing = groups
        .numbers::<2>(0, tags::PIXEL_MEASURES_SEQUENCE, tags::PIXEL_SPACING)
        .or_else(|| numbers(&object, tags::IMAGER_PIXEL_SPACING))
        .filter(|spacing| spacing.iter().all(|mm| *mm > 0.0));
    let [between_rows, between_columns] = spacing.unwrap_or([1.0, 1.0]);
    let between_slices = tags::SPACING_BETWEEN_SLICES;
    let slice_spacing = groups
        .numbers::<1>(0, tags::PIXEL_MEASURES_SEQUENCE, between_slices)
        .map(|[spacing]| spacing.abs())
        .filter(|spacing| *spacing > 0.0);
    Ok(Instance {
        stored,
        frames,
        pixel_spacing: [between_columns, between_rows],
        slice_spacing: slice_spacing.unwrap_or(1.0),
        number: number(&object, tags::INSTANCE_NUMBER).unwrap_or(0),
    })
}

fn frame_count(object: &InMemDicomObject) -> Result<u32, Problem> {
    let Some(element) = object.get(tags::NUMBER_OF_FRAMES) else {
        return Ok(1);
    };
    let text = element.to_str().unwrap_or_default();
    let text = text.trim_matches([' ', '\0']);
    if text.is_empty() {
        return Ok(1);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(Problem::malformed(format!("it has {text:?} frames"))),
        Ok(count) => Ok(count),
    }
}

/// Reads an instance with its pixels, which have so many bytes unless they are compressed one by one.
pub(crate) fn read_with_pixels(
    path: &FilePath,
    pixel_bytes: u64,
    limits: &Limits,
) -> Result<DefaultDicomObject, Problem> {
    let (mut source, extent) = source::open(path, pixel_bytes, limits)?;
    nesting::is_bearable(&mut source, extent, limits)?;
    options()
        .read_to(tags::PIXEL_DATA)
        .from_reader(source)
        .map_err(unreadable)
}

fn options() -> OpenFileOptions {
    // Left to itself, the reader would find instances in files where nobody looked how deep they are.
    OpenFileOptions::new().read_preamble(ReadPreamble::Always)
}

fn unreadable(error: ReadError) -> Problem {
    match &error {
        ReadError::ReadUnrecognizedTransferSyntax { uid, .. } => {
            return Problem::unsupported(format!("the transfer syntax {uid}"));
        }
        ReadError::ReadUnsupportedTransferSyntax { uid, name, .. }
        | ReadError::ReadUnsupportedTransferSyntaxWithSuggestion { uid, name, .. } => {
            return Problem::unsupported(format!("the transfer syntax {name} ({uid})"));
        }
        _ => {}
    }
    Problem::malformed(reasons(&error))
}

/// Fails for reports, plans and whatever else are no images. An image that lacks attributes is damaged.
fn is_image(object: &DefaultDicomObject) -> Result<(), Problem> {
    let uid = object
        .meta()
        .media_storage_sop_class_uid()
        .trim_end_matches('\0');
    let class = StandardSopClassDictionary
        .by_uid(uid)
        .map_or(uid, |entry| entry.name);
    let has_size = object.get(tags::ROWS).is_some() || object.get(tags::COLUMNS).is_some();
    if has_size || class.contains("Image") {
        Ok(())
    } else {
        Err(Problem::unsupported(format!(
            "an instance of the class {class:?}, which is no image"
        )))
    }
}

fn stored(object: &InMemDicomObject) -> Result<Stored, Problem> {
    let needed = |tag: Tag, name: &str| {
        number::<u16>(object, tag)
            .ok_or_else(|| Problem::malformed(format!("there is no attribute {name}")))
    };
    let columns = needed(tags::COLUMNS, "Columns")?;
    let rows = needed(tags::ROWS, "Rows")?;
    let bits_allocated = u32::from(needed(tags::BITS_ALLOCATED, "BitsAllocated")?);
    let bits_stored = number(object, tags::BITS_STORED).unwrap_or(bits_allocated);
    let high_bit = number(object, tags::HIGH_BIT).unwrap_or(bits_stored.saturating_sub(1));
    if !matches!(bits_allocated, 1 | 8 | 16 | 32) {
        return Err(Problem::unsupported(format!(
            "samples of {bits_allocated} bits"
        )));
    }
    if bits_stored == 0 || high_bit >= bits_allocated || bits_stored > high_bit + 1 {
        return Err(Problem::malformed(format!(
            "{bits_stored} bits up to bit {high_bit} in samples of {bits_allocated}"
        )));
    }
    let is_signed = number::<u16>(object, tags::PIXEL_REPRESENTATION) == Some(1);
    let photometric = object
        .get(tags::PHOTOMETRIC_INTERPRETATION)
        .and_then(|element| element.to_str().ok())
        .map_or_else(String::new, |text| {
            text.trim_end_matches([' ', '\0']).to_owned()
        });
    let palette = (photometric == "PALETTE COLOR")
        .then(|| Palette::read(object, is_signed))
        .transpose()?;
    Ok(Stored {
        columns: u64::from(columns),
        rows: u64::from(rows),
        channels: number(object, tags::SAMPLES_PER_PIXEL).unwrap_or(1),
        bits_allocated,
        bits_stored,
        high_bit,
        is_signed,
        is_planar: number::<u16>(object, tags::PLANAR_CONFIGURATION) == Some(1),
        photometric,
        palette,
    })
}

/// Attributes of frames: of each, shared by all, or of the instance.
struct FunctionalGroups<'a> {
    object: &'a InMemDicomObject,
    shared: Option<&'a InMemDicomObject>,
    each: &'a [InMemDicomObject],
}

impl<'a> FunctionalGroups<'a> {
    fn of(object: &'a InMemDicomObject) -> Self {
        let items = |tag: Tag| items(object, tag);
        Self {
            object,
            shared: items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first(),
            each: items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE),
        }
    }

    fn numbers<const N: usize>(&self, frame: usize, group: Tag, tag: Tag) -> Option<[f64; N]> {
        [self.each.get(frame), self.shared]
            .into_iter()
            .flatten()
            .filter_map(|groups| items(groups, group).first())
            .find_map(|item| numbers(item, tag))
            .or_else(|| numbers(self.object, tag))
    }

    fn frame(&self, index: usize) -> Frame {
        let position = (tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT);
        let orientation = (
            tags::PLANE_ORIENTATION_SEQUENCE,
            tags::IMAGE_ORIENTATION_PATIENT,
        );
        let values = tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE;
        let value = |tag: Tag| self.numbers::<1>(index, values, tag).map(|[value]| value);
        Frame {
            position: self.numbers(index, position.0, position.1),
            orientation: self.numbers(index, orientation.0, orientation.1),
            slope: value(tags::RESCALE_SLOPE)
                .filter(|slope| *slope != 0.0)
                .unwrap_or(1.0),
            intercept: value(tags::RESCALE_INTERCEPT).unwrap_or(0.0),
        }
    }
}

/// The frames of a dose grid have offsets along their normal instead of positions.
fn place_doses(object: &InMemDicomObject, frames: &mut [Frame]) {
    let offsets = object
        .get(tags::GRID_FRAME_OFFSET_VECTOR)
        .and_then(|element| element.to_multi_float64().ok())
        .filter(|offsets| offsets.len() == frames.len() && offsets.iter().all(|mm| mm.is_finite()));
    // Those that do not start at zero are heights on the patient, of which the first is the position's.
    let Some((first, offsets)) = offsets
        .as_deref()
        .and_then(|offsets| Some((*offsets.first()?, offsets)))
    else {
        return;
    };
    for (frame, offset) in frames.iter_mut().zip(offsets) {
        if let Some((position, [a, b, c, d, e, f])) = frame.position.as_mut().zip(frame.orientation)
        {
            let normal = [b * f - c * e, c * d - a * f, a * e - b * d];
            for (place, direction) in position.iter_mut().zip(normal) {
                *place += (offset - first) * direction;
            }
        }
    }
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object
        .get(tag)
        .and_then(|element| element.items())
        .unwrap_or_default()
}

fn number<T: TryFrom<i64>>(object: &InMemDicomObject, tag: Tag) -> Option<T> {
    let value: i64 = object.get(tag)?.to_int().ok()?;
    T::try_from(value).ok()
}

/// Exactly as many numbers as wanted, all of them finite.
fn numbers<const N: usize>(object: &InMemDicomObject, tag: Tag) -> Option<[f64; N]> {
    let numbers = object.get(tag)?.to_multi_float64().ok()?;
    <[f64; N]>::try_from(numbers)
        .ok()
        .filter(|numbers| numbers.iter().all(|number| number.is_finite()))
}
