//! MetaImage: a header of text lines, then the samples in the same file or in others.
//!
//! Format: <https://itk.org/Wiki/ITK/MetaIO/Documentation>. Where files in the wild say the same in
//! several ways, all of them are read as ITK reads them:
//!
//! - `Position` and `Origin` are `Offset`; `Orientation` and `Rotation` are `TransformMatrix`;
//!   `ElementByteOrderMSB` is `BinaryDataByteOrderMSB`; `ElementSize` is the spacing if
//!   `ElementSpacing` is absent.
//! - `Key=Value`, `Key : Value`, blanks and tabs anywhere, lines ending in CR LF, numbers that go on in the
//!   next line; of a field that occurs twice the last counts.
//! - The byte after the line feed of `ElementDataFile` is the first of the samples, whatever it is.
//! - `MET_LONG` has 32 bits, whatever a C compiler says, and `MET_LONG_LONG` 64.
//! - Compressed data may be zlib or gzip, with or without `CompressedDataSize`, and where that is wrong
//!   (it once was a 32-bit number) only [`Image::check`](crate::Image::check) minds.
//! - `HeaderSize = -1` means that the samples are the last bytes of their file.
//! - `LIST`, `LIST n` and `name%03d.raw first last step` put the slices, or blocks of `n` axes, into
//!   files of their own.
//!
//! `AnatomicalOrientation`, `CenterOfRotation` and the intensity function change nothing, as in ITK.

mod data_files;
mod fields;
mod text;

use std::io::Read as _;

use crate::error::{Error, Problem};
use crate::files::FilePath;
use crate::header::{Format, Header};
use crate::image::Image;
use crate::limits::Limits;
use crate::samples::{ByteOrder, Element};
use crate::stream::StoredSamples;
use fields::Fields;
use text::TextSamples;

/// Bytes that most headers fit into.
const USUAL_HEADER: u64 = 16 << 10;

/// Whether a file starts with a field that headers start with.
pub(crate) fn looks_like_it(start: &[u8]) -> bool {
    let text = start.trim_ascii_start();
    [&b"ObjectType"[..], b"NDims", b"Comment", b"ObjectSubType"]
        .iter()
        .filter_map(|field| text.strip_prefix(*field))
        .any(|rest| matches!(rest.trim_ascii_start().first(), Some(b'=' | b':')))
}

/// Opens a header and finds its data.
pub(crate) fn open(path: &FilePath, limits: &Limits) -> Result<Image, Error> {
    let at = |problem: Problem| problem.at(path);
    let fields = read_fields(path, limits).map_err(at)?;
    let header = header(&fields).map_err(at)?;
    let (parts, text) = data_files::find(path, &fields, &header, limits)?;
    if text {
        return Ok(Image::new(path, limits, header, TextSamples { parts }));
    }
    let big = fields
        .flag(&["BinaryDataByteOrderMSB", "ElementByteOrderMSB"])
        .unwrap_or(false);
    let order = if big {
        ByteOrder::Big
    } else {
        ByteOrder::Little
    };
    let reader = StoredSamples { parts, order };
    Ok(Image::new(path, limits, header, reader))
}

/// Reads as much of a file as its header needs.
fn read_fields(path: &FilePath, limits: &Limits) -> Result<Fields, Problem> {
    let mut file = path.open()?;
    let mut bytes = Vec::new();
    let mut wanted = USUAL_HEADER;
    loop {
        let more = wanted - bytes.len() as u64;
        let ended = file.by_ref().take(more).read_to_end(&mut bytes)? < more as usize;
        match Fields::parse(&bytes, ended) {
            Some(fields) => return Ok(fields),
            None if ended => {
                return Err(Problem::malformed("the header has no ElementDataFile"));
            }
            None => limits.header(wanted + 1)?,
        }
        wanted = wanted
            .saturating_mul(4)
            .min(limits.header_bytes.max(wanted + 1));
    }
}

/// Size, type and place.
fn header(fields: &Fields) -> Result<Header, Problem> {
    if let Some(object) = fields.text(&["ObjectType"])
        && object != "Image"
    {
        return Err(Problem::unsupported(format!(
            "a MetaIO object of type {object:?}, not an image"
        )));
    }
    let axes = match fields.numbers::<usize>(&["NDims"], 1)?.as_deref() {
        Some([axes @ 1..=10]) => *axes,
        _ => return Err(Problem::malformed("NDims is missing or no number of axes")),
    };
    let size = fields
        .numbers::<u64>(&["DimSize"], axes)?
        .ok_or_else(|| Problem::malformed("there is no DimSize"))?;
    let channels = fields
        .numbers::<u32>(&["ElementNumberOfChannels"], 1)?
        .and_then(|channels| channels.first().copied())
        .unwrap_or(1);
    let element = element(fields.text(&["ElementType"]))?;
    let mut header = Header::new(Format::MetaImage, element, channels, size)?;
    let spacing = fields.numbers(&["ElementSpacing"], axes)?;
    if let Some(spacing) = match spacing {
        None => fields.numbers(&["ElementSize"], axes)?,
        there => there,
    } {
        header.spacing = spacing;
    }
    if let Some(origin) = fields.numbers(&["Offset", "Position", "Origin"], axes)? {
        header.origin = origin;
    }
    let matrix = ["TransformMatrix", "Orientation", "Rotation"];
    if let Some(matrix) = fields.numbers::<f64>(&matrix, axes * axes)? {
        // A row of the file is the direction of an axis, which is a column of the direction.
        header.direction = (0..axes * axes)
            .filter_map(|index| matrix.get(index % axes * axes + index / axes).copied())
            .collect();
    }
    let geometry = [&header.spacing, &header.origin, &header.direction];
    if geometry.into_iter().flatten().any(|n| !n.is_finite()) {
        return Err(Problem::malformed("the place in space is not finite"));
    }
    Ok(header)
}

fn element(name: Option<&str>) -> Result<Element, Problem> {
    let name = name.ok_or_else(|| Problem::malformed("there is no ElementType"))?;
    Ok(match name {
        "MET_UCHAR" => Element::U8,
        "MET_CHAR" | "MET_ASCII_CHAR" => Element::I8,
        "MET_USHORT" => Element::U16,
        "MET_SHORT" => Element::I16,
        "MET_UINT" | "MET_ULONG" => Element::U32,
        "MET_INT" | "MET_LONG" => Element::I32,
        "MET_ULONG_LONG" => Element::U64,
        "MET_LONG_LONG" => Element::I64,
        "MET_FLOAT" => Element::F32,
        "MET_DOUBLE" => Element::F64,
        other => return Err(Problem::unsupported(format!("ElementType {other:?}"))),
    })
}

#[cfg(test)]
mod tests;
