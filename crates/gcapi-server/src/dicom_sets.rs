//! The DICOM image sets that are being downloaded.
//!
//! A client asks for the instances of a set one by one, and the catalogue
//! gives only all of them at a time: without this, a set would be read as
//! often as it has instances.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use gcapi_archive::FileRecord;
use uuid::Uuid;

use crate::stamp::Stamp;

/// Sets remembered. Clients ask for a few side by side.
const REMEMBERED: usize = 16;

/// The files of a set by SOP instance UID.
pub(crate) type DicomSet = Arc<BTreeMap<String, FileRecord>>;

/// The sets asked for last.
#[derive(Debug, Default)]
pub(crate) struct DicomSets(Mutex<VecDeque<Remembered>>);

#[derive(Debug)]
struct Remembered {
    image: Uuid,
    /// The state of the catalogue it was read in.
    stamp: Option<Stamp>,
    set: DicomSet,
}

impl DicomSets {
    /// A set, if it was read in this state of the catalogue.
    pub(crate) fn get(&self, image: Uuid, stamp: Option<Stamp>) -> Option<DicomSet> {
        let sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sets.iter()
            .find(|known| known.image == image && known.stamp == stamp && stamp.is_some())
            .map(|known| Arc::clone(&known.set))
    }

    /// Remembers a set and forgets the one asked for first.
    pub(crate) fn put(&self, image: Uuid, stamp: Option<Stamp>, set: &DicomSet) {
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sets.retain(|known| known.image != image && known.stamp == stamp);
        sets.truncate(REMEMBERED - 1);
        sets.push_front(Remembered {
            image,
            stamp,
            set: Arc::clone(set),
        });
    }
}
