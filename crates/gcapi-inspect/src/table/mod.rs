//! An archive as a table: one row for each item, in batches, so that memory does not grow with the
//! archive.
//!
//! | column | type | |
//! |---|---|---|
//! | `item`, `title` | text | |
//! | `<slug>.value` | boolean, integer, float or text where all values are; otherwise JSON | Values |
//! | `<slug>.value.<name>` | the same, for what lies in objects, by dotted names | Values |
//! | `<slug>.path` | text | the file that stands for the value |
//! | `<slug>.size` | bytes of all its files | |
//! | `<slug>.shape` | JSON, slowest axis first, as the platform has it | Images |
//! | `<slug>.voxel_width_mm`, `…_height_mm`, `…_depth_mm` | millimetres | Images |
//! | `<slug>.color_space`, `<slug>.modality` | text | Images |
//!
//! What an item does not have, or what was not downloaded, is null. The catalogue is walked through
//! twice: the types of the columns are known once every value was seen.

mod columns;
mod values;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_schema::{ArrowError, SchemaRef};
use gcapi_archive::{ArchiveFolder, Catalogue, Error as ArchiveError, FileRecord, ValueRecord};
use uuid::Uuid;

use crate::ImageFacts;
use crate::places::{files_of, main_path, paths};
pub use columns::Role;
use columns::{Columns, SocketColumns};
use values::flattened;
#[cfg(feature = "parquet")]
pub use write::write_parquet;
pub use write::{Error as WriteError, write_csv, write_json};

/// Items read from the catalogue at a time, and rows in a batch.
const PAGE: u64 = 1000;

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The catalogue cannot be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),

    /// Columns do not fit together: a bug in this program.
    #[error("the columns of the table do not fit together: {0}")]
    Columns(#[from] ArrowError),
}

/// A table of the items of the last listing, in the order of their pks.
#[derive(Debug)]
pub struct Table<'a> {
    catalogue: &'a Catalogue,
    root: PathBuf,
    columns: Columns,
    schema: SchemaRef,
    roles: Vec<Role>,
    after: Option<Uuid>,
    is_done: bool,
}

impl<'a> Table<'a> {
    /// Finds the columns. Paths in the table begin with that of the folder.
    ///
    /// # Errors
    /// [`Error::Archive`] if the catalogue cannot be read.
    pub fn new(catalogue: &'a Catalogue, folder: &ArchiveFolder) -> Result<Self, Error> {
        let columns = Columns::find(catalogue)?;
        let (schema, roles) = columns.schema();
        Ok(Self {
            catalogue,
            root: folder.root().to_path_buf(),
            schema: Arc::new(schema),
            roles,
            columns,
            after: None,
            is_done: false,
        })
    }

    /// Names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// What the columns are, in their order.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// Begins again with the first row.
    pub fn restart(&mut self) {
        self.after = None;
        self.is_done = false;
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, Error> {
        let items = self.catalogue.items_after(self.after, PAGE)?;
        let Some(last) = items.last() else {
            return Ok(None);
        };
        self.after = Some(last.pk);
        let mut rows: Vec<Cells<'_>> = self.columns.sockets.values().map(Cells::new).collect();
        let (mut pks, mut titles) = (Vec::new(), Vec::new());
        for item in items {
            let files = self.catalogue.files_of_item(item.pk)?;
            for ((slug, socket), cells) in self.columns.sockets.iter().zip(&mut rows) {
                // A socket that is there twice has its first value in the row.
                let value = item.values.iter().find(|value| {
                    let known = self.columns.known.get(&value.socket);
                    known.is_some_and(|known| known.slug == *slug)
                });
                let image = match value
                    .and_then(|value| value.image)
                    .filter(|_| socket.is_image)
                {
                    Some(image) => self.catalogue.image(image)?,
                    None => None,
                };
                let facts = image.map(|image| ImageFacts::parse(&image.record));
                cells.push(value, &files, facts.unwrap_or_default(), &self.root);
            }
            pks.push(item.pk.to_string());
            titles.push(item.title);
        }
        let mut arrays: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(pks)),
            Arc::new(StringArray::from(titles)),
        ];
        arrays.extend(rows.into_iter().flat_map(Cells::arrays));
        Ok(Some(RecordBatch::try_new(self.schema(), arrays)?))
    }
}

impl Iterator for Table<'_> {
    type Item = Result<RecordBatch, Error>;

    /// The next rows; nothing follows an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let batch = self.next_batch().transpose();
        self.is_done = !matches!(batch, Some(Ok(_)));
        batch
    }
}

/// What one socket has in the rows of a batch.
struct Cells<'a> {
    socket: &'a SocketColumns,
    values: Vec<Option<String>>,
    flattened: Vec<Vec<Option<String>>>,
    paths: Vec<Option<String>>,
    sizes: Vec<Option<u64>>,
    images: Vec<ImageFacts>,
}

impl<'a> Cells<'a> {
    fn new(socket: &'a SocketColumns) -> Self {
        Self {
            socket,
            values: Vec::new(),
            flattened: vec![Vec::new(); socket.flattened.len()],
            paths: Vec::new(),
            sizes: Vec::new(),
            images: Vec::new(),
        }
    }

    fn push(
        &mut self,
        value: Option<&ValueRecord>,
        files: &[FileRecord],
        facts: ImageFacts,
        root: &Path,
    ) {
        let json = value.and_then(|value| value.value.clone());
        if !self.socket.flattened.is_empty() {
            let mut parts = json.as_deref().and_then(flattened).unwrap_or_default();
            for (name, column) in self.socket.flattened.keys().zip(&mut self.flattened) {
                let place = parts.iter().position(|(found, _)| found == name);
                column.push(place.map(|place| parts.swap_remove(place).1));
            }
        }
        self.values.push(json);
        let found = value.map_or_else(Vec::new, |value| paths(files, value));
        let size = value.map(|value| files_of(files, value).map(|file| file.written.size).sum());
        self.sizes.push(size.filter(|_| !found.is_empty()));
        let path = main_path(&found).map(|path| root.join(path).to_string_lossy().into_owned());
        self.paths.push(path);
        self.images.push(facts);
    }

    /// In the order of the schema.
    fn arrays(self) -> Vec<ArrayRef> {
        let mut arrays: Vec<ArrayRef> = Vec::new();
        if self.socket.is_value {
            arrays.push(self.socket.kind.array(&self.values));
            let flattened = self.socket.flattened.values().zip(&self.flattened);
            arrays.extend(flattened.map(|(kind, texts)| kind.array(texts)));
        }
        arrays.push(Arc::new(StringArray::from(self.paths)));
        arrays.push(Arc::new(UInt64Array::from(self.sizes)));
        if self.socket.is_image {
            let images = &self.images;
            let text = |of: fn(&ImageFacts) -> Option<String>| -> ArrayRef {
                Arc::new(images.iter().map(of).collect::<StringArray>())
            };
            let spacing = |axis: usize| -> ArrayRef {
                let spacing = images.iter().map(|facts| facts.spacing.get(axis).copied()?);
                Arc::new(spacing.collect::<Float64Array>())
            };
            arrays.push(text(|facts| {
                (!facts.shape.is_empty()).then(|| serde_json::json!(facts.shape).to_string())
            }));
            arrays.extend((0..3).map(spacing));
            arrays.push(text(|facts| facts.color_space.clone()));
            arrays.push(text(|facts| facts.modality.clone()));
        }
        arrays
    }
}
