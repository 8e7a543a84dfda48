//! A file for viewers.

use std::io::Write;

use crate::error::{Error, Problem};
use crate::header::Header;
use crate::image::Image;
use crate::samples::Element;

/// Bytes of the header, and where the samples start.
const HEADER: usize = 348;
const OFFSET: u16 = 352;

/// Writes an image as NIfTI-1 (`.nii`), in the byte order of this machine.
///
/// Its place is the sform, turned from LPS to RAS; levels of a pyramid but the largest are left out.
/// All samples are in memory while it is written.
///
/// # Errors
///
/// As for [`Image::samples`]; [`Problem::Unsupported`] for more than 32 767 samples along an axis and
/// channels that are neither grey nor RGB nor RGBA of 8 bits; [`Problem::Write`] if writing fails.
pub fn write(image: &Image, into: &mut impl Write) -> Result<(), Error> {
    let at = |problem: Problem| problem.at(image.path());
    let header = header(image.header()).map_err(at)?;
    let samples = image.samples()?;
    [header.as_slice(), samples.as_bytes()]
        .iter()
        .try_for_each(|bytes| into.write_all(bytes))
        .and_then(|()| into.flush())
        .map_err(|source| at(Problem::Write(source)))
}

fn header(header: &Header) -> Result<Vec<u8>, Problem> {
    let (data_type, bits) = data_type(header)?;
    let mut sizes = [1_i16; 8];
    let mut distances = [1_f32; 8];
    if let Some(axes) = sizes.first_mut() {
        *axes = header.size.len() as i16;
    }
    for (place, size) in sizes.iter_mut().skip(1).zip(&header.size) {
        *place = i16::try_from(*size).map_err(|_| {
            Problem::unsupported(format!("{size} samples along an axis of NIfTI-1"))
        })?;
    }
    for (place, spacing) in distances.iter_mut().skip(1).zip(&header.spacing) {
        *place = *spacing as f32;
    }
    let mut fields = Fields(vec![0; usize::from(OFFSET)]);
    fields.put(0, (HEADER as i32).to_ne_bytes());
    for (index, size) in sizes.iter().enumerate() {
        fields.put(40 + 2 * index, size.to_ne_bytes());
    }
    fields.put(70, data_type.to_ne_bytes());
    fields.put(72, bits.to_ne_bytes());
    for (index, distance) in distances.iter().enumerate() {
        fields.put(76 + 4 * index, distance.to_ne_bytes());
    }
    fields.put(108, f32::from(OFFSET).to_ne_bytes());
    fields.put(112, 1_f32.to_ne_bytes());
    // Millimetres and seconds.
    fields.put(123, [2 | 8]);
    let time_offset = header.origin.get(3).copied().unwrap_or(0.0);
    fields.put(136, (time_offset as f32).to_ne_bytes());
    // Scanner coordinates.
    fields.put(254, 1_i16.to_ne_bytes());
    for (row, values) in sform(header).into_iter().enumerate() {
        for (column, value) in values.into_iter().enumerate() {
            fields.put(280 + 16 * row + 4 * column, (value as f32).to_ne_bytes());
        }
    }
    fields.put(344, *b"n+1\0");
    Ok(fields.0)
}

struct Fields(Vec<u8>);

impl Fields {
    fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        if let Some(place) = self.0.get_mut(at..at + N) {
            place.copy_from_slice(&bytes);
        }
    }
}

/// From indices to millimetres in RAS.
fn sform(header: &Header) -> [[f64; 4]; 3] {
    let axes = header.size.len();
    let signs = [-1.0, -1.0, 1.0];
    [0, 1, 2].map(|row| {
        let sign = signs.get(row).copied().unwrap_or(1.0);
        [0, 1, 2, 3].map(|column| {
            let value = if column == 3 {
                header.origin.get(row).copied().unwrap_or(0.0)
            } else if row < axes && column < axes {
                let direction = header.direction.get(row * axes + column);
                let spacing = header.spacing.get(column);
                direction
                    .zip(spacing)
                    .map_or(0.0, |(direction, spacing)| direction * spacing)
            } else if row == column {
                1.0
            } else {
                0.0
            };
            sign * value + 0.0
        })
    })
}

/// The code of a type, and its bits.
fn data_type(header: &Header) -> Result<(i16, i16), Problem> {
    let code = match (header.element, header.channels) {
        (Element::U8, 1) => 2,
        (Element::I16, 1) => 4,
        (Element::I32, 1) => 8,
        (Element::F32, 1) => 16,
        (Element::F64, 1) => 64,
        (Element::U8, 3) => 128,
        (Element::I8, 1) => 256,
        (Element::U16, 1) => 512,
        (Element::U32, 1) => 768,
        (Element::I64, 1) => 1024,
        (Element::U64, 1) => 1280,
        (Element::U8, 4) => 2304,
        (element, channels) => {
            return Err(Problem::unsupported(format!(
                "{channels} channels of {} in NIfTI",
                element.name()
            )));
        }
    };
    let bits = header.element.bytes() * u64::from(header.channels) * 8;
    Ok((code, bits as i16))
}
