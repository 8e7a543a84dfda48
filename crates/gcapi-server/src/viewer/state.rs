//! What the requests of the viewer share.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock};

use gcapi_archive::{ArchiveFolder, Catalogue};
use tokio::sync::Semaphore;
use url::Host;

use super::grid::Grid;
use super::images::OpenImages;
use super::session::Session;
use super::thumbnails::Thumbnails;
use super::windows::LastSlice;
use crate::catalogues::Catalogues;
use crate::{Error, ServerToken};

/// What the requests of the viewer share; cheap to clone.
#[derive(Clone)]
pub(crate) struct ViewerState(Arc<Shared>);

struct Shared {
    folder: ArchiveFolder,
    catalogues: Catalogues,
    grid: RwLock<Option<Arc<Grid>>>,
    session: Session,
    public_host: Option<Host>,
    images: OpenImages,
    thumbnails: Thumbnails,
    last_slice: LastSlice,
    /// Counts lists that were answered, so that pictures are drawn ahead for the last.
    lists: AtomicU64,
    decoders: Semaphore,
}

impl ViewerState {
    /// A viewer of a folder, reached at a port of this machine, or at a host name others use.
    pub(crate) fn new(
        folder: ArchiveFolder,
        port: u16,
        public_host: Option<Host>,
        secure: bool,
    ) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Shared {
            catalogues: Catalogues::new(folder.clone()),
            folder,
            grid: RwLock::default(),
            session: Session::new(port, secure),
            public_host,
            images: OpenImages::default(),
            thumbnails: Thumbnails::default(),
            last_slice: LastSlice::default(),
            lists: AtomicU64::default(),
            decoders: Semaphore::new(processors),
        }))
    }

    /// Makes sure that there is something to show. Blocks.
    ///
    /// # Errors
    /// [`Error::Archive`] if the catalogue cannot be read and [`Error::NothingListed`] if
    /// it names no archive.
    pub(super) fn check(&self) -> Result<(), Error> {
        match self.ask(|catalogue| catalogue.archive())? {
            Some(_) => Ok(()),
            None => Err(Error::NothingListed(self.folder().root().to_path_buf())),
        }
    }

    /// The token for the URL that is printed; `None` once it was used.
    pub(crate) fn token(&self) -> Option<ServerToken> {
        self.0.session.token()
    }

    pub(super) fn session(&self) -> &Session {
        &self.0.session
    }

    pub(super) fn folder(&self) -> &ArchiveFolder {
        &self.0.folder
    }

    pub(super) fn images(&self) -> &OpenImages {
        &self.0.images
    }

    pub(super) fn thumbnails(&self) -> &Thumbnails {
        &self.0.thumbnails
    }

    pub(super) fn last_slice(&self) -> &LastSlice {
        &self.0.last_slice
    }

    /// Counts the lists of items that were answered.
    pub(super) fn lists(&self) -> &AtomicU64 {
        &self.0.lists
    }

    /// As many images are decoded at a time as there are processors.
    pub(super) fn decoders(&self) -> &Semaphore {
        &self.0.decoders
    }

    /// Whether a `Host` header names this machine.
    ///
    /// A page elsewhere can point its own name to 127.0.0.1 (DNS rebinding) and would
    /// then be of the same origin as the viewer. The port is not looked at: through an
    /// SSH tunnel it is another one.
    pub(super) fn is_own_host(&self, header: &str) -> bool {
        let name = match header.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => header,
        };
        match Host::parse(name) {
            Ok(host) if Some(&host) == self.0.public_host.as_ref() => true,
            Ok(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) => address.is_loopback(),
            Err(_) => false,
        }
    }

    /// Asks a catalogue. Blocks.
    pub(super) fn ask<T>(
        &self,
        question: impl FnOnce(&Catalogue) -> Result<T, gcapi_archive::Error>,
    ) -> Result<T, gcapi_archive::Error> {
        self.0.catalogues.ask(question)
    }

    /// All items, read again if the catalogue has changed. Blocks.
    pub(super) fn grid(&self) -> Result<Arc<Grid>, gcapi_archive::Error> {
        let stamp = self.0.catalogues.stamp();
        let known =
            |grid: &Option<Arc<Grid>>| grid.as_ref().filter(|grid| grid.is_of(stamp)).cloned();
        if let Some(grid) = known(&self.0.grid.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(grid);
        }
        // The page asks for the list and its summary at once: it is read for one of them.
        let mut place = self.0.grid.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(grid) = known(&place) {
            return Ok(grid);
        }
        let read = Arc::new(self.ask(|catalogue| Grid::read(catalogue, stamp))?);
        *place = Some(Arc::clone(&read));
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_taken() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = ArchiveFolder::planned(temporary.path());
        let public = Some(Host::parse("node7.example.org").unwrap());
        let state = ViewerState::new(folder, 1, public, false);
        for own in [
            "localhost",
            "localhost:80",
            "LOCALHOST:80",
            "127.0.0.1:9000",
            "[::1]:9000",
            "[::1]",
            "node7.example.org:8443",
        ] {
            assert!(state.is_own_host(own), "{own}");
        }
        for foreign in [
            "",
            "example.org",
            "localhost.example.org:80",
            "127.0.0.1.example.org",
            "10.0.0.1:80",
            "[::2]:80",
            "localhost:80:80",
            "@localhost",
        ] {
            assert!(!state.is_own_host(foreign), "{foreign}");
        }
    }
}
