//! How deep the sequences of an instance are, and how long its values say they are.

use std::io::{BufReader, Read as _, Seek as _, SeekFrom};

use dicom_core::header::Length;
use dicom_dictionary_std::tags;
use dicom_encoding::transfer_syntax::TransferSyntaxIndex as _;
use dicom_object::FileMetaTable;
use dicom_parser::dataset::LazyDataToken;
use dicom_parser::dataset::lazy_read::LazyDataSetReader;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use crate::error::Problem;
use crate::files::FilePath;
use crate::limits::Limits;

/// Sequences within sequences: more than any object of the standard has.
const DEEPEST: u32 = 64;

/// Bytes before the magic ones.
const PREAMBLE: u64 = 128;

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

/// Walks over an instance to what follows its pixels, without reading a value.
///
/// Fails for sequences so deep that building them, which recurs, would overflow the stack, which no
/// guard catches; and for values longer than the file, for which the reader would take memory before it
/// finds that they end. Whatever else is wrong is left to the reader, which stops at the same place.
pub(crate) fn is_bearable(path: &FilePath, limits: &Limits) -> Result<(), Problem> {
    let mut file = BufReader::new(path.open()?);
    let length = file.get_ref().length();
    file.seek(SeekFrom::Start(PREAMBLE))?;
    let mut start = Vec::new();
    file.by_ref().take(LONGEST_META).read_to_end(&mut start)?;
    meta_group(&start)?;
    file.seek(SeekFrom::Start(PREAMBLE))?;
    let Ok(meta) = FileMetaTable::from_reader(&mut file) else {
        return Ok(());
    };
    let Some(syntax) = TransferSyntaxRegistry.get(meta.transfer_syntax()) else {
        return Ok(());
    };
    let Ok(mut tokens) = LazyDataSetReader::new_with_ts(file, syntax) else {
        return Ok(());
    };
    let mut depth = 0_u32;
    while let Some(Ok(token)) = tokens.advance() {
        let mut is_last = false;
        match &token {
            LazyDataToken::SequenceStart { .. } | LazyDataToken::PixelSequenceStart => depth += 1,
            LazyDataToken::SequenceEnd => depth = depth.saturating_sub(1),
            LazyDataToken::LazyValue { header, .. } => {
                let is_header = header.tag < tags::PIXEL_DATA;
                // The reader goes on behind the pixels, until a tag tells it that it is behind them.
                is_last = depth == 0 && header.tag > tags::PIXEL_DATA;
                let bytes = u64::from(header.len.0);
                if header.len == Length::UNDEFINED || bytes > length {
                    return Err(Problem::Truncated {
                        wanted: bytes,
                        found: length,
                    });
                }
                if is_header {
                    limits.header(bytes)?;
                }
            }
            LazyDataToken::LazyItemValue { len, .. } if u64::from(*len) > length => {
                return Err(Problem::Truncated {
                    wanted: u64::from(*len),
                    found: length,
                });
            }
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
