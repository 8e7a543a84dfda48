//! Which images are served: those of the last listing of which a file is here.
//!
//! The catalogue has no such list in the order the platform gives, so it is
//! made once and again when the catalogue has changed.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::SystemTime;

use gcapi_archive::{Catalogue, Error};
use uuid::Uuid;

/// Images read from the catalogue at a time.
const PAGE: u64 = 1000;

/// The images that are served.
#[derive(Debug)]
pub(crate) struct ImageIndex {
    /// In the order of name and pk.
    pub(crate) images: Vec<IndexedImage>,
    pks: HashSet<Uuid>,
    stamp: Option<Stamp>,
}

/// One of them.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IndexedImage {
    pub(crate) name: String,
    pub(crate) pk: Uuid,
}

/// What changes about the catalogue's file when it is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    size: u64,
    modified: SystemTime,
    /// SQLite's own count of changes: clocks of file systems are too coarse
    /// to tell two changes apart.
    changes: [u8; 4],
}

/// Where in its header SQLite counts changes.
const CHANGE_COUNTER: usize = 24;

impl Stamp {
    /// The stamp of a catalogue now; `None` if it cannot be read.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let mut file = File::open(path).ok()?;
        let mut header = [0; CHANGE_COUNTER + 4];
        file.read_exact(&mut header).ok()?;
        let metadata = file.metadata().ok()?;
        Some(Self {
            size: metadata.len(),
            modified: metadata.modified().ok()?,
            changes: *header.last_chunk()?,
        })
    }
}

impl ImageIndex {
    /// Reads the index of a catalogue. `stamp` was taken before, so that a
    /// change in between is seen the next time.
    pub(crate) fn read(catalogue: &Catalogue, stamp: Option<Stamp>) -> Result<Self, Error> {
        let mut images = Vec::new();
        let mut after = None;
        loop {
            let page = catalogue.images_after(after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = Some(last.pk);
            for image in page {
                if !catalogue.files_of_image(image.pk)?.is_empty() {
                    images.push(IndexedImage {
                        name: image.name,
                        pk: image.pk,
                    });
                }
            }
        }
        images.sort_unstable();
        Ok(Self {
            pks: images.iter().map(|image| image.pk).collect(),
            images,
            stamp,
        })
    }

    /// Whether this is still the index of a catalogue with this stamp.
    pub(crate) fn is_of(&self, stamp: Option<Stamp>) -> bool {
        self.stamp == stamp && stamp.is_some()
    }

    pub(crate) fn contains(&self, image: Uuid) -> bool {
        self.pks.contains(&image)
    }
}
