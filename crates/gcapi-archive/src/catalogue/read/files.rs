//! What was fetched.

use rusqlite::types::Type;
use rusqlite::{Row, ToSql};
use uuid::Uuid;

use super::{RowResult, optional_uuid};
use crate::catalogue::Catalogue;
use crate::{Content, Error, FileOrigin, FileRecord, RelativePath};

impl Catalogue {
    /// The file at a path.
    ///
    /// # Errors
    /// As for every read.
    pub fn file(&self, path: &RelativePath) -> Result<Option<FileRecord>, Error> {
        Ok(self.files_where("path = ?1", &[&path.as_str()])?.pop())
    }

    /// Files in the order of their path, behind `after`.
    ///
    /// # Errors
    /// As for every read.
    pub fn files_after(
        &self,
        after: Option<&RelativePath>,
        limit: u64,
    ) -> Result<Vec<FileRecord>, Error> {
        let after = after.map_or("", RelativePath::as_str);
        self.files_where("path > ?1 ORDER BY path LIMIT ?2", &[&after, &limit])
    }

    /// Files of items, or in image-only mode of images, that the last listing
    /// did not show, in the order of their path, behind `after`.
    ///
    /// # Errors
    /// As for every read.
    pub fn files_of_the_gone(
        &self,
        after: Option<&RelativePath>,
        limit: u64,
    ) -> Result<Vec<FileRecord>, Error> {
        let after = after.map_or("", RelativePath::as_str);
        self.files_where(
            "path > ?1 AND NOT EXISTS (
                 SELECT 1 FROM archive_item WHERE pk = item AND listing >=
                     (SELECT max(number) FROM listing WHERE finished_at IS NOT NULL))
             AND NOT (item IS NULL AND EXISTS (
                 SELECT 1 FROM image WHERE pk = file.image AND listing >=
                     (SELECT max(number) FROM listing WHERE finished_at IS NOT NULL)))
             ORDER BY path LIMIT ?2",
            &[&after, &limit],
        )
    }

    /// How many files the last listing has beyond those that are here, at
    /// least: instances of DICOM image sets are not counted.
    ///
    /// # Errors
    /// As for every read.
    pub fn files_to_come(&self, images_only: bool) -> Result<u64, Error> {
        let listed = if images_only {
            "(SELECT count(*) FROM image_file JOIN image ON image.pk = image_file.image, last
              WHERE listing >= last.number)"
        } else {
            "(SELECT count(*) FROM socket_value JOIN archive_item ON archive_item.pk = item, last
              WHERE listing >= last.number AND image IS NULL)
             + (SELECT count(*) FROM socket_value JOIN archive_item ON archive_item.pk = item, last
                JOIN image_file ON image_file.image = socket_value.image
                WHERE listing >= last.number)"
        };
        let count = self.one(
            &format!(
                "WITH last AS (SELECT max(number) AS number FROM listing
                               WHERE finished_at IS NOT NULL)
                 SELECT max(0, {listed} - (SELECT count(*) FROM file))"
            ),
            &[],
            |row| row.get(0),
        )?;
        Ok(count.unwrap_or_default())
    }

    /// The files of one item.
    ///
    /// # Errors
    /// As for every read.
    pub fn files_of_item(&self, item: Uuid) -> Result<Vec<FileRecord>, Error> {
        self.files_where("item = ?1 ORDER BY path", &[&item.to_string()])
    }

    /// The files of one item, in the order of their path, without the
    /// instances of DICOM image sets, which may be thousands.
    ///
    /// # Errors
    /// As for every read.
    pub fn single_files_of_item(&self, item: Uuid) -> Result<Vec<FileRecord>, Error> {
        self.files_where(
            "item = ?1 AND origin <> 'dicom-instance' ORDER BY path",
            &[&item.to_string()],
        )
    }

    /// The files of one image, wherever it is used.
    ///
    /// # Errors
    /// As for every read.
    pub fn files_of_image(&self, image: Uuid) -> Result<Vec<FileRecord>, Error> {
        self.files_where("image = ?1 ORDER BY path", &[&image.to_string()])
    }

    /// The files that hold one image file: more than one where an image is
    /// shared.
    ///
    /// # Errors
    /// As for every read.
    pub fn files_of_image_file(&self, image_file: Uuid) -> Result<Vec<FileRecord>, Error> {
        self.files_where("image_file = ?1 ORDER BY path", &[&image_file.to_string()])
    }

    /// The files that hold the File or Value with this pk: more than one
    /// where it is shared.
    ///
    /// # Errors
    /// As for every read.
    pub fn files_of_value(&self, value: i64) -> Result<Vec<FileRecord>, Error> {
        self.files_where("value = ?1 ORDER BY path", &[&value])
    }

    fn files_where(
        &self,
        condition: &str,
        parameters: &[&dyn ToSql],
    ) -> Result<Vec<FileRecord>, Error> {
        self.many(
            &format!(
                "SELECT path, origin, item, socket, value, image, image_file, sop_instance_uid,
                     size, sha256, served_size, served_sha256, etag, modified_ns, fetched_at
                 FROM file WHERE {condition}"
            ),
            parameters,
            file,
        )
    }
}

fn file(row: &Row<'_>) -> RowResult<FileRecord> {
    let damaged = |column: usize, name: &str| {
        rusqlite::Error::InvalidColumnType(column, name.to_owned(), Type::Text)
    };
    let path: String = row.get(0)?;
    let origin: String = row.get(1)?;
    let image = || optional_uuid(row, 5)?.ok_or_else(|| damaged(5, "file.image"));
    let origin = match origin.as_str() {
        "value" => FileOrigin::Value,
        "file" => FileOrigin::File,
        "image-file" => FileOrigin::ImageFile {
            image: image()?,
            image_file: optional_uuid(row, 6)?.ok_or_else(|| damaged(6, "file.image_file"))?,
        },
        "dicom-instance" => FileOrigin::DicomInstance {
            image: image()?,
            sop_instance_uid: row.get(7)?,
        },
        _ => return Err(damaged(1, "file.origin")),
    };
    Ok(FileRecord {
        // A catalogue may come from someone else: its paths are checked too.
        path: RelativePath::parse(&path).map_err(|_| damaged(0, "file.path"))?,
        origin,
        item: optional_uuid(row, 2)?,
        socket: row.get(3)?,
        value: row.get(4)?,
        written: Content {
            size: row.get(8)?,
            sha256: row.get(9)?,
        },
        served: Content {
            size: row.get(10)?,
            sha256: row.get(11)?,
        },
        etag: row.get(12)?,
        modified_ns: row.get(13)?,
        fetched_at: row.get(14)?,
    })
}
