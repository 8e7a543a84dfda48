//! From the platform's models to rows of the catalogue.

use std::collections::BTreeMap;

use gcapi::{Archive, ArchiveItem, Image, Record, SuperKind};
use gcapi_archive::{
    ArchiveRecord, Failure, ImageFileRecord, ImageRecord, ItemRecord, SocketRecord, ValueRecord,
};
use serde_json::value::RawValue;

pub(crate) fn archive(archive: &Record<Archive>) -> ArchiveRecord {
    ArchiveRecord {
        pk: archive.value.pk,
        slug: archive.value.slug().map(str::to_owned),
        title: archive.value.title.clone(),
        record: archive.json.get().to_owned(),
    }
}

/// An item, the sockets its values came with, and what is wrong with values
/// that could not be read.
pub(crate) struct ConvertedItem {
    pub(crate) item: ItemRecord,
    pub(crate) sockets: Vec<SocketRecord>,
    pub(crate) failures: Vec<Failure>,
}

pub(crate) fn item(item: &Record<ArchiveItem>) -> ConvertedItem {
    let mut sockets = Vec::new();
    let mut values = Vec::new();
    let mut failures = Vec::new();
    for (position, value) in item.value.values.iter().enumerate() {
        let place = || format!("{}, value {}", item.value.pk, position + 1);
        let value = match value {
            Ok(value) => value,
            Err(malformed) => {
                failures.push(Failure {
                    place: place(),
                    reason: format!("the platform's answer is malformed: {}", malformed.reason),
                    next_step: "run again; if it stays so, report it to the platform".to_owned(),
                });
                continue;
            }
        };
        let image = match &value.image {
            None => None,
            Some(url) => match value.image_pk() {
                Some(pk) => Some(pk),
                None => {
                    failures.push(Failure {
                        place: format!("{} ({})", place(), value.socket.slug),
                        reason: format!("{url:?} is not the API URL of an image"),
                        next_step: "report it to the platform".to_owned(),
                    });
                    continue;
                }
            },
        };
        let is_value = value.socket.super_kind == SuperKind::Value;
        sockets.push(SocketRecord {
            pk: value.socket.pk,
            slug: value.socket.slug.clone(),
            super_kind: value.socket.super_kind.to_string(),
            relative_path: value.socket.relative_path.clone(),
            record: value.socket_json.get().to_owned(),
        });
        values.push(ValueRecord {
            pk: value.pk,
            socket: value.socket.pk,
            value: is_value.then(|| value.value.get().to_owned()),
            file: value.file.clone(),
            image,
        });
    }
    ConvertedItem {
        item: ItemRecord {
            pk: item.value.pk,
            title: item.value.title.clone(),
            record: without_values(item.json.get()),
            values,
        },
        sockets,
        failures,
    }
}

/// The object without its `values`, which have a table of their own.
fn without_values(json: &str) -> String {
    let Ok(mut fields) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json) else {
        return "{}".to_owned();
    };
    fields.remove("values");
    serde_json::to_string(&fields).unwrap_or_else(|_| "{}".to_owned())
}

pub(crate) fn image(image: &Record<Image>) -> ImageRecord {
    ImageRecord {
        pk: image.value.pk,
        name: image.value.name.clone(),
        dicom_image_set: image
            .value
            .dicom_image_set
            .as_ref()
            .map(|set| set.image_set_id.clone()),
        record: image.json.get().to_owned(),
        files: image
            .value
            .files
            .iter()
            .map(|file| ImageFileRecord {
                pk: file.pk,
                image_type: file.image_type.clone(),
                url: file.file.clone(),
            })
            .collect(),
    }
}
