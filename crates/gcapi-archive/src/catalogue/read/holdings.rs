//! What is here of each socket, and since when.

use rusqlite::Row;

use super::RowResult;
use crate::catalogue::Catalogue;
use crate::{Error, SocketHoldings};

impl Catalogue {
    /// What is here of every socket that the items of the last listing use, by slug.
    ///
    /// # Errors
    /// As for every read.
    pub fn holdings(&self) -> Result<Vec<SocketHoldings>, Error> {
        self.many(
            "WITH last AS (SELECT max(number) AS number FROM listing
                           WHERE finished_at IS NOT NULL),
                 listed AS (SELECT socket, count(*) AS number FROM socket_value
                            JOIN archive_item ON archive_item.pk = item, last
                            WHERE listing >= last.number GROUP BY socket),
                 held AS (SELECT socket, count(DISTINCT item || ' ' || value) AS number,
                              count(*) AS files, sum(size) AS bytes FROM file
                          JOIN archive_item ON archive_item.pk = item, last
                          WHERE listing >= last.number GROUP BY socket)
             SELECT slug, super_kind, listed.number, coalesce(held.number, 0),
                 coalesce(files, 0), coalesce(bytes, 0)
             FROM listed JOIN socket ON socket.pk = listed.socket
             LEFT JOIN held ON held.socket = listed.socket
             ORDER BY slug, socket.pk",
            &[],
            holdings,
        )
    }

    /// When the first and the last of the files came, in seconds since 1970; `None` if there are
    /// none.
    ///
    /// # Errors
    /// As for every read.
    pub fn fetched_between(&self) -> Result<Option<(i64, i64)>, Error> {
        let times = self.one(
            "SELECT min(fetched_at), max(fetched_at) FROM file",
            &[],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        Ok(times.and_then(|(first, last): (Option<i64>, Option<i64>)| Some((first?, last?))))
    }

    /// How many files came after a moment in seconds since 1970.
    ///
    /// # Errors
    /// As for every read.
    pub fn fetched_after(&self, moment: i64) -> Result<u64, Error> {
        let count = self.one(
            "SELECT count(*) FROM file WHERE fetched_at > ?1",
            &[&moment],
            |row| row.get(0),
        )?;
        Ok(count.unwrap_or_default())
    }
}

fn holdings(row: &Row<'_>) -> RowResult<SocketHoldings> {
    Ok(SocketHoldings {
        slug: row.get(0)?,
        super_kind: row.get(1)?,
        listed: row.get(2)?,
        held: row.get(3)?,
        files: row.get(4)?,
        bytes: row.get(5)?,
    })
}
