//! How deep the sequences of an instance are.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use dicom_dictionary_std::tags;
use dicom_encoding::transfer_syntax::TransferSyntaxIndex as _;
use dicom_object::FileMetaTable;
use dicom_parser::dataset::{DataSetReader, DataToken};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use crate::error::Problem;
use crate::limits::Limits;

/// Sequences within sequences: more than any object of the standard has.
const DEEPEST: u32 = 64;

/// Bytes before the magic ones.
const PREAMBLE: u64 = 128;

/// Fails for sequences so deep that building them, which recurs, would overflow the stack: no guard
/// catches that. Whatever else is wrong is left to the reader, which stops at the same place.
pub(crate) fn is_bearable(path: &Path, limits: &Limits) -> Result<(), Problem> {
    let mut file = BufReader::new(File::open(path)?).take(limits.header_bytes);
    std::io::copy(&mut file.by_ref().take(PREAMBLE), &mut std::io::sink())?;
    let Ok(meta) = FileMetaTable::from_reader(&mut file) else {
        return Ok(());
    };
    let Some(syntax) = TransferSyntaxRegistry.get(meta.transfer_syntax()) else {
        return Ok(());
    };
    let Ok(tokens) = DataSetReader::new_with_ts(file, syntax) else {
        return Ok(());
    };
    let mut depth = 0_u32;
    for token in tokens {
        match token {
            Ok(DataToken::ElementHeader(header))
                if depth == 0 && header.tag >= tags::PIXEL_DATA =>
            {
                break;
            }
            Ok(DataToken::PixelSequenceStart) if depth == 0 => break,
            Ok(DataToken::SequenceStart { .. } | DataToken::PixelSequenceStart) => depth += 1,
            Ok(DataToken::SequenceEnd) => depth = depth.saturating_sub(1),
            Ok(_) => {}
            Err(_) => break,
        }
        if depth > DEEPEST {
            return Err(Problem::malformed(format!(
                "its sequences are more than {DEEPEST} deep"
            )));
        }
    }
    Ok(())
}
