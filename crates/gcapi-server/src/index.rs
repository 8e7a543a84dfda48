//! Which images are served: those of the last listing of which a file is here.
//!
//! They are read when a list of them is first asked for, and again when the
//! catalogue has changed: pages of a filtered list need all of them.

use gcapi_archive::{Catalogue, Error};
use uuid::Uuid;

use crate::stamp::Stamp;

/// The images that are served.
#[derive(Debug)]
pub(crate) struct ImageIndex {
    /// Primary keys and names, in the order of the names.
    pub(crate) images: Vec<(Uuid, String)>,
    stamp: Option<Stamp>,
}

impl ImageIndex {
    /// Reads the index of a catalogue. `stamp` was taken before, so that a
    /// change in between is seen the next time.
    pub(crate) fn read(catalogue: &Catalogue, stamp: Option<Stamp>) -> Result<Self, Error> {
        Ok(Self {
            images: catalogue.images_here()?,
            stamp,
        })
    }

    /// Whether this is still the index of a catalogue with this stamp.
    pub(crate) fn is_of(&self, stamp: Option<Stamp>) -> bool {
        self.stamp == stamp && stamp.is_some()
    }
}
