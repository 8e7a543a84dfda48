//! The native half of the Python module `gcapi_rs`.
//!
//! What people use is written in Python, in `python/gcapi_rs`; this module is private to it. Here
//! is what Python should not do: the network, the disk, and bytes by the gigabyte. Every method
//! lets other threads of Python run while it waits, and looks for Ctrl-C.

mod archive;
mod download;
mod environment;
mod errors;
mod failures;
mod fetch;
mod image;
mod item;
mod process;
mod response;
mod runtime;
mod session;
mod table;
mod tracker;

use pyo3::prelude::*;

/// `gcapi_rs._native`.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::archive::Archive;
    #[pymodule_export]
    use crate::download::Download;
    #[pymodule_export]
    use crate::errors::NativeError;
    #[pymodule_export]
    use crate::failures::Failed;
    #[pymodule_export]
    use crate::fetch::FetchedFile;
    #[pymodule_export]
    use crate::image::Image;
    #[pymodule_export]
    use crate::response::RawResponse;
    #[pymodule_export]
    use crate::session::Session;
    #[pymodule_export]
    use crate::table::Table;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // One implementation of cryptography for everything; a second call
        // finds the first one's choice.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
