//! What compressed frames say of themselves, as far as decoders would act on it without a word.

use super::attributes::Stored;
use crate::error::Problem;
use crate::jpeg::{self, FrameHeader, Process, Said, number};

/// What the samples of a frame are before they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colours {
    /// One channel, or red, green and blue: what the decoder gives is shown.
    AsShown,
    /// Luminance and two differences of colour, over the full range.
    Ybr,
}

/// Fails if a compressed frame is not what the attributes say, in size, in sign or in colours: a
/// decoder would give a picture all the same.
pub(crate) fn agrees(frame: &[u8], stored: &Stored) -> Result<(Coding, Colours), Problem> {
    let described = match unwrapped(frame) {
        frame @ [0xff, 0xd8, ..] => jpeg::frame_header(frame).map(Described::Jpeg),
        frame @ [0xff, 0x4f, 0xff, 0x51, ..] => jpeg_2000(frame).map(Described::Jpeg2000),
        _ => None,
    }
    .ok_or_else(|| Problem::malformed("a compressed frame without a size"))?;
    let size = described.size();
    let wanted = (stored.columns, stored.rows, stored.channels);
    if size != wanted {
        return Err(Problem::malformed(format!(
            "a compressed frame of {}x{} with {} channels, where the attributes say {}x{} with {}",
            size.0, size.1, size.2, wanted.0, wanted.1, wanted.2
        )));
    }
    described.fits(stored)?;
    let colours = if stored.channels == 1 {
        Some(Colours::AsShown)
    } else {
        described.colours(&stored.photometric)
    };
    let colours = colours.ok_or_else(|| {
        Problem::unsupported(format!(
            "colours said to be {}, which the compressed frame does not bear out",
            stored.photometric
        ))
    })?;
    Ok((described.coding(), colours))
}

/// What a frame is to be decoded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Jpeg(Process),
    Jpeg2000,
}

enum Described {
    Jpeg(FrameHeader),
    Jpeg2000(Codestream),
}

struct Codestream {
    columns: u64,
    rows: u64,
    channels: u32,
    bits: u32,
    is_signed: bool,
    /// The decoder turns three channels back into what they were, which is RGB.
    transforms: bool,
}

impl Described {
    fn coding(&self) -> Coding {
        match self {
            Self::Jpeg(header) => Coding::Jpeg(header.process),
            Self::Jpeg2000(_) => Coding::Jpeg2000,
        }
    }

    /// Columns, rows, channels.
    fn size(&self) -> (u64, u64, u32) {
        match self {
            Self::Jpeg(header) => (header.columns, header.rows, header.channels),
            Self::Jpeg2000(stream) => (stream.columns, stream.rows, stream.channels),
        }
    }

    /// Fails if the decoder would give other samples than the attributes say, or none.
    fn fits(&self, stored: &Stored) -> Result<(), Problem> {
        let (bits, fits) = match self {
            Self::Jpeg(header) => {
                header.is_decoded()?;
                // It gives samples as wide as they need be.
                (
                    header.bits,
                    (header.bits > 8) == (stored.bits_allocated > 8),
                )
            }
            Self::Jpeg2000(stream) => {
                stream.has_the_sign_of(stored)?;
                (stream.bits, true)
            }
        };
        if fits && bits <= stored.bits_allocated {
            return Ok(());
        }
        Err(Problem::malformed(format!(
            "a compressed frame of {bits} bits in samples of {}",
            stored.bits_allocated
        )))
    }

    /// What the samples are, where the frame and the attributes do not contradict each other.
    fn colours(&self, photometric: &str) -> Option<Colours> {
        let (said, is_transformed) = match self {
            Self::Jpeg(header) => (header.said, false),
            Self::Jpeg2000(stream) => (Said::Nothing, stream.transforms),
        };
        match (photometric, said, is_transformed) {
            ("RGB", Said::Rgb | Said::Nothing, _) | ("YBR_RCT" | "YBR_ICT", _, true) => {
                Some(Colours::AsShown)
            }
            ("YBR_FULL" | "YBR_FULL_422", Said::Ybr | Said::Nothing, false) => Some(Colours::Ybr),
            _ => None,
        }
    }
}

impl Codestream {
    /// Samples are read with the sign of the attributes, from their highest bit on. That is right
    /// whatever the frame says if it fills all of the bits, and for no others.
    fn has_the_sign_of(&self, stored: &Stored) -> Result<(), Problem> {
        if self.is_signed == stored.is_signed || self.bits == stored.bits_stored {
            Ok(())
        } else {
            Err(Problem::unsupported(format!(
                "samples of {} bits whose sign the compressed frame and the attributes call \
                 differently",
                self.bits
            )))
        }
    }
}

/// The codestream of a frame. Some writers put all of a JP2 file around it, which the standard forbids
/// and decoders take.
fn unwrapped(frame: &[u8]) -> &[u8] {
    let mut rest = frame;
    if !rest.starts_with(b"\0\0\0\x0cjP  ") {
        return frame;
    }
    while let Some((length, kind)) = number(rest, 0, 4).zip(rest.get(4..8)) {
        let after = match (kind, length) {
            (b"jp2c", 1) => return rest.get(16..).unwrap_or_default(),
            (b"jp2c", _) => return rest.get(8..).unwrap_or_default(),
            // A box to the end, or of eight bytes and more.
            (_, 8..) => rest.get(length as usize..),
            _ => None,
        };
        rest = after.unwrap_or_default();
    }
    &[]
}

/// The SIZ and COD segments.
fn jpeg_2000(frame: &[u8]) -> Option<Codestream> {
    let size = |at: usize| number(frame, at, 4);
    let channels = u32::try_from(number(frame, 40, 2)?).ok()?;
    let components = frame.get(42..42 + 3 * channels as usize)?;
    let (depth, _) = components.split_first()?;
    let is_uniform = components
        .chunks_exact(3)
        .all(|component| component == [*depth, 1, 1]);
    let mut position = 4 + number(frame, 4, 2)? as usize;
    let mut transforms = None;
    while transforms.is_none() {
        let marker = number(frame, position, 2)?;
        if marker == 0xff52 {
            transforms = Some(*frame.get(position + 8)? == 1);
        } else if marker == 0xff90 {
            break;
        }
        position += 2 + number(frame, position + 2, 2)? as usize;
    }
    Some(Codestream {
        columns: size(8)?.checked_sub(size(16)?)?,
        rows: size(12)?.checked_sub(size(20)?)?,
        // The decoder would not put coarser components or others beside each other.
        channels: if is_uniform { channels } else { 0 },
        bits: u32::from(depth & 0x7f) + 1,
        is_signed: depth & 0x80 != 0,
        transforms: transforms?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(photometric: &str, channels: u32) -> Stored {
        Stored {
            columns: 2,
            rows: 1,
            channels,
            bits_allocated: 8,
            bits_stored: 8,
            high_bit: 7,
            is_signed: false,
            is_planar: false,
            photometric: photometric.to_owned(),
            palette: None,
        }
    }

    fn frame(marker: u8, identifiers: &[u8], application: &[u8]) -> Vec<u8> {
        let count = identifiers.len() as u8;
        let mut frame = vec![0xff, 0xd8];
        frame.extend_from_slice(application);
        frame.extend_from_slice(&[0xff, marker, 0, 8 + 3 * count, 8, 0, 1, 0, 2, count]);
        for identifier in identifiers {
            frame.extend_from_slice(&[*identifier, 0x11, 0]);
        }
        frame
    }

    const JFIF: &[u8] = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
    const ADOBE_RGB: &[u8] = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\0";
    const ADOBE_YBR: &[u8] = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x01";

    #[test]
    fn colours_are_what_frame_and_attributes_agree_upon() {
        use Colours::{AsShown, Ybr};
        const LOSSY: u8 = 0xc0;
        const LOSSLESS: u8 = 0xc3;
        for (photometric, marker, identifiers, application, agreed) in [
            ("YBR_FULL_422", LOSSY, [1, 2, 3], &b""[..], Some(Ybr)),
            ("YBR_FULL", LOSSY, [0, 1, 2], JFIF, Some(Ybr)),
            ("YBR_FULL", LOSSY, [1, 2, 3], ADOBE_YBR, Some(Ybr)),
            ("YBR_FULL", LOSSY, [1, 2, 3], ADOBE_RGB, None),
            ("YBR_FULL", LOSSY, *b"RGB", b"", None),
            ("YBR_ICT", LOSSY, [1, 2, 3], b"", None),
            ("RGB", LOSSY, [1, 2, 3], b"", None),
            ("RGB", LOSSY, [0, 1, 2], JFIF, None),
            ("RGB", LOSSY, *b"RGB", b"", Some(AsShown)),
            // Its identifiers are those of others with differences of colour.
            ("RGB", LOSSY, [1, 2, 3], ADOBE_RGB, Some(AsShown)),
            // Nobody but the attributes says anything.
            ("RGB", LOSSY, [0, 1, 2], b"", Some(AsShown)),
            ("RGB", LOSSLESS, [1, 2, 3], b"", Some(AsShown)),
            ("YBR_FULL", LOSSLESS, [1, 2, 3], b"", Some(Ybr)),
            ("YBR_FULL", LOSSLESS, [1, 2, 3], ADOBE_RGB, Some(Ybr)),
            ("RGB", LOSSLESS, [1, 2, 3], ADOBE_YBR, None),
        ] {
            let frame = frame(marker, &identifiers, application);
            let found = agrees(&frame, &stored(photometric, 3)).map(|(_, colours)| colours);
            assert_eq!(
                found.ok(),
                agreed,
                "{photometric} {marker:x} {identifiers:?}"
            );
        }
    }

    #[test]
    fn another_size_is_refused() {
        let grey = stored("MONOCHROME2", 1);
        let whole = frame(0xc0, &[1], ADOBE_YBR);
        agrees(&whole, &grey).unwrap();
        for other in [
            Stored {
                columns: 3,
                ..grey.clone()
            },
            Stored {
                rows: 2,
                ..grey.clone()
            },
            Stored {
                channels: 3,
                ..grey.clone()
            },
            Stored {
                bits_allocated: 16,
                ..grey.clone()
            },
        ] {
            assert!(agrees(&whole, &other).is_err(), "{other:?}");
        }
        for length in 0..whole.len() {
            assert!(agrees(&whole[..length], &grey).is_err(), "{length}");
        }
    }

    #[test]
    fn processes_without_a_decoder_are_not_called_damaged() {
        let grey = Stored {
            bits_allocated: 16,
            ..stored("MONOCHROME2", 1)
        };
        let mut twelve = frame(0xc1, &[1], b"");
        twelve[6] = 12;
        let arithmetic = frame(0xc9, &[1], b"");
        for frame in [twelve, arithmetic] {
            let problem = agrees(&frame, &grey).unwrap_err();
            assert!(matches!(problem, Problem::Unsupported(_)), "{problem}");
        }
    }

    /// 2 x 1 samples of eight bits, one component or three.
    fn jpeg_2000_frame(depth: u8, components: u8, step: u8, transforms: u8) -> Vec<u8> {
        let mut frame = b"\xff\x4f\xff\x51".to_vec();
        frame.extend_from_slice(&[0, 38 + 3 * components, 0, 0]);
        for number in [2_u32, 1, 0, 0, 2, 1, 0, 0] {
            frame.extend_from_slice(&number.to_be_bytes());
        }
        frame.extend_from_slice(&[0, components]);
        for component in 0..components {
            let step = if component == 0 { 1 } else { step };
            frame.extend_from_slice(&[depth, step, 1]);
        }
        frame.extend_from_slice(&[0xff, 0x52, 0, 12, 0, 0, 0, 1, transforms, 0, 4, 4, 0, 1]);
        frame
    }

    #[test]
    fn jpeg_2000_says_whether_it_was_transformed() {
        use Colours::{AsShown, Ybr};
        for (photometric, transforms, agreed) in [
            ("YBR_RCT", 1, Some(AsShown)),
            ("YBR_ICT", 1, Some(AsShown)),
            ("RGB", 1, Some(AsShown)),
            ("RGB", 0, Some(AsShown)),
            ("YBR_FULL", 0, Some(Ybr)),
            ("YBR_RCT", 0, None),
            ("YBR_FULL", 1, None),
        ] {
            let frame = jpeg_2000_frame(7, 3, 1, transforms);
            let found = agrees(&frame, &stored(photometric, 3)).map(|(_, colours)| colours);
            assert_eq!(found.ok(), agreed, "{photometric} {transforms}");
        }
        // Every second column has no colours of its own.
        let coarser = jpeg_2000_frame(7, 3, 2, 0);
        assert!(agrees(&coarser, &stored("RGB", 3)).is_err());
    }

    #[test]
    fn a_frame_may_be_a_file_of_its_own() {
        let codestream = jpeg_2000_frame(7, 1, 1, 0);
        let mut file = b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x0aftyp12".to_vec();
        file.extend_from_slice(b"\0\0\0\0jp2c");
        file.extend_from_slice(&codestream);
        agrees(&file, &stored("MONOCHROME2", 1)).unwrap();
        for length in 0..file.len() - 14 {
            assert!(agrees(&file[..length], &stored("MONOCHROME2", 1)).is_err());
        }
        // A box that has no length would be looked at for ever.
        file[15] = 0;
        assert!(agrees(&file, &stored("MONOCHROME2", 1)).is_err());
    }

    #[test]
    fn a_sign_that_only_one_of_them_knows_of_needs_all_bits() {
        let signed = Stored {
            is_signed: true,
            ..stored("MONOCHROME2", 1)
        };
        agrees(&jpeg_2000_frame(7, 1, 1, 0), &signed).unwrap();
        agrees(&jpeg_2000_frame(0x86, 1, 1, 0), &signed).unwrap();
        for (depth, stored) in [(6, signed), (0x86, stored("MONOCHROME2", 1))] {
            let problem = agrees(&jpeg_2000_frame(depth, 1, 1, 0), &stored).unwrap_err();
            assert!(matches!(problem, Problem::Unsupported(_)), "{problem}");
        }
    }
}
