//! Single files to wherever they are wanted: `Session.fetch` and `Session.fetch_dicom_image_set`.

use std::path::PathBuf;
use std::sync::Arc;

use gcapi::{Url, Uuid};
use gcapi_transfer::{Error, FileOptions, Silent, WantedFile};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::session::{Connected, Session, address};
use crate::{errors, runtime};

/// What became of one file.
#[pyclass(frozen, get_all, module = "gcapi_rs._native")]
#[derive(Debug)]
pub(crate) struct FetchedFile {
    /// Where it lies; ``None`` if it could not be brought.
    path: Option<PathBuf>,
    /// Its length in bytes.
    size: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    sha256: String,
    /// Why it could not be brought.
    error: Option<Py<PyAny>>,
}

#[pymethods]
impl Session {
    /// Fetches media to the disk, many files at a time, and says what became of each, in order.
    ///
    /// Bytes go to the disk as they come, large files in parts side by side; what breaks is tried
    /// again where it broke. A file is under its name when it is whole, or not at all.
    ///
    /// Parameters
    /// ----------
    /// jobs : list of (str, path)
    ///     The media URL, and the file it becomes. Folders above it are made.
    /// replace : bool
    ///     Whether files that are there are replaced.
    ///
    /// Raises
    /// ------
    /// NativeError
    ///     Of kind ``exists``, before anything is fetched, if a file is there that may not be
    ///     replaced. Of another kind if every other file would meet the same.
    #[pyo3(signature = (jobs, *, replace = false))]
    fn fetch(
        &self,
        python: Python<'_>,
        jobs: Vec<(String, PathBuf)>,
        replace: bool,
    ) -> PyResult<Vec<FetchedFile>> {
        let Connected { client, ahead } = self.connected(python)?;
        let wanted = jobs
            .into_iter()
            .map(|(url, path)| {
                let url: Url = address(&client, &url, &[])?;
                Ok(WantedFile { url, path })
            })
            .collect::<PyResult<Vec<_>>>()?;
        let options = FileOptions {
            ahead: Some(ahead),
            ..self.options(replace)
        };
        let fetched = runtime::wait(python, || async move {
            gcapi_transfer::fetch_files(&client, wanted, &options).await
        })?;
        results(python, fetched)
    }

    /// Says which media will probably be fetched next, so that small ones are fetched into memory
    /// meanwhile; what was expected before and is not in the list is forgotten.
    ///
    /// Parameters
    /// ----------
    /// urls : list of str
    ///     Media URLs; each costs 4 MiB of memory at most.
    fn expect(&self, python: Python<'_>, urls: Vec<String>) -> PyResult<()> {
        let Connected { client, ahead } = self.connected(python)?;
        let urls = urls
            .iter()
            .map(|url| address(&client, url, &[]))
            .collect::<PyResult<Vec<_>>>()?;
        let _inside = runtime::handle(python)?.enter();
        ahead.expect(&client, urls);
        Ok(())
    }

    /// Fetches every instance of a DICOM image set into a folder, each as
    /// ``<SOP instance UID>.dcm``, and says what became of each.
    ///
    /// Parameters
    /// ----------
    /// image : str
    ///     The pk of the image.
    /// folder : path
    /// replace : bool
    ///     Whether files that are there are replaced.
    ///
    /// Raises
    /// ------
    /// NativeError
    ///     As for ``fetch``, and if the instances cannot be listed.
    #[pyo3(signature = (image, folder, *, replace = false))]
    fn fetch_dicom_image_set(
        &self,
        python: Python<'_>,
        image: &str,
        folder: PathBuf,
        replace: bool,
    ) -> PyResult<Vec<FetchedFile>> {
        let client = self.client(python)?;
        let image = Uuid::parse_str(image).map_err(|error| {
            PyValueError::new_err(format!("{image:?} is not the pk of an image: {error}"))
        })?;
        let options = self.options(replace);
        let fetched = runtime::wait(python, || async move {
            gcapi_transfer::fetch_dicom_image_set(&client, image, &folder, &options).await
        })?;
        results(python, fetched)
    }
}

impl Session {
    fn options(&self, replace: bool) -> FileOptions {
        FileOptions {
            jobs: self.jobs(),
            replace,
            ahead: None,
            observer: Arc::new(Silent),
        }
    }
}

type Fetched = Result<gcapi_transfer::FetchedFile, Error>;

fn results(python: Python<'_>, fetched: Result<Vec<Fetched>, Error>) -> PyResult<Vec<FetchedFile>> {
    let fetched = fetched.map_err(|error| errors::transfer(python, &error))?;
    let results = fetched.into_iter().map(|file| match file {
        Ok(file) => FetchedFile {
            path: Some(file.path),
            size: file.content.size,
            sha256: file.content.sha256,
            error: None,
        },
        Err(error) => FetchedFile {
            path: None,
            size: 0,
            sha256: String::new(),
            error: Some(
                errors::transfer(python, &error)
                    .into_value(python)
                    .into_any(),
            ),
        },
    });
    Ok(results.collect())
}
