//! Pixels as run lengths. Standard: DICOM PS3.5 annex G.

use crate::error::Problem;

use super::attributes::Stored;

/// Bytes of the table at the start of a frame: how many segments there are, and where they start.
const HEADER: usize = 64;

/// Decodes a frame: little-endian samples, those of a pixel beside each other.
pub(crate) fn decode(frame: &[u8], stored: &Stored) -> Result<Vec<u8>, Problem> {
    let width = stored.bits_allocated.div_ceil(8) as usize;
    let channels = stored.channels as usize;
    let pixels = stored.pixels() as usize;
    let starts = segments(frame)?;
    if starts.len() != width * channels {
        return Err(Problem::malformed(format!(
            "{} segments of run lengths, where {} are needed",
            starts.len(),
            width * channels
        )));
    }
    // Two bytes stand for 128 at most.
    let possible = frame.len().saturating_mul(64);
    let wanted = pixels.saturating_mul(starts.len());
    if possible < wanted {
        return Err(Problem::Truncated {
            wanted: wanted as u64,
            found: possible as u64,
        });
    }
    let mut samples = vec![0; wanted];
    let ends = starts.iter().skip(1).copied().chain([frame.len()]);
    for (number, (start, end)) in starts.iter().zip(ends).enumerate() {
        let segment = frame
            .get(*start..end)
            .ok_or_else(|| Problem::malformed("run lengths outside of their frame"))?;
        // The most significant byte of a sample has the first segment.
        let place = number / width * width + (width - 1 - number % width);
        let places = samples.iter_mut().skip(place).step_by(starts.len());
        let found = expand(segment, places);
        if found < pixels {
            return Err(Problem::Truncated {
                wanted: pixels as u64,
                found: found as u64,
            });
        }
    }
    Ok(samples)
}

/// Where the segments start.
fn segments(frame: &[u8]) -> Result<Vec<usize>, Problem> {
    let mut numbers = frame
        .get(..HEADER)
        .unwrap_or_default()
        .chunks_exact(4)
        .filter_map(|bytes| bytes.first_chunk().copied().map(u32::from_le_bytes));
    let count = numbers.next().unwrap_or(0) as usize;
    if (1..HEADER / 4).contains(&count) {
        Ok(numbers.take(count).map(|start| start as usize).collect())
    } else {
        Err(Problem::malformed(format!(
            "a frame with {count} segments of run lengths"
        )))
    }
}

/// Expands one segment and gives the number of bytes that were placed.
fn expand<'a>(mut segment: &[u8], mut places: impl Iterator<Item = &'a mut u8>) -> usize {
    let mut found = 0;
    while let [length, rest @ ..] = segment {
        let (run, after): (&mut dyn Iterator<Item = u8>, _) = match *length {
            literal @ 0..=127 => {
                let count = rest.len().min(usize::from(literal) + 1);
                let (bytes, after) = rest.split_at(count);
                (&mut bytes.iter().copied(), after)
            }
            // Nothing, for alignment.
            128 => (&mut std::iter::empty(), rest),
            repeated => match rest {
                [byte, after @ ..] => {
                    let count = 257 - usize::from(repeated);
                    (&mut std::iter::repeat_n(*byte, count), after)
                }
                [] => return found,
            },
        };
        for byte in run {
            // What is beyond the last pixel fills the segment up.
            let Some(place) = places.next() else {
                return found;
            };
            *place = byte;
            found += 1;
        }
        segment = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(channels: u32, bits_allocated: u32) -> Stored {
        Stored {
            columns: 3,
            rows: 1,
            channels,
            bits_allocated,
            bits_stored: bits_allocated,
            high_bit: bits_allocated - 1,
            is_signed: false,
            is_planar: false,
            photometric: String::new(),
            palette: None,
        }
    }

    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut header = vec![segments.len() as u32];
        let mut start = HEADER as u32;
        for segment in segments {
            header.push(start);
            start += segment.len() as u32;
        }
        header.resize(HEADER / 4, 0);
        let header = header.iter().flat_map(|number| number.to_le_bytes());
        header.chain(segments.concat()).collect()
    }

    #[test]
    fn bytes_of_samples_and_channels_are_put_together() {
        let wide = frame(&[&[254, 1], &[2, 7, 8, 9]]);
        let expected = [7, 1, 8, 1, 9, 1];
        assert_eq!(decode(&wide, &stored(1, 16)).unwrap(), expected);
        // Runs go over what is aligned, and end with the last pixel.
        let colours = frame(&[&[0, 1, 128, 1, 2, 3], &[254, 5], &[253, 6]]);
        let expected = [1, 5, 6, 2, 5, 6, 3, 5, 6];
        assert_eq!(decode(&colours, &stored(3, 8)).unwrap(), expected);
    }

    #[test]
    fn segments_that_lie_are_refused() {
        let whole = frame(&[&[254, 1], &[2, 7, 8, 9]]);
        for length in 0..whole.len() {
            assert!(
                decode(&whole[..length], &stored(1, 16)).is_err(),
                "{length}"
            );
        }
        assert!(decode(&whole, &stored(1, 8)).is_err());
        for (at, byte) in [(0, 0), (0, 16), (4, 80), (8, 200), (11, 255)] {
            let mut frame = whole.clone();
            frame[at] = byte;
            assert!(decode(&frame, &stored(1, 16)).is_err(), "{at}");
        }
        let mut huge = stored(1, 16);
        (huge.columns, huge.rows) = (65_535, 65_535);
        assert!(decode(&whole, &huge).is_err());
    }
}
