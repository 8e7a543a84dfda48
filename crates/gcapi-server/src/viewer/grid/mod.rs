//! All items of an archive, as much of each as the grid and its filters need.
//!
//! It is in memory: a hundred thousand items are some fifty megabytes, and every
//! filter is a pass over them.

mod failures;
mod images;
mod items;
mod modalities;
mod sockets;
mod titles;

use std::collections::{BTreeMap, HashMap};

use gcapi_archive::{Catalogue, Error, Failure, RelativePath};
use uuid::Uuid;

pub(super) use sockets::Socket;

use crate::stamp::Stamp;

/// Items read from the catalogue at a time.
const PAGE: u64 = 1000;

/// All items of an archive.
#[derive(Debug)]
pub(super) struct Grid {
    /// In the order of their titles.
    pub(super) entries: Vec<Entry>,
    /// By primary key.
    pub(super) sockets: BTreeMap<i64, Socket>,
    pub(super) failures: Vec<Failure>,
    /// The folder has images without items: each is shown as an item.
    pub(super) images_only: bool,
    places: HashMap<Uuid, usize>,
    stamp: Option<Stamp>,
}

/// An item.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) pk: Uuid,
    pub(super) title: String,
    /// Sockets that have a value, here or not.
    pub(super) sockets: Vec<i64>,
    pub(super) modalities: Vec<String>,
    pub(super) files: u64,
    pub(super) bytes: u64,
    /// Values that are not here.
    pub(super) missing: u64,
    /// Failures of the last run.
    pub(super) failed: u64,
    /// The image that stands for the item.
    pub(super) preview: Option<RelativePath>,
    /// What a search looks through, in lower case.
    pub(super) searched: String,
}

impl Grid {
    /// Reads all items. `stamp` was taken before, so that a change in between is seen the
    /// next time.
    pub(super) fn read(catalogue: &Catalogue, stamp: Option<Stamp>) -> Result<Self, Error> {
        let images_only = catalogue
            .settings()?
            .is_some_and(|settings| settings.images_only);
        let sockets = sockets::read(catalogue)?;
        let failures = catalogue.failures()?;
        let mut entries = if images_only {
            images::read(catalogue)?
        } else {
            items::read(catalogue, &sockets)?
        };
        failures::count(&mut entries, &failures);
        // Those without a title come last.
        entries.sort_by_cached_key(|entry| {
            let title = &entry.title;
            (title.is_empty(), titles::sort_key(title), entry.pk)
        });
        Ok(Self {
            places: entries
                .iter()
                .enumerate()
                .map(|(place, entry)| (entry.pk, place))
                .collect(),
            entries,
            sockets,
            failures,
            images_only,
            stamp,
        })
    }

    pub(super) fn is_of(&self, stamp: Option<Stamp>) -> bool {
        self.stamp == stamp && stamp.is_some()
    }

    pub(super) fn entry(&self, pk: Uuid) -> Option<&Entry> {
        self.places
            .get(&pk)
            .and_then(|place| self.entries.get(*place))
    }
}
