//! A trunk from the kidneys to the windpipe, made of ellipsoids and tubes.
//!
//! The origin of the coordinates is in the middle of the body at the height of
//! the diaphragm; the proportions are those of an adult, in millimetres.

use super::canvas::{Canvas, Ellipsoid, Point};
use super::patient::{Lesion, Patient, Site};
use super::tissue::Tissue;
use crate::geometry::Geometry;
use crate::random::Random;
use crate::wave::{cosine, sine};

/// A patient's trunk on the grid of a scan.
#[derive(Debug, Clone)]
pub struct Torso {
    /// The grid.
    pub geometry: Geometry,
    /// The patient's seed.
    pub seed: u64,
    /// The tissue of every voxel, columns running fastest, then rows, then slices.
    pub tissues: Vec<Tissue>,
    /// The middle of the tumour (x, y, z in millimetres) and its diameter.
    pub lesion: Option<(Point, f64)>,
}

/// Paints a patient. `centre_mm` is the point of the body (x, y, z) in the
/// middle of the scan.
#[must_use]
pub fn torso(patient: &Patient, geometry: &Geometry, centre_mm: Point) -> Torso {
    let centred = Geometry::axial(geometry.shape, geometry.spacing_mm).origin_mm;
    let [cx, cy, cz] = centre_mm;
    let [ox, oy, oz] = centred;
    let mut painter = Painter {
        canvas: Canvas::new(geometry, [cx + ox, cy + oy, cz + oz]),
        patient: *patient,
        random: Random::new(patient.seed),
    };
    painter.couch_and_wall();
    painter.lungs();
    painter.mediastinum();
    painter.upper_abdomen();
    painter.kidneys_and_bowel();
    painter.spine();
    painter.ribs();
    let lesion = patient.lesion.map(|lesion| painter.lesion(lesion));
    Torso {
        geometry: *geometry,
        seed: patient.seed,
        tissues: painter.canvas.into_tissues(),
        lesion,
    }
}

/// Over everything.
fn anything(_: Tissue) -> bool {
    true
}

/// Only into aerated lung.
fn lung(tissue: Tissue) -> bool {
    tissue == Tissue::Lung
}

/// Only into the liver.
fn liver(tissue: Tissue) -> bool {
    tissue == Tissue::Liver
}

/// Only between the organs.
fn fat(tissue: Tissue) -> bool {
    tissue == Tissue::Fat
}

struct Painter {
    canvas: Canvas,
    patient: Patient,
    random: Random,
}

impl Painter {
    /// An ellipsoid in the proportions of an average adult, fitted to the patient.
    fn fitted(&self, [x, y, z]: Point, [rx, ry, rz]: Point) -> Ellipsoid {
        let (girth, stature) = (self.patient.girth, self.patient.stature);
        Ellipsoid::new(
            [x * girth, y * girth, z * stature],
            [rx * girth, ry * girth, rz * stature],
        )
    }

    fn organ(&mut self, centre: Point, radii: Point, turn: f64, tissue: Tissue) {
        let shape = self.fitted(centre, radii).turned(turn);
        self.canvas.paint(&shape, tissue, anything);
    }

    fn vessel(&mut self, from: Point, to: Point, radius: f64, wall: f64, content: Tissue) {
        let from = self.fitted(from, [1.0; 3]).centre;
        let to = self.fitted(to, [1.0; 3]).centre;
        if wall > 0.0 {
            let outer = (radius + wall, radius + wall);
            self.canvas.tube(from, to, outer, Tissue::Muscle, anything);
        }
        self.canvas
            .tube(from, to, (radius, radius), content, anything);
    }

    /// The couch, skin and fat, the muscular wall, and fat where the organs will be.
    fn couch_and_wall(&mut self) {
        let fat_mm = self.patient.fat_mm;
        self.organ(
            [0.0, -330.0, 0.0],
            [620.0, 462.0, 9000.0],
            0.0,
            Tissue::Couch,
        );
        self.organ(
            [0.0, -330.0, 0.0],
            [612.0, 455.0, 9000.0],
            0.0,
            Tissue::Outside,
        );
        let (wide, deep) = (148.0 + fat_mm, 100.0 + fat_mm);
        self.organ(
            [0.0, 0.0, 10.0],
            [wide + 2.0, deep + 2.0, 520.0],
            0.0,
            Tissue::Muscle,
        );
        self.organ([0.0, 0.0, 10.0], [wide, deep, 520.0], 0.0, Tissue::Fat);
        self.organ([0.0, 0.0, 10.0], [148.0, 98.0, 470.0], 0.0, Tissue::Muscle);
        // Fat between the layers of the wall of the back and the flanks.
        for side in [-1.0, 1.0] {
            self.organ(
                [side * 128.0, 12.0, -60.0],
                [6.0, 44.0, 60.0],
                side * 0.02,
                Tissue::Fat,
            );
            self.organ(
                [side * 46.0, 88.0, 0.0],
                [30.0, 3.0, 300.0],
                side * 0.03,
                Tissue::Fat,
            );
        }
        self.organ([0.0, -6.0, 0.0], [131.0, 82.0, 430.0], 0.0, Tissue::Fat);
    }

    fn lungs(&mut self) {
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

    /// A vessel that forks until it is too thin to be seen.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is one property of the vessel"
    )]
    fn tree(
        &mut self,
        from: Point,
        direction: Point,
        radius: f64,
        length: f64,
        forks: u32,
        tissue: Tissue,
        over: fn(Tissue) -> bool,
    ) {
        let [dx, dy, dz] = direction;
        let norm = (dx * dx + dy * dy + dz * dz).sqrt().max(1e-6);
        let step = length / norm;
        let to = [
            from[0] + dx * step,
            from[1] + dy * step,
            from[2] + dz * step,
        ];
        let thinner = radius * 0.74;
        self.canvas.tube(from, to, (radius, thinner), tissue, over);
        if forks == 0 {
            return;
        }
        for _ in 0..2 {
            let mut sway = || self.random.between(-0.75, 0.75);
            let bent = [dx / norm + sway(), dy / norm + sway(), dz / norm + sway()];
            self.tree(to, bent, thinner, length * 0.8, forks - 1, tissue, over);
        }
    }

    /// Heart, great vessels, windpipe and gullet.
    fn mediastinum(&mut self) {
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

    /// Liver with its vessels, gall bladder, stomach, spleen, pancreas.
    fn upper_abdomen(&mut self) {
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

    fn kidneys_and_bowel(&mut self) {
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

    fn spine(&mut self) {
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
    fn ribs(&mut self) {
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

    /// A lobed tumour; where it lies and how large it is in the end.
    fn lesion(&mut self, lesion: Lesion) -> (Point, f64) {
        let jitter = self.random.between(-6.0, 6.0);
        let place = match lesion.site {
            Site::RightLung => [-86.0 + jitter, 20.0, 76.0 - jitter],
            Site::LeftLung => [84.0, -8.0 + jitter, 92.0],
            Site::Liver => [-92.0 + jitter, -14.0, -34.0 - jitter],
            Site::Spleen => [100.0, 32.0 + jitter, -40.0],
        };
        let centre = self.fitted(place, [1.0; 3]).centre;
        let radius = lesion.diameter_mm / 2.0;
        let [x, y, z] = centre;
        self.canvas.paint(
            &Ellipsoid::ball(centre, radius * 0.92),
            Tissue::Lesion,
            anything,
        );
        for _ in 0..7 {
            let mut offset = || self.random.between(-0.42, 0.42) * radius;
            let lobe = [x + offset(), y + offset(), z + offset()];
            self.canvas.paint(
                &Ellipsoid::ball(lobe, radius * 0.55),
                Tissue::Lesion,
                anything,
            );
        }
        if lesion.diameter_mm > 25.0 {
            let core = Ellipsoid::ball(centre, radius * 0.5);
            self.canvas.paint(&core, Tissue::Necrosis, anything);
        }
        (centre, lesion.diameter_mm)
    }
}
