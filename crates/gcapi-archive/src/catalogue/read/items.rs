//! Archive items with their values, and where values are shared.

use rusqlite::ToSql;
use uuid::Uuid;

use super::{optional_uuid, uuid};
use crate::catalogue::Catalogue;
use crate::{Error, ImageUse, ItemRecord, ValueRecord};

impl Catalogue {
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
}
