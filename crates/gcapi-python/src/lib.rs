//! The native half of the Python module `gcapi_rs`.
//!
//! What people use is written in Python, in `python/gcapi_rs`; this module is private to it. Here
//! is what Python should not do: the network, the disk, and bytes by the gigabyte. Every method
//! lets other threads of Python run while it waits, and looks for Ctrl-C.

mod environment;
mod errors;
mod fetch;
mod process;
mod response;
mod runtime;
mod session;

use pyo3::prelude::*;

/// `gcapi_rs._native`.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::errors::NativeError;
    #[pymodule_export]
    use crate::fetch::FetchedFile;
    #[pymodule_export]
    use crate::response::RawResponse;
    #[pymodule_export]
    use crate::session::Session;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // One implementation of cryptography for everything; a second call
        // finds the first one's choice.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
