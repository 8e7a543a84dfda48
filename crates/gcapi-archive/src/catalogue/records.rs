//! The rows of the catalogue as plain values.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::RelativePath;
use crate::layout::Layout;

/// What a folder was made with; a later run has to agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownloadSettings {
    /// Where images lie.
    pub layout: Layout,
    /// Image-only mode: `<image pk>.<ext>` straight in the folder.
    pub images_only: bool,
    /// The API the archive came from.
    pub base_url: String,
}

/// An archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveRecord {
    /// Primary key.
    pub pk: Uuid,
    /// Slug, which the API only gives as part of the archive's page URL.
    pub slug: Option<String>,
    /// Title.
    pub title: String,
    /// The JSON object as served.
    pub record: String,
}

/// A socket (the API says component interface).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketRecord {
    /// Primary key.
    pub pk: i64,
    /// Slug.
    pub slug: String,
    /// `Image`, `Value`, `File`, or whatever else was served.
    pub super_kind: String,
    /// Path below an item's folder, as served: not yet checked.
    pub relative_path: String,
    /// The JSON object as served.
    pub record: String,
}

/// An archive item with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRecord {
    /// Primary key.
    pub pk: Uuid,
    /// Title, may be empty.
    pub title: String,
    /// The JSON object as served, without `values`.
    pub record: String,
    /// The values in the order served.
    pub values: Vec<ValueRecord>,
}

/// The value of a socket of one item. Which of the three contents counts is
/// the super kind's to say, never which one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueRecord {
    /// Primary key. It may be shared by several items.
    pub pk: i64,
    /// Primary key of the socket.
    pub socket: i64,
    /// JSON text as served; `null` is a value.
    pub value: Option<String>,
    /// Media URL of a File.
    pub file: Option<String>,
    /// Primary key of an image.
    pub image: Option<Uuid>,
}

/// An image with its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRecord {
    /// Primary key.
    pub pk: Uuid,
    /// Name of the original upload; neither unique nor safe as a path.
    pub name: String,
    /// Identifier of the DICOM image set, if it is one.
    pub dicom_image_set: Option<String>,
    /// The JSON object as served, `files` included.
    pub record: String,
    /// The files in the order served; empty for DICOM image sets.
    pub files: Vec<ImageFileRecord>,
}

/// One file of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFileRecord {
    /// Primary key.
    pub pk: Uuid,
    /// `MHD`, `TIFF`, `DZI`, ...
    pub image_type: Option<String>,
    /// Media URL.
    pub url: String,
}

/// One place an image is used in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUse {
    /// The item.
    pub item: Uuid,
    /// Position of the value in its item.
    pub position: usize,
    /// Primary key of the value.
    pub value: i64,
    /// The socket.
    pub socket: i64,
}

/// Size and hash of some bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    /// Length in bytes.
    pub size: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// What a file on disk is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOrigin {
    /// A Value, written from the listing.
    Value,
    /// A File.
    File,
    /// A file of an image.
    ImageFile {
        /// The image.
        image: Uuid,
        /// The file of the image.
        image_file: Uuid,
    },
    /// An instance of a DICOM image set.
    DicomInstance {
        /// The image.
        image: Uuid,
        /// SOP instance UID.
        sop_instance_uid: String,
    },
}

/// A file that is whole under its final name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// Path below the output folder.
    pub path: RelativePath,
    /// What it is of.
    pub origin: FileOrigin,
    /// The item; `None` in image-only mode.
    pub item: Option<Uuid>,
    /// The socket; `None` in image-only mode.
    pub socket: Option<i64>,
    /// The value's pk, which changes when the value does.
    pub value: Option<i64>,
    /// The bytes as they lie on disk.
    pub written: Content,
    /// The bytes as they were served.
    pub served: Content,
    /// ETag of the object store.
    pub etag: Option<String>,
    /// Time of the last change on this disk, nanoseconds since 1970.
    pub modified_ns: i64,
    /// When it was fetched, seconds since 1970.
    pub fetched_at: i64,
}

/// What is here of one value of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueFiles {
    /// The item.
    pub item: Uuid,
    /// Primary key of the value.
    pub value: i64,
    /// Files on disk.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The first of them that is not merely the samples or the tiles that another one
    /// describes; of an image it is the one to open.
    pub path: RelativePath,
}

/// What is here of one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketHoldings {
    /// Slug of the socket.
    pub slug: String,
    /// `Image`, `Value`, `File`, or whatever else was served.
    pub super_kind: String,
    /// Values that the items of the last listing have.
    pub listed: u64,
    /// How many of them have a file on disk.
    pub held: u64,
    /// Files on disk.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// One walk through the lists of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListingRecord {
    /// Number, counting from 1.
    pub number: i64,
    /// Seconds since 1970.
    pub started_at: i64,
    /// Seconds since 1970; `None` if it was broken off.
    pub finished_at: Option<i64>,
    /// Distinct items seen.
    pub items: Option<i64>,
    /// Distinct images seen.
    pub images: Option<i64>,
}

/// Something the last run could not bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The path, or the item, socket or image where no path could be made.
    pub place: String,
    /// What happened.
    pub reason: String,
    /// What to do.
    pub next_step: String,
}

/// Numbers for a summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Items in the last listing.
    pub items: u64,
    /// Socket values of those items.
    pub values: u64,
    /// Images in the last listing.
    pub images: u64,
    /// Files on disk.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Failures of the last run.
    pub failures: u64,
}

impl Content {
    /// The content whose bytes went into `hasher`.
    #[must_use]
    pub fn new(size: u64, hasher: Sha256) -> Self {
        use std::fmt::Write as _;
        let mut sha256 = String::with_capacity(64);
        for byte in hasher.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        Self { size, sha256 }
    }

    /// The content of some bytes in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::new(
            u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Sha256::new_with_prefix(bytes),
        )
    }
}
