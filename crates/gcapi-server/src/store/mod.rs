//! The store: bytes of files for URLs and requests that the API has signed,
//! as an object store answers.

mod body;
mod conditions;
mod content_type;
mod dicom_key;
mod handler;
mod range;
mod refusal;

pub(crate) use content_type::of as content_type_of;
pub(crate) use dicom_key::DicomKey;
pub(crate) use handler::send;
pub use handler::store;

/// The first segment of every path in the store but those of DICOM instances.
pub(crate) const BUCKET: &str = "gcapi-protected";
