//! From the platform into an archive on disk.
//!
//! [`download`] is the pipeline, and `download.rs` reads as it runs:
//!
//! ```text
//! list items ‖ list images  ->  join  ->  plan  ->  fetch  ->  verify  ->  publish  ->  record
//! ```
//!
//! - *list* writes pages into the catalogue as they come, so that memory does
//!   not grow with the archive, and walks again until nothing is missing.
//! - *plan* turns items into [`Job`]s: pure, serialisable values.
//! - *fetch* streams bytes into part files, many at a time.
//! - *publish* makes a group of part files durable, renames them, and only
//!   then records them.
//!
//! The library reports facts as [`Event`]s to an [`Observer`] and decides
//! nothing about how they are shown. Whether a download succeeded is said by
//! its `Result` and [`Summary`], never by an event.

mod budget;
mod catalogue;
mod download;
mod error;
mod event;
mod fetch;
mod find;
mod listing;
mod lookahead;
mod part;
mod plan;
mod publish;
mod records;
mod request;
mod sizes;
mod stop;

pub use download::{Summary, download, list};
pub use error::{Error, is_fatal};
pub use event::{Action, Event, Observer, Silent};
pub use fetch::{
    FetchedFile, FileOptions, Looked, NotRead, ReadAhead, RemoteFiles, RemoteImage, RemoteReader,
    RemoteSource, WantedFile, fetch_dicom_image_set, fetch_files, named,
};
pub use find::{ArchiveReference, find_archive};
pub use lookahead::Lookahead;
pub use plan::{Destination, Job, PlannedItem, PlannedValue, Sibling, Source};
pub use request::{DownloadRequest, Existing, Selection};
pub use stop::{Stop, StopReason};
