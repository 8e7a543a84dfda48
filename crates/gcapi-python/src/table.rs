//! An archive as a table in memory, one row for each item, handed out through Arrow's C interface.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchIterator,
    StringArray, UInt64Array,
};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use gcapi_archive::{ArchiveFolder, Catalogue, Error};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};
use serde_json::Value;

use crate::archive::Archive;
use crate::errors;
use crate::item::{self, files_of};

/// Items read from the catalogue at a time.
const PAGE: u64 = 1000;

/// A table in memory.
#[pyclass(frozen, module = "gcapi_rs._native")]
#[derive(Debug)]
pub(crate) struct Table {
    rows: RecordBatch,
}

/// What one socket has in each row.
#[derive(Debug, Default)]
struct Column {
    is_value: bool,
    values: Vec<Option<String>>,
    paths: Vec<Option<String>>,
    sizes: Vec<Option<u64>>,
}

#[pymethods]
impl Archive {
    /// One row for each item, in the order of their pks.
    fn to_table(&self, python: Python<'_>) -> PyResult<Table> {
        let rows = self.read(python, rows)?;
        let rows = rows.map_err(|error| errors::internal(python, &error))?;
        Ok(Table { rows })
    }
}

#[pymethods]
impl Table {
    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        let schema = self.rows.schema();
        let fields = schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// A column as a list; what is null is ``None``.
    fn column<'py>(&self, python: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let column = self.rows.column_by_name(name);
        let column = column.ok_or_else(|| PyKeyError::new_err(format!("no column {name:?}")))?;
        let column = column.as_any();
        if let Some(texts) = column.downcast_ref::<StringArray>() {
            PyList::new(python, texts.iter().collect::<Vec<_>>())
        } else if let Some(numbers) = column.downcast_ref::<UInt64Array>() {
            PyList::new(python, numbers.iter().collect::<Vec<_>>())
        } else if let Some(numbers) = column.downcast_ref::<Int64Array>() {
            PyList::new(python, numbers.iter().collect::<Vec<_>>())
        } else if let Some(numbers) = column.downcast_ref::<Float64Array>() {
            PyList::new(python, numbers.iter().collect::<Vec<_>>())
        } else if let Some(flags) = column.downcast_ref::<BooleanArray>() {
            PyList::new(python, flags.iter().collect::<Vec<_>>())
        } else {
            Err(errors::internal(python, &"a column of an unknown type"))
        }
    }

    fn __len__(&self) -> usize {
        self.rows.num_rows()
    }

    /// The schema, as a capsule of Arrow's C data interface.
    fn __arrow_c_schema__<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.rows.schema().as_ref())
            .map_err(|error| errors::internal(python, &error))?;
        PyCapsule::new_with_value(python, schema, c"arrow_schema")
    }

    /// The rows, as a capsule of Arrow's C stream interface. Nothing is copied. Another schema
    /// than ours may be asked for, and by the protocol need not be given.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        python: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let rows = RecordBatchIterator::new([Ok(self.rows.clone())], self.rows.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(rows));
        PyCapsule::new_with_value(python, stream, c"arrow_array_stream")
    }
}

fn rows(
    folder: &ArchiveFolder,
    catalogue: &Catalogue,
) -> Result<Result<RecordBatch, ArrowError>, Error> {
    let (mut pks, mut titles) = (Vec::new(), Vec::new());
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    let mut after = None;
    loop {
        let items = catalogue.items_after(after, PAGE)?;
        let Some(last) = items.last() else { break };
        after = Some(last.pk);
        for item in items {
            let files = catalogue.files_of_item(item.pk)?;
            for value in &item.values {
                let size: u64 = files_of(&files, value).map(|file| file.written.size).sum();
                let Some(socket) = catalogue.socket(value.socket)? else {
                    continue;
                };
                let paths = item::paths(&files, value);
                let column = columns.entry(socket.slug).or_default();
                column.is_value = socket.super_kind.eq_ignore_ascii_case("value");
                if column.values.len() > pks.len() {
                    // A socket that is there twice has its first value in the row.
                    continue;
                }
                column.fill(pks.len());
                column.values.push(value.value.clone());
                column.sizes.push((!paths.is_empty()).then_some(size));
                let main = item::main(&paths);
                column
                    .paths
                    .push(main.map(|path| absolute(folder.root(), path)));
            }
            pks.push(item.pk.to_string());
            titles.push(item.title);
        }
    }
    for column in columns.values_mut() {
        column.fill(pks.len());
    }
    Ok(batch(pks, titles, columns))
}

impl Column {
    /// Has nothing in the rows up to some row.
    fn fill(&mut self, rows: usize) {
        self.values.resize(rows, None);
        self.paths.resize(rows, None);
        self.sizes.resize(rows, None);
    }
}

fn absolute(root: &Path, path: &str) -> String {
    root.join(path).to_string_lossy().into_owned()
}

fn batch(
    pks: Vec<String>,
    titles: Vec<String>,
    columns: BTreeMap<String, Column>,
) -> Result<RecordBatch, ArrowError> {
    let mut fields = vec![
        Field::new("item", DataType::Utf8, false),
        Field::new("title", DataType::Utf8, false),
    ];
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(pks)),
        Arc::new(StringArray::from(titles)),
    ];
    let mut add = |slug: &str, what: &str, array: ArrayRef| {
        let name = format!("{slug}.{what}");
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    };
    for (slug, column) in columns {
        if column.is_value {
            add(&slug, "value", typed(&column.values));
        }
        add(&slug, "path", Arc::new(StringArray::from(column.paths)));
        add(&slug, "size", Arc::new(UInt64Array::from(column.sizes)));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

/// JSON texts as the narrowest type that loses nothing of any of them; otherwise as JSON.
fn typed(texts: &[Option<String>]) -> ArrayRef {
    let parsed: Vec<Value> = texts
        .iter()
        .map(|text| {
            let text = text.as_deref().unwrap_or("null");
            // Text that JSON allows and no string can hold stays JSON.
            serde_json::from_str(text).unwrap_or_else(|_| Value::Array(Vec::new()))
        })
        .collect();
    let all = |is: fn(&Value) -> bool| parsed.iter().all(|value| value.is_null() || is(value));
    if all(Value::is_boolean) {
        Arc::new(parsed.iter().map(Value::as_bool).collect::<BooleanArray>())
    } else if all(Value::is_i64) {
        Arc::new(parsed.iter().map(Value::as_i64).collect::<Int64Array>())
    } else if all(|value| value.is_i64() || value.is_f64()) && !texts.iter().any(is_long) {
        Arc::new(parsed.iter().map(Value::as_f64).collect::<Float64Array>())
    } else if all(Value::is_string) {
        Arc::new(parsed.iter().map(Value::as_str).collect::<StringArray>())
    } else {
        Arc::new(StringArray::from(texts.to_vec()))
    }
}

/// An integer of more digits than a floating-point number keeps.
fn is_long(text: &Option<String>) -> bool {
    text.as_deref().is_some_and(|text| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        digits.len() > 15 && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}
