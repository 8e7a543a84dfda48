//! From pixels of a file to the fewer pixels of a tile.

use gcapi_image::{Picture, Samples};

/// The pixels along one side of a tile, and those of the file they are made of.
pub(super) struct Axis {
    from: u64,
    count: u64,
    /// Pixels of the level of the tile.
    of: u64,
    /// Pixels of the level of the file.
    source: u64,
    pub(super) first: u64,
    end: u64,
}

impl Axis {
    pub(super) fn new(from: u64, count: u64, of: u64, source: u64) -> Self {
        let mut axis = Self {
            from,
            count,
            of,
            source,
            first: 0,
            end: 0,
        };
        axis.first = axis.span(0).0;
        axis.end = axis.span(count.saturating_sub(1)).1;
        axis
    }

    pub(super) fn read(&self) -> u64 {
        self.end - self.first
    }

    /// The pixels of the file that a pixel of the tile is the mean of: at least one.
    fn span(&self, index: u64) -> (u64, u64) {
        let at = |position: u64| {
            (u128::from(position) * u128::from(self.source) / u128::from(self.of.max(1))) as u64
        };
        let start = at(self.from + index).min(self.source.saturating_sub(1));
        (
            start,
            at(self.from + index + 1).clamp(start + 1, self.source),
        )
    }
}

/// Makes a region of 8 bits smaller. Transparent pixels are on white, as slides are.
pub(super) fn colours(bytes: &[u8], channels: usize, across: &Axis, down: &Axis) -> Picture {
    let drawn = if channels == 1 { 1 } else { 3 };
    let stride = across.read() as usize * channels;
    let mut pixels = Vec::with_capacity((across.count * down.count) as usize * drawn);
    for row in 0..down.count {
        let (upper, lower) = down.span(row);
        for column in 0..across.count {
            let (left, right) = across.span(column);
            let mut sums = [0_u64; 3];
            let mut count = 0;
            for y in upper - down.first..lower - down.first {
                let start = y as usize * stride + (left - across.first) as usize * channels;
                let length = (right - left) as usize * channels;
                let line = bytes.get(start..start + length).unwrap_or_default();
                for pixel in line.chunks_exact(channels) {
                    let alpha = u64::from(pixel.get(3).copied().unwrap_or(255));
                    for (sum, sample) in sums.iter_mut().zip(pixel) {
                        *sum += (u64::from(*sample) * alpha + 255 * (255 - alpha)) / 255;
                    }
                    count += 1;
                }
            }
            let means = sums.map(|sum| (sum / count.max(1)) as u8);
            pixels.extend(means.iter().take(drawn));
        }
    }
    Picture {
        width: across.count as u32,
        height: down.count as u32,
        channels: drawn as u8,
        pixels,
    }
}

/// Takes one label of those that make a pixel: the mean of two would be a third.
pub(super) fn labels(bytes: &[u8], across: &Axis, down: &Axis) -> Picture {
    let middle = |(start, end): (u64, u64)| (start + end) / 2;
    let mut pixels = Vec::with_capacity((across.count * down.count) as usize);
    for row in 0..down.count {
        let start = (middle(down.span(row)) - down.first) * across.read();
        for column in 0..across.count {
            let index = start + middle(across.span(column)) - across.first;
            pixels.push(bytes.get(index as usize).copied().unwrap_or(0));
        }
    }
    Picture {
        width: across.count as u32,
        height: down.count as u32,
        channels: 1,
        pixels,
    }
}

/// Makes a part of a slice smaller, and draws it from black to white, which is the lesser one where
/// the picture is stored as a negative. Samples that are no numbers are black.
pub(super) fn grey(
    samples: &Samples,
    width: u64,
    window: (f64, f64),
    across: &Axis,
    down: &Axis,
) -> Picture {
    let scale = 255.0 / (window.1 - window.0);
    let mut pixels = Vec::with_capacity((across.count * down.count) as usize);
    for row in 0..down.count {
        let (upper, lower) = down.span(row);
        for column in 0..across.count {
            let (left, right) = across.span(column);
            let (mut sum, mut count) = (0.0, 0_u64);
            for y in upper..lower {
                for index in y * width + left..y * width + right {
                    let value = samples.get(index as usize).unwrap_or(f64::NAN);
                    if value.is_finite() {
                        sum += value;
                        count += 1;
                    }
                }
            }
            let mean = if count == 0 {
                window.0
            } else {
                sum / count as f64
            };
            // A conversion from floating point keeps to the bounds of the type.
            pixels.push(((mean - window.0) * scale).round() as u8);
        }
    }
    Picture {
        width: across.count as u32,
        height: down.count as u32,
        channels: 1,
        pixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_taken_and_not_mixed() {
        let (across, down) = (Axis::new(0, 2, 2, 4), Axis::new(0, 1, 1, 2));
        let picture = labels(&[1, 1, 9, 9, 1, 7, 9, 3], &across, &down);
        assert_eq!((picture.width, picture.height), (2, 1));
        assert_eq!(picture.pixels, [7, 3]);
    }

    #[test]
    fn grey_goes_from_black_to_white_and_leaves_out_what_is_no_number() {
        let samples = Samples::F32(vec![-1.0, 0.0, f32::NAN, 2.0, 5.0, f32::INFINITY]);
        let (across, down) = (Axis::new(0, 3, 3, 3), Axis::new(0, 2, 2, 2));
        let picture = grey(&samples, 3, (0.0, 4.0), &across, &down);
        assert_eq!(picture.pixels, [0, 0, 0, 128, 255, 0]);
        let negative = grey(&samples, 3, (4.0, 0.0), &across, &down);
        assert_eq!(negative.pixels, [255, 255, 0, 128, 0, 0]);
        // The right column of a picture that is half as large, as a tile of its own.
        let (across, down) = (Axis::new(1, 1, 2, 3), Axis::new(0, 1, 1, 2));
        let small = grey(&samples, 3, (0.0, 4.0), &across, &down);
        assert_eq!((small.width, small.height, small.pixels), (1, 1, vec![159]));
    }
}
