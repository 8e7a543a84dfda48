//! Images with their files, and DICOM image sets.

use rusqlite::{Row, ToSql};
use uuid::Uuid;

use super::{RowResult, uuid};
use crate::catalogue::Catalogue;
use crate::{Error, ImageFileRecord, ImageRecord};

impl Catalogue {
    /// Images in the order of their name, as the platform has it, from
    /// `offset` on.
    ///
    /// # Errors
    /// As for every read.
    pub fn images(&self, offset: u64, limit: u64) -> Result<Vec<ImageRecord>, Error> {
        self.images_where(
            "true ORDER BY name, pk LIMIT ?2 OFFSET ?1",
            &[&offset, &limit],
        )
    }

    /// Images of the last listing that ended, in the order of their pk,
    /// behind `after`.
    ///
    /// # Errors
    /// As for every read.
    pub fn images_after(&self, after: Option<Uuid>, limit: u64) -> Result<Vec<ImageRecord>, Error> {
        let after = after.map_or_else(String::new, |pk| pk.to_string());
        self.images_where(
            "pk > ?1 AND listing >= (SELECT max(number) FROM listing WHERE finished_at IS NOT NULL)
             ORDER BY pk LIMIT ?2",
            &[&after, &limit],
        )
    }

    /// One image.
    ///
    /// # Errors
    /// As for every read.
    pub fn image(&self, pk: Uuid) -> Result<Option<ImageRecord>, Error> {
        Ok(self.images_where("pk = ?1", &[&pk.to_string()])?.pop())
    }

    /// Primary keys and names of the images of the last listing that ended of which a file is
    /// here, in the order of name and pk.
    ///
    /// # Errors
    /// As for every read.
    pub fn images_here(&self) -> Result<Vec<(Uuid, String)>, Error> {
        // The plus keeps SQLite from walking along the names, and reading each row where it lies.
        self.many(
            "SELECT pk, name FROM image
             WHERE listing >= (SELECT max(number) FROM listing WHERE finished_at IS NOT NULL)
                 AND EXISTS (SELECT 1 FROM file WHERE file.image = image.pk)
             ORDER BY +name, pk",
            &[],
            |row| Ok((uuid(row, 0)?, row.get(1)?)),
        )
    }

    /// Whether an image is one of those that [`Catalogue::images_here`] gives.
    ///
    /// # Errors
    /// As for every read.
    pub fn is_image_here(&self, pk: Uuid) -> Result<bool, Error> {
        let found = self.one(
            "SELECT 1 FROM image
             WHERE pk = ?1
                 AND listing >= (SELECT max(number) FROM listing WHERE finished_at IS NOT NULL)
                 AND EXISTS (SELECT 1 FROM file WHERE file.image = image.pk)",
            &[&pk.to_string()],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    fn images_where(
        &self,
        condition: &str,
        parameters: &[&dyn ToSql],
    ) -> Result<Vec<ImageRecord>, Error> {
        let mut images = self.many(
            &format!("SELECT pk, name, dicom_image_set, record FROM image WHERE {condition}"),
            parameters,
            |row| {
                Ok(ImageRecord {
                    pk: uuid(row, 0)?,
                    name: row.get(1)?,
                    dicom_image_set: row.get(2)?,
                    record: row.get(3)?,
                    files: Vec::new(),
                })
            },
        )?;
        for image in &mut images {
            image.files = self.many(
                "SELECT pk, image_type, url FROM image_file WHERE image = ?1 ORDER BY position",
                &[&image.pk.to_string()],
                image_file,
            )?;
        }
        Ok(images)
    }

    /// The image file with this pk and its image.
    ///
    /// # Errors
    /// As for every read.
    pub fn image_file(&self, pk: Uuid) -> Result<Option<(Uuid, ImageFileRecord)>, Error> {
        self.one(
            "SELECT pk, image_type, url, image FROM image_file WHERE pk = ?1",
            &[&pk.to_string()],
            |row| Ok((uuid(row, 3)?, image_file(row)?)),
        )
    }

    /// Images that values of this listing use and no list has shown.
    ///
    /// # Errors
    /// As for every read.
    pub fn unlisted_images(&self, listing: i64) -> Result<Vec<Uuid>, Error> {
        self.many(
            "SELECT DISTINCT socket_value.image FROM socket_value
             JOIN archive_item ON archive_item.pk = socket_value.item
             LEFT JOIN image ON image.pk = socket_value.image AND image.listing = ?1
             WHERE archive_item.listing = ?1 AND socket_value.image IS NOT NULL
                 AND image.pk IS NULL",
            &[&listing],
            |row| uuid(row, 0),
        )
    }

    /// How many instances the DICOM image set of an image has; `None` if it
    /// was not listed yet or is another set now.
    ///
    /// # Errors
    /// As for every read.
    pub fn dicom_instance_count(
        &self,
        image: Uuid,
        image_set_id: &str,
    ) -> Result<Option<u64>, Error> {
        self.one(
            "SELECT instances FROM dicom_image_set WHERE image = ?1 AND image_set_id = ?2",
            &[&image.to_string(), &image_set_id],
            |row| row.get(0),
        )
    }
}

fn image_file(row: &Row<'_>) -> RowResult<ImageFileRecord> {
    Ok(ImageFileRecord {
        pk: uuid(row, 0)?,
        image_type: row.get(1)?,
        url: row.get(2)?,
    })
}
