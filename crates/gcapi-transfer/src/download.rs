//! The pipeline, top to bottom.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use gcapi::{Archive, Client, Record};
use gcapi_archive::{
    ArchiveFolder, Catalogue, DownloadSettings, Error as ArchiveError, FileRecord, RelativePath,
};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::catalogue::{SharedCatalogue, blocking};
use crate::event::SharedObserver;
use crate::fetch::{Counters, Fetcher};
use crate::listing::{self, Listed};
use crate::plan::{Job, Planned, Planner};
use crate::publish::{self, Outcome, Tally};
use crate::{DownloadRequest, Error, Event, Existing, Observer, StopReason, records};

/// Items or images planned between two looks at the catalogue.
const PLANNED_AT_A_TIME: u64 = 500;

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
    /// Things that could not be brought; they are in the catalogue.
    pub failed: u64,
    /// Files a dry run would fetch, DICOM image sets counted as one.
    pub to_fetch: u64,
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

    let listing = listing::list(client, archive, request.images_only, &catalogue, &observer);
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

    let (jobs, mut planned_jobs) = mpsc::channel::<Job>(request.jobs * 2);
    let (outcomes, finished) = mpsc::channel::<Outcome>(OUTCOMES);

    let planning = {
        let plan = Plan {
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
    let fetching = {
        let fetcher = Fetcher::new(
            client, &folder, &catalogue, request, &observer, outcomes, &counters,
        );
        async move {
            let jobs = stream::poll_fn(|context| planned_jobs.poll_recv(context)).map(Ok);
            // A DICOM image set occupies a place here while its instances
            // take the connections, so there are more places than those.
            let fetching = jobs.try_for_each_concurrent(request.jobs * 2, |job| fetcher.run(job));
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

/// Everything the planning thread needs.
struct Plan {
    request: DownloadRequest,
    folder: ArchiveFolder,
    catalogue: SharedCatalogue,
    listed: Listed,
    observer: SharedObserver,
}

/// What planning counted.
#[derive(Default)]
struct Counts {
    kept: u64,
    bytes_kept: u64,
    to_fetch: u64,
}

impl Plan {
    /// Plans everything, a chunk at a time, as fast as jobs are taken.
    fn run(
        self,
        jobs: &mpsc::Sender<Job>,
        outcomes: &mpsc::Sender<Outcome>,
    ) -> Result<Counts, ArchiveError> {
        let mut counts = Counts::default();
        let mut planner = Planner::new(&self.folder, &self.request, &self.listed);
        for failure in &self.listed.failures {
            if outcomes
                .blocking_send(Outcome::Failed(failure.clone()))
                .is_err()
            {
                return Ok(counts);
            }
        }
        let mut after = None;
        let mut looked_at = 0;
        loop {
            let chunk = self.catalogue.run_here(|catalogue| {
                let mut chunk = Vec::new();
                if self.request.images_only {
                    for image in catalogue.images_after(after, PLANNED_AT_A_TIME)? {
                        chunk.push(planner.image(catalogue, &image)?);
                        after = Some(image.pk);
                    }
                } else {
                    for item in catalogue.items_after(after, PLANNED_AT_A_TIME)? {
                        chunk.push(planner.item(catalogue, &item)?);
                        after = Some(item.pk);
                    }
                }
                Ok(chunk)
            })?;
            if chunk.is_empty() {
                if self.hand_on_the_gone(outcomes)?.is_none() {
                    return Ok(counts);
                }
                self.observer
                    .on_event(&Event::PlanComplete { items: looked_at });
                return Ok(counts);
            }
            for planned in chunk {
                looked_at += 1;
                if self.hand_on(planned, jobs, outcomes, &mut counts).is_none() {
                    // A later stage ended early and says why.
                    return Ok(counts);
                }
            }
        }
    }

    /// Files of what left the archive, which no item or image plans any more.
    fn hand_on_the_gone(
        &self,
        outcomes: &mpsc::Sender<Outcome>,
    ) -> Result<Option<()>, ArchiveError> {
        // With a gap in the listing something would only seem to be gone.
        if !self.request.prune || !self.listed.failures.is_empty() {
            return Ok(Some(()));
        }
        let mut after: Option<RelativePath> = None;
        loop {
            let gone = self.catalogue.run_here(|catalogue| {
                catalogue.files_of_the_gone(after.as_ref(), PLANNED_AT_A_TIME)
            })?;
            let Some(last) = gone.last() else {
                return Ok(Some(()));
            };
            after = Some(last.path.clone());
            let planned = Planned {
                stale: gone,
                ..Planned::default()
            };
            for event in planned.events() {
                self.observer.on_event(&event);
            }
            if self.remove(planned.stale, outcomes).is_none() {
                return Ok(None);
            }
        }
    }

    fn remove(&self, stale: Vec<FileRecord>, outcomes: &mpsc::Sender<Outcome>) -> Option<()> {
        for record in stale {
            if !self.request.dry_run {
                outcomes
                    .blocking_send(Outcome::Stale(Box::new(record)))
                    .ok()?;
            }
        }
        Some(())
    }

    fn hand_on(
        &self,
        planned: Planned,
        jobs: &mpsc::Sender<Job>,
        outcomes: &mpsc::Sender<Outcome>,
        counts: &mut Counts,
    ) -> Option<()> {
        for event in planned.events() {
            self.observer.on_event(&event);
        }
        for kept in &planned.kept {
            counts.kept += kept.files;
            counts.bytes_kept += kept.bytes;
        }
        // First, so that what is new may lie where something stale was.
        self.remove(planned.stale, outcomes)?;
        for failure in planned.failures {
            outcomes.blocking_send(Outcome::Failed(failure)).ok()?;
        }
        if self.request.dry_run {
            counts.to_fetch += planned
                .jobs
                .iter()
                .map(|job| job.destinations.len() as u64)
                .sum::<u64>();
            return Some(());
        }
        for record in planned.touched {
            outcomes
                .blocking_send(Outcome::Touched(Box::new(record)))
                .ok()?;
        }
        for job in planned.jobs {
            jobs.blocking_send(job).ok()?;
        }
        Some(())
    }
}
