//! The last stages: a group of part files is made durable, renamed, and only
//! then recorded, so that after a power cut no row claims a file that is not
//! whole under its name.

mod durable;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use gcapi_archive::{
    ArchiveFolder, Content, Error as ArchiveError, Failure, FileOrigin, FileRecord, RelativePath,
};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::catalogue::{SharedCatalogue, now};
use crate::event::SharedObserver;
use crate::part::Part;
use crate::{Destination, Event};

/// Files published together at most.
const GROUP: usize = 512;

/// What a job came to.
#[derive(Debug)]
pub(crate) enum Outcome {
    Finished(Box<Finished>),
    Failed(Failure),
    /// A file whose time of change differs while its bytes do not.
    Touched(Box<FileRecord>),
    /// A file that is of nothing any more.
    Stale(Box<FileRecord>),
    /// One that is of nothing any more since what came before it is there.
    Replaced(Box<FileRecord>),
}

/// A whole file that has not got its final name yet.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) part: Part,
    pub(crate) served: Content,
    pub(crate) etag: Option<String>,
    pub(crate) origin: FileOrigin,
    pub(crate) destinations: Vec<Destination>,
}

/// What was published.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) failures: u64,
    pub(crate) removed: u64,
}

/// Publishes what comes until nobody sends any more. Blocks.
///
/// # Errors
/// What makes going on pointless: no space, or a catalogue or folder that
/// cannot be written. Anything else is the failure of one file.
pub(crate) fn publish(
    mut outcomes: mpsc::Receiver<Outcome>,
    folder: &ArchiveFolder,
    catalogue: &SharedCatalogue,
    observer: &SharedObserver,
) -> Result<Tally, ArchiveError> {
    let mut publisher = Publisher {
        folder,
        catalogue,
        observer,
        tally: Tally::default(),
        blocked: HashSet::new(),
    };
    let mut group = Vec::with_capacity(GROUP);
    while outcomes.blocking_recv_many(&mut group, GROUP) > 0 {
        publisher.publish(group.drain(..))?;
    }
    Ok(publisher.tally)
}

/// What stays from group to group.
struct Publisher<'a> {
    folder: &'a ArchiveFolder,
    catalogue: &'a SharedCatalogue,
    observer: &'a SharedObserver,
    tally: Tally,
    /// Item and socket of the files that something stands in the way of: what
    /// they were to replace stays.
    blocked: HashSet<(Option<Uuid>, Option<i64>)>,
}

/// What became of a group.
#[derive(Default)]
struct Done {
    published: Vec<FileRecord>,
    touched: Vec<FileRecord>,
    removed: Vec<RelativePath>,
    failures: Vec<Failure>,
}

impl Publisher<'_> {
    fn publish(&mut self, group: impl Iterator<Item = Outcome>) -> Result<(), ArchiveError> {
        let mut done = Done::default();
        let (mut waiting, mut replaced) = (Vec::new(), Vec::new());
        for outcome in group {
            match outcome {
                Outcome::Failed(failure) => done.failures.push(failure),
                Outcome::Touched(record) => done.touched.push(*record),
                Outcome::Stale(record) => self.remove(*record, &mut done)?,
                Outcome::Replaced(record) => replaced.push(*record),
                Outcome::Finished(finished) => waiting.extend(with_copies(self.folder, *finished)?),
            }
        }
        let parts: Vec<&Path> = waiting.iter().map(|file| file.part.as_path()).collect();
        durable::bytes(self.folder, &parts)?;
        for file in waiting {
            self.name(file, &mut done)?;
        }
        let published: Vec<PathBuf> = done
            .published
            .iter()
            .map(|record| self.folder.absolute(&record.path))
            .collect();
        durable::names(self.folder, &published)?;
        for record in replaced {
            if !self.blocked.contains(&(record.item, record.socket)) {
                self.remove(record, &mut done)?;
            }
        }
        self.record(&done)?;
        self.report(done);
        Ok(())
    }

    /// Gives a file its final name.
    fn name(&mut self, file: Waiting, done: &mut Done) -> Result<(), ArchiveError> {
        match self.folder.publish(&file.part, &file.record.path) {
            Ok(on_disk) => done.published.push(FileRecord {
                modified_ns: on_disk.modified_ns,
                ..file.record
            }),
            // Something stands in the way of this file alone.
            Err(error @ (ArchiveError::InTheWay { .. } | ArchiveError::Path(_))) => {
                self.blocked.insert((file.record.item, file.record.socket));
                done.failures.push(Failure {
                    place: file.record.path.to_string(),
                    reason: error.to_string(),
                    next_step: "move it away, then run again".to_owned(),
                });
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Removes a file that is still what was fetched; what somebody changed
    /// since is theirs.
    fn remove(&self, record: FileRecord, done: &mut Done) -> Result<(), ArchiveError> {
        let changed = match self.folder.look(&record.path) {
            Ok(None) => false,
            Ok(Some(on_disk)) => {
                (on_disk.size, on_disk.modified_ns) != (record.written.size, record.modified_ns)
            }
            Err(_) => true,
        };
        if changed {
            done.failures.push(Failure {
                place: record.path.to_string(),
                reason: "it left the archive, and is not what was fetched: it was not removed"
                    .to_owned(),
                next_step: "remove it, or move it out of this folder".to_owned(),
            });
        } else {
            self.folder.remove(&record.path)?;
            done.removed.push(record.path);
        }
        Ok(())
    }

    /// Writes what became of a group into the catalogue, in one transaction
    /// for each kind.
    fn record(&self, done: &Done) -> Result<(), ArchiveError> {
        self.catalogue.run_here(|catalogue| {
            for records in [&done.touched, &done.published] {
                if !records.is_empty() {
                    catalogue.put_files(records)?;
                }
            }
            if !done.removed.is_empty() {
                catalogue.forget_files(&done.removed)?;
            }
            if !done.failures.is_empty() {
                catalogue.put_failures(&done.failures, now())?;
            }
            Ok(())
        })
    }

    /// Counts a group and tells the observer.
    fn report(&mut self, done: Done) {
        for record in done.published {
            self.tally.files += 1;
            self.tally.bytes += record.written.size;
            self.observer.on_event(&Event::Finished {
                path: record.path.to_string(),
                size: record.written.size,
                sha256: record.written.sha256,
            });
        }
        for path in done.removed {
            self.tally.removed += 1;
            self.observer.on_event(&Event::Removed {
                path: path.to_string(),
            });
        }
        for failure in done.failures {
            self.tally.failures += 1;
            self.observer.on_event(&Event::Failed(failure));
        }
    }
}

/// A part file and the record it becomes.
struct Waiting {
    part: PathBuf,
    record: FileRecord,
}

/// Something that was fetched once gets a part file for every place it goes
/// to. They are copies, not links: whoever changes a file of one item must
/// not change another item. On file systems that share blocks the copy does.
fn with_copies(folder: &ArchiveFolder, finished: Finished) -> Result<Vec<Waiting>, ArchiveError> {
    let mut waiting = Vec::with_capacity(finished.destinations.len());
    for (index, destination) in finished.destinations.into_iter().enumerate() {
        let part = if index == 0 {
            finished.part.path.clone()
        } else {
            let copy = folder.part_path(&destination.path);
            fs::copy(&finished.part.path, &copy)
                .map_err(|source| ArchiveError::writing(&copy, source))?;
            copy
        };
        waiting.push(Waiting {
            part,
            record: FileRecord {
                path: destination.path,
                origin: finished.origin.clone(),
                item: destination.item,
                socket: destination.socket,
                value: destination.value,
                written: finished.part.content.clone(),
                served: finished.served.clone(),
                etag: finished.etag.clone(),
                modified_ns: 0,
                fetched_at: now(),
            },
        });
    }
    Ok(waiting)
}

#[cfg(test)]
mod tests;
