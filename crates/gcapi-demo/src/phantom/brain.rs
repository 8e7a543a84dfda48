//! A head as magnetic resonance shows it, weighted for T1.

use super::blur::blur;
use crate::geometry::{Geometry, float};
use crate::random::{Noise, mix};
use crate::raster::Volume;

/// Signal of the tissues, in arbitrary units.
const SCALP: f64 = 900.0;
const SKULL: f64 = 90.0;
const FLUID: f64 = 150.0;
const GREY: f64 = 480.0;
const WHITE: f64 = 700.0;

/// A head: uint16 signal in arbitrary units, shape (depth, height, width). The
/// folds of the cortex follow the zero crossings of smooth noise.
#[must_use]
pub fn brain(seed: u64, geometry: &Geometry) -> Volume {
    let [depth, height, width] = geometry.shape;
    let [step_x, step_y, step_z] = geometry.spacing_mm;
    let centred = Geometry::axial(geometry.shape, geometry.spacing_mm).origin_mm;
    let folds = Noise::new(seed);
    let mut voxels = Vec::with_capacity(geometry.voxels());
    let mut counter = seed;
    for z in 0..depth {
        let z = centred[2] + step_z * float(z);
        for y in 0..height {
            let y = centred[1] + step_y * float(y);
            for x in 0..width {
                let x = centred[0] + step_x * float(x);
                counter = counter.wrapping_add(1);
                let grain = f64::from(u8::try_from(mix(counter) & 0x3f).unwrap_or(0)) - 31.5;
                // The coil's sensitivity falls off towards the middle.
                let shade = 1.0 + 0.000_012 * (x * x + y * y + z * z) + 0.0008 * x;
                let signal = tissue(folds, [x, y, z]) * shade + 0.9 * grain;
                #[expect(clippy::cast_possible_truncation, reason = "a saturating cast")]
                voxels.push(signal.max(0.0) as i16);
            }
        }
    }
    let voxels = blur(voxels, 1, [1, 2, 1]);
    let voxels = blur(voxels, width, [1, 2, 1]);
    let voxels: Vec<u16> = voxels
        .into_iter()
        .map(|voxel| u16::try_from(voxel).unwrap_or(0))
        .collect();
    Volume::from_u16(*geometry, &voxels)
}

/// How far out a point lies of an ellipsoid: 1 on its surface.
fn reach([x, y, z]: [f64; 3], [rx, ry, rz]: [f64; 3]) -> f64 {
    let (x, y, z) = (x / rx, y / ry, z / rz);
    (x * x + y * y + z * z).sqrt()
}

fn tissue(folds: Noise, [x, y, z]: [f64; 3]) -> f64 {
    let outer = reach([x, y - 4.0, z + 6.0], [80.0, 100.0, 102.0]);
    if outer > 1.0 {
        return 8.0;
    }
    if outer > 0.945 {
        return SCALP;
    }
    if outer > 0.87 {
        return SKULL;
    }
    // Cerebellum and brain stem, with finer folds than the cerebrum.
    let cerebellum = reach([x, y - 42.0, z + 52.0], [52.0, 32.0, 24.0]);
    let (inside, fold_mm) = if cerebellum < 1.0 {
        (cerebellum, 5.5)
    } else {
        (reach([x, y - 2.0, z - 2.0], [65.0, 83.0, 76.0]), 15.0)
    };
    if reach([x, y - 18.0, z + 55.0], [15.0, 14.0, 40.0]) < 1.0 {
        return WHITE * 0.95;
    }
    if inside > 1.0 || (cerebellum >= 1.0 && z < -46.0 - 0.1 * y) {
        return FLUID;
    }
    let midline = x.abs() < 1.6 && (!(-38.0..=44.0).contains(&y) || z > 38.0);
    if midline {
        return FLUID;
    }
    // Side ventricles, curved around the thalami; third ventricle between them.
    let side = x.abs() - 9.0 - 0.006 * (y - 4.0) * (y - 4.0);
    let horn = z - 14.0 + 0.006 * (y + 4.0) * (y + 4.0);
    if y.abs() < 44.0 && (side / 6.5) * (side / 6.5) + (horn / 8.0) * (horn / 8.0) < 1.0 {
        return FLUID * 0.85;
    }
    if x.abs() < 2.0 && reach([x, y - 6.0, z + 4.0], [3.0, 16.0, 14.0]) < 1.0 {
        return FLUID;
    }
    // Basal ganglia and thalami.
    if reach([x.abs() - 15.0, y - 12.0, z - 2.0], [9.0, 14.0, 10.0]) < 1.0
        || reach([x.abs() - 25.0, y + 8.0, z - 2.0], [7.0, 21.0, 13.0]) < 1.0
    {
        return GREY * 1.1;
    }
    let crease = folds.at([x / fold_mm, y / fold_mm, z / fold_mm])
        + 0.35
            * folds.at([
                x / fold_mm * 2.0 + 9.0,
                y / fold_mm * 2.0,
                z / fold_mm * 2.0,
            ]);
    let depth = 1.0 - inside;
    // Furrows are narrow and grow narrower with depth; grey matter lines them.
    let furrow = 0.13 * (1.0 - depth / 0.38);
    let ribbon = furrow.max(0.0) + 0.46 * (1.0 - depth / 0.52);
    if crease.abs() < furrow {
        FLUID
    } else if crease.abs() < ribbon || depth < 0.06 {
        GREY
    } else {
        WHITE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_matter_is_brighter_than_the_skull_and_air_is_dark() {
        let geometry = Geometry::axial([24, 32, 28], [6.5, 7.0, 8.0]);
        let head = brain(4, &geometry);
        let voxels: Vec<u16> = head
            .bytes
            .chunks_exact(2)
            .map(|b| u16::from_le_bytes([b[0], b[1]]))
            .collect();
        assert_eq!(voxels.len(), geometry.voxels());
        assert!(voxels.first().unwrap() < &60);
        assert!(voxels.iter().max().unwrap() > &800);
    }
}
