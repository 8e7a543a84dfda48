//! How deep the sequences of an instance are, and how long its values say they are.

use std::io::{BufReader, Read, Seek, SeekFrom};

use dicom_core::{DataElementHeader, VR};
use dicom_dictionary_std::tags;
use dicom_encoding::transfer_syntax::TransferSyntaxIndex as _;
use dicom_object::FileMetaTable;
use dicom_parser::dataset::LazyDataToken;
use dicom_parser::dataset::lazy_read::LazyDataSetReader;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::reasons;
use super::source::{Extent, PREAMBLE, Source};
use crate::error::Problem;
use crate::limits::Limits;

/// Sequences within sequences: more than any object of the standard has.
const DEEPEST: u32 = 64;

/// Bytes of the meta group, with the magic ones: more than any that was seen.
const LONGEST_META: u64 = 64 << 10;

/// Fails if an element of the meta group, or the group, is longer than it can be. The group is always
/// written with explicit types and the least significant byte first.
fn meta_group(bytes: &[u8]) -> Result<(), Problem> {
    let wrong = || {
        Problem::malformed(
            "its meta group is longer than it says or than the file, or of other types",
        )
    };
    let short = |at: usize| {
        let bytes = bytes.get(at..)?.first_chunk::<2>()?;
        Some(u16::from_le_bytes(*bytes))
    };
    let long = |at: usize| {
        let bytes = bytes.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*bytes))
    };
    if !bytes.starts_with(b"DICM") {
        // There is no meta group, and the reader says so.
        return Ok(());
    }
    // Behind the magic bytes: the length of the rest, in an element of twelve bytes.
    let said = long(12).ok_or_else(wrong)? as usize;
    let mut at = 16_usize;
    while short(at) == Some(2) {
        // The types that elements of this group have; of others the reader might think otherwise.
        let (start, length) = match bytes.get(at + 4..at + 6) {
            Some(b"OB" | b"UR" | b"UN") => (at + 12, long(at + 8)),
            Some(b"UI" | b"SH" | b"AE" | b"UL" | b"LO" | b"CS") => {
                (at + 8, short(at + 6).map(u32::from))
            }
            _ => return Err(wrong()),
        };
        at = start.saturating_add(length.ok_or_else(wrong)? as usize);
        if at > bytes.len() {
            return Err(wrong());
        }
    }
    if said > at - 16 { Err(wrong()) } else { Ok(()) }
}

/// Fails if the meta group of an instance would have its reader take memory for nothing.
pub(crate) fn meta_group_is_bearable(instance: &mut (impl Read + Seek)) -> Result<(), Problem> {
    instance.seek(SeekFrom::Start(PREAMBLE))?;
    let mut start = Vec::new();
    instance.take(LONGEST_META).read_to_end(&mut start)?;
    meta_group(&start)
}

/// Fails for half a number at the end of a value. The reader would leave it, and take it for the start of
/// the next element: it would find others than were seen here.
fn is_whole(header: &DataElementHeader) -> Result<(), Problem> {
    let number = match header.vr {
        VR::OW | VR::SS | VR::US => 2,
        VR::AT | VR::FL | VR::OF | VR::OL | VR::SL | VR::UL => 4,
        VR::FD | VR::OD | VR::OV | VR::SV | VR::UV => 8,
        _ => 1,
    };
    if header.len.0.is_multiple_of(number) {
        Ok(())
    } else {
        Err(Problem::malformed(format!(
            "the value of {} has {} bytes, though its numbers have {number} each",
            header.tag, header.len.0
        )))
    }
}

/// Walks over an instance to what follows its pixels, without reading a value, and back to its start.
///
/// Fails for sequences so deep that building them, which recurs, would overflow the stack, which no
/// guard catches; and for values longer than the file, for which the reader would take memory before it
/// finds that they end. Whatever else is wrong is left to the reader, which stops at the same place.
pub(crate) fn is_bearable(
    source: &mut Source,
    extent: Extent,
    limits: &Limits,
) -> Result<(), Problem> {
    source.seek(SeekFrom::Start(PREAMBLE))?;
    walk(BufReader::new(&mut *source), extent, limits)?;
    source.rewind()?;
    Ok(())
}

fn walk(mut instance: impl Read + Seek, extent: Extent, limits: &Limits) -> Result<(), Problem> {
    let Ok(meta) = FileMetaTable::from_reader(&mut instance) else {
        return Ok(());
    };
    let Some(syntax) = TransferSyntaxRegistry.get(meta.transfer_syntax()) else {
        return Ok(());
    };
    let Ok(mut tokens) = LazyDataSetReader::new_with_ts(instance, syntax) else {
        return Ok(());
    };
    let mut depth = 0_u32;
    // The outermost sequence, if it is private and has no length.
    let mut private = None;
    while let Some(token) = tokens.advance() {
        let token = token.map_err(|error| Problem::malformed(reasons(&error)))?;
        let mut is_last = false;
        match &token {
            LazyDataToken::SequenceStart { tag, len } => {
                if depth == 0 {
                    private = (len.is_undefined() && tag.group() % 2 == 1).then_some(*tag);
                }
                depth += 1;
            }
            LazyDataToken::PixelSequenceStart => depth += 1,
            LazyDataToken::SequenceEnd => depth = depth.saturating_sub(1),
            LazyDataToken::LazyValue { header, .. } => {
                let is_header = depth > 0 || header.tag < tags::PIXEL_DATA;
                // The reader goes on behind the pixels, until a tag tells it that it is behind them.
                is_last = depth == 0 && header.tag > tags::PIXEL_DATA;
                let bytes = u64::from(header.len.0);
                if header.len.is_undefined() {
                    return Err(Problem::malformed(format!(
                        "the value of {} has no length",
                        header.tag
                    )));
                }
                if !is_header && extent == Extent::Beginning {
                    // What is there is read up to the pixels only.
                    break;
                }
                extent.holds(bytes).map_err(|problem| match private {
                    // The parser takes the types in it for explicit ones, which they are not.
                    Some(tag) if depth > 0 => Problem::unsupported(format!(
                        "the private sequence {tag}, whose type is not known"
                    )),
                    _ => problem,
                })?;
                if is_header {
                    limits.header(bytes)?;
                }
                if !is_last {
                    is_whole(header)?;
                }
            }
            LazyDataToken::LazyItemValue { len, .. } => extent.holds(u64::from(*len))?,
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Problem::malformed(format!(
                "its sequences are more than {DEEPEST} deep"
            )));
        }
        if is_last || token.skip().is_err() {
            break;
        }
    }
    Ok(())
}
