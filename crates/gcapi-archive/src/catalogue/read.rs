//! What planning, serving and verifying ask of the catalogue.
//!
//! Items and images count as long as the last listing that ended, or one
//! broken off after it, has seen them.
//!
//! Lists are read page by page behind a key, so that no statement stays open
//! while something is written and memory does not grow with the archive.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use uuid::Uuid;

use super::Catalogue;
use super::records::{
    ArchiveRecord, Content, DownloadSettings, Failure, FileOrigin, FileRecord, ImageFileRecord,
    ImageRecord, ImageUse, ItemRecord, ListingRecord, SocketRecord, Totals, ValueRecord,
};
use crate::{Error, RelativePath};

type RowResult<T> = Result<T, rusqlite::Error>;

impl Catalogue {
    /// The archive this folder is of; `None` before the first listing.
    ///
    /// # Errors
    /// [`Error::Catalogue`] if the file is damaged, as for every read.
    pub fn archive(&self) -> Result<Option<ArchiveRecord>, Error> {
        self.one("SELECT pk, slug, title, record FROM archive", &[], |row| {
            Ok(ArchiveRecord {
                pk: uuid(row, 0)?,
                slug: row.get(1)?,
                title: row.get(2)?,
                record: row.get(3)?,
            })
        })
    }

    /// What the folder was made with; `None` before the first listing.
    ///
    /// # Errors
    /// As for every read.
    pub fn settings(&self) -> Result<Option<DownloadSettings>, Error> {
        let setting = |name: &str| {
            self.one(
                "SELECT value FROM setting WHERE name = ?1",
                &[&name],
                |row| row.get::<_, String>(0),
            )
        };
        let (Some(layout), Some(images_only), Some(base_url)) = (
            setting("layout")?,
            setting("images_only")?,
            setting("base_url")?,
        ) else {
            return Ok(None);
        };
        let layout = layout.parse().map_err(|_| {
            Error::sqlite(
                self.path(),
                rusqlite::Error::InvalidColumnType(0, "setting.layout".to_owned(), Type::Text),
            )
        })?;
        Ok(Some(DownloadSettings {
            layout,
            images_only: images_only == "true",
            base_url,
        }))
    }

    /// The last walk through the lists that reached its end.
    ///
    /// # Errors
    /// As for every read.
    pub fn last_listing(&self) -> Result<Option<ListingRecord>, Error> {
        self.one(
            "SELECT number, started_at, finished_at, items, images FROM listing
             WHERE finished_at IS NOT NULL ORDER BY number DESC LIMIT 1",
            &[],
            |row| {
                Ok(ListingRecord {
                    number: row.get(0)?,
                    started_at: row.get(1)?,
                    finished_at: row.get(2)?,
                    items: row.get(3)?,
                    images: row.get(4)?,
                })
            },
        )
    }

    /// Distinct items and images seen in one walk so far.
    ///
    /// # Errors
    /// As for every read.
    pub fn seen_in(&self, listing: i64) -> Result<(u64, u64), Error> {
        let count = |sql| self.one(sql, &[&listing], |row| row.get::<_, u64>(0));
        Ok((
            count("SELECT count(*) FROM archive_item WHERE listing = ?1")?.unwrap_or(0),
            count("SELECT count(*) FROM image WHERE listing = ?1")?.unwrap_or(0),
        ))
    }

    /// Sockets in the order of their pk, from `offset` on.
    ///
    /// # Errors
    /// As for every read.
    pub fn sockets(&self, offset: u64, limit: u64) -> Result<Vec<SocketRecord>, Error> {
        self.many(
            "SELECT pk, slug, super_kind, relative_path, record FROM socket
             ORDER BY pk LIMIT ?2 OFFSET ?1",
            &[&offset, &limit],
            socket,
        )
    }

    /// One socket.
    ///
    /// # Errors
    /// As for every read.
    pub fn socket(&self, pk: i64) -> Result<Option<SocketRecord>, Error> {
        self.one(
            "SELECT pk, slug, super_kind, relative_path, record FROM socket WHERE pk = ?1",
            &[&pk],
            socket,
        )
    }

    /// Items in the order of their pk, those of the last listing that ended,
    /// behind `after`.
    ///
    /// # Errors
    /// As for every read.
    pub fn items_after(&self, after: Option<Uuid>, limit: u64) -> Result<Vec<ItemRecord>, Error> {
        let after = after.map_or_else(String::new, |pk| pk.to_string());
        self.items_where(
            "pk > ?1 AND listing >= (SELECT max(number) FROM listing WHERE finished_at IS NOT NULL)
             ORDER BY pk LIMIT ?2",
            &[&after, &limit],
        )
    }

    /// Items in the order of their pk, those of the last listing that ended,
    /// from `offset` on.
    ///
    /// # Errors
    /// As for every read.
    pub fn items(&self, offset: u64, limit: u64) -> Result<Vec<ItemRecord>, Error> {
        self.items_where(
            "listing >= (SELECT max(number) FROM listing WHERE finished_at IS NOT NULL)
             ORDER BY pk LIMIT ?2 OFFSET ?1",
            &[&offset, &limit],
        )
    }

    /// One item.
    ///
    /// # Errors
    /// As for every read.
    pub fn item(&self, pk: Uuid) -> Result<Option<ItemRecord>, Error> {
        Ok(self.items_where("pk = ?1", &[&pk.to_string()])?.pop())
    }

    fn items_where(
        &self,
        condition: &str,
        parameters: &[&dyn ToSql],
    ) -> Result<Vec<ItemRecord>, Error> {
        let mut items = self.many(
            &format!("SELECT pk, title, record FROM archive_item WHERE {condition}"),
            parameters,
            |row| {
                Ok(ItemRecord {
                    pk: uuid(row, 0)?,
                    title: row.get(1)?,
                    record: row.get(2)?,
                    values: Vec::new(),
                })
            },
        )?;
        for item in &mut items {
            item.values = self.many(
                "SELECT pk, socket, value, file, image FROM socket_value
                 WHERE item = ?1 ORDER BY position",
                &[&item.pk.to_string()],
                |row| {
                    Ok(ValueRecord {
                        pk: row.get(0)?,
                        socket: row.get(1)?,
                        value: row.get(2)?,
                        file: row.get(3)?,
                        image: optional_uuid(row, 4)?,
                    })
                },
            )?;
        }
        Ok(items)
    }

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

    /// Every use of an image in items of the last listing that ended, in the
    /// order in which items are planned.
    ///
    /// # Errors
    /// As for every read.
    pub fn uses_of_image(&self, image: Uuid) -> Result<Vec<ImageUse>, Error> {
        self.uses("socket_value.image = ?1", &image.to_string())
    }

    /// Every use of the value with this pk, as for
    /// [`Catalogue::uses_of_image`]: a File may be shared by several items.
    ///
    /// # Errors
    /// As for every read.
    pub fn uses_of_file_value(&self, value: i64) -> Result<Vec<ImageUse>, Error> {
        self.uses(
            "socket_value.file IS NOT NULL AND socket_value.pk = ?1",
            &value,
        )
    }

    fn uses(&self, condition: &str, key: &dyn ToSql) -> Result<Vec<ImageUse>, Error> {
        self.many(
            &format!(
                "SELECT item, position, socket_value.pk, socket FROM socket_value
                 JOIN archive_item ON archive_item.pk = item
                 WHERE {condition} AND listing >=
                     (SELECT max(number) FROM listing WHERE finished_at IS NOT NULL)
                 ORDER BY item, position"
            ),
            &[key],
            |row| {
                Ok(ImageUse {
                    item: uuid(row, 0)?,
                    position: row.get(1)?,
                    value: row.get(2)?,
                    socket: row.get(3)?,
                })
            },
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

    /// The files of one item.
    ///
    /// # Errors
    /// As for every read.
    pub fn files_of_item(&self, item: Uuid) -> Result<Vec<FileRecord>, Error> {
        self.files_where("item = ?1 ORDER BY path", &[&item.to_string()])
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

    /// What the last run could not bring.
    ///
    /// # Errors
    /// As for every read.
    pub fn failures(&self) -> Result<Vec<Failure>, Error> {
        self.many(
            "SELECT place, reason, next_step FROM failure ORDER BY place",
            &[],
            |row| {
                Ok(Failure {
                    place: row.get(0)?,
                    reason: row.get(1)?,
                    next_step: row.get(2)?,
                })
            },
        )
    }

    /// Numbers for a summary.
    ///
    /// # Errors
    /// As for every read.
    pub fn totals(&self) -> Result<Totals, Error> {
        let totals = self.one(
            "WITH last AS (SELECT max(number) AS number FROM listing
                           WHERE finished_at IS NOT NULL)
             SELECT
                 (SELECT count(*) FROM archive_item, last WHERE listing >= last.number),
                 (SELECT count(*) FROM socket_value JOIN archive_item ON archive_item.pk = item,
                      last WHERE listing >= last.number),
                 (SELECT count(*) FROM image, last WHERE listing >= last.number),
                 (SELECT count(*) FROM file),
                 (SELECT coalesce(sum(size), 0) FROM file),
                 (SELECT count(*) FROM failure)",
            &[],
            |row| {
                Ok(Totals {
                    items: row.get(0)?,
                    values: row.get(1)?,
                    images: row.get(2)?,
                    files: row.get(3)?,
                    bytes: row.get(4)?,
                    failures: row.get(5)?,
                })
            },
        )?;
        Ok(totals.unwrap_or_default())
    }

    fn one<T>(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        read: impl FnOnce(&Row<'_>) -> RowResult<T>,
    ) -> Result<Option<T>, Error> {
        self.read(|connection| {
            connection
                .prepare_cached(sql)?
                .query_row(parameters, read)
                .optional()
        })
    }

    fn many<T>(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        read: impl FnMut(&Row<'_>) -> RowResult<T>,
    ) -> Result<Vec<T>, Error> {
        self.read(|connection: &Connection| {
            connection
                .prepare_cached(sql)?
                .query_map(parameters, read)?
                .collect()
        })
    }
}

fn socket(row: &Row<'_>) -> RowResult<SocketRecord> {
    Ok(SocketRecord {
        pk: row.get(0)?,
        slug: row.get(1)?,
        super_kind: row.get(2)?,
        relative_path: row.get(3)?,
        record: row.get(4)?,
    })
}

fn image_file(row: &Row<'_>) -> RowResult<ImageFileRecord> {
    Ok(ImageFileRecord {
        pk: uuid(row, 0)?,
        image_type: row.get(1)?,
        url: row.get(2)?,
    })
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

fn uuid(row: &Row<'_>, column: usize) -> RowResult<Uuid> {
    let text: String = row.get(column)?;
    Uuid::parse_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

fn optional_uuid(row: &Row<'_>, column: usize) -> RowResult<Option<Uuid>> {
    match row.get::<_, Option<String>>(column)? {
        Some(_) => uuid(row, column).map(Some),
        None => Ok(None),
    }
}
