//! What the catalogue says is here: which values of an item, which files of
//! an image, which instances of a DICOM image set.

use std::collections::{BTreeMap, HashMap};

use gcapi_archive::{
    Catalogue, Error, FileOrigin, FileRecord, ImageFileRecord, ImageRecord, SocketRecord,
    ValueRecord,
};
use uuid::Uuid;

use crate::media_key::{MediaKey, last_segment};

/// A file of an image that is here.
#[derive(Debug)]
pub(crate) struct StoredImageFile {
    pub(crate) file: ImageFileRecord,
    /// The name in its URL, decoded.
    pub(crate) name: String,
    pub(crate) record: FileRecord,
}

impl StoredImageFile {
    pub(crate) fn key(&self, image: Uuid) -> MediaKey {
        MediaKey::ImageFile {
            image,
            file: self.file.pk,
            name: self.name.clone(),
        }
    }
}

/// The files of an image that are here, in the platform's order.
///
/// An image may be here several times, once for each socket that uses it. All
/// its files are taken from the copy that has the most of them: a header
/// names its data file, and the names differ from copy to copy.
pub(crate) fn image_files(
    catalogue: &Catalogue,
    image: &ImageRecord,
) -> Result<Vec<StoredImageFile>, Error> {
    if image.files.is_empty() {
        // A DICOM image set may have thousands of rows, and none is wanted.
        return Ok(Vec::new());
    }
    let mut copies: BTreeMap<(Option<Uuid>, Option<i64>), HashMap<Uuid, FileRecord>> =
        BTreeMap::new();
    for record in catalogue.files_of_image(image.pk)? {
        if let FileOrigin::ImageFile { image_file, .. } = record.origin {
            let copy = copies.entry((record.item, record.socket)).or_default();
            copy.entry(image_file).or_insert(record);
        }
    }
    let mut copies: Vec<_> = copies.into_values().collect();
    // Stable, so that the choice is the same for every request.
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.len()));
    let chosen = copies.first();
    let rewritten = chosen.is_some_and(|copy| {
        let mut records = copy.values();
        records.any(|record| record.written != record.served)
    });
    let mut files = Vec::new();
    for file in &image.files {
        let Some((nth, record)) = copies
            .iter()
            .enumerate()
            .find_map(|(nth, copy)| Some((nth, copy.get(&file.pk)?)))
        else {
            continue;
        };
        let on_disk = (nth == 0 && rewritten) || record.written != record.served;
        let name = match record.path.name() {
            Some(name) if on_disk => name.to_owned(),
            _ => last_segment(&file.url),
        };
        files.push(StoredImageFile {
            file: file.clone(),
            name,
            record: record.clone(),
        });
    }
    Ok(files)
}

/// The instances of a DICOM image set that are here: each SOP instance UID
/// once, whatever the number of copies.
pub(crate) fn dicom_instances(
    catalogue: &Catalogue,
    image: Uuid,
) -> Result<BTreeMap<String, FileRecord>, Error> {
    let mut instances = BTreeMap::new();
    for record in catalogue.files_of_image(image)? {
        if let FileOrigin::DicomInstance {
            sop_instance_uid, ..
        } = &record.origin
        {
            let uid = sop_instance_uid.clone();
            instances.entry(uid).or_insert(record);
        }
    }
    Ok(instances)
}

/// The File with this pk and its name, if it is here and still used.
pub(crate) fn file_value(
    catalogue: &Catalogue,
    pk: i64,
) -> Result<Option<(String, FileRecord)>, Error> {
    let record = catalogue
        .files_of_value(pk)?
        .into_iter()
        .find(|record| record.origin == FileOrigin::File);
    let (Some(record), Some(used)) = (record, catalogue.uses_of_file_value(pk)?.into_iter().next())
    else {
        return Ok(None);
    };
    let url = catalogue
        .item(used.item)?
        .and_then(|item| item.values.into_iter().nth(used.position))
        .and_then(|value| value.file);
    Ok(url.map(|url| (last_segment(&url), record)))
}

/// What a media key names.
pub(crate) fn find(
    catalogue: &Catalogue,
    key: &MediaKey,
) -> Result<Option<(MediaKey, FileRecord)>, Error> {
    match key {
        MediaKey::ImageFile { image, file, name } => {
            let Some(record) = catalogue.image(*image)? else {
                return Ok(None);
            };
            Ok(image_files(catalogue, &record)?
                .into_iter()
                .find(|stored| stored.file.pk == *file && stored.name == *name)
                .map(|stored| (key.clone(), stored.record)))
        }
        // The platform overlooks the name here.
        MediaKey::Value { pk, .. } => Ok(file_value(catalogue, *pk)?
            .map(|(name, record)| (MediaKey::Value { pk: *pk, name }, record))),
    }
}

/// Whether a value of an item is here. Which of its contents counts is the
/// super kind's to say; one we do not know is not served, since nothing of it
/// was fetched.
pub(crate) fn is_here(
    catalogue: &Catalogue,
    item: Uuid,
    value: &ValueRecord,
    socket: &SocketRecord,
) -> Result<bool, Error> {
    // Asked by value and not by item: an item may have thousands of DICOM
    // instances, none of which matters here.
    let recorded = |origin: &FileOrigin| {
        let files = catalogue.files_of_value(value.pk)?;
        Ok(files.iter().any(|file| {
            file.origin == *origin && file.item == Some(item) && file.socket == Some(value.socket)
        }))
    };
    match socket.super_kind.to_ascii_lowercase().as_str() {
        "value" if value.value.is_some() => recorded(&FileOrigin::Value),
        "file" if value.file.is_some() => recorded(&FileOrigin::File),
        "image" => value
            .image
            .map_or(Ok(false), |image| catalogue.is_image_here(image)),
        _ => Ok(false),
    }
}
