//! The rows of the catalogue, with the JSON the API gives for them.

use gcapi_archive::layout::Layout;
use gcapi_archive::{
    ArchiveRecord, DownloadSettings, ImageFileRecord, ImageRecord, ItemRecord, SocketRecord,
};
use serde_json::json;
use uuid::Uuid;

use super::Socket;

/// Where its URLs point before a server rewrites them.
pub(super) const ORIGIN: &str = "https://platform.invalid";

/// What the folder was made with.
pub(super) fn settings() -> DownloadSettings {
    DownloadSettings {
        layout: Layout::Container,
        images_only: false,
        base_url: format!("{ORIGIN}/api/v1/"),
    }
}

/// The archive.
pub(super) fn archive(pk: Uuid, slug: &str) -> ArchiveRecord {
    ArchiveRecord {
        pk,
        slug: Some(slug.to_owned()),
        title: slug.to_owned(),
        record: json!({
            "pk": pk,
            "title": slug,
            "logo": format!("{ORIGIN}/logo.png"),
            "description": "",
            "api_url": format!("{ORIGIN}/api/v1/archives/{pk}/"),
            "url": format!("{ORIGIN}/archives/{slug}/"),
        })
        .to_string(),
    }
}

/// A socket.
pub(super) fn socket(pk: i64, socket: &Socket) -> SocketRecord {
    SocketRecord {
        pk,
        slug: socket.slug.clone(),
        super_kind: socket.super_kind.to_owned(),
        relative_path: socket.relative_path.clone(),
        record: json!({
            "title": socket.slug,
            "description": "",
            "slug": socket.slug,
            "kind": socket.kind,
            "pk": pk,
            "default_value": null,
            "super_kind": socket.super_kind,
            "relative_path": socket.relative_path,
            "overlay_segments": [],
            "look_up_table": null,
        })
        .to_string(),
    }
}

/// An item without values.
pub(super) fn item(archive: Uuid, pk: Uuid, title: &str) -> ItemRecord {
    ItemRecord {
        pk,
        title: title.to_owned(),
        record: json!({
            "pk": pk,
            "title": title,
            "archive": format!("{ORIGIN}/api/v1/archives/{archive}/"),
            "hanging_protocol": null,
            "optional_hanging_protocols": [],
            "view_content": {},
        })
        .to_string(),
        values: Vec::new(),
    }
}

/// An image; its files are in the record only where it is served.
pub(super) fn image(
    pk: Uuid,
    name: &str,
    files: Vec<ImageFileRecord>,
    image_set_id: Option<String>,
) -> ImageRecord {
    let record = json!({
        "pk": pk,
        "name": name,
        "files": [],
        "dicom_image_set": image_set_id.as_ref().map(|id| json!({"image_set_id": id})),
        "width": 1, "height": 1, "depth": 1,
        "color_space": "GRAY", "modality": null,
        "eye_choice": "NA", "stereoscopic_choice": null, "field_of_view": null,
        "shape_without_color": [1, 1, 1], "shape": [1, 1, 1],
        "voxel_width_mm": 1.0, "voxel_height_mm": 1.0, "voxel_depth_mm": 1.0,
        "study_instance_uid": "1.2.8", "series_instance_uid": "1.2.9",
        "api_url": format!("{ORIGIN}/api/v1/cases/images/{pk}/"),
        "window_center": null, "window_width": null, "segments": null,
    });
    ImageRecord {
        pk,
        name: name.to_owned(),
        dicom_image_set: image_set_id,
        record: record.to_string(),
        files,
    }
}
