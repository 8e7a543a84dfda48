//! Images as NumPy arrays: decoded while other threads run, then handed over without a copy.

use std::path::PathBuf;
use std::sync::Arc;

use gcapi_image::{Error, Problem, Samples};
use numpy::{Element, IntoPyArray as _};
use pyo3::prelude::*;

use crate::errors;

/// An image whose header was read.
#[pyclass(frozen, module = "gcapi_rs._native")]
pub(crate) struct Image {
    image: Arc<gcapi_image::Image>,
}

#[pymethods]
impl Image {
    /// Opens a file, or the folder of a DICOM image set.
    #[new]
    fn new(python: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let opened = python.detach(|| gcapi_image::open(&path));
        let image = opened.map_err(|error| refused(python, &error))?;
        Ok(Self {
            image: Arc::new(image),
        })
    }

    /// The format, such as ``MetaImage``.
    #[getter]
    fn format(&self) -> String {
        format!("{:?}", self.image.format())
    }

    /// Samples along each axis, x first.
    #[getter]
    fn size(&self) -> Vec<u64> {
        self.image.size().to_vec()
    }

    /// Samples at each place: 1 for grey, 3 for RGB.
    #[getter]
    fn channels(&self) -> u32 {
        self.image.channels()
    }

    /// Millimetres from one sample to the next along each axis, x first.
    #[getter]
    fn spacing(&self) -> Vec<f64> {
        self.image.spacing().to_vec()
    }

    /// Where the first sample lies, in millimetres, LPS.
    #[getter]
    fn origin(&self) -> Vec<f64> {
        self.image.origin().to_vec()
    }

    /// The direction matrix, row by row.
    #[getter]
    fn direction(&self) -> Vec<f64> {
        self.image.direction().to_vec()
    }

    /// Width and height of each level of a pyramid, the finest first.
    #[getter]
    fn levels(&self) -> Vec<(u64, u64)> {
        let levels = self.image.levels().iter();
        levels.map(|level| (level.width, level.height)).collect()
    }

    /// All samples.
    fn samples<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let decoded = python.detach(|| self.image.samples());
        array(python, decoded)
    }

    /// The samples of one slice.
    fn slice<'py>(&self, python: Python<'py>, index: u64) -> PyResult<Bound<'py, PyAny>> {
        let decoded = python.detach(|| self.image.slice(index));
        array(python, decoded)
    }

    /// The samples of a region of a level.
    fn region<'py>(
        &self,
        python: Python<'py>,
        level: usize,
        x: u64,
        y: u64,
        width: u64,
        height: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let decoded = python.detach(|| self.image.region(level, x, y, width, height));
        array(python, decoded)
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Image")
            .field("path", &self.image.path())
            .finish_non_exhaustive()
    }
}

/// Samples as a NumPy array of one dimension, which owns them from then on.
fn array<'py>(python: Python<'py>, decoded: Result<Samples, Error>) -> PyResult<Bound<'py, PyAny>> {
    let samples = decoded.map_err(|error| refused(python, &error))?;
    Ok(match samples {
        Samples::U8(samples) => owned(python, samples),
        Samples::I8(samples) => owned(python, samples),
        Samples::U16(samples) => owned(python, samples),
        Samples::I16(samples) => owned(python, samples),
        Samples::U32(samples) => owned(python, samples),
        Samples::I32(samples) => owned(python, samples),
        Samples::U64(samples) => owned(python, samples),
        Samples::I64(samples) => owned(python, samples),
        Samples::F32(samples) => owned(python, samples),
        Samples::F64(samples) => owned(python, samples),
    })
}

fn owned<T: Element>(python: Python<'_>, samples: Vec<T>) -> Bound<'_, PyAny> {
    samples.into_pyarray(python).into_any()
}

fn refused(python: Python<'_>, error: &Error) -> PyErr {
    let kind = match &error.problem {
        Problem::Read(_) => "image-read",
        Problem::Malformed(_)
        | Problem::Truncated { .. }
        | Problem::Excess { .. }
        | Problem::OutsideFolder(_) => "image-damaged",
        Problem::Unrecognized | Problem::Unsupported(_) => "image-unsupported",
        Problem::TooLarge { .. } => "image-too-large",
        Problem::NoMemory(_) => "no-memory",
        Problem::NoSuchPart(_) => "no-such-part",
        _ => "image",
    };
    errors::new(python, kind, &error.to_string(), None, None)
}
