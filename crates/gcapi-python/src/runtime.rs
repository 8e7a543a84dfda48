//! The one runtime of a process, and how Python waits for it.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::process::OfProcess;

/// How long Ctrl-C may go unnoticed.
const SLICE: Duration = Duration::from_millis(50);

/// Made when it is first needed. Locked only by threads that hold the interpreter and do not let
/// go of it meanwhile: `fork` holds it too, so no child finds this lock taken.
static RUNTIME: Mutex<Option<OfProcess<Runtime>>> = Mutex::new(None);

/// The runtime of this process. It is never shut down: its threads know nothing of Python, and end
/// with the process.
pub(crate) fn handle(_python: Python<'_>) -> PyResult<Handle> {
    let mut held = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = held.as_ref().and_then(OfProcess::get) {
        return Ok(runtime.handle().clone());
    }
    let runtime = Builder::new_multi_thread()
        .thread_name("gcapi")
        .enable_all()
        .build()
        .map_err(|error| {
            PyRuntimeError::new_err(format!("failed to start threads for the network: {error}"))
        })?;
    let handle = runtime.handle().clone();
    *held = Some(OfProcess::new(runtime));
    Ok(handle)
}

/// Makes a future and waits for it while other threads of Python run.
///
/// The future lives on this thread, so that it need not be one that can move between threads.
///
/// # Errors
/// What a handler of signals raises, `KeyboardInterrupt` for one: the future is dropped then.
pub(crate) fn wait<T, F>(python: Python<'_>, make: impl FnOnce() -> F + Send) -> PyResult<T>
where
    T: Send,
    F: Future<Output = T>,
{
    let handle = handle(python)?;
    python.detach(move || {
        let _inside = handle.enter();
        let mut future = std::pin::pin!(make());
        loop {
            let slice = tokio::time::timeout(SLICE, future.as_mut());
            if let Ok(result) = handle.block_on(slice) {
                return Ok(result);
            }
            Python::attach(|python| python.check_signals())?;
        }
    })
}
