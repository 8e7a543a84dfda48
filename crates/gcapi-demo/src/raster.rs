//! A picture or volume as plain numbers, before any format: what the writers
//! encode and what the readers of other projects have to find again.

use crate::geometry::Geometry;

/// What one channel of one voxel is stored as, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// Labels and colours.
    Uint8,
    /// Hounsfield units.
    Int16,
    /// Magnetic resonance signal, arbitrary units.
    Uint16,
    /// Likelihoods.
    Float32,
}

impl Element {
    /// The name NumPy has for it.
    #[must_use]
    pub fn numpy_name(self) -> &'static str {
        match self {
            Self::Uint8 => "uint8",
            Self::Int16 => "int16",
            Self::Uint16 => "uint16",
            Self::Float32 => "float32",
        }
    }

    /// The name MetaImage has for it.
    #[must_use]
    pub fn metaimage_name(self) -> &'static str {
        match self {
            Self::Uint8 => "MET_UCHAR",
            Self::Int16 => "MET_SHORT",
            Self::Uint16 => "MET_USHORT",
            Self::Float32 => "MET_FLOAT",
        }
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Uint8 => 1,
            Self::Int16 | Self::Uint16 => 2,
            Self::Float32 => 4,
        }
    }
}

/// A volume with its place in the patient. The bytes are little-endian, with
/// the columns (x) running fastest, then the rows (y), then the slices (z):
/// NumPy's C order for an array of shape (depth, height, width).
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// Shape, spacing, origin and direction.
    pub geometry: Geometry,
    /// What one voxel is.
    pub element: Element,
    /// The voxels.
    pub bytes: Vec<u8>,
}

impl Volume {
    /// A volume of Hounsfield units.
    #[must_use]
    pub fn from_i16(geometry: Geometry, voxels: &[i16]) -> Self {
        let bytes = voxels
            .iter()
            .flat_map(|voxel| voxel.to_le_bytes())
            .collect();
        Self {
            geometry,
            element: Element::Int16,
            bytes,
        }
    }

    /// A volume of signal intensities.
    #[must_use]
    pub fn from_u16(geometry: Geometry, voxels: &[u16]) -> Self {
        let bytes = voxels
            .iter()
            .flat_map(|voxel| voxel.to_le_bytes())
            .collect();
        Self {
            geometry,
            element: Element::Uint16,
            bytes,
        }
    }

    /// A volume of likelihoods.
    #[must_use]
    pub fn from_f32(geometry: Geometry, voxels: &[f32]) -> Self {
        let bytes = voxels
            .iter()
            .flat_map(|voxel| voxel.to_le_bytes())
            .collect();
        Self {
            geometry,
            element: Element::Float32,
            bytes,
        }
    }

    /// A volume of labels.
    #[must_use]
    pub fn from_u8(geometry: Geometry, voxels: Vec<u8>) -> Self {
        Self {
            geometry,
            element: Element::Uint8,
            bytes: voxels,
        }
    }

    /// The bytes of each slice, from the first to the last.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let [_, height, width] = self.geometry.shape;
        self.bytes
            .chunks_exact((height * width * self.element.size()).max(1))
    }
}

/// An RGB picture, three bytes a pixel, row after row: NumPy's C order for an
/// array of shape (height, width, 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns, in pixels.
    pub width: usize,
    /// Rows, in pixels.
    pub height: usize,
    /// The pixels.
    pub bytes: Vec<u8>,
}

impl Picture {
    /// Half as wide and high: each pixel is the mean of four, rounded.
    #[must_use]
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let row_length = self.width * 3;
        let mut bytes = Vec::with_capacity(width * height * 3);
        for rows in self.bytes.chunks_exact((2 * row_length).max(1)) {
            let (upper, lower) = rows.split_at(row_length);
            for (above, below) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
                if let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (above, below) {
                    bytes.extend([
                        mean([*a, *d, *g, *j]),
                        mean([*b, *e, *h, *k]),
                        mean([*c, *f, *i, *l]),
                    ]);
                }
            }
        }
        Self {
            width,
            height,
            bytes,
        }
    }
}

fn mean(four: [u8; 4]) -> u8 {
    let sum: u16 = four.into_iter().map(u16::from).sum();
    u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halved_picture_holds_the_means() {
        let bytes = (0..4 * 4 * 3).map(|value| value * 5).collect();
        let half = Picture {
            width: 4,
            height: 4,
            bytes,
        }
        .halved();
        assert_eq!((half.width, half.height, half.bytes.len()), (2, 2, 12));
        // Pixels (0,0), (0,1), (1,0), (1,1): red 0, 15, 60, 75.
        assert_eq!(half.bytes[0], 38);
    }

    #[test]
    fn slices_divide_the_bytes() {
        let geometry = Geometry::axial([3, 2, 4], [1.0, 1.0, 1.0]);
        let volume = Volume::from_i16(geometry, &(0..24).collect::<Vec<i16>>());
        let slices: Vec<_> = volume.slices().collect();
        assert_eq!(slices.len(), 3);
        assert_eq!(slices[1][..2], 8_i16.to_le_bytes());
    }
}
