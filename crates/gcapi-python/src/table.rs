//! An archive as a table in memory, one row for each item, handed out through Arrow's C interface.

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchIterator, StringArray,
    UInt64Array,
};
use arrow_schema::SchemaRef;
use arrow_schema::ffi::FFI_ArrowSchema;
use gcapi_archive::{ArchiveFolder, Catalogue};
use gcapi_inspect::table::Error;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyList};

use crate::archive::Archive;
use crate::errors;

/// A table in memory.
#[pyclass(frozen, module = "gcapi_rs._native")]
#[derive(Debug)]
pub(crate) struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

#[pymethods]
impl Archive {
    /// One row for each item, in the order of their pks.
    fn to_table(&self, python: Python<'_>) -> PyResult<Table> {
        match self.read(python, |folder, catalogue| Ok(table(folder, catalogue)))? {
            Ok(table) => Ok(table),
            Err(Error::Archive(error)) => Err(errors::folder(python, &error)),
            Err(error) => Err(errors::internal(python, &error)),
        }
    }
}

#[pymethods]
impl Table {
    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// A column as a list; what is null is ``None``.
    fn column<'py>(&self, python: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let place = self.schema.index_of(name);
        let place = place.map_err(|_| PyKeyError::new_err(format!("no column {name:?}")))?;
        let column = PyList::empty(python);
        for batch in &self.batches {
            append(&column, batch.column(place))?;
        }
        Ok(column)
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The schema, as a capsule of Arrow's C data interface.
    fn __arrow_c_schema__<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.schema.as_ref())
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
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        let rows = RecordBatchIterator::new(batches, SchemaRef::clone(&self.schema));
        let stream = FFI_ArrowArrayStream::new(Box::new(rows));
        PyCapsule::new_with_value(python, stream, c"arrow_array_stream")
    }
}

fn table(folder: &ArchiveFolder, catalogue: &Catalogue) -> Result<Table, Error> {
    let rows = gcapi_inspect::table::Table::new(catalogue, folder)?;
    Ok(Table {
        schema: rows.schema(),
        batches: rows.collect::<Result<_, _>>()?,
    })
}

/// Appends the cells of an array to a list.
fn append(list: &Bound<'_, PyList>, column: &dyn Array) -> PyResult<()> {
    let column = column.as_any();
    if let Some(texts) = column.downcast_ref::<StringArray>() {
        texts.iter().try_for_each(|cell| list.append(cell))
    } else if let Some(numbers) = column.downcast_ref::<UInt64Array>() {
        numbers.iter().try_for_each(|cell| list.append(cell))
    } else if let Some(numbers) = column.downcast_ref::<Int64Array>() {
        numbers.iter().try_for_each(|cell| list.append(cell))
    } else if let Some(numbers) = column.downcast_ref::<Float64Array>() {
        numbers.iter().try_for_each(|cell| list.append(cell))
    } else if let Some(flags) = column.downcast_ref::<BooleanArray>() {
        flags.iter().try_for_each(|cell| list.append(cell))
    } else {
        Err(errors::internal(list.py(), &"a column of an unknown type"))
    }
}
