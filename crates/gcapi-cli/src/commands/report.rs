//! `gcapi report`

use gcapi_archive::{ArchiveFolder, Catalogue};
use gcapi_inspect::table::WriteError;

use super::Done;
use crate::arguments::ReportArguments;
use crate::moment;
use crate::new_file::NewFile;
use crate::output::Output;

pub(super) fn run(arguments: &ReportArguments, output: Output) -> Done {
    let folder = ArchiveFolder::open(&arguments.folder)?;
    let catalogue = Catalogue::open(&folder)?;
    let path = &arguments.output;
    let file = NewFile::begin(path)?;
    let page =
        gcapi_inspect::report(&catalogue, &folder, moment::now()).map_err(WriteError::from)?;
    file.publish_bytes(page.as_bytes())?;
    output.note(&format!("the report is {}", path.display()));
    Ok(0)
}
