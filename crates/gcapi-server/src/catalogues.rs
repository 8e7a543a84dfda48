//! Catalogues for several requests at a time.

use std::sync::{Mutex, PoisonError};

use gcapi_archive::{ArchiveFolder, Catalogue, Error};

use crate::stamp::Stamp;

/// More than this many are closed after use.
const KEPT_OPEN: usize = 8;

/// A catalogue belongs to one thread at a time: requests take one that is
/// idle or open another, and give it back.
#[derive(Debug)]
pub(crate) struct Catalogues {
    folder: ArchiveFolder,
    idle: Mutex<Vec<Catalogue>>,
    /// When it was last looked at.
    stamp: Mutex<Option<Stamp>>,
}

impl Catalogues {
    pub(crate) fn new(folder: ArchiveFolder) -> Self {
        Self {
            folder,
            idle: Mutex::default(),
            stamp: Mutex::default(),
        }
    }

    /// Asks a catalogue. Blocks: not for async tasks.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Catalogue) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let idle = self.lock().pop();
        let catalogue = match idle {
            Some(catalogue) => catalogue,
            None => Catalogue::open(&self.folder)?,
        };
        let answer = question(&catalogue)?;
        let mut idle = self.lock();
        if idle.len() < KEPT_OPEN {
            idle.push(catalogue);
        }
        Ok(answer)
    }

    /// The stamp of the catalogue now. Blocks.
    pub(crate) fn stamp(&self) -> Option<Stamp> {
        let now = Stamp::of(&self.folder.catalogue_path());
        let mut known = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *known, now) != now {
            // The file may be another one by now.
            self.lock().clear();
        }
        now
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Catalogue>> {
        // A panic while the list was locked cannot have left it half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
