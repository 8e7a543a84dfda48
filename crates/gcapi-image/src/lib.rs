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
//! | format    | read                                     | refused as [`Problem::Unsupported`]                  |
//! |-----------|------------------------------------------|------------------------------------------------------|
//! | MetaImage | all types and both byte orders, text, zlib, gzip, lists of files | other objects than images; `MET_STRING` and the like |
//! | TIFF      | BigTIFF, tiles, strips, pyramids, pages; LZW, deflate, PackBits, JPEG; 8 to 64 bits; zero is black in what is given out | other compressions, palettes, CMYK, Lab, 1 bit, half floats, tiles of several planes |
//! | DICOM     | native, deflated, run lengths, JPEG, lossless JPEG, JPEG-LS, JPEG 2000, HTJ2K; 1 to 32 bits; palettes; YBR as RGB | lossy JPEG of 12 bits, JPEG-LS with colours, JPEG XL, video, JPIP; colours or signs that are contradictory; slides; reports and plans |
//! | NIfTI     | 1 and 2, one file, gzip, all types but the largest; RGB and RGBA | pairs of files, complex numbers, `FLOAT128` |
//! | PNG, JPEG | 8 and 16 bits; 8 bits, grey or of three channels | CMYK, 12 bits, arithmetic codes |
//!
//! Lossy JPEG differs by at most four levels of 255 from what libjpeg gives; everything else is equal, sample
//! by sample, to what SimpleITK, pydicom, tifffile or nibabel read.
//!
//! ```no_run
//! let image = gcapi_image::open("case.mha".as_ref())?;
//! println!("{:?} at {:?} mm", image.size(), image.spacing());
//! let middle = image.slice(image.slices() / 2)?;
//! # Ok::<(), gcapi_image::Error>(())
//! ```

mod colours;
mod dicom;
mod error;
mod files;
mod guard;
mod header;
mod image;
mod jpeg;
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
pub use files::{Files, OpenFile};
pub use header::{Format, Level};
pub use image::{Checked, Image};
pub use limits::Limits;
pub use open::{open, open_dicom_instances, open_dicom_set, open_from, open_within};
pub use samples::{Element, Samples};
pub use thumbnail::{Picture, robust_window, thumbnail, thumbnail_share};
