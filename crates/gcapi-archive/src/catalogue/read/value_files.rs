//! How much of each value is here, for many items at a time.

use rusqlite::types::Type;
use uuid::Uuid;

use super::uuid;
use crate::catalogue::Catalogue;
use crate::{Error, RelativePath, ValueFiles};

impl Catalogue {
    /// What is here of the values of the items from `first` to `last`, both
    /// included, in the order of the items. Values of which nothing is here
    /// have no row.
    ///
    /// # Errors
    /// As for every read.
    pub fn value_files(&self, first: Uuid, last: Uuid) -> Result<Vec<ValueFiles>, Error> {
        self.many(
            "SELECT item, value, count(*), sum(size),
                 coalesce(min(CASE WHEN path LIKE '%.raw' OR path LIKE '%.zraw'
                               OR path LIKE '%.dzi' THEN NULL ELSE path END), min(path))
             FROM file WHERE item BETWEEN ?1 AND ?2 AND value IS NOT NULL
             GROUP BY item, value",
            &[&first.to_string(), &last.to_string()],
            |row| {
                let path: String = row.get(4)?;
                Ok(ValueFiles {
                    item: uuid(row, 0)?,
                    value: row.get(1)?,
                    files: row.get(2)?,
                    bytes: row.get(3)?,
                    path: RelativePath::parse(&path).map_err(|_| {
                        rusqlite::Error::InvalidColumnType(4, "file.path".to_owned(), Type::Text)
                    })?,
                })
            },
        )
    }
}
