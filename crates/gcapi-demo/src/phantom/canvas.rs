//! A volume of tissues that shapes are painted into, the later over the earlier.

use super::tissue::Tissue;
use crate::geometry::{Geometry, float};
use crate::wave::{cosine, sine};

/// A point or direction: x, y, z in millimetres.
pub(crate) type Point = [f64; 3];

/// An ellipsoid, turned about the long axis of the body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ellipsoid {
    /// Its centre.
    pub(crate) centre: Point,
    /// Its half axes in millimetres.
    pub(crate) radii: Point,
    /// Angle about z in turns.
    pub(crate) turn: f64,
}

impl Ellipsoid {
    /// An ellipsoid along the axes of the body.
    pub(crate) fn new(centre: Point, radii: Point) -> Self {
        Self {
            centre,
            radii,
            turn: 0.0,
        }
    }

    /// A ball.
    pub(crate) fn ball(centre: Point, radius: f64) -> Self {
        Self::new(centre, [radius; 3])
    }

    /// The same, turned about z.
    pub(crate) fn turned(self, turn: f64) -> Self {
        Self { turn, ..self }
    }
}

/// Tissues on the grid of a volume. The grid's axes are those of the body;
/// the direction of the geometry plays no part here.
#[derive(Debug, Clone)]
pub(crate) struct Canvas {
    shape: [usize; 3],
    spacing: Point,
    origin: Point,
    tissues: Vec<Tissue>,
}

impl Canvas {
    /// Nothing but air, with its first voxel centred on `origin`.
    pub(crate) fn new(geometry: &Geometry, origin: Point) -> Self {
        Self {
            shape: geometry.shape,
            spacing: geometry.spacing_mm,
            origin,
            tissues: vec![Tissue::Outside; geometry.voxels()],
        }
    }

    /// The tissues, columns running fastest, then rows, then slices.
    pub(crate) fn into_tissues(self) -> Vec<Tissue> {
        self.tissues
    }

    /// Paints an ellipsoid over those tissues that `over` admits.
    ///
    /// The ends of every row inside the ellipsoid are calculated, so the work
    /// is that of the voxels painted and not of those in the box around them.
    pub(crate) fn paint(
        &mut self,
        shape: &Ellipsoid,
        tissue: Tissue,
        over: impl Fn(Tissue) -> bool,
    ) {
        let [depth, height, width] = self.shape;
        let [step_x, step_y, step_z] = self.spacing;
        let [origin_x, origin_y, origin_z] = self.origin;
        let [centre_x, centre_y, centre_z] = shape.centre;
        let [radius_x, radius_y, radius_z] = shape.radii;
        let (cos, sin) = (cosine(shape.turn), sine(shape.turn));
        let (inverse_x, inverse_y) = (1.0 / (radius_x * radius_x), 1.0 / (radius_y * radius_y));
        // The cross section is a dx² + b dx dy + c dy² <= what z leaves.
        let a = cos * cos * inverse_x + sin * sin * inverse_y;
        let b = 2.0 * cos * sin * (inverse_x - inverse_y);
        let c = sin * sin * inverse_x + cos * cos * inverse_y;
        let reach_y = radius_x.max(radius_y);
        for z in span(centre_z - origin_z, radius_z, step_z, depth) {
            let dz = (origin_z + step_z * float(z) - centre_z) / radius_z;
            let left = 1.0 - dz * dz;
            for y in span(centre_y - origin_y, reach_y, step_y, height) {
                let dy = origin_y + step_y * float(y) - centre_y;
                let discriminant = b * b * dy * dy - 4.0 * a * (c * dy * dy - left);
                if discriminant < 0.0 {
                    continue;
                }
                let half = discriminant.sqrt() / (2.0 * a);
                let middle = centre_x - b * dy / (2.0 * a);
                let columns = span(middle - origin_x, half, step_x, width);
                let row = (z * height + y) * width;
                let row = self.tissues.get_mut(row + columns.start..row + columns.end);
                for voxel in row.unwrap_or_default() {
                    if over(*voxel) {
                        *voxel = tissue;
                    }
                }
            }
        }
    }

    /// Paints a straight tube with round ends whose radius goes from `radii.0`
    /// to `radii.1`.
    pub(crate) fn tube(
        &mut self,
        from: Point,
        to: Point,
        radii: (f64, f64),
        tissue: Tissue,
        over: impl Fn(Tissue) -> bool + Copy,
    ) {
        let [x, y, z] = from;
        let [dx, dy, dz] = [to[0] - x, to[1] - y, to[2] - z];
        let length = (dx * dx + dy * dy + dz * dz).sqrt();
        let step = (0.5 * radii.0.min(radii.1)).max(0.8);
        let mut walked = 0.0;
        while walked <= length {
            let part = if length > 0.0 { walked / length } else { 0.0 };
            let radius = radii.0 + (radii.1 - radii.0) * part;
            let centre = [x + dx * part, y + dy * part, z + dz * part];
            self.paint(&Ellipsoid::ball(centre, radius), tissue, over);
            walked += step;
        }
    }
}

/// The indices of those of `count` points, `step` apart and the first at zero,
/// that lie within `reach` of `centre`.
fn span(centre: f64, reach: f64, step: f64, count: usize) -> std::ops::Range<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a saturating cast of a number that is not negative; the end is cut to the count"
    )]
    let index = |place: f64| place.max(0.0) as usize;
    let start = index(((centre - reach) / step).ceil());
    let end = index(((centre + reach) / step).floor() + 1.0).min(count);
    start.min(end)..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ellipsoid_has_its_volume_and_stays_where_it_may() {
        let geometry = Geometry::axial([60, 60, 60], [1.0, 1.0, 1.0]);
        let mut canvas = Canvas::new(&geometry, geometry.origin_mm);
        let shape = Ellipsoid::new([3.0, -2.0, 1.0], [20.0, 10.0, 15.0]).turned(0.1);
        canvas.paint(&shape, Tissue::Liver, |_| true);
        canvas.paint(&Ellipsoid::ball([0.0; 3], 29.0), Tissue::Fat, |t| {
            t != Tissue::Liver
        });
        let count = canvas
            .into_tissues()
            .iter()
            .filter(|t| **t == Tissue::Liver)
            .count();
        let volume = 4.0 / 3.0 * std::f64::consts::PI * 20.0 * 10.0 * 15.0;
        assert!(
            (float(count) / volume - 1.0).abs() < 0.02,
            "{count} of {volume}"
        );
    }

    #[test]
    fn shapes_beyond_the_edge_are_cut() {
        let geometry = Geometry::axial([4, 4, 4], [1.0, 1.0, 1.0]);
        let mut canvas = Canvas::new(&geometry, geometry.origin_mm);
        canvas.paint(
            &Ellipsoid::ball([90.0, 0.0, 0.0], 10.0),
            Tissue::Liver,
            |_| true,
        );
        canvas.paint(
            &Ellipsoid::ball([-90.0, 0.0, 0.0], 10.0),
            Tissue::Liver,
            |_| true,
        );
        assert!(canvas.tissues.iter().all(|t| *t == Tissue::Outside));
        canvas.paint(&Ellipsoid::ball([0.0; 3], 900.0), Tissue::Liver, |_| true);
        assert!(canvas.tissues.iter().all(|t| *t == Tissue::Liver));
    }
}
