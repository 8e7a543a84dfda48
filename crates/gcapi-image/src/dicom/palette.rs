//! Palettes: tables from a sample to red, green and blue.
//!
//! Standard: DICOM PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::error::Problem;
use crate::samples::{Element, Samples};

/// Three tables of one length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Palette {
    /// The sample that the first entry is for; lower ones have it as well, and higher ones the last.
    first: i64,
    /// Red, green and blue.
    tables: [Vec<u16>; 3],
    is_wide: bool,
}

const TABLES: [(Tag, Tag); 3] = [
    (
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
    (
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
    (
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
        tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
    ),
];

impl Palette {
    /// Reads the palette of an instance whose samples have a sign or not.
    pub(crate) fn read(object: &InMemDicomObject, is_signed: bool) -> Result<Self, Problem> {
        if object
            .get(tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA)
            .is_some()
        {
            return Err(Problem::unsupported("a palette in segments"));
        }
        let described = Description::read(object, TABLES[0].0, is_signed)?;
        let mut tables = [Vec::new(), Vec::new(), Vec::new()];
        for (table, (description, data)) in tables.iter_mut().zip(TABLES) {
            if Description::read(object, description, is_signed)? != described {
                return Err(Problem::unsupported(
                    "a palette whose tables differ in length, in place or in width",
                ));
            }
            *table = entries(object, data, &described)?;
        }
        Ok(Self {
            first: described.first,
            tables,
            is_wide: described.bits == 16,
        })
    }

    /// The type of the colours.
    pub(crate) fn element(&self) -> Element {
        if self.is_wide {
            Element::U16
        } else {
            Element::U8
        }
    }

    /// The colours of samples, three for one.
    pub(crate) fn colours(
        &self,
        samples: impl Iterator<Item = i64>,
        count: u64,
    ) -> Result<Samples, Problem> {
        let mut colours = Samples::zeros(self.element(), 3 * count)?;
        let last = self.tables[0].len().saturating_sub(1) as i64;
        let entry = |sample: i64| {
            let index = (sample - self.first).clamp(0, last) as usize;
            self.tables
                .each_ref()
                .map(|table| table.get(index).copied().unwrap_or_default())
        };
        match &mut colours {
            Samples::U16(places) => {
                for (place, sample) in places.chunks_exact_mut(3).zip(samples) {
                    place.copy_from_slice(&entry(sample));
                }
            }
            Samples::U8(places) => {
                for (place, sample) in places.chunks_exact_mut(3).zip(samples) {
                    place.copy_from_slice(&entry(sample).map(|value| value as u8));
                }
            }
            _ => {}
        }
        Ok(colours)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Description {
    count: usize,
    first: i64,
    bits: u16,
}

impl Description {
    fn read(object: &InMemDicomObject, tag: Tag, is_signed: bool) -> Result<Self, Problem> {
        let numbers: Option<Vec<i64>> = object
            .get(tag)
            .and_then(|element| element.to_multi_int().ok());
        let Some([count, first, bits]) = numbers.as_deref() else {
            return Err(Problem::malformed("its palette is not described"));
        };
        // All three are written with sixteen bits; whether they have a sign is not always clear.
        let count = match *count as u16 {
            0 => 1 << 16,
            count => usize::from(count),
        };
        let first = if is_signed {
            i64::from(*first as i16)
        } else {
            i64::from(*first as u16)
        };
        let bits = *bits as u16;
        if bits != 8 && bits != 16 {
            return Err(Problem::unsupported(format!("a palette of {bits} bits")));
        }
        Ok(Self { count, first, bits })
    }
}

fn entries(
    object: &InMemDicomObject,
    tag: Tag,
    described: &Description,
) -> Result<Vec<u16>, Problem> {
    let bytes = object
        .get(tag)
        .and_then(|element| element.to_bytes().ok())
        .unwrap_or_default();
    let count = described.count;
    // Eight bits are packed, or have a word each: the standard came to allow the former only.
    if described.bits == 8
        && bytes.len() < 2 * count
        && let Some(bytes) = bytes.get(..count)
    {
        return Ok(bytes.iter().copied().map(u16::from).collect());
    }
    let words: Vec<u16> = bytes
        .chunks_exact(2)
        .take(count)
        .filter_map(|word| word.first_chunk().copied().map(u16::from_le_bytes))
        .collect();
    if words.len() == count {
        Ok(words)
    } else {
        Err(Problem::Truncated {
            wanted: 2 * count as u64,
            found: bytes.len() as u64,
        })
    }
}
