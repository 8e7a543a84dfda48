//! `gcapi report`

use std::io::Write as _;

use gcapi_archive::{ArchiveFolder, Catalogue};
use gcapi_inspect::table::WriteError;

use super::Done;
use crate::arguments::ReportArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::{moment, new_file};

pub(super) fn run(arguments: &ReportArguments, output: Output) -> Done {
    let folder = ArchiveFolder::open(&arguments.folder)?;
    let catalogue = Catalogue::open(&folder)?;
    let page =
        gcapi_inspect::report(&catalogue, &folder, moment::now()).map_err(WriteError::from)?;
    let path = &arguments.output;
    new_file::write(path, |file| {
        let written = file.write_all(page.as_bytes());
        written.map_err(|error| {
            Failure::cannot_write(format!("failed to write {}: {error}", path.display()))
        })
    })?;
    output.note(&format!("the report is {}", path.display()));
    Ok(0)
}
