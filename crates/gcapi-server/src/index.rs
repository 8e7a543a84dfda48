//! Which images are served: those of the last listing of which a file is here.
//!
//! The catalogue has no such list in the order the platform gives, so it is
//! made once and again when the catalogue has changed.

use std::collections::HashSet;
use std::fs;
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
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            size: metadata.len(),
            modified: metadata.modified().ok()?,
        })
    }
}

impl ImageIndex {
    /// Reads the index of a catalogue. `stamp` was taken before.
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

    pub(crate) fn is_of(&self, stamp: Option<Stamp>) -> bool {
        self.stamp == stamp && stamp.is_some()
    }

    pub(crate) fn contains(&self, image: Uuid) -> bool {
        self.pks.contains(&image)
    }
}
