//! An archive of image files that somebody else made, for benchmarks: every item has a copy of each.
//!
//! ```text
//! image_archive OUT IMAGES BYTES
//! ```
//!
//! `IMAGES` is a folder with `images.json`: a list of objects with `socket`, `path` (of a file, or of a
//! folder of DICOM instances, below that folder) and `record`, which the API would give. Items are
//! added until there are `BYTES` of files. One JSON line says how many there are.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use gcapi_archive::layout::Layout;
use gcapi_archive::{
    ArchiveFolder, ArchiveRecord, Catalogue, Content, DownloadSettings, FileOrigin, FileRecord,
    ImageRecord, ItemRecord, RelativePath, SocketRecord, ValueRecord,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// An image, as it is copied into every item.
struct Image {
    socket: String,
    is_dicom: bool,
    files: Vec<Source>,
    record: Value,
}

/// One file of it.
struct Source {
    path: PathBuf,
    name: String,
    content: Content,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, images, bytes] = arguments.as_slice() else {
        return Err("usage: image_archive OUT IMAGES BYTES".into());
    };
    let (images, bytes) = (read(Path::new(images))?, bytes.parse::<u64>()?);
    let folder = ArchiveFolder::create(Path::new(out), false)?;
    let mut catalogue = Catalogue::create(&folder)?;
    catalogue.claim(&archive(), &settings())?;
    catalogue.put_sockets(&sockets(&images))?;
    let listing = catalogue.start_listing(0)?;
    let (mut items, mut copied, mut copies) = (0, 0, 0);
    while copied < bytes {
        items += 1;
        let item = Item::new(items, &images, &folder)?;
        copied += item.files.iter().map(|file| file.written.size).sum::<u64>();
        copies += item.files.len();
        catalogue.put_items(listing, &[item.record])?;
        catalogue.put_images(listing, &item.images)?;
        catalogue.put_files(&item.files)?;
        for image in item.images {
            let instances = item.files.iter().filter(|file| match file.origin {
                FileOrigin::DicomInstance { image: of, .. } => of == image.pk,
                _ => false,
            });
            if let Some(id) = &image.dicom_image_set {
                catalogue.put_dicom_image_set(image.pk, id, instances.count() as u64)?;
            }
        }
    }
    catalogue.finish_listing(listing, 0)?;
    let made = json!({"items": items, "files": copies, "bytes": copied});
    writeln!(std::io::stdout(), "{made}")?;
    Ok(())
}

fn read(folder: &Path) -> Result<Vec<Image>, Box<dyn Error>> {
    let listed: Vec<Value> =
        serde_json::from_str(&fs::read_to_string(folder.join("images.json"))?)?;
    let mut images = Vec::new();
    for image in listed {
        let text = |name: &str| image.get(name).and_then(Value::as_str);
        let socket = text("socket").ok_or("an image has no socket")?;
        let place = folder.join(text("path").ok_or("an image has no path")?);
        let is_dicom = place.is_dir();
        let mut paths = vec![place.clone()];
        if is_dicom {
            let entries: Result<Vec<_>, _> = fs::read_dir(&place)?.collect();
            paths = entries?.iter().map(fs::DirEntry::path).collect();
            paths.sort();
        }
        let files: Result<Vec<Source>, std::io::Error> = paths.into_iter().map(source).collect();
        images.push(Image {
            socket: socket.to_owned(),
            is_dicom,
            files: files?,
            record: image.get("record").cloned().unwrap_or_default(),
        });
    }
    Ok(images)
}

fn source(path: PathBuf) -> std::io::Result<Source> {
    Ok(Source {
        content: Content::of(&fs::read(&path)?),
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        path,
    })
}

fn archive() -> ArchiveRecord {
    ArchiveRecord {
        pk: pk("archive", 0, ""),
        slug: Some("images".to_owned()),
        title: "Images".to_owned(),
        record: "{}".to_owned(),
    }
}

fn settings() -> DownloadSettings {
    DownloadSettings {
        layout: Layout::Container,
        images_only: false,
        base_url: "https://platform.invalid/api/v1/".to_owned(),
    }
}

fn sockets(images: &[Image]) -> Vec<SocketRecord> {
    let numbered = (1..).zip(images);
    let socket = |(pk, image): (i64, &Image)| SocketRecord {
        pk,
        slug: image.socket.clone(),
        super_kind: "Image".to_owned(),
        relative_path: format!("images/{}", image.socket),
        record: "{}".to_owned(),
    };
    numbered.map(socket).collect()
}

/// An item with its copies.
struct Item {
    record: ItemRecord,
    images: Vec<ImageRecord>,
    files: Vec<FileRecord>,
}

impl Item {
    fn new(number: u32, images: &[Image], folder: &ArchiveFolder) -> Result<Self, Box<dyn Error>> {
        let mut item = Self {
            record: ItemRecord {
                pk: pk("item", number, ""),
                title: format!("Case {number}"),
                record: "{}".to_owned(),
                values: Vec::new(),
            },
            images: Vec::new(),
            files: Vec::new(),
        };
        for (socket, image) in (1..).zip(images) {
            item.add(number, socket, image, folder)?;
        }
        Ok(item)
    }

    fn add(
        &mut self,
        number: u32,
        socket: i64,
        image: &Image,
        folder: &ArchiveFolder,
    ) -> Result<(), Box<dyn Error>> {
        let image_pk = pk("image", number, &image.socket);
        let value = i64::from(number) * 1000 + socket;
        self.record.values.push(ValueRecord {
            pk: value,
            socket,
            value: None,
            file: None,
            image: Some(image_pk),
        });
        self.images.push(ImageRecord {
            pk: image_pk,
            name: image.socket.clone(),
            dicom_image_set: image.is_dicom.then(|| image_pk.simple().to_string()),
            record: image.record.to_string(),
            files: Vec::new(),
        });
        for file in &image.files {
            let (name, origin) = if image.is_dicom {
                let uid = file.name.trim_end_matches(".dcm").to_owned();
                let origin = FileOrigin::DicomInstance {
                    image: image_pk,
                    sop_instance_uid: uid,
                };
                (file.name.clone(), origin)
            } else {
                let suffix = file.name.rsplit('.').next().unwrap_or_default();
                let origin = FileOrigin::ImageFile {
                    image: image_pk,
                    image_file: pk("file", number, &image.socket),
                };
                (format!("{image_pk}.{suffix}"), origin)
            };
            let path = format!("{}/images/{}/{name}", self.record.pk, image.socket);
            let path = RelativePath::parse(&path)?;
            let part = folder.part_path(&path);
            fs::copy(&file.path, &part)?;
            let on_disk = folder.publish(&part, &path)?;
            self.files.push(FileRecord {
                path,
                origin,
                item: Some(self.record.pk),
                socket: Some(socket),
                value: Some(value),
                written: file.content.clone(),
                served: file.content.clone(),
                etag: None,
                modified_ns: on_disk.modified_ns,
                fetched_at: 0,
            });
        }
        Ok(())
    }
}

fn pk(what: &str, number: u32, socket: &str) -> Uuid {
    let name = format!("{what} {number} {socket}");
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}
