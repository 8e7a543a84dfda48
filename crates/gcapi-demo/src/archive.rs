//! Writes the archive into a folder, with its catalogue, as a finished
//! download would have left it.
//!
//! The one difference from a download: the header of an MHD image keeps the
//! name its data file had on the platform, because a server that serves this
//! folder has to give out the bytes the platform has.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gcapi_archive::{
    ArchiveFolder, Catalogue, Content as Bytes, FileOrigin, FileRecord, PathRefused, RelativePath,
    indented, verify,
};
use uuid::Uuid;

use crate::description::{ARCHIVE_PK, Content, Description, Image, ImageKey, SLUG};
use crate::error::Error;
use crate::placement::{Place, places};
use crate::records;

/// Goes up with every change of the archive's content, so that a folder made
/// by an older program is made anew.
pub const GENERATOR_VERSION: &str = "gcapi-demo 2";

/// Says in the folder who made it; written last of all.
const MARKER: &str = "demo.txt";

/// The time the archive says it was listed and fetched, in seconds since
/// 1970: the first of January 2025. Fixed, so that it is the same every time.
const MADE_AT: i64 = 1_735_689_600;

/// A demo archive on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoArchive {
    /// The folder.
    pub folder: PathBuf,
    /// Slug of the archive.
    pub slug: &'static str,
    /// Primary key of the archive.
    pub pk: Uuid,
}

/// Makes the demo archive in `folder`, or finds that it is there, whole and
/// of this version: every file is held against its hash, which takes a few
/// hundredths of a second.
///
/// It is written into a folder beside this one and renamed when it is done,
/// so that a run that is killed leaves nothing half under this name.
///
/// # Errors
/// [`Error::Occupied`] if the folder holds something else, [`Error::Disk`] and
/// [`Error::Archive`] if it cannot be written.
pub fn generate(folder: &Path) -> Result<DemoArchive, Error> {
    generate_with(folder, |making| fill(making, &Description::new()))
}

/// [`generate`] with another way to fill the new folder.
fn generate_with(
    folder: &Path,
    fill: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<DemoArchive, Error> {
    let archive = DemoArchive {
        folder: folder.to_path_buf(),
        slug: SLUG,
        pk: ARCHIVE_PK,
    };
    if is_complete(folder) {
        return Ok(archive);
    }
    if !may_replace(folder) {
        return Err(Error::Occupied {
            folder: folder.to_path_buf(),
        });
    }
    let parent = folder
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(disk("make the folder", parent))?;
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    clear_stale(parent, &format!(".{name}.making-"));
    // Several processes, or threads of one, may be at it at the same time.
    let making = parent.join(format!(".{name}.making-{}", Uuid::new_v4().simple()));
    let made = fill(&making).and_then(|()| move_in(&making, folder));
    // Gone if it was moved; in the way of nobody if it cannot be removed now.
    let _ = remove(&making);
    made.map(|()| archive)
}

/// Gives a finished archive its final name, unless another got there first.
fn move_in(making: &Path, folder: &Path) -> Result<(), Error> {
    if fs::rename(making, folder).is_ok() || is_complete(folder) {
        return Ok(());
    }
    // An older or damaged one lies there.
    if !may_replace(folder) {
        return Err(Error::Occupied {
            folder: folder.to_path_buf(),
        });
    }
    let aside = making.with_extension("old");
    match fs::rename(folder, &aside) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(disk("move the older archive away from", folder)(source));
        }
        _ => {}
    }
    let renamed = fs::rename(making, folder);
    remove(&aside)?;
    match renamed {
        Err(source) if !is_complete(folder) => {
            Err(disk("rename the finished archive to", folder)(source))
        }
        _ => Ok(()),
    }
}

/// Whether this folder holds the whole archive of this version.
fn is_complete(folder: &Path) -> bool {
    let check = || {
        let made_by = fs::read_to_string(marker(folder)).ok()?;
        let folder = ArchiveFolder::open(folder).ok()?;
        let catalogue = Catalogue::open(&folder).ok()?;
        let report = verify::verify(&folder, &catalogue, &|_| {}).ok()?;
        Some(made_by == GENERATOR_VERSION && report.is_intact())
    };
    check().unwrap_or(false)
}

/// Whether what lies at this place was made by us, or nothing is there.
fn may_replace(folder: &Path) -> bool {
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none() || marker(folder).is_file(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

fn marker(folder: &Path) -> PathBuf {
    folder.join(".gcapi").join(MARKER)
}

/// Removes what runs that were killed left behind more than an hour ago. That
/// this fails is no reason not to go on.
fn clear_stale(parent: &Path, prefix: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let age = entry
            .metadata()
            .and_then(|data| data.modified())
            .map(|time| SystemTime::now().duration_since(time));
        let stale = matches!(age, Ok(Ok(age)) if age > Duration::from_secs(3600));
        if stale && entry.file_name().to_string_lossy().starts_with(prefix) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(disk("remove", folder)(error))
        }
        _ => Ok(()),
    }
}

fn disk(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Disk {
        action,
        path,
        source,
    }
}

/// Writes everything: files, then the catalogue, then the marker.
fn fill(root: &Path, description: &Description) -> Result<(), Error> {
    let folder = ArchiveFolder::create(root, false)?;
    let mut catalogue = Catalogue::create(&folder)?;
    catalogue.claim(&records::archive(), &records::settings())?;
    let sockets: Vec<_> = description.sockets.iter().map(records::socket).collect();
    catalogue.put_sockets(&sockets)?;
    let listing = catalogue.start_listing(MADE_AT)?;
    let items: Vec<_> = description
        .items
        .iter()
        .map(|item| records::item(description, item))
        .collect();
    catalogue.put_items(listing, &items)?;
    let images: Vec<_> = description.images.iter().map(records::image).collect();
    catalogue.put_images(listing, &images)?;
    catalogue.finish_listing(listing, MADE_AT)?;

    let mut writer = Writer {
        folder,
        files: Vec::new(),
        encoded: Vec::new(),
    };
    for (place, value) in places(description) {
        match &value.content {
            Content::Value(text) => {
                let bytes = indented(text);
                writer.write(
                    place,
                    value.pk,
                    place.value(),
                    FileOrigin::Value,
                    bytes.as_bytes(),
                )?;
            }
            Content::File { bytes, .. } => {
                writer.write(place, value.pk, place.value(), FileOrigin::File, bytes)?;
            }
            Content::Image(key) => {
                if let Some(image) = description.image(*key) {
                    let instances = writer.image(place, value.pk, image)?;
                    if let Some(image_set) = image.dicom_image_set() {
                        catalogue.put_dicom_image_set(image.pk, &image_set, instances)?;
                    }
                }
            }
        }
    }
    catalogue.put_files(&writer.files)?;
    drop(catalogue);
    let marker = marker(root);
    fs::write(&marker, GENERATOR_VERSION).map_err(disk("write", &marker))
}

struct Writer {
    folder: ArchiveFolder,
    files: Vec<FileRecord>,
    /// The files of the images that were written already: some are used twice.
    encoded: Vec<(ImageKey, Vec<Vec<u8>>)>,
}

impl Writer {
    /// Gives the number of DICOM instances.
    fn image(&mut self, place: Place<'_>, value: i64, image: &Image) -> Result<u64, Error> {
        let mut instances = 0;
        for instance in image.instances()? {
            instances += 1;
            let path = place.instance(image, &instance.uid);
            let origin = FileOrigin::DicomInstance {
                image: image.pk,
                sop_instance_uid: instance.uid,
            };
            self.write(place, value, path, origin, &instance.bytes)?;
        }
        let known = self.encoded.iter().position(|(key, _)| *key == image.key);
        let (key, files) = match known {
            Some(index) => self.encoded.swap_remove(index),
            None => (image.key, image.encode()?),
        };
        let paths = place
            .image_files(image)
            .map_err(gcapi_archive::Error::from)?;
        for ((path, file), bytes) in paths.into_iter().zip(image.files()).zip(&files) {
            let origin = FileOrigin::ImageFile {
                image: image.pk,
                image_file: file.pk,
            };
            self.write(place, value, Ok(path), origin, bytes)?;
        }
        self.encoded.push((key, files));
        Ok(instances)
    }

    fn write(
        &mut self,
        place: Place<'_>,
        value: i64,
        path: Result<RelativePath, PathRefused>,
        origin: FileOrigin,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let path = path.map_err(gcapi_archive::Error::from)?;
        let part = self.folder.part_path(&path);
        fs::write(&part, bytes).map_err(disk("write", &part))?;
        let on_disk = self.folder.publish(&part, &path)?;
        let written = Bytes::of(bytes);
        self.files.push(FileRecord {
            path,
            origin,
            item: Some(place.item.pk),
            socket: Some(place.socket.pk),
            value: Some(value),
            served: written.clone(),
            written,
            etag: None,
            modified_ns: on_disk.modified_ns,
            fetched_at: MADE_AT,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
