//! Tables as files, batch by batch.

use std::io::{self, Write};

use arrow_array::{
    Array, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt64Array,
};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use super::Table;

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is none.
    #[error(transparent)]
    Table(#[from] super::Error),

    /// The system refused to write.
    #[error("failed to write: {0}")]
    Write(#[from] io::Error),

    /// The encoder of Parquet refused.
    #[cfg(feature = "parquet")]
    #[error("failed to write Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// Writes a table as CSV (RFC 4180) with a line of names; null is empty. Gives the number of rows.
///
/// # Errors
/// [`Error::Write`], and [`Error::Table`] if the catalogue cannot be read.
pub fn write_csv(table: Table<'_>, into: &mut dyn Write) -> Result<u64, Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(into);
    let schema = table.schema();
    let names = schema.fields().iter().map(|field| field.name());
    writer.write_record(names).map_err(io::Error::other)?;
    let mut rows = 0;
    for batch in table {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            let cells = batch
                .columns()
                .iter()
                .map(|column| match cell(column, row) {
                    Value::Null => String::new(),
                    Value::String(text) => text,
                    other => other.to_string(),
                });
            writer.write_record(cells).map_err(io::Error::other)?;
            rows += 1;
        }
    }
    writer.flush()?;
    Ok(rows)
}

/// Writes a table as one JSON object a line, with all names in each. Gives the number of rows.
///
/// # Errors
/// As for [`write_csv`].
pub fn write_json(table: Table<'_>, into: &mut dyn Write) -> Result<u64, Error> {
    let mut into = io::BufWriter::new(into);
    let mut rows = 0;
    for batch in table {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            serde_json::to_writer(&mut into, &Row { batch: &batch, row })
                .map_err(io::Error::from)?;
            into.write_all(b"\n")?;
            rows += 1;
        }
    }
    into.flush()?;
    Ok(rows)
}

/// Writes a table as Apache Parquet, compressed with Snappy. Gives the number of rows.
///
/// # Errors
/// As for [`write_csv`], and [`Error::Parquet`].
#[cfg(feature = "parquet")]
pub fn write_parquet(table: Table<'_>, into: &mut (dyn Write + Send)) -> Result<u64, Error> {
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression;
    use parquet::file::properties::WriterProperties;

    // A group of rows is kept in memory until it is complete.
    const ROWS_IN_A_GROUP: usize = 64 << 10;

    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROWS_IN_A_GROUP))
        .build();
    let mut writer = ArrowWriter::try_new(into, table.schema(), Some(properties))?;
    let mut rows = 0;
    for batch in table {
        let batch = batch?;
        writer.write(&batch)?;
        rows += batch.num_rows() as u64;
    }
    writer.close()?;
    Ok(rows)
}

/// A row in the order of the columns.
struct Row<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let schema = self.batch.schema_ref();
        let mut map = serializer.serialize_map(Some(schema.fields().len()))?;
        for (field, column) in schema.fields().iter().zip(self.batch.columns()) {
            map.serialize_entry(field.name(), &cell(column, self.row))?;
        }
        map.end()
    }
}

/// One cell of an array of the types that tables have.
fn cell(column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    let column = column.as_any();
    if let Some(texts) = column.downcast_ref::<StringArray>() {
        texts.value(row).into()
    } else if let Some(numbers) = column.downcast_ref::<UInt64Array>() {
        numbers.value(row).into()
    } else if let Some(numbers) = column.downcast_ref::<Int64Array>() {
        numbers.value(row).into()
    } else if let Some(numbers) = column.downcast_ref::<Float64Array>() {
        numbers.value(row).into()
    } else if let Some(flags) = column.downcast_ref::<BooleanArray>() {
        flags.value(row).into()
    } else {
        Value::Null
    }
}
