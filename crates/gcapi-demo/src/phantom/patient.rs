//! Who is scanned: the few numbers that make one patient differ from the next.

use crate::random::Random;

/// The organ a tumour grows in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The right lung.
    RightLung,
    /// The left lung.
    LeftLung,
    /// The liver.
    Liver,
    /// The spleen.
    Spleen,
}

/// A tumour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lesion {
    /// Where it grows.
    pub site: Site,
    /// Its diameter in millimetres.
    pub diameter_mm: f64,
}

/// One patient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patient {
    /// Gives the noise and the courses of the vessels.
    pub seed: u64,
    /// Width of the body relative to the average.
    pub girth: f64,
    /// Length of the trunk relative to the average.
    pub stature: f64,
    /// Thickness of the fat under the skin, in millimetres.
    pub fat_mm: f64,
    /// The tumour, if there is one.
    pub lesion: Option<Lesion>,
}

impl Patient {
    /// The patient of this number, with this tumour.
    #[must_use]
    pub fn new(number: u64, lesion: Option<Lesion>) -> Self {
        let mut random = Random::new(number.wrapping_mul(7919));
        Self {
            seed: random.bits(),
            girth: random.between(0.92, 1.08),
            stature: random.between(0.94, 1.06),
            fat_mm: random.between(9.0, 22.0),
            lesion,
        }
    }
}
