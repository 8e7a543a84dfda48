//! An archive on disk, read through its catalogue.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gcapi::Uuid;
use gcapi_archive::{ArchiveFolder, Catalogue, Error, verify};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::item::{self, ItemParts};
use crate::process::OfProcess;
use crate::{errors, runtime};

/// A catalogue that the threads of one process share.
type Shared = Arc<Mutex<Catalogue>>;

/// The folder of an archive, opened for reading.
///
/// It may be used from several threads, and after ``fork``: SQLite must not be carried into
/// another process, so each opens the catalogue for itself.
#[pyclass(frozen, module = "gcapi_rs._native")]
#[derive(Debug)]
pub(crate) struct Archive {
    root: PathBuf,
    /// Locked like the runtime: only while the interpreter is held.
    catalogue: Mutex<Option<OfProcess<Shared>>>,
}

/// The pk, the slug and the title of an archive, and the JSON object as served.
type AboutParts = (String, Option<String>, String, String);

/// A file that is not what the catalogue says: its path, what is wrong, and the details.
type FindingParts = (String, String, String);

impl Archive {
    /// Reads from the catalogue of this process while other threads of Python run.
    pub(crate) fn read<T: Send>(
        &self,
        python: Python<'_>,
        query: impl FnOnce(&ArchiveFolder, &Catalogue) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        let shared = self.shared(python)?;
        let folder = ArchiveFolder::planned(&self.root);
        let result = python.detach(move || query(&folder, &lock(&shared)));
        result.map_err(|error| errors::folder(python, &error))
    }

    fn shared(&self, python: Python<'_>) -> PyResult<Shared> {
        let mut held = lock(&self.catalogue);
        if let Some(shared) = held.as_ref().and_then(OfProcess::get) {
            return Ok(Arc::clone(shared));
        }
        let opened = ArchiveFolder::open(&self.root).and_then(|folder| Catalogue::open(&folder));
        let catalogue = opened.map_err(|error| errors::folder(python, &error))?;
        let shared = Arc::new(Mutex::new(catalogue));
        *held = Some(OfProcess::new(Arc::clone(&shared)));
        Ok(shared)
    }
}

#[pymethods]
impl Archive {
    #[new]
    fn new(python: Python<'_>, root: PathBuf) -> PyResult<Self> {
        let archive = Self {
            root,
            catalogue: Mutex::new(None),
        };
        archive.shared(python)?;
        Ok(archive)
    }

    /// The pk, the slug and the title of the archive, and the JSON object as served. ``None`` if
    /// it was never listed.
    fn about(&self, python: Python<'_>) -> PyResult<Option<AboutParts>> {
        let archive = self.read(python, |_, catalogue| catalogue.archive())?;
        Ok(archive.map(|about| (about.pk.to_string(), about.slug, about.title, about.record)))
    }

    /// The number of items.
    fn count(&self, python: Python<'_>) -> PyResult<u64> {
        self.read(python, |_, catalogue| Ok(catalogue.totals()?.items))
    }

    /// Slugs and super kinds of the sockets, in the order of their slugs.
    fn sockets(&self, python: Python<'_>) -> PyResult<Vec<(String, String)>> {
        let sockets = self.read(python, |_, catalogue| catalogue.sockets(0, u64::MAX >> 1))?;
        let mut slugs: Vec<_> = sockets
            .into_iter()
            .map(|socket| (socket.slug, socket.super_kind))
            .collect();
        slugs.sort();
        Ok(slugs)
    }

    /// At most ``limit`` items behind the one of a pk, in the order of their pks.
    #[pyo3(signature = (after, limit))]
    fn items_after(
        &self,
        python: Python<'_>,
        after: Option<&str>,
        limit: u64,
    ) -> PyResult<Vec<ItemParts>> {
        let after = after.map(parse_pk).transpose()?;
        self.read(python, move |_, catalogue| {
            let items = catalogue.items_after(after, limit)?;
            items
                .into_iter()
                .map(|item| item::stored(catalogue, item))
                .collect()
        })
    }

    /// The item of a pk.
    fn item(&self, python: Python<'_>, pk: &str) -> PyResult<Option<ItemParts>> {
        let Ok(pk) = Uuid::parse_str(pk) else {
            return Ok(None);
        };
        self.read(python, move |_, catalogue| {
            let item = catalogue.item(pk)?;
            item.map(|item| item::stored(catalogue, item)).transpose()
        })
    }

    /// Reads every file and compares it with the catalogue: how many are intact, their bytes, and
    /// what was found.
    ///
    /// Ctrl-C is noticed at once; the thread that reads ends with the files it is at.
    fn verify(&self, python: Python<'_>) -> PyResult<(u64, u64, Vec<FindingParts>)> {
        let root = self.root.clone();
        let report = runtime::wait(python, || async move {
            // A catalogue of its own: reading takes long.
            let check = move || {
                let folder = ArchiveFolder::open(&root)?;
                let catalogue = Catalogue::open(&folder)?;
                verify::verify(&folder, &catalogue, &|_bytes| {})
            };
            tokio::task::spawn_blocking(check).await
        })?;
        let report = report
            .map_err(|error| errors::internal(python, &error))?
            .map_err(|error| errors::folder(python, &error))?;
        let findings = report.findings.into_iter().map(|finding| {
            let (problem, detail) = describe(&finding.problem);
            (finding.path, problem.to_owned(), detail)
        });
        Ok((report.intact, report.bytes, findings.collect()))
    }
}

fn describe(problem: &verify::Problem) -> (&'static str, String) {
    match problem {
        verify::Problem::Missing => ("missing", String::new()),
        verify::Problem::Size { expected, found } => (
            "size",
            format!("it has {found} bytes, and {expected} were fetched"),
        ),
        verify::Problem::Content { expected, found } => (
            "content",
            format!("its SHA-256 is {found}, and {expected} was fetched"),
        ),
        verify::Problem::Unreadable { reason } => ("unreadable", reason.clone()),
        verify::Problem::Defect {
            expected, found, ..
        } => ("defect", format!("it is {found} instead of {expected}")),
        verify::Problem::Undecoded { reason } => ("undecoded", reason.clone()),
        verify::Problem::Unknown => ("unknown", String::new()),
    }
}

fn parse_pk(pk: &str) -> PyResult<Uuid> {
    Uuid::parse_str(pk)
        .map_err(|error| PyValueError::new_err(format!("{pk:?} is not a pk: {error}")))
}

/// A lock that another thread's panic does not take from us.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
