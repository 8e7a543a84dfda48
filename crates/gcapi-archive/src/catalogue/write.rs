//! What a download writes into the catalogue.

use rusqlite::{Transaction, params};
use uuid::Uuid;

use super::Catalogue;
use super::records::{
    ArchiveRecord, DownloadSettings, Failure, FileOrigin, FileRecord, ImageRecord, ItemRecord,
    SocketRecord, ValueRecord,
};
use crate::{Error, RelativePath};

impl Catalogue {
    /// Says what this folder is for. The first call writes it down, later
    /// ones are held against it.
    ///
    /// # Errors
    /// [`Error::OtherContent`] if the folder holds another archive, mode or
    /// layout.
    pub fn claim(
        &mut self,
        archive: &ArchiveRecord,
        settings: &DownloadSettings,
    ) -> Result<(), Error> {
        let mode = |settings: &DownloadSettings| {
            let what = if settings.images_only {
                "images only"
            } else {
                "archive items"
            };
            format!("{what} in the layout {}", settings.layout)
        };
        let other = |found: String, wanted: String| Error::OtherContent {
            folder: self
                .path
                .parent()
                .and_then(|p| p.parent())
                .unwrap_or(&self.path)
                .to_path_buf(),
            found,
            wanted,
        };
        if let Some(held) = self.archive()?
            && held.pk != archive.pk
        {
            return Err(other(
                format!("the archive {:?} ({})", held.title, held.pk),
                format!("the archive {:?} ({})", archive.title, archive.pk),
            ));
        }
        if let Some(held) = self.settings()?
            && (held.layout, held.images_only) != (settings.layout, settings.images_only)
        {
            return Err(other(mode(&held), mode(settings)));
        }
        let values = [
            ("layout", settings.layout.name()),
            (
                "images_only",
                if settings.images_only {
                    "true"
                } else {
                    "false"
                },
            ),
            ("base_url", settings.base_url.as_str()),
        ];
        self.transaction(|transaction| {
            for (name, value) in values {
                transaction.execute(
                    "INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)",
                    params![name, value],
                )?;
            }
            transaction.execute(
                "INSERT OR REPLACE INTO archive (pk, slug, title, record) VALUES (?1, ?2, ?3, ?4)",
                params![
                    archive.pk.to_string(),
                    archive.slug,
                    archive.title,
                    archive.record
                ],
            )?;
            Ok(())
        })
    }

    /// Starts a walk through the platform's lists and forgets the failures of
    /// the run before. Gives the walk's number.
    ///
    /// # Errors
    /// As for every write: [`Error::NoSpace`], [`Error::Catalogue`].
    pub fn start_listing(&mut self, now: i64) -> Result<i64, Error> {
        self.transaction(|transaction| {
            transaction.execute("DELETE FROM failure", [])?;
            transaction.execute("INSERT INTO listing (started_at) VALUES (?1)", [now])?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Ends a walk.
    ///
    /// # Errors
    /// As for every write.
    pub fn finish_listing(&mut self, number: i64, now: i64) -> Result<(), Error> {
        self.transaction(|transaction| {
            transaction.execute(
                "UPDATE listing SET finished_at = ?2,
                     items = (SELECT count(*) FROM archive_item WHERE listing = ?1),
                     images = (SELECT count(*) FROM image WHERE listing = ?1)
                 WHERE number = ?1",
                params![number, now],
            )?;
            Ok(())
        })
    }

    /// Writes down sockets; one known already is replaced.
    ///
    /// # Errors
    /// As for every write.
    pub fn put_sockets(&mut self, sockets: &[SocketRecord]) -> Result<(), Error> {
        self.transaction(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT INTO socket (pk, slug, super_kind, relative_path, record)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (pk) DO UPDATE SET slug = excluded.slug,
                     super_kind = excluded.super_kind, relative_path = excluded.relative_path,
                     record = excluded.record",
            )?;
            for socket in sockets {
                statement.execute(params![
                    socket.pk,
                    socket.slug,
                    socket.super_kind,
                    socket.relative_path,
                    socket.record
                ])?;
            }
            Ok(())
        })
    }

    /// Writes down a page of items with their values. Their sockets have to
    /// be there.
    ///
    /// # Errors
    /// As for every write.
    pub fn put_items(&mut self, listing: i64, items: &[ItemRecord]) -> Result<(), Error> {
        self.transaction(|transaction| {
            for item in items {
                put_item(transaction, listing, item)?;
            }
            Ok(())
        })
    }

    /// Writes down a page of images with their files.
    ///
    /// # Errors
    /// As for every write.
    pub fn put_images(&mut self, listing: i64, images: &[ImageRecord]) -> Result<(), Error> {
        self.transaction(|transaction| {
            for image in images {
                put_image(transaction, listing, image)?;
            }
            Ok(())
        })
    }

    /// Writes down how many instances a DICOM image set has.
    ///
    /// # Errors
    /// As for every write.
    pub fn put_dicom_image_set(
        &mut self,
        image: Uuid,
        image_set_id: &str,
        instances: u64,
    ) -> Result<(), Error> {
        self.transaction(|transaction| {
            transaction.execute(
                "INSERT OR REPLACE INTO dicom_image_set (image, image_set_id, instances)
                 VALUES (?1, ?2, ?3)",
                params![image.to_string(), image_set_id, instances],
            )?;
            Ok(())
        })
    }

    /// Writes down files that are whole under their final names, as one
    /// transaction. Call it only after they are durable.
    ///
    /// # Errors
    /// As for every write.
    pub fn put_files(&mut self, files: &[FileRecord]) -> Result<(), Error> {
        self.transaction(|transaction| {
            for file in files {
                put_file(transaction, file)?;
            }
            Ok(())
        })
    }

    /// Forgets files that were removed.
    ///
    /// # Errors
    /// As for every write.
    pub fn forget_files(&mut self, paths: &[RelativePath]) -> Result<(), Error> {
        self.transaction(|transaction| {
            let mut statement = transaction.prepare_cached("DELETE FROM file WHERE path = ?1")?;
            for path in paths {
                statement.execute([path.as_str()])?;
            }
            Ok(())
        })
    }

    /// Has the next download look at the bytes of files, whatever their size
    /// and time of change say.
    ///
    /// # Errors
    /// As for every write.
    pub fn distrust_files(&mut self, paths: &[RelativePath]) -> Result<(), Error> {
        self.transaction(|transaction| {
            let mut statement =
                transaction.prepare_cached("UPDATE file SET modified_ns = 0 WHERE path = ?1")?;
            for path in paths {
                statement.execute([path.as_str()])?;
            }
            Ok(())
        })
    }

    /// Writes down what could not be brought.
    ///
    /// # Errors
    /// As for every write.
    pub fn put_failures(&mut self, failures: &[Failure], now: i64) -> Result<(), Error> {
        self.transaction(|transaction| {
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO failure (place, reason, next_step, at)
                 VALUES (?1, ?2, ?3, ?4)",
            )?;
            for failure in failures {
                statement.execute(params![
                    failure.place,
                    failure.reason,
                    failure.next_step,
                    now
                ])?;
            }
            Ok(())
        })
    }
}

fn put_item(
    transaction: &Transaction<'_>,
    listing: i64,
    item: &ItemRecord,
) -> Result<(), rusqlite::Error> {
    let pk = item.pk.to_string();
    transaction
        .prepare_cached(
            "INSERT INTO archive_item (pk, title, record, listing) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (pk) DO UPDATE SET title = excluded.title, record = excluded.record,
                 listing = excluded.listing",
        )?
        .execute(params![pk, item.title, item.record, listing])?;
    // Most values are what they were, and reading is less than writing.
    if has_values(transaction, &pk, &item.values)? {
        return Ok(());
    }
    transaction
        .prepare_cached("DELETE FROM socket_value WHERE item = ?1")?
        .execute([&pk])?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO socket_value (item, position, pk, socket, value, file, image)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (position, value) in item.values.iter().enumerate() {
        statement.execute(params![
            pk,
            position,
            value.pk,
            value.socket,
            value.value,
            value.file,
            value.image.map(|image| image.to_string())
        ])?;
    }
    Ok(())
}

/// Whether an item has just these values, in this order.
fn has_values(
    transaction: &Transaction<'_>,
    item: &str,
    values: &[ValueRecord],
) -> Result<bool, rusqlite::Error> {
    let mut statement = transaction.prepare_cached(
        "SELECT pk, socket, value, file, image FROM socket_value
         WHERE item = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([item])?;
    for value in values {
        let Some(row) = rows.next()? else {
            return Ok(false);
        };
        let text = |index| row.get_ref(index).map(|cell| cell.as_str_or_null().ok());
        let image = value.image.map(|image| image.to_string());
        let is_same = row.get::<_, i64>(0)? == value.pk
            && row.get::<_, i64>(1)? == value.socket
            && text(2)? == Some(value.value.as_deref())
            && text(3)? == Some(value.file.as_deref())
            && text(4)? == Some(image.as_deref());
        if !is_same {
            return Ok(false);
        }
    }
    Ok(rows.next()?.is_none())
}

fn put_image(
    transaction: &Transaction<'_>,
    listing: i64,
    image: &ImageRecord,
) -> Result<(), rusqlite::Error> {
    let pk = image.pk.to_string();
    transaction
        .prepare_cached(
            "INSERT INTO image (pk, name, dicom_image_set, record, listing)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (pk) DO UPDATE SET name = excluded.name,
                 dicom_image_set = excluded.dicom_image_set, record = excluded.record,
                 listing = excluded.listing",
        )?
        .execute(params![
            pk,
            image.name,
            image.dicom_image_set,
            image.record,
            listing
        ])?;
    transaction
        .prepare_cached("DELETE FROM image_file WHERE image = ?1")?
        .execute([&pk])?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO image_file (image, position, pk, image_type, url)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (position, file) in image.files.iter().enumerate() {
        statement.execute(params![
            pk,
            position,
            file.pk.to_string(),
            file.image_type,
            file.url
        ])?;
    }
    Ok(())
}

fn put_file(transaction: &Transaction<'_>, file: &FileRecord) -> Result<(), rusqlite::Error> {
    let (origin, image, image_file, sop_instance_uid) = match &file.origin {
        FileOrigin::Value => ("value", None, None, None),
        FileOrigin::File => ("file", None, None, None),
        FileOrigin::ImageFile { image, image_file } => {
            ("image-file", Some(image), Some(image_file), None)
        }
        FileOrigin::DicomInstance {
            image,
            sop_instance_uid,
        } => ("dicom-instance", Some(image), None, Some(sop_instance_uid)),
    };
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO file (path, origin, item, socket, value, image, image_file,
                 sop_instance_uid, size, sha256, served_size, served_sha256, etag, modified_ns,
                 fetched_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            file.path.as_str(),
            origin,
            file.item.map(|item| item.to_string()),
            file.socket,
            file.value,
            image.map(Uuid::to_string),
            image_file.map(Uuid::to_string),
            sop_instance_uid,
            file.written.size,
            file.written.sha256,
            file.served.size,
            file.served.sha256,
            file.etag,
            file.modified_ns,
            file.fetched_at
        ])?;
    Ok(())
}
