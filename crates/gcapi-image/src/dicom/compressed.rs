//! Pixels that are compressed frame by frame.

use dicom_dictionary_std::uids;
use dicom_encoding::adapters::{PixelDataObject as _, PixelDataReader};
use dicom_encoding::transfer_syntax::{Codec, TransferSyntaxIndex as _};
use dicom_object::DefaultDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use jpeg_decoder::ColorTransform;

use super::attributes::Stored;
use super::codestream::{self, Coding, Colours};
use super::run_lengths;
use crate::error::Problem;
use crate::jpeg::Process;

/// A frame as little-endian samples, those of a pixel beside each other.
pub(crate) fn decode(
    object: &DefaultDicomObject,
    stored: &Stored,
    index: u32,
) -> Result<(Vec<u8>, Colours), Problem> {
    let uid = object.meta().transfer_syntax().trim_end_matches('\0');
    let decoder = decoder(uid)?;
    if !stored.bits_allocated.is_multiple_of(8) {
        return Err(Problem::unsupported(format!(
            "compressed samples of {} bits",
            stored.bits_allocated
        )));
    }
    let frame = object
        .frame_pixel_data(index)
        .ok_or_else(|| missing(object, index))?;
    if uid == uids::RLE_LOSSLESS {
        return Ok((run_lengths::decode(&frame, stored)?, stored.colours()?));
    }
    let (coding, colours) = codestream::agrees(&frame, stored)?;
    match (coding, decoder) {
        (Coding::Jpeg(Process::Lossy), _) => {
            let transform = match colours {
                Colours::Ybr => ColorTransform::YCbCr,
                Colours::AsShown if stored.channels == 1 => ColorTransform::Grayscale,
                Colours::AsShown => ColorTransform::RGB,
            };
            Ok((jpeg(&frame, stored, transform)?, Colours::AsShown))
        }
        (Coding::Jpeg(Process::Lossless), _) => {
            Ok((jpeg(&frame, stored, ColorTransform::None)?, colours))
        }
        (Coding::Jpeg(Process::JpegLs), _) => Ok((jpeg_ls(&frame, stored)?, colours)),
        (Coding::Jpeg2000, Some(decoder)) => {
            let mut samples = Vec::new();
            decoder
                .decode_frame(object, index, &mut samples)
                .map_err(|error| Problem::malformed(format!("JPEG 2000: {error}")))?;
            Ok((samples, colours))
        }
        (coding, _) => Err(Problem::malformed(format!(
            "a frame of {coding:?} in the transfer syntax {uid}"
        ))),
    }
}

/// Why a frame cannot be found.
fn missing(object: &DefaultDicomObject, index: u32) -> Problem {
    let fragments = object.number_of_fragments().unwrap_or(0);
    if fragments > object.number_of_frames().unwrap_or(1) {
        Problem::unsupported("several frames in more fragments, without a table of their offsets")
    } else {
        Problem::malformed(format!("frame {index} is not in the pixel data"))
    }
}

/// The decoder that the registry has for a transfer syntax; none where we have our own. Fails if there
/// is neither.
fn decoder(uid: &str) -> Result<Option<&'static dyn PixelDataReader>, Problem> {
    if matches!(
        uid,
        uids::RLE_LOSSLESS | uids::JPEGLS_LOSSLESS | uids::JPEGLS_NEAR_LOSSLESS
    ) {
        return Ok(None);
    }
    let syntax = TransferSyntaxRegistry
        .get(uid)
        .ok_or_else(|| Problem::unsupported(format!("the transfer syntax {uid}")))?;
    match syntax.codec() {
        Codec::EncapsulatedPixelData(Some(decoder), _) => Ok(Some(decoder.as_ref())),
        _ => Err(Problem::unsupported(format!(
            "pixels in the transfer syntax {} ({uid})",
            syntax.name()
        ))),
    }
}

fn jpeg(frame: &[u8], stored: &Stored, transform: ColorTransform) -> Result<Vec<u8>, Problem> {
    let mut decoder = jpeg_decoder::Decoder::new(frame);
    decoder.set_color_transform(transform);
    decoder.set_max_decoding_buffer_size(stored.frame_bytes() as usize);
    let samples = decoder.decode().map_err(|error| match error {
        jpeg_decoder::Error::Unsupported(what) => {
            Problem::unsupported(format!("JPEG with {what:?}"))
        }
        other => Problem::malformed(format!("JPEG: {other}")),
    })?;
    if cfg!(target_endian = "big") && stored.bits_allocated > 8 {
        let little = samples
            .chunks_exact(2)
            .flat_map(|sample| sample.iter().rev());
        return Ok(little.copied().collect());
    }
    Ok(samples)
}

fn jpeg_ls(frame: &[u8], stored: &Stored) -> Result<Vec<u8>, Problem> {
    if stored.channels > 1 {
        return Err(Problem::unsupported("JPEG-LS with colours"));
    }
    let (columns, rows) = (stored.columns as u32, stored.rows as u32);
    let (samples, _, _) = jpegls::decode(frame, columns, rows).map_err(|error| match error {
        jpegls::CodecError::Unsupported(what) => Problem::unsupported(format!("JPEG-LS: {what}")),
        other => Problem::malformed(format!("JPEG-LS: {other}")),
    })?;
    Ok(if stored.bits_allocated > 8 {
        samples.into_iter().flat_map(u16::to_le_bytes).collect()
    } else {
        samples.into_iter().map(|sample| sample as u8).collect()
    })
}
