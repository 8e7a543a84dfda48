//! The pipeline, top to bottom.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use gcapi::{Archive, Client, Record};
use gcapi_archive::{ArchiveFolder, Catalogue, DownloadSettings, Failure, Room};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::catalogue::{SharedCatalogue, blocking};
use crate::fetch::{Counters, Fetcher};
use crate::listing;
use crate::plan::{Job, Planning};
use crate::publish::{self, Outcome, Tally};
use crate::sizes::{self, Sizes};
use crate::{DownloadRequest, Error, Existing, Observer, StopReason, records};

/// Outcomes on their way to the publisher.
const OUTCOMES: usize = 1024;

/// What a download came to.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Summary {
    /// Items in the archive.
    pub items: u64,
    /// Images in the archive.
    pub images: u64,
    /// Files fetched or written.
    pub fetched: u64,
    /// Their bytes.
    pub bytes_fetched: u64,
    /// Files that were here already.
    pub kept: u64,
    /// Their bytes.
    pub bytes_kept: u64,
    /// Files removed because they left the archive.
    pub removed: u64,
    /// Files a dry run would remove.
    pub to_remove: u64,
    /// Things that could not be brought; they are in the catalogue.
    pub failed: u64,
    /// Files a dry run would fetch, DICOM image sets counted as one.
    pub to_fetch: u64,
    /// Their bytes, if a dry run asked for sizes; DICOM image sets are
    /// estimated.
    pub bytes_to_fetch: Option<u64>,
    /// Of how many nobody says the size.
    pub unknown_sizes: u64,
    /// What is left on the disk, if a dry run asked for sizes.
    pub room: Option<Room>,
    /// HTTP requests the client has sent, those before the download included.
    pub requests: u64,
    /// How many requests and files were tried again.
    pub retries: u64,
    /// Signed URLs asked for anew because they had expired.
    pub renewals: u64,
    /// Parts of large files fetched.
    pub parts: u64,
    /// Bytes that came over the network, those fetched twice included.
    pub bytes_received: u64,
    /// Bytes an earlier run had left in flight and that were not fetched again.
    pub bytes_reused: u64,
    /// Why it stopped before its end, if it did.
    pub stopped: Option<StopReason>,
    /// Wall time.
    #[serde(rename = "seconds", serialize_with = "crate::event::seconds")]
    pub elapsed: Duration,
}

/// Downloads an archive into a folder.
///
/// Files that fail do not stop the others: they are counted in
/// [`Summary::failed`], reported to the observer and kept in the catalogue.
/// Dropping the future stops the download; what was published stays, and the
/// same request goes on from there.
///
/// # Errors
/// [`Error`] if the download as a whole cannot go on.
pub async fn download(
    client: &Client,
    archive: &Record<Archive>,
    request: &DownloadRequest,
    observer: Arc<dyn Observer>,
) -> Result<Summary, Error> {
    let started = Instant::now();
    if request.prune && !request.selection.is_everything() {
        return Err(Error::PruneOfAPart);
    }
    let (folder, catalogue) = open(client, archive, request).await?;

    let listing = listing::list(client, archive, request, &catalogue, &observer);
    let listed = tokio::select! {
        listed = listing => listed?,
        () = request.stop.stopped() => {
            return Ok(Summary {
                stopped: request.stop.reason(),
                elapsed: started.elapsed(),
                ..Summary::default()
            });
        }
    };
    let mut summary = Summary {
        items: listed.items,
        images: listed.images,
        ..Summary::default()
    };

    if !request.dry_run && request.selection.is_everything() {
        let (folder, images_only) = (folder.clone(), request.images_only);
        catalogue
            .run(move |catalogue| folder.require_files(catalogue.files_to_come(images_only)?))
            .await?;
    }

    let (jobs, mut planned_jobs) = mpsc::channel::<Job>(request.jobs * 2);
    let (outcomes, finished) = mpsc::channel::<Outcome>(OUTCOMES);

    let planning = {
        let plan = Planning {
            request: request.clone(),
            folder: folder.clone(),
            catalogue: catalogue.clone(),
            listed,
            observer: Arc::clone(&observer),
        };
        let outcomes = outcomes.clone();
        blocking(move || plan.run(&jobs, &outcomes))
    };
    let counters = Arc::new(Counters::default());
    let sizes = sizes::Totals::default();
    let fetching = {
        let fetcher = Fetcher::new(
            client, &folder, &catalogue, request, &observer, outcomes, &counters,
        );
        let asking = Sizes {
            client,
            observer: &observer,
            totals: &sizes,
        };
        async move {
            let jobs = stream::poll_fn(|context| planned_jobs.poll_recv(context)).map(Ok);
            let fetching = async {
                if request.dry_run {
                    return jobs
                        .try_for_each_concurrent(sizes::AT_A_TIME, |job| asking.ask(job))
                        .await;
                }
                // A DICOM image set occupies a place here while its instances
                // take the connections, so there are more places than those.
                jobs.try_for_each_concurrent(request.jobs * 2, |job| fetcher.run(job))
                    .await
            };
            // What is dropped when it stops is journalled, and what was
            // handed to the publisher is published.
            tokio::select! {
                fetched = fetching => fetched.map(|()| None),
                () = request.stop.stopped() => Ok(request.stop.reason()),
            }
        }
    };
    let publishing = {
        let (folder, catalogue, observer) =
            (folder.clone(), catalogue.clone(), Arc::clone(&observer));
        blocking(move || publish::publish(finished, &folder, &catalogue, &observer))
    };

    // If a stage fails, the channels to it close and the others end; the
    // disk's error is the cause where the publisher has one.
    let (planned, fetched, published) = futures_util::join!(planning, fetching, publishing);
    let tally: Tally = published??;
    summary.stopped = fetched?;
    let counts = planned??;

    if tally.failures == 0 && summary.stopped.is_none() && !request.dry_run {
        // Whatever is left in flight belongs to files that are no more.
        let folder = folder.clone();
        blocking(move || folder.clear_parts()).await??;
    }

    let statistics = client.statistics();
    summary.fetched = tally.files;
    summary.bytes_fetched = tally.bytes;
    summary.failed = tally.failures;
    summary.removed = tally.removed;
    summary.kept = counts.kept;
    summary.bytes_kept = counts.bytes_kept;
    summary.to_fetch = counts.to_fetch;
    summary.to_remove = counts.to_remove;
    if request.dry_run && request.sizes {
        let (files, bytes, unknown) = sizes.get();
        summary.to_fetch = files;
        summary.bytes_to_fetch = Some(bytes);
        summary.unknown_sizes = unknown;
        let folder = folder.clone();
        summary.room = blocking(move || folder.room()).await??;
    }
    summary.requests = statistics.requests;
    let counted = counters.counted();
    summary.retries = statistics.retries + counted.retries;
    summary.renewals = counted.renewals;
    summary.parts = counted.parts;
    summary.bytes_received = counted.received;
    summary.bytes_reused = counted.reused;
    summary.elapsed = started.elapsed();
    Ok(summary)
}

/// Lists an archive and downloads nothing: its items and images, in a catalogue
/// that is gone when it is dropped, and what could not be listed.
///
/// # Errors
/// [`Error`] if it cannot be listed.
pub async fn list(
    client: &Client,
    archive: &Record<Archive>,
    observer: Arc<dyn Observer>,
) -> Result<(Catalogue, Vec<Failure>), Error> {
    let request = DownloadRequest::new("");
    let settings = DownloadSettings {
        layout: request.layout,
        images_only: false,
        base_url: client.base_url().to_string(),
    };
    let record = records::archive(archive);
    let catalogue = blocking(move || -> Result<_, Error> {
        let mut catalogue = Catalogue::temporary()?;
        catalogue.claim(&record, &settings)?;
        Ok(SharedCatalogue::new(catalogue))
    })
    .await??;
    let listed = listing::list(client, archive, &request, &catalogue, &observer).await?;
    let catalogue = catalogue.into_inner();
    let catalogue = catalogue.ok_or_else(|| Error::Internal("the list goes on".to_owned()))?;
    Ok((catalogue, listed.failures))
}

/// Prepares the folder and its catalogue; for a dry run nothing is written.
async fn open(
    client: &Client,
    archive: &Record<Archive>,
    request: &DownloadRequest,
) -> Result<(ArchiveFolder, SharedCatalogue), Error> {
    let settings = DownloadSettings {
        layout: request.layout,
        images_only: request.images_only,
        base_url: client.base_url().to_string(),
    };
    let archive = records::archive(archive);
    let (output, existing, dry_run) = (request.output.clone(), request.existing, request.dry_run);
    blocking(move || {
        if existing == Existing::Error
            && std::fs::read_dir(&output).is_ok_and(|mut entries| entries.next().is_some())
        {
            return Err(Error::NotEmpty(output));
        }
        let (folder, mut catalogue) = if dry_run {
            let folder = ArchiveFolder::planned(&output);
            let catalogue = Catalogue::scratch(&folder)?;
            (folder, catalogue)
        } else {
            let folder = ArchiveFolder::create(&output, existing == Existing::Overwrite)?;
            let catalogue = Catalogue::create(&folder)?;
            (folder, catalogue)
        };
        catalogue.claim(&archive, &settings)?;
        Ok((folder, SharedCatalogue::new(catalogue)))
    })
    .await?
}
