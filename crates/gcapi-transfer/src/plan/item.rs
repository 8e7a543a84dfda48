//! An item as it was planned, for whoever uses items while they come.

use gcapi_archive::ItemRecord;
use serde::Serialize;
use uuid::Uuid;

use super::place::{Content, Placed};

/// An item and where its files lie once it is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedItem {
    /// Primary key.
    #[serde(rename = "item")]
    pub pk: Uuid,
    /// Title, may be empty.
    pub title: String,
    /// The JSON object as served, without `values`.
    #[serde(skip)]
    pub record: String,
    /// The selected values in the order served.
    #[serde(skip)]
    pub values: Vec<PlannedValue>,
}

/// The value of a socket and where its files lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedValue {
    /// Slug of the socket.
    pub socket: String,
    /// `Image`, `Value` or `File`, as served.
    pub super_kind: String,
    /// JSON text as served, of a Value.
    pub json: Option<String>,
    /// Primary key of an image.
    pub image: Option<Uuid>,
    /// Paths below the output folder; of a DICOM image set its folder.
    pub paths: Vec<String>,
}

impl PlannedItem {
    pub(super) fn new(item: &ItemRecord, placed: &[Placed]) -> Self {
        Self {
            pk: item.pk,
            title: item.title.clone(),
            record: item.record.clone(),
            values: placed.iter().map(PlannedValue::new).collect(),
        }
    }
}

impl PlannedValue {
    fn new(placed: &Placed) -> Self {
        let (json, image, paths) = match &placed.content {
            Content::Value { json, path } => (Some(json.clone()), None, vec![path.to_string()]),
            Content::File { path, .. } => (None, None, vec![path.to_string()]),
            Content::Image(image) => {
                let files = image.files.iter().filter(|file| file.selected);
                let paths = files.map(|file| file.path.to_string()).collect();
                (None, Some(image.image), paths)
            }
            Content::DicomImageSet { image, folder, .. } => {
                (None, Some(*image), vec![folder.to_string()])
            }
        };
        Self {
            socket: placed.slug.clone(),
            super_kind: placed.super_kind.clone(),
            json,
            image,
            paths,
        }
    }
}
