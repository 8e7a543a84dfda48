//! What planning, serving and verifying ask of the catalogue.
//!
//! Items and images count as long as the last listing that ended, or one
//! broken off after it, has seen them.
//!
//! Lists are read page by page behind a key, so that no statement stays open
//! while something is written and memory does not grow with the archive.

mod files;
mod holdings;
mod images;
mod items;
mod value_files;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use uuid::Uuid;

use super::Catalogue;
use super::records::{
    ArchiveRecord, DownloadSettings, Failure, ListingRecord, SocketRecord, Totals,
};
use crate::Error;

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
        let (Some(layout), Some(images_only), Some(base_url)) = (
            self.setting("layout")?,
            self.setting("images_only")?,
            self.setting("base_url")?,
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

    /// What the last run could not bring.
    ///
    /// # Errors
    /// As for every read.
    pub fn failures(&self) -> Result<Vec<Failure>, Error> {
        self.first_failures(u64::MAX >> 1)
    }

    /// The first of what the last run could not bring, by place.
    ///
    /// # Errors
    /// As for every read.
    pub fn first_failures(&self, limit: u64) -> Result<Vec<Failure>, Error> {
        self.many(
            "SELECT place, reason, next_step FROM failure ORDER BY place LIMIT ?1",
            &[&limit],
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

    pub(in crate::catalogue) fn setting(&self, name: &str) -> Result<Option<String>, Error> {
        self.one(
            "SELECT value FROM setting WHERE name = ?1",
            &[&name],
            |row| row.get(0),
        )
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
