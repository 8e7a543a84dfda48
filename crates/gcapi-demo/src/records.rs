//! The description as rows of the catalogue.

use gcapi_archive::layout::Layout;
use gcapi_archive::{
    ArchiveRecord, DownloadSettings, ImageFileRecord, ImageRecord, ItemRecord, SocketRecord,
    ValueRecord,
};

use crate::description::{
    ARCHIVE_PK, BASE_URL, Content, Description, Image, Item, SLUG, Socket, TITLE, archive_record,
};

/// The archive.
pub(crate) fn archive() -> ArchiveRecord {
    ArchiveRecord {
        pk: ARCHIVE_PK,
        slug: Some(SLUG.to_owned()),
        title: TITLE.to_owned(),
        record: archive_record().to_string(),
    }
}

/// The layout it lies in.
pub(crate) fn settings() -> DownloadSettings {
    DownloadSettings {
        layout: Layout::Container,
        images_only: false,
        base_url: BASE_URL.to_owned(),
    }
}

/// A socket.
pub(crate) fn socket(socket: &Socket) -> SocketRecord {
    SocketRecord {
        pk: socket.pk,
        slug: socket.slug.to_owned(),
        super_kind: socket.super_kind.name().to_owned(),
        relative_path: socket.relative_path.to_owned(),
        record: socket.record().to_string(),
    }
}

/// An item with its values.
pub(crate) fn item(description: &Description, item: &Item) -> ItemRecord {
    let values = item.values.iter().filter_map(|value| {
        let socket = description.socket(value.socket)?.pk;
        let (text, image) = match &value.content {
            Content::Value(text) => (Some((*text).to_owned()), None),
            Content::File { .. } => (None, None),
            Content::Image(key) => (None, description.image(*key).map(|image| image.pk)),
        };
        Some(ValueRecord {
            pk: value.pk,
            socket,
            value: text,
            file: value.file_url(),
            image,
        })
    });
    ItemRecord {
        pk: item.pk,
        title: item.title.to_owned(),
        record: item.record().to_string(),
        values: values.collect(),
    }
}

/// An image with its files.
pub(crate) fn image(image: &Image) -> ImageRecord {
    let files = image.files().into_iter().map(|file| ImageFileRecord {
        pk: file.pk,
        image_type: Some(file.image_type.to_owned()),
        url: image.file_url(&file),
    });
    ImageRecord {
        pk: image.pk,
        name: image.name.to_owned(),
        dicom_image_set: image.dicom_image_set(),
        record: image.record().to_string(),
        files: files.collect(),
    }
}
