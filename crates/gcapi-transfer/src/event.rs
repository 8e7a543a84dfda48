//! What happens during a download, as facts.
//!
//! Order for one download: `Listing`*, `Listed`, then interleaved `Planned`,
//! `ItemPlanned`, `Started`, `Received`, `Part`, `Renewed`, `Retrying`,
//! `Finished` | `Failed`, and exactly one `PlanComplete`. A path is `Started` before it is `Finished`; a kept file
//! is only `Planned`; one that is to be removed is `Planned` before it is
//! `Removed`. A dry run that asks for sizes gives a `Sized` for every file
//! that would be fetched, also after `PlanComplete`. On an error that ends the
//! download, and when it is asked to stop, events just stop.

use std::sync::Arc;
use std::time::Duration;

use gcapi_archive::Failure;
use serde::Serialize;

use crate::PlannedItem;

/// One fact.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A page of a list arrived.
    Listing {
        /// `items` or `images`.
        what: &'static str,
        /// Seen so far, in this walk.
        seen: u64,
        /// How many there are according to the platform.
        count: u64,
    },
    /// The lists are complete.
    Listed {
        /// Distinct items.
        items: u64,
        /// Distinct images.
        images: u64,
    },
    /// A file was planned.
    Planned {
        /// Path below the output folder; the folder of a DICOM image set.
        path: String,
        /// What will be done.
        action: Action,
        /// Files this stands for, 0 for a DICOM image set not listed yet.
        files: u64,
        /// Bytes on disk of a file that is kept.
        bytes: u64,
    },
    /// Every file of an item was planned, also those it shares with others.
    ItemPlanned(PlannedItem),
    /// A dry run was told how large something is.
    Sized {
        /// Path below the output folder; the folder of a DICOM image set.
        path: String,
        /// Files this stands for.
        files: u64,
        /// Their bytes, if anybody says.
        bytes: Option<u64>,
        /// Whether it was reckoned from one file of several.
        estimated: bool,
    },
    /// Everything was planned: the numbers of files will only grow by DICOM
    /// image sets still to be listed.
    PlanComplete {
        /// Items looked at.
        items: u64,
    },
    /// A DICOM image set was listed; there is one such event for each folder
    /// it goes to.
    DicomImageSet {
        /// Its folder.
        path: String,
        /// Instances to be fetched.
        instances: u64,
    },
    /// Bytes of a file are about to come.
    Started {
        /// Path below the output folder.
        path: String,
        /// Length in bytes, if the server says so.
        size: Option<u64>,
        /// Bytes of it that an earlier run left, and that are not fetched again.
        reused: u64,
    },
    /// Bytes arrived, including those that a retry fetches again.
    Received {
        /// How many since the event before.
        bytes: u64,
    },
    /// Something failed and will be tried again.
    Retrying {
        /// Path below the output folder.
        path: String,
        /// What failed.
        reason: String,
        /// After how long.
        #[serde(rename = "delay_seconds", serialize_with = "seconds")]
        delay: Duration,
    },
    /// A part of a large file is there.
    Part {
        /// Path below the output folder.
        path: String,
        /// Where it begins in the file, bytes.
        offset: u64,
        /// Its length in bytes.
        length: u64,
    },
    /// The signed URL of a file had expired and was asked for anew, once for
    /// all of its parts.
    Renewed {
        /// Path below the output folder.
        path: String,
    },
    /// A file is whole under its final name and recorded.
    Finished {
        /// Path below the output folder.
        path: String,
        /// Length in bytes, as written.
        size: u64,
        /// SHA-256, as written.
        sha256: String,
    },
    /// A file that left the archive is gone from the disk.
    Removed {
        /// Path below the output folder.
        path: String,
    },
    /// Something could not be brought.
    Failed(Failure),
    /// Something is unusual and worth a word.
    Warning {
        /// The place.
        place: String,
        /// What is unusual.
        message: String,
    },
}

/// What is done with a planned file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is fetched, or written from the listing.
    Fetch,
    /// It is here already.
    Keep,
    /// It left the archive and is removed.
    Remove,
}

pub(crate) fn seconds<S: serde::Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// Somebody who is told. It is called from several threads and must not block.
pub trait Observer: Send + Sync {
    /// Takes one event.
    fn on_event(&self, event: &Event);
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn on_event(&self, _event: &Event) {}
}

impl<F: Fn(&Event) + Send + Sync> Observer for F {
    fn on_event(&self, event: &Event) {
        self(event);
    }
}

/// The observer as the stages share it.
pub(crate) type SharedObserver = Arc<dyn Observer>;
