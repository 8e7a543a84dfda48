//! An answer as Python sees it.

use std::io::Write as _;

use gcapi::{Exchange, Version};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// An answer of any status, read to its end.
#[pyclass(frozen, module = "gcapi_rs._native")]
#[derive(Debug)]
pub(crate) struct RawResponse {
    /// The status, which may be a refusal.
    #[pyo3(get)]
    status: u16,
    /// The headers in the order they came, names in lower case.
    #[pyo3(get)]
    headers: Vec<(String, String)>,
    /// The body, decompressed.
    #[pyo3(get)]
    content: Py<PyBytes>,
    /// The address that answered, which may be signed.
    #[pyo3(get)]
    url: String,
    /// ``HTTP/1.1`` or ``HTTP/2``.
    #[pyo3(get)]
    http_version: &'static str,
    history: Vec<Py<Self>>,
}

impl RawResponse {
    /// Takes an answer over; its bytes are copied once.
    pub(crate) fn new(python: Python<'_>, exchange: Exchange) -> PyResult<Self> {
        let history = exchange
            .history
            .iter()
            .map(|answer| Py::new(python, Self::new(python, answer.clone())?))
            .collect::<PyResult<_>>()?;
        let content = PyBytes::new_with(python, exchange.length(), |mut place| {
            for piece in &exchange.body {
                place.write_all(piece)?;
            }
            Ok(())
        })?;
        let headers = exchange.headers.iter();
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        Ok(Self {
            status: exchange.status.as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
                .collect(),
            content: content.unbind(),
            url: exchange.url.into(),
            http_version: version(exchange.version),
            history,
        })
    }
}

#[pymethods]
impl RawResponse {
    /// The redirects that led here, the first one first.
    #[getter]
    fn history(&self, python: Python<'_>) -> Vec<Py<Self>> {
        self.history
            .iter()
            .map(|answer| answer.clone_ref(python))
            .collect()
    }

    // The address may be signed, so it is not shown.
    fn __repr__<'py>(&self, python: Python<'py>) -> Bound<'py, PyString> {
        PyString::new(python, &format!("<RawResponse [{}]>", self.status))
    }
}

fn version(version: Version) -> &'static str {
    if version == Version::HTTP_2 {
        "HTTP/2"
    } else if version == Version::HTTP_10 {
        "HTTP/1.0"
    } else {
        "HTTP/1.1"
    }
}
