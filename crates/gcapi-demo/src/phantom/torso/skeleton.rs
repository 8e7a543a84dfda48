//! Spine, ribs, breastbone.

use super::Painter;
use crate::phantom::tissue::Tissue;
use crate::wave::{cosine, sine};

impl Painter {
    pub(super) fn spine(&mut self) {
        // The long muscles of the back on either side.
        for side in [-1.0, 1.0] {
            self.organ(
                [side * 34.0, 82.0, 0.0],
                [25.0, 17.0, 400.0],
                side * 0.02,
                Tissue::Muscle,
            );
            self.organ(
                [side * 34.0, 50.0, -150.0],
                [17.0, 20.0, 62.0],
                0.0,
                Tissue::Muscle,
            );
        }
        for number in -6..8 {
            let z = f64::from(number) * 29.0 + 4.0;
            self.organ([0.0, 62.0, z + 14.5], [21.0, 16.5, 7.0], 0.0, Tissue::Disc);
            for (shell, tissue) in [(0.0, Tissue::Cortex), (2.6, Tissue::Marrow)] {
                // A waisted drum: three flat ellipsoids.
                for (dz, half_width) in [(-8.0, 22.0), (0.0, 20.5), (8.0, 22.0)] {
                    let radii = [half_width - shell, 17.5 - shell, 7.5 - shell * 0.5];
                    self.organ([0.0, 62.0, z + dz], radii, 0.0, tissue);
                }
            }
            for side in [-1.0, 1.0] {
                let arch = [side * 12.0, 84.0, z];
                self.organ(arch, [5.0, 8.0, 8.0], side * 0.04, Tissue::Cortex);
                self.organ(
                    [side * 26.0, 84.0, z],
                    [16.0, 4.2, 6.0],
                    side * 0.03,
                    Tissue::Cortex,
                );
                self.organ(
                    [side * 26.0, 84.0, z],
                    [13.0, 2.2, 4.0],
                    side * 0.03,
                    Tissue::Marrow,
                );
            }
            self.organ([0.0, 98.0, z - 5.0], [9.0, 5.0, 8.0], 0.0, Tissue::Cortex);
            self.organ([0.0, 104.0, z - 8.0], [3.6, 12.0, 9.0], 0.0, Tissue::Cortex);
        }
        self.organ([0.0, 86.0, 0.0], [9.5, 8.5, 900.0], 0.0, Tissue::Fat);
        self.organ([0.0, 86.0, 0.0], [6.5, 6.0, 900.0], 0.0, Tissue::Canal);
    }

    /// Ribs run down and forwards around the chest; in front, cartilage and breastbone.
    pub(super) fn ribs(&mut self) {
        for number in 0..11 {
            let height = f64::from(number) * 27.0 - 70.0;
            for side in [-1.0, 1.0] {
                for step in 0..66 {
                    let turn = 0.035 + f64::from(step) * 0.0058;
                    let forward = f64::from(step) / 66.0;
                    let x = side * 141.0 * sine(turn);
                    let y = 92.0 * cosine(turn) - 2.0;
                    let z = height - 62.0 * forward + 10.0 * forward * forward;
                    for (radius, tissue) in [(5.6, Tissue::Cortex), (3.4, Tissue::Marrow)] {
                        let bead = self.fitted([x, y, z], [radius, radius, radius * 1.25]);
                        let over = |t| t != Tissue::Marrow && t != Tissue::Outside;
                        self.canvas.paint(&bead, tissue, over);
                    }
                }
            }
        }
        self.organ([0.0, -92.0, 108.0], [18.0, 6.0, 70.0], 0.0, Tissue::Cortex);
        self.organ([0.0, -92.0, 108.0], [16.0, 4.0, 68.0], 0.0, Tissue::Marrow);
    }
}
