//! Medical images as Grand Challenge stores them: MetaImage, TIFF and its pyramids, DICOM image
//! sets, NIfTI, PNG and JPEG.
//!
//! [`open`] reads the header of a file and gives an [`Image`]: its size, its place in space, its type.
//! Samples are read when they are asked for: all of them, a slice, a region of a slide.
//! [`Image::check`] reads everything to the end without keeping it. Geometry is that of SimpleITK:
//! millimetres, LPS, direction matrices row by row.
//!
//! Files come from anywhere. No claim of a header is believed before it is held against [`Limits`]
//! and the size of the file; memory that is not there is an error; a decoder that panics is one too;
//! and where decoding would give a wrong picture there is an error instead.
//!
//! ```no_run
//! let image = gcapi_image::open("case.mha".as_ref())?;
//! println!("{:?} at {:?} mm", image.size(), image.spacing());
//! let middle = image.slice(image.slices() / 2)?;
//! # Ok::<(), gcapi_image::Error>(())
//! ```

mod dicom;
mod error;
mod guard;
mod header;
mod image;
mod limits;
mod metaimage;
pub mod nifti;
mod open;
mod picture;
mod samples;
mod stream;
mod thumbnail;
mod tiff;

pub use error::{Error, Problem};
pub use header::{Format, Level};
pub use image::{Checked, Image};
pub use limits::Limits;
pub use open::{open, open_dicom_instances, open_dicom_set, open_within};
pub use samples::{Element, Samples};
pub use thumbnail::{Picture, robust_window, thumbnail};
