//! The third stage: the bytes of one job into part files.
//!
//! `object.rs` fetches one file, `dicom.rs` the instances of a set,
//! `metaimage.rs` lets a header follow its renamed data file. What befalls one
//! file becomes an outcome; only what every other file would meet as well ends
//! the run.

mod dicom;
mod error;
mod instance_list;
mod metaimage;
mod object;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use gcapi::Client;
use gcapi_archive::{ArchiveFolder, Failure, FileOrigin, indented};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use crate::catalogue::SharedCatalogue;
use crate::event::SharedObserver;
use crate::part_file;
use crate::plan::{Destination, Job, Source};
use crate::publish::{Finished, Outcome};
use crate::{DownloadRequest, Error, Existing};
pub(crate) use error::FetchError;
use object::Origin;

/// Fetches jobs.
pub(crate) struct Fetcher {
    client: Client,
    folder: ArchiveFolder,
    catalogue: SharedCatalogue,
    observer: SharedObserver,
    outcomes: mpsc::Sender<Outcome>,
    /// Files in flight.
    permits: Arc<Semaphore>,
    jobs: usize,
    existing: Existing,
    /// Files begun anew, beside the requests the client tries again itself.
    retries: Arc<AtomicU64>,
}

impl Fetcher {
    pub(crate) fn new(
        client: &Client,
        folder: &ArchiveFolder,
        catalogue: &SharedCatalogue,
        request: &DownloadRequest,
        observer: &SharedObserver,
        outcomes: mpsc::Sender<Outcome>,
        retries: &Arc<AtomicU64>,
    ) -> Self {
        Self {
            client: client.clone(),
            folder: folder.clone(),
            catalogue: catalogue.clone(),
            observer: Arc::clone(observer),
            outcomes,
            permits: Arc::new(Semaphore::new(request.jobs)),
            jobs: request.jobs,
            existing: request.existing,
            retries: Arc::clone(retries),
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
        } = job;
        let Some(first) = destinations.first() else {
            return Ok(());
        };
        let place = first.path.to_string();
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
        self.settle(place, result).await
    }

    /// Turns the error of one file into an outcome.
    async fn settle(&self, place: String, result: Result<(), FetchError>) -> Result<(), Error> {
        match result {
            Ok(()) => Ok(()),
            Err(error) if error.is_fatal() => Err(error.into_error()),
            Err(error) => {
                let next_step = error.next_step().to_owned();
                self.send(Outcome::Failed(Failure {
                    place,
                    reason: error.to_string(),
                    next_step,
                }))
                .await
            }
        }
    }

    async fn send(&self, outcome: Outcome) -> Result<(), Error> {
        self.outcomes
            .send(outcome)
            .await
            .map_err(|_| Error::Internal("the publisher ended early".to_owned()))
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.permits
            .acquire()
            .await
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// A Value is in the listing already.
    async fn value(&self, json: &str, destinations: Vec<Destination>) -> Result<(), FetchError> {
        let Some(first) = destinations.first() else {
            return Ok(());
        };
        let path = self.folder.part_path(&first.path);
        let part = part_file::write_bytes(path, indented(json).into_bytes()).await?;
        let served = part.content.clone();
        let finished = Finished {
            part,
            served,
            etag: None,
            origin: FileOrigin::Value,
            destinations,
        };
        Ok(self.send(Outcome::Finished(Box::new(finished))).await?)
    }
}
