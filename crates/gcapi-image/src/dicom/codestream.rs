//! What compressed frames say of themselves, as far as decoders would act on it without a word.

use crate::error::Problem;

use super::attributes::Stored;

/// Fails if a compressed frame is not what the attributes say, in size or in colours: a decoder would
/// give a picture all the same.
pub(crate) fn agrees(frame: &[u8], stored: &Stored) -> Result<(), Problem> {
    let described = match frame {
        [0xff, 0xd8, ..] => jpeg(frame),
        [0xff, 0x4f, 0xff, 0x51, ..] => jpeg_2000(frame),
        // Run lengths have no header that says more than the attributes.
        _ => return Ok(()),
    }
    .ok_or_else(|| Problem::malformed("a compressed frame without a size"))?;
    let wanted = (stored.columns, stored.rows, stored.channels);
    if (described.columns, described.rows, described.channels) != wanted {
        return Err(Problem::malformed(format!(
            "a compressed frame of {}x{} with {} channels, where the attributes say {}x{} with {}",
            described.columns,
            described.rows,
            described.channels,
            stored.columns,
            stored.rows,
            stored.channels
        )));
    }
    if described.bits > stored.bits_allocated
        || (described.is_jpeg && (described.bits > 8) != (stored.bits_allocated > 8))
    {
        return Err(Problem::malformed(format!(
            "a compressed frame of {} bits in samples of {}",
            described.bits, stored.bits_allocated
        )));
    }
    if stored.channels == 1 {
        return Ok(());
    }
    // What the decoder turns into RGB, and what the attributes say is to be turned into it.
    let says_other_colours = stored.photometric != "RGB";
    if described.becomes_rgb == says_other_colours {
        Ok(())
    } else {
        Err(Problem::unsupported(format!(
            "colours said to be {}, which the compressed frame does not bear out",
            stored.photometric
        )))
    }
}

struct Described {
    columns: u64,
    rows: u64,
    channels: u32,
    bits: u32,
    is_jpeg: bool,
    /// Whether the decoder converts the colours.
    becomes_rgb: bool,
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(
        bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)),
    )
}

/// The SIZ and COD segments.
fn jpeg_2000(frame: &[u8]) -> Option<Described> {
    let size = |at: usize| number(frame, at, 4);
    let channels = number(frame, 40, 2)?;
    let mut position = 4 + number(frame, 4, 2)? as usize;
    let mut converts = None;
    while converts.is_none() {
        let marker = number(frame, position, 2)?;
        if marker == 0xff52 {
            converts = Some(*frame.get(position + 8)? == 1);
        } else if marker == 0xff90 {
            break;
        }
        position += 2 + number(frame, position + 2, 2)? as usize;
    }
    Some(Described {
        columns: size(8)?.checked_sub(size(16)?)?,
        rows: size(12)?.checked_sub(size(20)?)?,
        channels: u32::try_from(channels).ok()?,
        bits: u32::from(*frame.get(42)? & 0x7f) + 1,
        is_jpeg: false,
        becomes_rgb: converts?,
    })
}

/// The frame header, and the marker of Adobe that says which colours there are.
fn jpeg(frame: &[u8]) -> Option<Described> {
    let mut position = 2;
    let mut adobe = None;
    loop {
        // Any number of fill bytes may precede a marker.
        while frame.get(position..position + 2)? == [0xff, 0xff] {
            position += 1;
        }
        let marker = number(frame, position, 2)?;
        let length = number(frame, position + 2, 2)? as usize;
        let segment = frame.get(position + 4..position + 2 + length)?;
        match marker {
            0xffee if segment.starts_with(b"Adobe") => adobe = segment.get(11).copied(),
            0xffc0..=0xffcf if !matches!(marker, 0xffc4 | 0xffc8 | 0xffcc) => {
                let channels = *segment.get(5)?;
                let identifiers: Vec<u8> = segment.get(6..)?.iter().step_by(3).copied().collect();
                let is_lossless = matches!(marker, 0xffc3);
                return Some(Described {
                    columns: number(segment, 3, 2)?,
                    rows: number(segment, 1, 2)?,
                    channels: u32::from(channels),
                    bits: u32::from(*segment.first()?),
                    is_jpeg: true,
                    becomes_rgb: !is_lossless
                        && match adobe {
                            Some(transform) => transform != 0,
                            None => identifiers != *b"RGB",
                        },
                });
            }
            0xffda => return None,
            _ => {}
        }
        position += 2 + length;
    }
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
        }
    }

    fn frame(identifiers: &[u8], adobe: Option<u8>) -> Vec<u8> {
        let mut frame = vec![0xff, 0xd8];
        if let Some(transform) = adobe {
            frame.extend_from_slice(b"\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0");
            frame.push(transform);
        }
        let count = identifiers.len() as u8;
        frame.extend_from_slice(&[0xff, 0xc0, 0, 8 + 3 * count, 8, 0, 1, 0, 2, count]);
        for identifier in identifiers {
            frame.extend_from_slice(&[*identifier, 0x11, 0]);
        }
        frame
    }

    #[test]
    fn colours_that_a_decoder_would_guess_wrong_are_refused() {
        for (photometric, identifiers, adobe, agreed) in [
            ("YBR_FULL_422", [1, 2, 3], None, true),
            ("RGB", [1, 2, 3], None, false),
            ("RGB", *b"RGB", None, true),
            ("RGB", [1, 2, 3], Some(0), true),
            ("YBR_FULL", [1, 2, 3], Some(0), false),
            ("YBR_FULL", [1, 2, 3], Some(1), true),
        ] {
            let frame = frame(&identifiers, adobe);
            let found = agrees(&frame, &stored(photometric, 3));
            assert_eq!(
                found.is_ok(),
                agreed,
                "{photometric} {identifiers:?} {adobe:?}"
            );
        }
    }

    #[test]
    fn another_size_is_refused() {
        let grey = stored("MONOCHROME2", 1);
        agrees(&frame(&[1], None), &grey).unwrap();
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
            assert!(agrees(&frame(&[1], None), &other).is_err(), "{other:?}");
        }
        let whole = frame(&[1], Some(1));
        for length in 2..whole.len() {
            assert!(agrees(&whole[..length], &grey).is_err(), "{length}");
        }
    }
}
