//! What both listeners share.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use gcapi_archive::{ArchiveFolder, ArchiveRecord, Catalogue};
use uuid::Uuid;

use crate::catalogues::Catalogues;
use crate::dicom_sets::{DicomSet, DicomSets};
use crate::index::ImageIndex;
use crate::signature::Signer;
use crate::stored;
use crate::{Error, ServerToken};

/// What the API and the store share; cheap to clone.
#[derive(Clone)]
pub struct ServerState(Arc<Shared>);

struct Shared {
    folder: ArchiveFolder,
    archive: ArchiveRecord,
    images_only: bool,
    token: ServerToken,
    signer: Signer,
    origin: String,
    store_origin: String,
    catalogues: Catalogues,
    index: RwLock<Option<Arc<ImageIndex>>>,
    dicom_sets: DicomSets,
}

impl ServerState {
    /// Reads what the API has to know from the catalogue. The origins are
    /// `https://host:port`, without a slash at the end. Blocks.
    ///
    /// # Errors
    /// [`Error::Archive`] if the catalogue cannot be read and
    /// [`Error::NothingListed`] if it names no archive.
    pub fn new(
        folder: ArchiveFolder,
        token: ServerToken,
        signature_lifetime: Duration,
        origin: String,
        store_origin: String,
    ) -> Result<Self, Error> {
        let catalogues = Catalogues::new(folder.clone());
        let (archive, settings) =
            catalogues.ask(|catalogue| Ok((catalogue.archive()?, catalogue.settings()?)))?;
        let (Some(archive), Some(settings)) = (archive, settings) else {
            return Err(Error::NothingListed(folder.root().to_path_buf()));
        };
        Ok(Self(Arc::new(Shared {
            folder,
            archive,
            images_only: settings.images_only,
            token,
            signer: Signer::new(signature_lifetime),
            origin,
            store_origin,
            catalogues,
            index: RwLock::default(),
            dicom_sets: DicomSets::default(),
        })))
    }

    pub(crate) fn folder(&self) -> &ArchiveFolder {
        &self.0.folder
    }

    /// The one archive there is.
    pub(crate) fn archive(&self) -> &ArchiveRecord {
        &self.0.archive
    }

    pub(crate) fn images_only(&self) -> bool {
        self.0.images_only
    }

    pub(crate) fn token(&self) -> &ServerToken {
        &self.0.token
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.0.signer
    }

    /// `https://host:port` of the API and the media URLs.
    pub(crate) fn origin(&self) -> &str {
        &self.0.origin
    }

    /// `https://host:port` of the store.
    pub(crate) fn store_origin(&self) -> &str {
        &self.0.store_origin
    }

    /// Asks a catalogue. Blocks.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Catalogue) -> Result<T, gcapi_archive::Error>,
    ) -> Result<T, gcapi_archive::Error> {
        self.0.catalogues.stamp();
        self.0.catalogues.ask(question)
    }

    /// The images that are served, read from this catalogue if it has changed.
    /// Blocks.
    pub(crate) fn index(
        &self,
        catalogue: &Catalogue,
    ) -> Result<Arc<ImageIndex>, gcapi_archive::Error> {
        let stamp = self.0.catalogues.stamp();
        let known = self.0.index.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| known.is_of(stamp)) {
            return Ok(Arc::clone(known));
        }
        drop(known);
        let read = Arc::new(ImageIndex::read(catalogue, stamp)?);
        *self.0.index.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&read));
        Ok(read)
    }

    /// The instances of a DICOM image set that are here. Blocks.
    pub(crate) fn dicom_set(&self, image: Uuid) -> Result<DicomSet, gcapi_archive::Error> {
        let stamp = self.0.catalogues.stamp();
        if let Some(set) = self.0.dicom_sets.get(image, stamp) {
            return Ok(set);
        }
        let set = Arc::new(self.ask(|catalogue| stored::dicom_instances(catalogue, image))?);
        self.0.dicom_sets.put(image, stamp, &set);
        Ok(set)
    }
}

impl fmt::Debug for ServerState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ServerState")
            .field("folder", &self.0.folder)
            .field("origin", &self.0.origin)
            .field("store_origin", &self.0.store_origin)
            .finish_non_exhaustive()
    }
}
