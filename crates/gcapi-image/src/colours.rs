//! Colours as luminance and two differences, and as red, green and blue.
//!
//! Standards: DICOM PS3.3 C.7.6.3.1.2 and JFIF, whose numbers are those of ITU-R BT.601 over the full
//! range.

/// Turns luminance and its two differences into red, green and blue, in place, pixel by pixel.
pub(crate) fn into_rgb(samples: &mut [u8]) {
    for pixel in samples.as_chunks_mut::<3>().0 {
        *pixel = rgb(*pixel);
    }
}

/// Gives each of two pixels beside each other the differences that they share: two luminances and two
/// differences become twice three bytes.
pub(crate) fn unshared(samples: &[u8]) -> Vec<u8> {
    samples
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[left, right, blue, red]| [*left, *blue, *red, *right, *blue, *red])
        .collect()
}

fn rgb([y, blue, red]: [u8; 3]) -> [u8; 3] {
    let (y, blue, red) = (
        f32::from(y),
        f32::from(blue) - 128.0,
        f32::from(red) - 128.0,
    );
    // A conversion from floating point cuts, and keeps to the bounds of the type. `round` is a call of a
    // function for each sample, and gives the same for every colour there is.
    let rounded = |value: f32| (value + 0.5) as u8;
    [
        rounded(y + 1.402 * red),
        rounded(y - 0.344_136 * blue - 0.714_136 * red),
        rounded(y + 1.772 * blue),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_converted_within_their_bounds() {
        for (stored, expected) in [
            ([0, 128, 128], [0, 0, 0]),
            ([77, 128, 128], [77, 77, 77]),
            ([255, 128, 128], [255, 255, 255]),
            ([76, 85, 255], [254, 0, 0]),
            ([255, 255, 255], [255, 121, 255]),
        ] {
            let mut samples = stored;
            into_rgb(&mut samples);
            assert_eq!(samples, expected, "{stored:?}");
        }
    }

    #[test]
    fn pairs_of_pixels_share_their_differences() {
        let samples = [1, 2, 3, 4, 5, 6, 7, 8];
        assert_eq!(unshared(&samples), [1, 3, 4, 2, 3, 4, 5, 7, 8, 6, 7, 8]);
    }
}
