//! Liver, stomach, spleen, pancreas, kidneys, bowel.

use super::{Painter, fat, liver};
use crate::phantom::tissue::Tissue;

impl Painter {
    /// Liver with its vessels, gall bladder, stomach, spleen, pancreas.
    pub(super) fn upper_abdomen(&mut self) {
        // Diaphragm: a thin sheet of muscle between lungs and liver.
        self.organ([-60.0, 2.0, -42.0], [80.0, 80.0, 84.0], 0.0, Tissue::Muscle);
        self.organ([68.0, 6.0, -62.0], [64.0, 76.0, 82.0], 0.0, Tissue::Muscle);
        self.organ([68.0, 6.0, -62.0], [61.0, 73.0, 79.0], 0.0, Tissue::Fat);
        self.organ([-60.0, 2.0, -42.0], [77.0, 77.0, 81.0], 0.0, Tissue::Liver);
        self.organ(
            [-52.0, 24.0, -78.0],
            [74.0, 54.0, 60.0],
            0.03,
            Tissue::Liver,
        );
        self.organ(
            [2.0, -40.0, -30.0],
            [66.0, 31.0, 40.0],
            -0.04,
            Tissue::Liver,
        );
        // The hollow below, where the gall bladder lies.
        self.organ([-14.0, 14.0, -112.0], [58.0, 58.0, 56.0], 0.0, Tissue::Fat);
        self.organ(
            [-42.0, -34.0, -92.0],
            [15.0, 18.0, 27.0],
            0.02,
            Tissue::Chyme,
        );
        // Hepatic veins from the caval vein, portal vein from below.
        let cava = self.fitted([-24.0, 12.0, 14.0], [1.0; 3]).centre;
        for direction in [[-1.0, 0.35, -0.35], [-0.7, -0.8, -0.4], [0.3, -1.0, -0.45]] {
            self.tree(cava, direction, 5.6, 34.0, 4, Tissue::Portal, liver);
        }
        let porta = self.fitted([-30.0, 4.0, -52.0], [1.0; 3]).centre;
        for direction in [
            [-1.0, 0.3, 0.2],
            [-0.6, -0.8, 0.1],
            [-0.8, 0.6, -0.4],
            [0.9, -0.9, 0.4],
        ] {
            self.tree(porta, direction, 6.4, 30.0, 4, Tissue::Portal, liver);
        }
        self.vessel(
            [-30.0, 4.0, -52.0],
            [14.0, 0.0, -86.0],
            7.0,
            0.0,
            Tissue::Portal,
        );
        // Stomach, half full: the patient lies on the back, so the gas is in front.
        self.organ(
            [56.0, -22.0, -42.0],
            [40.0, 44.0, 50.0],
            0.07,
            Tissue::Muscle,
        );
        self.organ(
            [56.0, -22.0, -42.0],
            [36.0, 40.0, 46.0],
            0.07,
            Tissue::Chyme,
        );
        self.organ([52.0, -42.0, -40.0], [27.0, 16.0, 36.0], 0.07, Tissue::Gas);
        self.organ(
            [100.0, 34.0, -44.0],
            [23.0, 40.0, 44.0],
            -0.08,
            Tissue::Spleen,
        );
        self.organ(
            [26.0, 6.0, -86.0],
            [52.0, 11.0, 14.0],
            0.05,
            Tissue::Myocardium,
        );
    }

    pub(super) fn kidneys_and_bowel(&mut self) {
        for (side, z) in [(-1.0, -112.0), (1.0, -100.0)] {
            let turn = side * 0.07;
            self.organ(
                [side * 64.0, 48.0, z],
                [31.0, 33.0, 60.0],
                turn,
                Tissue::Fat,
            );
            self.organ(
                [side * 64.0, 48.0, z],
                [24.0, 27.0, 54.0],
                turn,
                Tissue::Kidney,
            );
            self.organ(
                [side * 54.0, 42.0, z],
                [12.0, 12.0, 24.0],
                turn,
                Tissue::Fat,
            );
            self.organ(
                [side * 52.0, 41.0, z - 4.0],
                [7.0, 7.0, 12.0],
                turn,
                Tissue::Chyme,
            );
        }
        for loop_number in 0..34 {
            let z = self.random.between(-210.0, -88.0);
            let x = self.random.between(-92.0, 92.0);
            let y = self.random.between(-62.0, -8.0);
            let radius = self.random.between(10.0, 16.0);
            let long = self.random.between(1.0, 2.1);
            let turn = self.random.unit();
            let wall = self
                .fitted([x, y, z], [radius * long, radius, radius])
                .turned(turn);
            let inner = self
                .fitted([x, y, z], [radius * long - 2.5, radius - 2.5, radius - 2.5])
                .turned(turn);
            self.canvas.paint(&wall, Tissue::Muscle, fat);
            let wall_only = |tissue| tissue == Tissue::Muscle;
            self.canvas.paint(&inner, Tissue::Chyme, wall_only);
            if loop_number % 3 == 0 {
                let bubble = self.fitted(
                    [x, y - radius * 0.4, z],
                    [radius * 0.8, radius * 0.4, radius * 0.6],
                );
                self.canvas
                    .paint(&bubble, Tissue::Gas, |tissue| tissue == Tissue::Chyme);
            }
        }
    }
}
