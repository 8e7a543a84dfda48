//! The catalogue: one SQLite file that knows what the API said and what was
//! fetched.
//!
//! One process writes, under SQLite's exclusive lock and a rollback journal:
//! the write-ahead log needs shared memory, which network file systems of
//! clusters do not have. Readers open it read-only.

mod read;
pub(crate) mod records;
pub(crate) mod verification;
mod write;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::lease::{self, Lease};
use crate::{ArchiveFolder, Error};

/// Version of the tables, in SQLite's `user_version`.
pub const SCHEMA_VERSION: i64 = 1;

const SCHEMA: &str = include_str!("schema.sql");

/// The catalogue of one output folder. Not shared between threads: give each
/// its own, or put a lock around it.
#[derive(Debug)]
pub struct Catalogue {
    connection: Connection,
    path: PathBuf,
    /// Of who writes; it outlives the connection.
    lease: Option<Lease>,
}

impl Catalogue {
    /// Opens the catalogue for writing and makes it if it is not there.
    ///
    /// # Errors
    /// [`Error::Held`] or [`Error::Busy`] if another process is at work,
    /// [`Error::NewerCatalogue`], [`Error::CannotWrite`], [`Error::NoSpace`],
    /// or [`Error::Catalogue`] if the file is damaged.
    pub fn create(folder: &ArchiveFolder) -> Result<Self, Error> {
        let lease = Lease::acquire(folder)?;
        let path = folder.catalogue_path();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut catalogue = Self::connect(path, flags)?;
        catalogue.lease = Some(lease);
        let prepared = catalogue.prepare_for_writing();
        prepared.map_err(|error| Error::sqlite(&catalogue.path, error))?;
        match catalogue.version()? {
            0 => catalogue.lay_out()?,
            SCHEMA_VERSION => {}
            found => return Err(catalogue.newer(found)),
        }
        Ok(catalogue)
    }

    /// Opens the catalogue of a downloaded archive for reading.
    ///
    /// # Errors
    /// As for [`Catalogue::create`].
    pub fn open(folder: &ArchiveFolder) -> Result<Self, Error> {
        match Self::open_for_reading(folder) {
            Err(Error::Busy(path)) => Err(lease::holder(folder).unwrap_or(Error::Busy(path))),
            opened => opened,
        }
    }

    fn open_for_reading(folder: &ArchiveFolder) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let catalogue = Self::connect(folder.catalogue_path(), flags)?;
        match catalogue.version()? {
            SCHEMA_VERSION => Ok(catalogue),
            // A run that was killed before its tables were made.
            0 => Err(Error::NotAnArchive(folder.root().to_path_buf())),
            found => Err(catalogue.newer(found)),
        }
    }

    /// A catalogue for a plan that writes nothing: it starts as a copy of what
    /// the folder's own catalogue knows of files, lies in a temporary file of
    /// SQLite's, and is gone when it is dropped.
    ///
    /// # Errors
    /// As for [`Catalogue::open`].
    pub fn scratch(folder: &ArchiveFolder) -> Result<Self, Error> {
        let mut scratch = Self::temporary()?;
        scratch.path = folder.catalogue_path();
        if scratch.path.is_file() {
            // Checks that it is there to be read, and its version.
            drop(Self::open(folder)?);
            let copied = scratch.copy_known_files();
            copied.map_err(|error| Error::sqlite(&scratch.path, error))?;
        }
        Ok(scratch)
    }

    /// An empty catalogue in a temporary file of SQLite's, which is gone when
    /// it is dropped.
    ///
    /// # Errors
    /// [`Error::CannotWrite`], [`Error::NoSpace`].
    pub fn temporary() -> Result<Self, Error> {
        // An empty name is SQLite's for a private temporary database.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut temporary = Self::connect(PathBuf::new(), flags)?;
        temporary.lay_out()?;
        Ok(temporary)
    }

    fn copy_known_files(&self) -> Result<(), rusqlite::Error> {
        let known = self.path.to_string_lossy();
        self.connection
            .execute("ATTACH DATABASE ?1 AS known", [known])?;
        self.connection.execute_batch(
            "INSERT INTO setting SELECT * FROM known.setting;
             INSERT INTO archive SELECT * FROM known.archive;
             INSERT INTO dicom_image_set SELECT * FROM known.dicom_image_set;
             INSERT INTO file SELECT * FROM known.file;
             DETACH DATABASE known;",
        )
    }

    fn connect(path: PathBuf, flags: OpenFlags) -> Result<Self, Error> {
        let connection = Connection::open_with_flags(&path, flags)
            .map_err(|error| Error::sqlite(&path, error))?;
        connection.set_prepared_statement_cache_capacity(64);
        connection
            .busy_timeout(std::time::Duration::from_millis(200))
            .map_err(|error| Error::sqlite(&path, error))?;
        Ok(Self {
            connection,
            path,
            lease: None,
        })
    }

    fn prepare_for_writing(&mut self) -> Result<(), rusqlite::Error> {
        self.connection
            .pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        self.connection
            .pragma_update(None, "journal_mode", "TRUNCATE")?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        self.connection.pragma_update(None, "foreign_keys", true)?;
        // Takes the exclusive lock at once, so that a second process is told
        // at its start and not at its first write.
        self.connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")
    }

    fn lay_out(&mut self) -> Result<(), Error> {
        self.transaction(|transaction| {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)
        })
    }

    fn version(&self) -> Result<i64, Error> {
        self.connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(|error| Error::sqlite(&self.path, error))
    }

    fn newer(&self, found: i64) -> Error {
        Error::NewerCatalogue {
            path: self.path.clone(),
            found,
            known: SCHEMA_VERSION,
        }
    }

    /// Where the catalogue lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs some statements as one transaction.
    fn transaction<T>(
        &mut self,
        statements: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, Error> {
        if let Some(lease) = &self.lease {
            lease.check()?;
        }
        let run = || {
            let transaction = self.connection.transaction()?;
            let result = statements(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        run().map_err(|error| Error::sqlite(&self.path, error))
    }

    /// Runs a reading closure and gives its error our name.
    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> Result<T, Error> {
        query(&self.connection).map_err(|error| Error::sqlite(&self.path, error))
    }
}

#[cfg(test)]
mod tests;
