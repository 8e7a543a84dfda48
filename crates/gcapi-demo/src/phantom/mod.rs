//! Patients and slides that never were: volumes and pictures drawn by rule.

mod blur;
mod brain;
mod canvas;
mod patient;
mod scan;
mod slide;
mod tissue;
mod torso;

pub use brain::brain;
pub use patient::{Lesion, Patient, Site};
pub use scan::{computed_tomography, lesion_likelihood, segmentation};
pub use slide::{SlideStyle, slide};
pub use tissue::{SEGMENTS, Segment, Tissue};
pub use torso::{Torso, torso};
