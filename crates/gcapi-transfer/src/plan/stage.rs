//! Planning as a stage of the pipeline: as fast as jobs are taken.

use gcapi_archive::{ArchiveFolder, Error as ArchiveError, FileRecord, RelativePath, verify};
use tokio::sync::mpsc;

use super::{Job, Planned, Planner};
use crate::catalogue::SharedCatalogue;
use crate::event::SharedObserver;
use crate::listing::Listed;
use crate::publish::Outcome;
use crate::{DownloadRequest, Event};

/// Items or images planned between two looks at the catalogue.
const PLANNED_AT_A_TIME: u64 = 500;

/// Everything the planning thread needs.
pub(crate) struct Planning {
    pub(crate) request: DownloadRequest,
    pub(crate) folder: ArchiveFolder,
    pub(crate) catalogue: SharedCatalogue,
    pub(crate) listed: Listed,
    pub(crate) observer: SharedObserver,
}

/// What planning counted.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) kept: u64,
    pub(crate) bytes_kept: u64,
    pub(crate) to_fetch: u64,
    pub(crate) to_remove: u64,
}

impl Planning {
    /// Plans everything, a chunk at a time, as fast as jobs are taken.
    pub(crate) fn run(
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
                        if self.is_stopped() {
                            break;
                        }
                        chunk.push(planner.image(catalogue, &image)?);
                        after = Some(image.pk);
                    }
                } else {
                    for item in catalogue.items_after(after, PLANNED_AT_A_TIME)? {
                        if self.is_stopped() {
                            break;
                        }
                        chunk.push(planner.item(catalogue, &item)?);
                        after = Some(item.pk);
                    }
                }
                Ok(chunk)
            })?;
            if self.is_stopped() {
                return Ok(counts);
            }
            if chunk.is_empty() {
                if self.hand_on_the_gone(outcomes, &mut counts)?.is_none() {
                    return Ok(counts);
                }
                self.observer
                    .on_event(&Event::PlanComplete { items: looked_at });
                return Ok(counts);
            }
            for planned in chunk {
                if planned.item.is_some() {
                    self.request.lookahead.wait(&self.request.stop);
                }
                // Where everything is here already no job tells that nobody
                // takes jobs any more.
                if self.is_stopped() {
                    return Ok(counts);
                }
                looked_at += 1;
                if self.hand_on(planned, jobs, outcomes, &mut counts).is_none() {
                    // A later stage ended early and says why.
                    return Ok(counts);
                }
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.request.stop.reason().is_some()
    }

    /// Files of what left the archive, which no item or image plans any more.
    fn hand_on_the_gone(
        &self,
        outcomes: &mpsc::Sender<Outcome>,
        counts: &mut Counts,
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
            if self.is_stopped() {
                return Ok(None);
            }
            after = Some(last.path.clone());
            let planned = Planned {
                stale: gone,
                ..Planned::default()
            };
            for event in planned.events() {
                self.observer.on_event(&event);
            }
            if self.remove(planned.stale, outcomes, counts).is_none() {
                return Ok(None);
            }
        }
    }

    fn remove(
        &self,
        stale: Vec<FileRecord>,
        outcomes: &mpsc::Sender<Outcome>,
        counts: &mut Counts,
    ) -> Option<()> {
        if self.request.dry_run {
            counts.to_remove += stale.len() as u64;
            return Some(());
        }
        for record in stale {
            let record = self.as_it_is(record);
            outcomes
                .blocking_send(Outcome::Stale(Box::new(record)))
                .ok()?;
        }
        Some(())
    }

    /// A record with the time of change its file has now, if the bytes are the
    /// same: the folder may have been copied since.
    fn as_it_is(&self, record: FileRecord) -> FileRecord {
        let stopped = || self.is_stopped();
        match self.folder.look(&record.path) {
            Ok(Some(on_disk))
                if on_disk.modified_ns != record.modified_ns
                    && on_disk.size == record.written.size
                    && verify::content_unless(&self.folder, &record.path, &stopped)
                        .is_ok_and(|content| content.as_ref() == Some(&record.written)) =>
            {
                FileRecord {
                    modified_ns: on_disk.modified_ns,
                    ..record
                }
            }
            _ => record,
        }
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
        self.remove(planned.stale, outcomes, counts)?;
        for failure in planned.failures {
            outcomes.blocking_send(Outcome::Failed(failure)).ok()?;
        }
        if self.request.dry_run {
            counts.to_remove += planned
                .jobs
                .iter()
                .map(|job| job.replaces.len() as u64)
                .sum::<u64>();
            counts.to_fetch += planned
                .jobs
                .iter()
                .map(|job| job.destinations.len() as u64)
                .sum::<u64>();
            if !self.request.sizes {
                return Some(());
            }
        } else {
            for record in planned.touched {
                outcomes
                    .blocking_send(Outcome::Touched(Box::new(record)))
                    .ok()?;
            }
        }
        for mut job in planned.jobs {
            for record in &mut job.replaces {
                *record = self.as_it_is(record.clone());
            }
            jobs.blocking_send(job).ok()?;
        }
        Some(())
    }
}
