//! A trunk from the kidneys to the windpipe, made of ellipsoids and tubes.
//!
//! The origin of the coordinates is in the middle of the body at the height of
//! the diaphragm; the proportions are those of an adult, in millimetres.

mod abdomen;
mod chest;
mod skeleton;

use super::canvas::{Canvas, Ellipsoid, Point};
use super::patient::{Lesion, Patient, Site};
use super::tissue::Tissue;
use crate::geometry::Geometry;
use crate::random::Random;

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
