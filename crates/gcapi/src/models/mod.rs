//! The objects of the API, one file per noun.
//!
//! Reading is lenient: unknown fields are ignored, fields that are missing or `null` get a default
//! where there is a harmless one, and unknown kinds are kept by name. Addresses stay text until
//! they are used, so that a broken one spoils one value and not the object around it.

mod archive;
mod archive_item;
mod dicom;
mod image;
mod lenient;
mod platform;
mod socket;
mod socket_value;

pub use archive::Archive;
pub use archive_item::{ArchiveItem, MalformedValue};
pub use dicom::{DicomInstance, DicomInstanceList, SignedRequest};
pub use image::{DicomImageSet, Image, ImageFile, Modality};
pub use platform::PlatformVersion;
pub use socket::{Socket, SuperKind};
pub use socket_value::SocketValue;
