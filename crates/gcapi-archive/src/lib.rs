//! A Grand Challenge archive on disk: where files lie, what the catalogue
//! says of them, and whether they are still what was fetched.
//!
//! ```text
//! OUT/
//!   <item pk>/<relative path of the socket>                   a Value or a File
//!   <item pk>/<relative path of the socket>/<image pk>.<ext>  an Image (layout `container`)
//!   <item pk>/<relative path of the socket>.<ext>             an Image (layout `flat`)
//!   <image pk>.<ext>                                          image-only mode
//!   .gcapi/catalogue.sqlite                                   what the API said, and what was fetched
//!   .gcapi/parts/                                             files in flight
//!   .gcapi/lease.json                                         who is working on it
//! ```
//!
//! This crate knows neither the network nor the platform's client: records
//! come in as plain values with the JSON the API gave beside them, so that a
//! server can give it out again.
//!
//! - [`RelativePath`] is a path that cannot leave the folder it is joined to;
//!   every name that came from a server becomes one before it is used.
//! - [`layout`] turns an item, a socket and an image into paths.
//! - [`ArchiveFolder`] is the only place that makes folders and publishes files.
//! - [`Catalogue`] is the SQLite file.
//! - [`verify`](verify::verify) holds the disk against the catalogue.
//!
//! Invariant: a row in the catalogue's `file` table is written only after the
//! file is whole under its final name.

mod catalogue;
mod error;
mod folder;
pub mod layout;
mod lease;
mod metaimage_header;
mod relative_path;
mod room;
mod value_json;
pub mod verify;

pub use catalogue::records::{
    ArchiveRecord, Content, DownloadSettings, Failure, FileOrigin, FileRecord, ImageFileRecord,
    ImageRecord, ImageUse, ItemRecord, ListingRecord, SocketHoldings, SocketRecord, Totals,
    ValueFiles, ValueRecord,
};
pub use catalogue::verification::VerificationRecord;
pub use catalogue::{Catalogue, SCHEMA_VERSION};
pub use error::Error;
pub use folder::{ArchiveFolder, OnDisk};
pub use metaimage_header::{DataFile, data_file, with_data_file};
pub use relative_path::{PathRefused, RelativePath};
pub use room::Room;
pub use value_json::indented;
