//! What a plan is made of: plain values that can be printed and executed.

use gcapi_archive::{FileRecord, RelativePath};
use serde::Serialize;
use url::Url;
use uuid::Uuid;

/// Something to fetch or write once, and every place it goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Job {
    /// Where it comes from.
    pub source: Source,
    /// Where it goes; at least one. For a DICOM image set these are folders.
    pub destinations: Vec<Destination>,
    /// Files that are removed once it is there: what was fetched for the same
    /// value when its path was another.
    #[serde(skip)]
    pub replaces: Vec<FileRecord>,
}

/// Where something comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// The listing itself: a Value.
    Value {
        /// JSON text as served.
        json: String,
    },
    /// A media URL: a File.
    File {
        /// The URL.
        url: Url,
    },
    /// A media URL: a file of an image.
    ImageFile {
        /// The image.
        image: Uuid,
        /// The file.
        image_file: Uuid,
        /// The URL.
        url: Url,
        /// For a MetaImage header (`.mhd`): the other files of the image, so
        /// that the name of its data file can follow. Empty otherwise.
        siblings: Vec<Sibling>,
    },
    /// A DICOM image set, whose instances are listed when it is its turn:
    /// their URLs are signed for minutes only.
    DicomImageSet {
        /// The image.
        image: Uuid,
        /// Identifier of the set.
        image_set_id: String,
    },
}

/// Another file of the same image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sibling {
    /// Its name as served.
    pub served_name: String,
    /// Its name on disk.
    pub name: String,
}

/// A place something goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Path below the output folder.
    #[serde(serialize_with = "as_text")]
    pub path: RelativePath,
    /// The item; `None` in image-only mode.
    pub item: Option<Uuid>,
    /// The socket; `None` in image-only mode.
    pub socket: Option<i64>,
    /// The value's pk; `None` in image-only mode.
    pub value: Option<i64>,
}

fn as_text<S: serde::Serializer>(path: &RelativePath, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(path)
}
