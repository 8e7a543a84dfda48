//! The formats of the archive, written so that independent readers agree on
//! every pixel. Nothing here touches a disk: each writer returns bytes.

pub mod deep_zoom;
pub mod dicom;
pub mod metaimage;
pub mod pdf;
pub mod tiff;

pub use dicom::Series;
pub use metaimage::HeaderAndData;
pub use pdf::Report;
pub use tiff::{Coding, Pyramid};
