//! The demo archive: phantoms in the formats of Grand Challenge, made
//! deterministically.
//!
//! ```no_run
//! let archive = gcapi_demo::generate(std::path::Path::new("demo"))?;
//! println!("{} lies in {}", archive.slug, archive.folder.display());
//! # Ok::<(), gcapi_demo::Error>(())
//! ```
//!
//! About a dozen items hold what archives of the platform hold: CT volumes
//! with segmentations, a DICOM image set, slides, a PDF report, tables, JSON of
//! every kind, and what makes copying them hard: names beyond ASCII, an empty
//! title, an image in two items, two files with one suffix, a header that
//! names its data file, numbers that lose digits when they are parsed.
//!
//! - [`phantom`] draws patients and slides by rule;
//! - [`formats`] writes them as MetaImage, DICOM, TIFF, PDF;
//! - [`description`] says what is in the archive, as the API would;
//! - [`generate()`] puts it on a disk, with its catalogue;
//! - [`expected()`] says what independent readers have to find in it.
//!
//! The same program makes the same bytes on every machine.

mod archive;
pub mod description;
mod error;
mod expected;
pub mod formats;
mod geometry;
pub mod phantom;
mod placement;
mod random;
mod raster;
mod records;
mod wave;

pub use archive::{DemoArchive, GENERATOR_VERSION, generate};
pub use error::Error;
pub use expected::expected;
pub use geometry::Geometry;
pub use raster::{Element, Picture, Volume};
