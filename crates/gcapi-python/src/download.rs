//! A download of a whole archive, running on a thread of its own: Python looks at it now and then.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gcapi_archive::layout::Layout;
use gcapi_transfer::{
    DownloadRequest, Existing, Lookahead, Selection, Stop, StopReason, Summary, download,
    find_archive,
};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failures::{self, Failed};
use crate::item::{self, ItemParts};
use crate::process::OfProcess;
use crate::session::Session;
use crate::tracker::Tracker;
use crate::{errors, runtime};

/// A download that is under way, or over. Dropping it stops it.
#[pyclass(frozen, module = "gcapi_rs._native")]
#[derive(Debug)]
pub(crate) struct Download {
    // The thread is this process's alone.
    running: OfProcess<Running>,
    output: PathBuf,
}

#[derive(Debug)]
struct Running {
    tracker: Arc<Tracker>,
    stop: Stop,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop(StopReason::Interrupted);
    }
}

/// Says that nothing more will come, however the thread ends.
struct End(Arc<Tracker>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Download {
    fn running(&self) -> PyResult<&Running> {
        self.running.get().ok_or_else(|| {
            PyRuntimeError::new_err(
                "this download belongs to the process it was started in; start one after the fork",
            )
        })
    }
}

#[pymethods]
impl Session {
    /// Starts to download an archive into a folder.
    ///
    /// Parameters
    /// ----------
    /// archive : str
    ///     Its slug, pk, API URL or the address of its page.
    /// output : path
    /// sockets, items : list of str
    ///     Slugs of sockets, pks or titles of items, or globs of them; empty lists select all.
    /// layout : str
    ///     ``container`` or ``flat``.
    /// existing : str
    ///     ``resume``, ``overwrite`` or ``error``.
    /// jobs : int or None
    ///     Connections at a time at most.
    /// prefetch : int or None
    ///     Hand out items one by one, and be at most this many ahead of who takes them.
    #[pyo3(signature = (archive, output, *, sockets, items, layout, existing, jobs, prefetch))]
    #[expect(clippy::too_many_arguments, reason = "they are the parts of a request")]
    fn download(
        &self,
        python: Python<'_>,
        archive: &str,
        output: PathBuf,
        sockets: Vec<String>,
        items: Vec<String>,
        layout: &str,
        existing: &str,
        jobs: Option<usize>,
        prefetch: Option<u64>,
    ) -> PyResult<Download> {
        let selection = Selection::new(&sockets, &[], &items, &[])
            .map_err(|error| errors::transfer(python, &error))?;
        let stop = Stop::default();
        let lookahead = prefetch.map_or_else(Lookahead::default, Lookahead::of);
        let request = DownloadRequest {
            layout: layout_named(layout)?,
            selection,
            existing: existing_named(existing)?,
            jobs: jobs.unwrap_or(DownloadRequest::DEFAULT_JOBS).max(1),
            stop: stop.clone(),
            lookahead: lookahead.clone(),
            ..DownloadRequest::new(output.clone())
        };
        let client = self.client(python)?;
        let reference = match archive.parse() {
            Ok(reference) => reference,
            Err(never) => match never {},
        };
        let tracker = Arc::new(Tracker::new(prefetch.is_some(), lookahead));
        let handle = runtime::handle(python)?;
        let telling = Arc::clone(&tracker);
        // It knows nothing of Python, so that the interpreter may end while it runs.
        let work = move || {
            let _end = End(Arc::clone(&telling));
            let _inside = handle.enter();
            let observer = Arc::clone(&telling);
            // What the client sent before is not this download's.
            let before = client.statistics();
            let outcome = handle.block_on(async {
                let found = tokio::select! {
                    found = find_archive(&client, &reference) => found?,
                    () = request.stop.stopped() => return Ok(Summary {
                        stopped: request.stop.reason(),
                        ..Summary::default()
                    }),
                };
                let summary = download(&client, &found, &request, observer).await?;
                Ok(Summary {
                    requests: summary.requests.saturating_sub(before.requests),
                    retries: summary.retries.saturating_sub(before.retries),
                    ..summary
                })
            });
            telling.finish(outcome);
        };
        std::thread::Builder::new()
            .name("gcapi-download".to_owned())
            .spawn(work)
            .map_err(|error| {
                PyRuntimeError::new_err(format!("failed to start a thread: {error}"))
            })?;
        Ok(Download {
            running: OfProcess::new(Running { tracker, stop }),
            output,
        })
    }
}

#[pymethods]
impl Download {
    /// Waits until the download is over, at most some seconds; whether it is.
    fn wait(&self, python: Python<'_>, seconds: f64) -> PyResult<bool> {
        let (running, seconds) = (self.running()?, duration(seconds)?);
        Ok(python.detach(|| running.tracker.wait(seconds)))
    }

    /// The next item that is whole, waited for at most some seconds. ``None`` if there
    /// is none yet, or no more.
    fn take_item(&self, python: Python<'_>, seconds: f64) -> PyResult<Option<ItemParts>> {
        let (running, seconds) = (self.running()?, duration(seconds)?);
        let item = python.detach(|| running.tracker.take_item(seconds));
        Ok(item.map(item::planned))
    }

    /// Asks it to stop. What is in flight is put down in a state to go on from.
    fn stop(&self) -> PyResult<()> {
        self.running()?.stop.stop(StopReason::Interrupted);
        Ok(())
    }

    /// The numbers now.
    fn counts<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counts = self.running()?.tracker.state().counts.clone();
        let numbers = PyDict::new(python);
        for (name, number) in [
            ("listed", counts.listed),
            ("to_list", counts.to_list),
            ("items", counts.items),
            ("items_done", counts.items_done),
            ("files", counts.files),
            ("files_done", counts.files_done),
            ("kept", counts.kept),
            ("failed", counts.failed),
            ("bytes_received", counts.bytes_received),
        ] {
            numbers.set_item(name, number)?;
        }
        numbers.set_item("plan_complete", counts.plan_complete)?;
        Ok(numbers)
    }

    /// What it came to: the numbers, and what could not be brought.
    ///
    /// Raises
    /// ------
    /// NativeError
    ///     The download as a whole could not go on.
    /// RuntimeError
    ///     It is not over.
    fn result<'py>(&self, python: Python<'py>) -> PyResult<(Bound<'py, PyDict>, Vec<Failed>)> {
        let state = self.running()?.tracker.state();
        let summary = match &state.outcome {
            None if state.over => {
                return Err(PyRuntimeError::new_err(
                    "the download ended without a result; this is a bug in gcapi_rs",
                ));
            }
            None => return Err(PyRuntimeError::new_err("the download is not over")),
            Some(Err(error)) => return Err(errors::transfer(python, error)),
            Some(Ok(summary)) => *summary,
        };
        drop(state);
        let numbers = PyDict::new(python);
        for (name, number) in [
            ("items", summary.items),
            ("images", summary.images),
            ("fetched", summary.fetched),
            ("bytes_fetched", summary.bytes_fetched),
            ("kept", summary.kept),
            ("bytes_kept", summary.bytes_kept),
            ("failed", summary.failed),
            ("requests", summary.requests),
            ("retries", summary.retries),
            ("bytes_received", summary.bytes_received),
        ] {
            numbers.set_item(name, number)?;
        }
        numbers.set_item("seconds", summary.elapsed.as_secs_f64())?;
        numbers.set_item("stopped", summary.stopped.is_some())?;
        if summary.failed == 0 {
            return Ok((numbers, Vec::new()));
        }
        let failed = python
            .detach(|| failures::of(&self.output))
            .map_err(|error| errors::folder(python, &error))?;
        Ok((numbers, failed))
    }
}

fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| PyValueError::new_err(format!("{seconds} seconds: {error}")))
}

fn layout_named(name: &str) -> PyResult<Layout> {
    [Layout::Container, Layout::Flat]
        .into_iter()
        .find(|layout| layout.name() == name)
        .ok_or_else(|| {
            PyValueError::new_err(format!(
                "layout is {name:?}; it must be \"container\" or \"flat\""
            ))
        })
}

fn existing_named(name: &str) -> PyResult<Existing> {
    match name {
        "resume" => Ok(Existing::Resume),
        "overwrite" => Ok(Existing::Overwrite),
        "error" => Ok(Existing::Error),
        _ => Err(PyValueError::new_err(format!(
            "existing is {name:?}; it must be \"resume\", \"overwrite\" or \"error\""
        ))),
    }
}
