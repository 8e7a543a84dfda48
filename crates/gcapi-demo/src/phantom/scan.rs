//! What the devices and the readers make of a torso: the CT volume, its
//! segmentation, and a map of how likely a tumour is.

use super::blur::blur;
use super::torso::Torso;
use crate::geometry::float;
use crate::random::mix;
use crate::raster::Volume;

/// The CT volume: int16, Hounsfield units, shape (depth, height, width).
///
/// Noise is added before everything is blurred, as a scanner's reconstruction
/// does, so that it has grain and edges have partial volume. Air around the
/// patient stays at -1000.
#[must_use]
pub fn computed_tomography(torso: &Torso) -> Volume {
    let [_, height, width] = torso.geometry.shape;
    let mut noise = Grain::new(torso.seed ^ 0xc7);
    let sharp: Vec<i16> = torso
        .tissues
        .iter()
        .map(|tissue| {
            let clean = tissue.hounsfield();
            if clean <= -1000 {
                clean
            } else {
                clean.saturating_add(noise.next() / 3)
            }
        })
        .collect();
    let blurred = blur(sharp, 1, [1, 2, 1]);
    let blurred = blur(blurred, width, [1, 2, 1]);
    let blurred = blur(blurred, width * height, [1, 6, 1]);
    Volume::from_i16(torso.geometry, &blurred)
}

/// The labels of [`SEGMENTS`](super::SEGMENTS): uint8, shape (depth, height, width).
#[must_use]
pub fn segmentation(torso: &Torso) -> Volume {
    let labels = torso.tissues.iter().map(|tissue| tissue.label()).collect();
    Volume::from_u8(torso.geometry, labels)
}

/// How likely a tumour is at each voxel: float32 from 0 to 1, shape (depth,
/// height, width), falling off around the tumour of the patient.
#[must_use]
pub fn lesion_likelihood(torso: &Torso, centre_mm: [f64; 3]) -> Volume {
    let [depth, height, width] = torso.geometry.shape;
    let [step_x, step_y, step_z] = torso.geometry.spacing_mm;
    let ([cx, cy, cz], diameter) = torso.lesion.unwrap_or(([0.0, 0.0, 9999.0], 1.0));
    let scale = 1.0 / (0.8 * diameter * diameter);
    let mut voxels = Vec::with_capacity(torso.geometry.voxels());
    let place =
        |index: usize, count: usize, step: f64| step * (float(index) - 0.5 * (float(count) - 1.0));
    for z in 0..depth {
        let dz = centre_mm[2] + place(z, depth, step_z) - cz;
        for y in 0..height {
            let dy = centre_mm[1] + place(y, height, step_y) - cy;
            for x in 0..width {
                let dx = centre_mm[0] + place(x, width, step_x) - cx;
                let far = (dx * dx + dy * dy + dz * dz) * scale;
                let likelihood = 1.0 / (1.0 + far * far);
                // In steps of 1/256, so that the map compresses.
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a multiple of 1/256 up to 1 is exact"
                )]
                let stepped = ((likelihood * 256.0).floor() / 256.0) as f32;
                voxels.push(stepped);
            }
        }
    }
    Volume::from_f32(torso.geometry, &voxels)
}

/// Noise, eight values from each 64 random bits.
struct Grain {
    counter: u64,
    bits: u64,
    left: u32,
}

impl Grain {
    fn new(seed: u64) -> Self {
        Self {
            counter: seed,
            bits: 0,
            left: 0,
        }
    }

    /// The difference of two even throws: -255 to 255, small ones likelier.
    fn next(&mut self) -> i16 {
        if self.left == 0 {
            self.counter = self.counter.wrapping_add(1);
            self.bits = mix(self.counter);
            self.left = 4;
        }
        self.left -= 1;
        let [first, second, ..] = self.bits.to_le_bytes();
        self.bits >>= 16;
        i16::from(first) - i16::from(second)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Lesion, Patient, SEGMENTS, Site, torso};
    use super::*;
    use crate::geometry::Geometry;

    fn example() -> Torso {
        let lesion = Some(Lesion {
            site: Site::Liver,
            diameter_mm: 30.0,
        });
        let geometry = Geometry::axial([24, 48, 64], [6.0, 6.0, 10.0]);
        torso(&Patient::new(1, lesion), &geometry, [0.0; 3])
    }

    #[test]
    fn every_segment_occurs_and_nothing_else() {
        let labels = segmentation(&example()).bytes;
        for segment in SEGMENTS {
            assert!(labels.contains(&segment.label), "{}", segment.name);
        }
        assert!(
            labels
                .iter()
                .all(|label| usize::from(*label) < SEGMENTS.len())
        );
    }

    #[test]
    fn lungs_are_dark_and_liver_is_bright() {
        let torso = example();
        let scan = computed_tomography(&torso);
        let labels = segmentation(&torso).bytes;
        let mean = |wanted: u8| {
            let voxels = scan
                .bytes
                .chunks_exact(2)
                .map(|b| f64::from(i16::from_le_bytes([b[0], b[1]])));
            let inside: Vec<f64> = voxels
                .zip(&labels)
                .filter(|(_, l)| **l == wanted)
                .map(|(v, _)| v)
                .collect();
            inside.iter().sum::<f64>() / float(inside.len())
        };
        assert!(mean(1) < -600.0, "{}", mean(1));
        assert!((60.0..140.0).contains(&mean(2)), "{}", mean(2));
    }

    #[test]
    fn the_likelihood_peaks_in_the_tumour() {
        let torso = example();
        let map = lesion_likelihood(&torso, [0.0; 3]);
        let labels = segmentation(&torso).bytes;
        let values = map
            .bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let (_, label) = values
            .zip(labels)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .unwrap();
        assert_eq!(label, 6);
    }
}
