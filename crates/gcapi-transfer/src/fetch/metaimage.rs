//! A MetaImage header whose data file has another name now.

use gcapi_archive::{DataFile, Error as ArchiveError, data_file, with_data_file};

use super::{FetchError, Fetcher};
use crate::Event;
use crate::catalogue::blocking;
use crate::part::{self, Part};
use crate::plan::Sibling;

/// A header is a page of text; a longer file is not one.
const LONGEST_HEADER: u64 = 1 << 20;

impl Fetcher {
    /// A MetaImage header names its data file, which has another name now.
    pub(super) async fn follow_data_file(
        &self,
        part: Part,
        siblings: &[Sibling],
        place: &str,
    ) -> Result<Part, FetchError> {
        if part.content.size > LONGEST_HEADER {
            return Ok(part);
        }
        let path = part.path.clone();
        let read = {
            let path = path.clone();
            move || std::fs::read(&path).map_err(|source| ArchiveError::reading(&path, source))
        };
        let header = blocking(read).await??;
        let DataFile::Named(named) = data_file(&header) else {
            return Ok(part);
        };
        let sibling = siblings
            .iter()
            .find(|sibling| sibling.served_name == named)
            // Upload names lose spaces and brackets on the way, so the only
            // other file of the image is the one that is meant.
            .or(match siblings {
                [only] => Some(only),
                _ => None,
            });
        let Some(sibling) = sibling else {
            self.files.observer.on_event(&Event::Warning {
                place: place.to_owned(),
                message: format!("its data file {named:?} is none of the image's files"),
            });
            return Ok(part);
        };
        match with_data_file(&header, &sibling.name) {
            Some(header) if sibling.name != named => Ok(part::write_bytes(path, header).await?),
            _ => Ok(part),
        }
    }
}
