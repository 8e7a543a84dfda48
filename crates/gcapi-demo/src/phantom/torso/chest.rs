//! Lungs, heart and great vessels.

use super::{Painter, lung};
use crate::phantom::tissue::Tissue;
use crate::wave::{cosine, sine};

impl Painter {
    pub(super) fn lungs(&mut self) {
        for side in [-1.0, 1.0] {
            self.organ(
                [side * 73.0, 6.0, 62.0],
                [53.0, 76.0, 128.0],
                -side * 0.03,
                Tissue::Lung,
            );
            self.organ(
                [side * 80.0, 34.0, 20.0],
                [46.0, 48.0, 80.0],
                0.0,
                Tissue::Lung,
            );
            // The hilum, then the tree of the pulmonary vessels.
            let root = self.fitted([side * 34.0, 8.0, 78.0], [1.0; 3]).centre;
            for branch in 0..13 {
                let turn = f64::from(branch) / 13.0 + self.random.between(-0.03, 0.03);
                let rise = self.random.between(-0.9, 0.8);
                let direction = [side * (0.55 + 0.5 * cosine(turn)), sine(turn), rise];
                self.tree(root, direction, 4.8, 29.0, 6, Tissue::Blood, lung);
            }
        }
    }

    /// Heart, great vessels, windpipe and gullet.
    pub(super) fn mediastinum(&mut self) {
        self.organ([0.0, -4.0, 120.0], [34.0, 66.0, 62.0], 0.0, Tissue::Fat);
        self.organ([12.0, -24.0, 46.0], [58.0, 46.0, 46.0], -0.06, Tissue::Fat);
        self.organ(
            [16.0, -24.0, 44.0],
            [53.0, 41.0, 41.0],
            -0.06,
            Tissue::Myocardium,
        );
        self.organ(
            [32.0, -18.0, 42.0],
            [26.0, 19.0, 27.0],
            -0.06,
            Tissue::Blood,
        );
        self.organ([-6.0, -38.0, 44.0], [25.0, 15.0, 25.0], 0.05, Tissue::Blood);
        self.organ([-14.0, -8.0, 58.0], [18.0, 15.0, 20.0], 0.0, Tissue::Blood);
        self.organ([14.0, 4.0, 62.0], [22.0, 13.0, 18.0], 0.0, Tissue::Blood);
        // Ascending aorta, arch, descending aorta; pulmonary trunk and caval veins.
        self.vessel(
            [-6.0, -22.0, 66.0],
            [-10.0, -18.0, 118.0],
            14.5,
            1.5,
            Tissue::Blood,
        );
        self.vessel(
            [-10.0, -18.0, 118.0],
            [20.0, 34.0, 128.0],
            13.0,
            1.5,
            Tissue::Blood,
        );
        self.vessel(
            [20.0, 34.0, 128.0],
            [19.0, 37.0, 20.0],
            12.0,
            1.5,
            Tissue::Blood,
        );
        self.vessel(
            [19.0, 37.0, 20.0],
            [10.0, 35.0, -160.0],
            10.5,
            1.5,
            Tissue::Blood,
        );
        self.vessel(
            [16.0, -32.0, 66.0],
            [14.0, -4.0, 92.0],
            13.0,
            1.0,
            Tissue::Blood,
        );
        self.vessel(
            [14.0, -4.0, 92.0],
            [-36.0, 6.0, 86.0],
            9.0,
            1.0,
            Tissue::Blood,
        );
        self.vessel(
            [14.0, -4.0, 92.0],
            [42.0, 12.0, 90.0],
            9.0,
            1.0,
            Tissue::Blood,
        );
        self.vessel(
            [-27.0, -14.0, 60.0],
            [-25.0, -12.0, 160.0],
            9.0,
            1.0,
            Tissue::Blood,
        );
        self.vessel(
            [-22.0, 6.0, 40.0],
            [-22.0, 22.0, -160.0],
            11.0,
            1.0,
            Tissue::Blood,
        );
        // Windpipe and main bronchi.
        self.vessel(
            [0.0, 10.0, 190.0],
            [0.0, 14.0, 104.0],
            8.5,
            2.0,
            Tissue::Gas,
        );
        self.vessel(
            [0.0, 14.0, 104.0],
            [-38.0, 18.0, 78.0],
            6.0,
            1.6,
            Tissue::Gas,
        );
        self.vessel(
            [0.0, 14.0, 104.0],
            [40.0, 20.0, 80.0],
            5.5,
            1.6,
            Tissue::Gas,
        );
        // Gullet.
        self.vessel(
            [4.0, 32.0, 190.0],
            [12.0, 24.0, 0.0],
            5.5,
            1.5,
            Tissue::Muscle,
        );
    }
}
