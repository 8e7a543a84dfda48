//! The last stages: a group of part files is made durable, renamed, and only
//! then recorded, so that after a power cut no row claims a file that is not
//! whole under its name.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use gcapi_archive::{
    ArchiveFolder, Content, Error as ArchiveError, Failure, FileOrigin, FileRecord,
};
use tokio::sync::mpsc;

use crate::catalogue::{SharedCatalogue, now};
use crate::event::SharedObserver;
use crate::part::Part;
use crate::{Destination, Event};

/// Files published together at most.
const GROUP: usize = 512;

/// Up to this many files of a group are made durable one by one; for more it
/// is cheaper to ask the file system for everything at once.
const SYNC_ONE_BY_ONE: usize = 4;

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
    let mut tally = Tally::default();
    let mut group = Vec::with_capacity(GROUP);
    while outcomes.blocking_recv_many(&mut group, GROUP) > 0 {
        publish_group(group.drain(..), folder, catalogue, observer, &mut tally)?;
    }
    Ok(tally)
}

fn publish_group(
    group: impl Iterator<Item = Outcome>,
    folder: &ArchiveFolder,
    catalogue: &SharedCatalogue,
    observer: &SharedObserver,
    tally: &mut Tally,
) -> Result<(), ArchiveError> {
    let mut failures = Vec::new();
    let mut records = Vec::new();
    let mut waiting = Vec::new();
    let (mut removed, mut replaced) = (Vec::new(), Vec::new());
    for outcome in group {
        match outcome {
            Outcome::Failed(failure) => failures.push(failure),
            Outcome::Touched(record) => records.push(*record),
            Outcome::Stale(record) => match remove(folder, &record)? {
                Ok(()) => removed.push(record.path),
                Err(failure) => failures.push(failure),
            },
            Outcome::Replaced(record) => replaced.push(record),
            Outcome::Finished(finished) => waiting.extend(with_copies(folder, *finished)?),
        }
    }
    let parts: Vec<&Path> = waiting.iter().map(|file| file.part.as_path()).collect();
    make_durable(folder, &parts)?;
    let touched = records.len();
    let mut blocked = Vec::new();
    for file in waiting {
        match folder.publish(&file.part, &file.record.path) {
            Ok(on_disk) => {
                records.push(FileRecord {
                    modified_ns: on_disk.modified_ns,
                    ..file.record
                });
            }
            // Something stands in the way of this file alone.
            Err(error @ (ArchiveError::InTheWay { .. } | ArchiveError::Path(_))) => {
                blocked.push((file.record.item, file.record.socket));
                failures.push(Failure {
                    place: file.record.path.to_string(),
                    reason: error.to_string(),
                    next_step: "move it away, then run again".to_owned(),
                });
            }
            Err(error) => return Err(error),
        }
    }
    let published: Vec<PathBuf> = records
        .iter()
        .skip(touched)
        .map(|record| folder.absolute(&record.path))
        .collect();
    make_names_durable(folder, &published)?;
    for record in replaced {
        if blocked.contains(&(record.item, record.socket)) {
            continue;
        }
        match remove(folder, &record)? {
            Ok(()) => removed.push(record.path),
            Err(failure) => failures.push(failure),
        }
    }
    catalogue.run_here(|catalogue| {
        if !records.is_empty() {
            catalogue.put_files(&records)?;
        }
        if !removed.is_empty() {
            catalogue.forget_files(&removed)?;
        }
        if !failures.is_empty() {
            catalogue.put_failures(&failures, now())?;
        }
        Ok(())
    })?;
    for record in records.into_iter().skip(touched) {
        tally.files += 1;
        tally.bytes += record.written.size;
        observer.on_event(&Event::Finished {
            path: record.path.to_string(),
            size: record.written.size,
            sha256: record.written.sha256,
        });
    }
    for path in removed {
        tally.removed += 1;
        observer.on_event(&Event::Removed {
            path: path.to_string(),
        });
    }
    for failure in failures {
        tally.failures += 1;
        observer.on_event(&Event::Failed(failure));
    }
    Ok(())
}

/// Removes a file that is still what was fetched; what somebody changed since
/// is theirs.
fn remove(
    folder: &ArchiveFolder,
    record: &FileRecord,
) -> Result<Result<(), Failure>, ArchiveError> {
    let on_disk = folder.look(&record.path);
    let changed = match &on_disk {
        Ok(None) => false,
        Ok(Some(on_disk)) => {
            (on_disk.size, on_disk.modified_ns) != (record.written.size, record.modified_ns)
        }
        Err(_) => true,
    };
    if changed {
        return Ok(Err(Failure {
            place: record.path.to_string(),
            reason: "it left the archive, and is not what was fetched: it was not removed"
                .to_owned(),
            next_step: "remove it, or move it out of this folder".to_owned(),
        }));
    }
    folder.remove(&record.path).map(Ok)
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

/// Makes the bytes of files durable.
fn make_durable(folder: &ArchiveFolder, files: &[&Path]) -> Result<(), ArchiveError> {
    if files.len() > SYNC_ONE_BY_ONE && sync_file_system(folder)? {
        return Ok(());
    }
    for path in files {
        sync(path)?;
    }
    Ok(())
}

/// Makes the names of files durable: those are in the folders above them.
fn make_names_durable(folder: &ArchiveFolder, files: &[PathBuf]) -> Result<(), ArchiveError> {
    if files.len() > SYNC_ONE_BY_ONE && sync_file_system(folder)? {
        return Ok(());
    }
    // Folders cannot be opened like files on Windows, where renames are
    // journalled by the file system itself.
    if cfg!(unix) {
        for path in files {
            for above in path
                .ancestors()
                .skip(1)
                .take_while(|above| above.starts_with(folder.root()))
            {
                sync(above)?;
            }
        }
    }
    Ok(())
}

fn sync(path: &Path) -> Result<(), ArchiveError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|source| ArchiveError::writing(path, source))
}

/// Makes everything on the folder's file system durable, where the system has
/// a call for that.
#[cfg(target_os = "linux")]
fn sync_file_system(folder: &ArchiveFolder) -> Result<bool, ArchiveError> {
    let failed = |source| ArchiveError::writing(folder.root(), source);
    let root = File::open(folder.root()).map_err(failed)?;
    rustix::fs::syncfs(&root).map_err(|error| failed(error.into()))?;
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_folder: &ArchiveFolder) -> Result<bool, ArchiveError> {
    Ok(false)
}
