//! Where the voxels of a volume lie in the patient.

/// Shape and place of a volume in DICOM's patient coordinates, which
/// MetaImage and ITK share: x to the patient's left, y to the back, z to the
/// head, in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    /// (depth, height, width) in voxels, as NumPy and the platform write a shape.
    pub shape: [usize; 3],
    /// (width, height, depth) of a voxel in millimetres: x, y, z, as ITK
    /// writes a spacing. The other way round than `shape`.
    pub spacing_mm: [f64; 3],
    /// The centre of the first voxel: x, y, z in millimetres.
    pub origin_mm: [f64; 3],
    /// Directions of the columns, rows and slices: three unit vectors, one
    /// after the other.
    pub axes: [[f64; 3]; 3],
}

impl Geometry {
    /// An axial volume around the origin of the patient's coordinates.
    #[must_use]
    pub fn axial(shape: [usize; 3], spacing_mm: [f64; 3]) -> Self {
        let [depth, height, width] = shape;
        let [x, y, z] = spacing_mm;
        Self {
            shape,
            spacing_mm,
            origin_mm: [first(width, x), first(height, y), first(depth, z)],
            axes: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        }
    }

    /// The same voxels, with other axes through the same first voxel.
    #[must_use]
    pub fn with_axes(self, axes: [[f64; 3]; 3]) -> Self {
        Self { axes, ..self }
    }

    /// The same voxels, moved so that the first one lies here.
    #[must_use]
    pub fn with_origin(self, origin_mm: [f64; 3]) -> Self {
        Self { origin_mm, ..self }
    }

    /// How many voxels there are.
    #[must_use]
    pub fn voxels(&self) -> usize {
        self.shape.iter().product()
    }

    /// The centre of the first voxel of a slice: x, y, z in millimetres.
    #[must_use]
    pub fn slice_origin_mm(&self, slice: usize) -> [f64; 3] {
        let [_, _, along] = self.axes;
        let [_, _, step] = self.spacing_mm;
        let [ox, oy, oz] = self.origin_mm;
        let [ax, ay, az] = along;
        let distance = step * float(slice);
        [ox + ax * distance, oy + ay * distance, oz + az * distance]
    }
}

/// Where the first of `count` voxels lies when they are centred around zero.
fn first(count: usize, spacing_mm: f64) -> f64 {
    -0.5 * spacing_mm * (float(count) - 1.0)
}

/// A count as a number to calculate with.
pub(crate) fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axial_volume_is_centred() {
        let geometry = Geometry::axial([3, 5, 7], [1.0, 2.0, 4.0]);
        assert_eq!(geometry.origin_mm, [-3.0, -4.0, -4.0]);
        assert_eq!(geometry.slice_origin_mm(2), [-3.0, -4.0, 4.0]);
        assert_eq!(geometry.voxels(), 105);
    }
}
