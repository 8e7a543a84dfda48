//! The demo archive: phantoms in the formats of Grand Challenge, made
//! deterministically.
mod error;
pub mod formats;
mod geometry;
pub mod phantom;
mod random;
mod raster;
mod wave;

pub use error::Error;
pub use geometry::Geometry;
pub use raster::{Element, Picture, Volume};
