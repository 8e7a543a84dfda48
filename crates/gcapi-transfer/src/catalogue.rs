//! The catalogue as asynchronous stages share it.

use std::sync::{Arc, Mutex, PoisonError};

use gcapi_archive::Catalogue;

use crate::Error;

/// A catalogue behind a lock. SQLite blocks, so every use of it from
/// asynchronous code goes to a thread that may.
#[derive(Clone, Debug)]
pub(crate) struct SharedCatalogue(Arc<Mutex<Catalogue>>);

impl SharedCatalogue {
    pub(crate) fn new(catalogue: Catalogue) -> Self {
        Self(Arc::new(Mutex::new(catalogue)))
    }

    /// The catalogue, once nobody else has it.
    pub(crate) fn into_inner(self) -> Option<Catalogue> {
        let catalogue = Arc::into_inner(self.0)?;
        Some(
            catalogue
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Runs something on a thread that may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Catalogue) -> Result<T, gcapi_archive::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let shared = self.clone();
        blocking(move || shared.run_here(work))
            .await?
            .map_err(Error::from)
    }

    /// Runs something on this thread, which must be allowed to block.
    pub(crate) fn run_here<T>(
        &self,
        work: impl FnOnce(&mut Catalogue) -> Result<T, gcapi_archive::Error>,
    ) -> Result<T, gcapi_archive::Error> {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs something on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::Internal(error.to_string()))
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or(0)
}
