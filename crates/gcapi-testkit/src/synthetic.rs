//! Archives of any size, for benchmarks and tests of scale.

use std::path::Path;

use gcapi_archive::layout::Layout;
use gcapi_archive::{
    ArchiveFolder, ArchiveRecord, Catalogue, Content, DownloadSettings, Error, FileOrigin,
    FileRecord, ImageFileRecord, ImageRecord, ItemRecord, RelativePath, SocketRecord, ValueRecord,
};
use serde_json::json;
use uuid::Uuid;

/// Of what [`make`] makes: raise it when that changes, and old archives are
/// made anew.
pub const VERSION: &str = "2";

/// Slug of every synthetic archive.
pub const SLUG: &str = "synthetic";

/// Where its URLs point before a server rewrites them.
const ORIGIN: &str = "https://platform.invalid";

/// Where a DICOM image set lies in its item.
const DICOM_PATH: &str = "images/dicom";

/// Items written to the catalogue at a time.
const BATCH: u32 = 1000;

/// Pks of the values of one item lie this close together.
const VALUES_PER_ITEM: i64 = 3000;

/// Where the pks of images, and of the sockets they are in, begin.
const IMAGES_FROM: u32 = 1000;

/// Where those of Values begin.
const VALUES_FROM: u32 = 2000;

/// The last of the pks of an item is that of its DICOM image set.
const DICOM: u32 = 2999;

/// What to make.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shape {
    /// Items.
    pub items: u32,
    /// Socket values of the super kind Value in each.
    pub values: u32,
    /// Socket values of the super kind File in each.
    pub files: u32,
    /// Images, of one MHA file, in each.
    pub images: u32,
    /// Instances of a DICOM image set in each; none without any.
    pub instances: u32,
    /// Bytes of each file.
    pub size: u64,
}

/// Makes an archive with files of pseudo-random bytes, the same every time,
/// in a new folder.
///
/// # Errors
/// What the disk says.
pub fn make(root: &Path, shape: Shape) -> Result<(), Error> {
    let folder = ArchiveFolder::create(root, false)?;
    let mut catalogue = Catalogue::create(&folder)?;
    catalogue.claim(&archive(), &settings())?;
    catalogue.put_sockets(&sockets(shape))?;
    let listing = catalogue.start_listing(0)?;
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for first in (0..shape.items).step_by(BATCH as usize) {
        let (mut items, mut images, mut files) = (Vec::new(), Vec::new(), Vec::new());
        for number in first..shape.items.min(first + BATCH) {
            let mut item = Item::new(number);
            (0..shape.values).for_each(|index| item.add_value(index));
            (0..shape.files).for_each(|index| item.add_file(index));
            (0..shape.images).for_each(|index| item.add_image(index, shape));
            if shape.instances > 0 {
                item.add_dicom_image_set(shape.instances);
            }
            let with_bytes = |file: &&mut FileRecord| file.origin != FileOrigin::Value;
            for file in item.files.iter_mut().filter(with_bytes) {
                write(&folder, file, shape.size, &mut state)?;
            }
            items.push(item.record);
            images.append(&mut item.images);
            files.append(&mut item.files);
        }
        catalogue.put_items(listing, &items)?;
        catalogue.put_images(listing, &images)?;
        catalogue.put_files(&files)?;
        for image in &images {
            if let Some(id) = &image.dicom_image_set {
                catalogue.put_dicom_image_set(image.pk, id, u64::from(shape.instances))?;
            }
        }
    }
    catalogue.finish_listing(listing, 0)
}

/// Where the File with this value pk lies below the folder that [`make`] made.
#[must_use]
pub fn path_of_file(value: i64) -> Option<String> {
    let number = u32::try_from((value - 1) / VALUES_PER_ITEM).ok()?;
    let index = u32::try_from((value - 1) % VALUES_PER_ITEM).ok()?;
    (index < IMAGES_FROM).then(|| format!("{}/{}", pk("item", number, 0), file_name(index)))
}

fn file_name(index: u32) -> String {
    format!("file-{index}.zip")
}

fn archive() -> ArchiveRecord {
    let pk = pk("archive", 0, 0);
    ArchiveRecord {
        pk,
        slug: Some(SLUG.to_owned()),
        title: "Synthetic archive".to_owned(),
        record: json!({
            "pk": pk,
            "title": "Synthetic archive",
            "logo": format!("{ORIGIN}/logo.png"),
            "description": "",
            "api_url": format!("{ORIGIN}/api/v1/archives/{pk}/"),
            "url": format!("{ORIGIN}/archives/{SLUG}/"),
        })
        .to_string(),
    }
}

fn settings() -> DownloadSettings {
    DownloadSettings {
        layout: Layout::Container,
        images_only: false,
        base_url: format!("{ORIGIN}/api/v1/"),
    }
}

fn sockets(shape: Shape) -> Vec<SocketRecord> {
    let values = (0..shape.values).map(|index| {
        socket(
            socket_pk(VALUES_FROM + index),
            format!("value-{index}"),
            "Value",
            "Anything",
            format!("value-{index}.json"),
        )
    });
    let files = (0..shape.files).map(|index| {
        socket(
            socket_pk(index),
            format!("file-{index}"),
            "File",
            "ZIP file",
            file_name(index),
        )
    });
    let images = (0..shape.images).map(|index| {
        socket(
            socket_pk(IMAGES_FROM + index),
            format!("image-{index}"),
            "Image",
            "Image",
            format!("images/image-{index}"),
        )
    });
    let dicom = (shape.instances > 0).then(|| {
        socket(
            socket_pk(DICOM),
            "dicom".to_owned(),
            "Image",
            "DICOM Image Set",
            DICOM_PATH.to_owned(),
        )
    });
    values.chain(files).chain(images).chain(dicom).collect()
}

fn socket_pk(index: u32) -> i64 {
    i64::from(index) + 1
}

fn socket(
    pk: i64,
    slug: String,
    super_kind: &str,
    kind: &str,
    relative_path: String,
) -> SocketRecord {
    let record = json!({
        "title": slug,
        "description": "",
        "slug": slug,
        "kind": kind,
        "pk": pk,
        "default_value": null,
        "super_kind": super_kind,
        "relative_path": relative_path,
        "overlay_segments": [],
        "look_up_table": null,
    });
    SocketRecord {
        pk,
        slug,
        super_kind: super_kind.to_owned(),
        relative_path,
        record: record.to_string(),
    }
}

/// One item while it is made.
struct Item {
    number: u32,
    record: ItemRecord,
    images: Vec<ImageRecord>,
    files: Vec<FileRecord>,
}

impl Item {
    fn new(number: u32) -> Self {
        let item = pk("item", number, 0);
        let title = format!("Case {number:06}");
        let record = json!({
            "pk": item,
            "title": title,
            "archive": format!("{ORIGIN}/api/v1/archives/{}/", pk("archive", 0, 0)),
            "hanging_protocol": null,
            "optional_hanging_protocols": [],
            "view_content": {},
        });
        let record = ItemRecord {
            pk: item,
            title,
            record: record.to_string(),
            values: Vec::new(),
        };
        Self {
            number,
            record,
            images: Vec::new(),
            files: Vec::new(),
        }
    }

    fn next_value(&self, index: u32) -> i64 {
        i64::from(self.number) * VALUES_PER_ITEM + i64::from(index) + 1
    }

    /// A Value. It is served from the listing, so that no file is made; but
    /// the server gives out only what was recorded.
    fn add_value(&mut self, index: u32) {
        let index = VALUES_FROM + index;
        let value = self.next_value(index);
        let json = json!({"finding": format!("lesion {value}"), "millimetres": [value % 97, 4, 2]});
        self.record.values.push(ValueRecord {
            pk: value,
            socket: socket_pk(index),
            value: Some(json.to_string()),
            file: None,
            image: None,
        });
        let name = format!("value-{}.json", index - VALUES_FROM);
        self.push(&name, FileOrigin::Value, socket_pk(index), value);
    }

    fn add_file(&mut self, index: u32) {
        let value = self.next_value(index);
        let name = file_name(index);
        self.record.values.push(ValueRecord {
            pk: value,
            socket: socket_pk(index),
            value: None,
            file: Some(format!(
                "{ORIGIN}/media/components/componentinterfacevalue/00/00/{value}/{name}"
            )),
            image: None,
        });
        self.push(&name, FileOrigin::File, socket_pk(index), value);
    }

    fn add_image(&mut self, index: u32, shape: Shape) {
        let index = IMAGES_FROM + index;
        let value = self.next_value(index);
        let (image, file) = (
            pk("image", self.number, index),
            pk("image file", self.number, index),
        );
        self.record.values.push(ValueRecord {
            pk: value,
            socket: socket_pk(index),
            value: None,
            file: None,
            image: Some(image),
        });
        let url = format!("{ORIGIN}/media/images/{image}/{file}/{image}.mha");
        let name = format!("case-{:06}.mha", self.number);
        self.images.push(ImageRecord {
            pk: image,
            name: name.clone(),
            dicom_image_set: None,
            record: json!({
                "pk": image,
                "name": name,
                "files": [{"pk": file, "image": image, "file": url, "image_type": "MHD"}],
                "dicom_image_set": null,
                "width": shape.size, "height": 1, "depth": 1,
                "color_space": "GRAY", "modality": null,
                "eye_choice": "NA", "stereoscopic_choice": null, "field_of_view": null,
                "shape_without_color": [1, 1, shape.size], "shape": [1, 1, shape.size],
                "voxel_width_mm": 1.0, "voxel_height_mm": 1.0, "voxel_depth_mm": 1.0,
                "api_url": format!("{ORIGIN}/api/v1/cases/images/{image}/"),
                "window_center": null, "window_width": null, "segments": null,
            })
            .to_string(),
            files: vec![ImageFileRecord {
                pk: file,
                image_type: Some("MHD".to_owned()),
                url,
            }],
        });
        let origin = FileOrigin::ImageFile {
            image,
            image_file: file,
        };
        self.push(
            &format!("images/image-{}/{image}.mha", index - IMAGES_FROM),
            origin,
            socket_pk(index),
            value,
        );
    }

    /// A DICOM image set, whose instances only a list of signed requests names.
    fn add_dicom_image_set(&mut self, instances: u32) {
        let value = self.next_value(DICOM);
        let image = pk("dicom image set", self.number, 0);
        let id = image.simple().to_string();
        let uid = |what: &str| format!("2.25.{}", pk(what, self.number, 0).as_u128());
        let name = format!("case-{:06}", self.number);
        self.record.values.push(ValueRecord {
            pk: value,
            socket: socket_pk(DICOM),
            value: None,
            file: None,
            image: Some(image),
        });
        self.images.push(ImageRecord {
            pk: image,
            name: name.clone(),
            dicom_image_set: Some(id.clone()),
            record: json!({
                "pk": image,
                "name": name,
                "files": [],
                "dicom_image_set": {"image_set_id": id},
                "width": 512, "height": 512, "depth": instances,
                "shape_without_color": [instances, 512, 512], "shape": [instances, 512, 512],
                "voxel_width_mm": 1.0, "voxel_height_mm": 1.0, "voxel_depth_mm": 1.0,
                "color_space": "GRAY", "modality": null,
                "eye_choice": "NA", "stereoscopic_choice": null, "field_of_view": null,
                "study_instance_uid": uid("study"), "series_instance_uid": uid("series"),
                "api_url": format!("{ORIGIN}/api/v1/cases/images/{image}/"),
                "window_center": null, "window_width": null, "segments": null,
            })
            .to_string(),
            files: Vec::new(),
        });
        for index in 0..instances {
            let sop_instance_uid = format!("2.25.{}", pk("instance", self.number, index).as_u128());
            let path = format!("{DICOM_PATH}/{sop_instance_uid}.dcm");
            let origin = FileOrigin::DicomInstance {
                image,
                sop_instance_uid,
            };
            self.push(&path, origin, socket_pk(DICOM), value);
        }
    }

    fn push(&mut self, below: &str, origin: FileOrigin, socket: i64, value: i64) {
        let Ok(path) = RelativePath::parse(&format!("{}/{below}", self.record.pk)) else {
            return;
        };
        let nothing = Content::of(&[]);
        self.files.push(FileRecord {
            path,
            origin,
            item: Some(self.record.pk),
            socket: Some(socket),
            value: Some(value),
            written: nothing.clone(),
            served: nothing,
            etag: None,
            modified_ns: 0,
            fetched_at: 0,
        });
    }
}

/// Writes one file a megabyte at a time.
fn write(
    folder: &ArchiveFolder,
    file: &mut FileRecord,
    size: u64,
    state: &mut u64,
) -> Result<(), Error> {
    use std::io::Write as _;
    let part = folder.part_path(&file.path);
    let failed = |source| Error::writing(&part, source);
    let mut out = std::fs::File::create(&part).map_err(failed)?;
    let mut block = Vec::with_capacity(1 << 20);
    let mut left = size;
    while left > 0 {
        block.clear();
        while (block.len() as u64) < left.min(1 << 20) {
            // xorshift64: fast, and compresses as badly as images do.
            *state ^= *state << 13;
            *state ^= *state >> 7;
            *state ^= *state << 17;
            block.extend_from_slice(&state.to_le_bytes());
        }
        block.truncate(usize::try_from(left.min(1 << 20)).unwrap_or(1 << 20));
        out.write_all(&block).map_err(failed)?;
        left -= block.len() as u64;
    }
    drop(out);
    let on_disk = folder.publish(&part, &file.path)?;
    file.modified_ns = on_disk.modified_ns;
    file.written = gcapi_archive::verify::content_of(folder, &file.path)?;
    file.served = file.written.clone();
    Ok(())
}

fn pk(what: &str, number: u32, index: u32) -> Uuid {
    Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("{what} {number} {index}").as_bytes(),
    )
}
