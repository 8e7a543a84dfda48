//! The third stage: the bytes of one job into part files.
//!
//! `object.rs` fetches one file, `ranged.rs` the parts of a large one,
//! `dicom.rs` the instances of a set, `single.rs` files outside of an archive,
//! `inside.rs` looks into files without fetching them whole, `metaimage.rs` lets
//! a header follow its renamed data file; `remote.rs` is the
//! signed URL that the parts share, `pace.rs` how many of them there are. What
//! befalls one file becomes an outcome; only what every other file would meet
//! as well ends the run.

mod ahead;
mod counters;
mod dicom;
mod error;
mod inside;
mod instance_list;
mod metaimage;
mod object;
mod pace;
mod ranged;
mod remote;
mod remote_file;
mod remote_image;
mod single;
mod tries;

use std::sync::Arc;

use gcapi::Client;
use gcapi_archive::{ArchiveFolder, Failure, FileOrigin, indented};
use tokio::sync::mpsc;

use crate::budget::Share;
use crate::catalogue::SharedCatalogue;
use crate::event::SharedObserver;
use crate::part;
use crate::plan::{Destination, Job, Sibling, Source};
use crate::publish::{Finished, Outcome};
use crate::{DownloadRequest, Error, Existing};
pub use ahead::ReadAhead;
pub(crate) use counters::Counters;
pub(crate) use error::FetchError;
pub use inside::{Looked, NotRead, RemoteFiles, RemoteSource, named};
pub(crate) use object::FileFetcher;
use object::{Transfer, source_name};
use remote::{Origin, Remote};
pub use remote_image::{RemoteImage, RemoteReader};
pub use single::{FetchedFile, FileOptions, WantedFile, fetch_dicom_image_set, fetch_files};

/// Fetches jobs.
pub(crate) struct Fetcher {
    files: FileFetcher,
    folder: ArchiveFolder,
    catalogue: SharedCatalogue,
    outcomes: mpsc::Sender<Outcome>,
    jobs: usize,
    existing: Existing,
}

/// How much of a job came.
pub(super) enum Brought {
    All,
    /// Some of its files failed, and were reported one by one.
    Some,
}

impl Fetcher {
    pub(crate) fn new(
        client: &Client,
        folder: &ArchiveFolder,
        catalogue: &SharedCatalogue,
        request: &DownloadRequest,
        observer: &SharedObserver,
        outcomes: mpsc::Sender<Outcome>,
        counters: &Arc<Counters>,
    ) -> Self {
        Self {
            files: FileFetcher::new(client, request, observer, counters),
            folder: folder.clone(),
            catalogue: catalogue.clone(),
            outcomes,
            jobs: request.jobs,
            existing: request.existing,
        }
    }

    /// Does one job. What befalls its file becomes an outcome.
    ///
    /// # Errors
    /// What every other job would meet as well.
    pub(crate) async fn run(&self, job: Job) -> Result<(), Error> {
        let Job {
            source,
            destinations,
            replaces,
        } = job;
        let places = places(&destinations);
        let result = match source {
            Source::Value { json } => self.value(&json, destinations).await,
            Source::File { url } => {
                self.file(Origin::Media(&url), FileOrigin::File, &[], destinations)
                    .await
            }
            Source::ImageFile {
                image,
                image_file,
                url,
                siblings,
            } => {
                let origin = FileOrigin::ImageFile { image, image_file };
                self.file(Origin::Media(&url), origin, &siblings, destinations)
                    .await
            }
            Source::DicomImageSet {
                image,
                image_set_id,
            } => {
                self.dicom_image_set(image, &image_set_id, destinations)
                    .await
            }
        };
        let is_there = matches!(result, Ok(Brought::All));
        self.settle(places, result.map(drop)).await?;
        if is_there {
            for record in replaces {
                self.send(Outcome::Replaced(Box::new(record))).await?;
            }
        }
        Ok(())
    }

    /// Turns the error of one file into outcomes, one for every place that has
    /// to do without it.
    async fn settle(
        &self,
        places: Vec<String>,
        result: Result<(), FetchError>,
    ) -> Result<(), Error> {
        let error = match result {
            Ok(()) => return Ok(()),
            Err(error) if error.is_fatal() => return Err(error.into_error()),
            Err(error) => error,
        };
        for place in places {
            let failure = Failure {
                place,
                reason: error.to_string(),
                next_step: error.next_step().to_owned(),
            };
            self.send(Outcome::Failed(failure)).await?;
        }
        Ok(())
    }

    async fn send(&self, outcome: Outcome) -> Result<(), Error> {
        self.outcomes
            .send(outcome)
            .await
            .map_err(|_| Error::Internal("the publisher ended early".to_owned()))
    }

    /// One file, with as many tries as the retry policy has.
    async fn file(
        &self,
        from: Origin<'_>,
        origin: FileOrigin,
        siblings: &[Sibling],
        destinations: Vec<Destination>,
    ) -> Result<Brought, FetchError> {
        let Some(first) = destinations.first() else {
            return Ok(Brought::All);
        };
        let transfer = Transfer {
            remote: Remote::new(from),
            place: first.path.to_string(),
            source: source_name(&origin, first),
            part_path: self.folder.part_path(&first.path),
            share: Share::default(),
        };
        let (part, etag) = self.files.whole(&transfer).await?;
        let served = part.content.clone();
        let part = if siblings.is_empty() {
            part
        } else {
            self.follow_data_file(part, siblings, &transfer.place)
                .await?
        };
        let finished = Finished {
            part,
            served,
            etag,
            origin,
            destinations,
        };
        self.send(Outcome::Finished(Box::new(finished))).await?;
        Ok(Brought::All)
    }

    /// A Value is in the listing already.
    async fn value(
        &self,
        json: &str,
        destinations: Vec<Destination>,
    ) -> Result<Brought, FetchError> {
        let Some(first) = destinations.first() else {
            return Ok(Brought::All);
        };
        let path = self.folder.part_path(&first.path);
        let part = part::write_bytes(path, indented(json).into_bytes()).await?;
        let served = part.content.clone();
        let finished = Finished {
            part,
            served,
            etag: None,
            origin: FileOrigin::Value,
            destinations,
        };
        self.send(Outcome::Finished(Box::new(finished))).await?;
        Ok(Brought::All)
    }
}

/// Every place something was to go to.
fn places(destinations: &[Destination]) -> Vec<String> {
    destinations
        .iter()
        .map(|destination| destination.path.to_string())
        .collect()
}
