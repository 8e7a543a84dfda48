//! `gcapi table`

use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::sync::Arc;

use gcapi_archive::{ArchiveFolder, Catalogue};
use gcapi_inspect::table::{self, Table, WriteError};
use gcapi_transfer::{ArchiveReference, Silent, find_archive};

use super::Done;
use crate::arguments::{TableArguments, TableFormat};
use crate::connect;
use crate::failure::{Failure, SOME_FAILED};
use crate::human;
use crate::new_file::NewFile;
use crate::output::Output;
use crate::settings::Settings;

pub(super) async fn run(arguments: &TableArguments, settings: &Settings, output: Output) -> Done {
    let format = format(arguments)?;
    let (folder, catalogue, unlisted) = match (&arguments.folder, &arguments.remote) {
        (Some(folder), _) => {
            let folder = ArchiveFolder::open(folder)?;
            let catalogue = Catalogue::open(&folder)?;
            (folder, catalogue, 0)
        }
        (None, Some(reference)) => listed(reference, settings, output).await?,
        (None, None) => {
            return Err(Failure::usage(
                "there is no archive to make a table of".to_owned(),
                "give a folder that `gcapi download` made, or --remote ARCHIVE",
            ));
        }
    };
    let table = Table::new(&catalogue, &folder).map_err(WriteError::from)?;
    let rows = match &arguments.output {
        Some(path) => {
            let rows = NewFile::begin(path)?.publish(|file| write(table, format, file))?;
            output.note(&format!(
                "{} in {}",
                human::count(rows, "row"),
                path.display()
            ));
            rows
        }
        None => output.stream(|stdout| write(table, format, stdout))?,
    };
    if rows == 0 {
        output.warning("the archive has no items, or was downloaded with --images");
    }
    Ok(if unlisted == 0 { 0 } else { SOME_FAILED })
}

/// An archive of the platform, listed into a catalogue for this table only, and what could not be
/// listed.
async fn listed(
    reference: &ArchiveReference,
    settings: &Settings,
    output: Output,
) -> Result<(ArchiveFolder, Catalogue, usize), Failure> {
    let (client, _) = connect::signed_in(settings, output)?;
    let archive = find_archive(&client, reference).await?;
    let (catalogue, failures) = gcapi_transfer::list(&client, &archive, Arc::new(Silent)).await?;
    for failure in &failures {
        output.warning(&human::printable(&format!(
            "{}: {}; {}",
            failure.place, failure.reason, failure.next_step
        )));
    }
    Ok((
        ArchiveFolder::planned(Path::new("")),
        catalogue,
        failures.len(),
    ))
}

/// The format asked for, or that of the name of the file.
fn format(arguments: &TableArguments) -> Result<TableFormat, Failure> {
    let suffix = arguments.output.as_deref().and_then(Path::extension);
    let suffix = suffix.map(|suffix| suffix.to_string_lossy().to_ascii_lowercase());
    let format = match (arguments.format, suffix.as_deref()) {
        (Some(format), _) => format,
        (None, Some("json" | "jsonl" | "ndjson")) => TableFormat::Json,
        #[cfg(feature = "parquet")]
        (None, Some("parquet")) => TableFormat::Parquet,
        #[cfg(not(feature = "parquet"))]
        (None, Some("parquet")) => {
            return Err(Failure::usage(
                "this gcapi was built without Parquet".to_owned(),
                "build it with --features parquet, or write .csv or .json",
            ));
        }
        _ => TableFormat::Csv,
    };
    let is_text = matches!(format, TableFormat::Csv | TableFormat::Json);
    if !is_text && arguments.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "Parquet is nothing for a terminal".to_owned(),
            "name a file with -o",
        ));
    }
    Ok(format)
}

fn write(
    table: Table<'_>,
    format: TableFormat,
    into: &mut (dyn Write + Send),
) -> Result<u64, Failure> {
    let written = match format {
        TableFormat::Csv => table::write_csv(table, into),
        TableFormat::Json => table::write_json(table, into),
        #[cfg(feature = "parquet")]
        TableFormat::Parquet => table::write_parquet(table, into),
    };
    Ok(written?)
}
