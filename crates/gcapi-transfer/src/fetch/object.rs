//! One file, from its source into a part file.
//!
//! The first request asks for the first [`FIRST`] bytes: small files are whole
//! then, and of large ones the answer tells length and version, and is their
//! first part (`ranged.rs`). A store that does not do ranges as they should be
//! done gives one stream.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use gcapi::{ByteRange, Client, ErrorKind, Object, ObjectRequest, RetryPolicy};
use gcapi_archive::FileOrigin;
use tokio::sync::Semaphore;

use super::remote::Remote;
use super::tries::Tries;
use super::{Counters, FetchError};
use crate::budget::{Budget, Connection, Share};
use crate::catalogue::blocking;
use crate::event::SharedObserver;
use crate::part::{self, Buffers, Identity, Part};
use crate::plan::Destination;
use crate::{DownloadRequest, Event, Stop, StopReason};

/// Bytes the first request asks for, and the least a part has.
pub(super) const FIRST: u64 = 8 << 20;

/// Versions of a file seen one after the other before it is called unstable.
const CHANGES: u32 = 3;

/// Files in parts at a time.
const LARGE_FILES: usize = 8;

/// Why an attempt at a file came to nothing.
#[derive(Debug)]
pub(super) enum Attempt {
    /// The store has another version now: start anew.
    Changed,
    /// The store does not do ranges as they should be done: one stream.
    NoRanges,
    /// Something failed.
    Failed(FetchError),
}

impl<E: Into<FetchError>> From<E> for Attempt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// One file on its way.
pub(super) struct Transfer<'a> {
    pub(super) remote: Remote<'a>,
    /// Path below the output folder.
    pub(super) place: String,
    /// What the platform calls it.
    pub(super) source: String,
    pub(super) part_path: PathBuf,
    pub(super) share: Share,
}

/// Fetches single files into part files.
pub(crate) struct FileFetcher {
    pub(super) client: Client,
    pub(super) observer: SharedObserver,
    pub(super) budget: Budget,
    /// Files in parts at a time: each has threads of its own, and a file that
    /// is whole is worth more than many that are not.
    pub(super) large_files: Semaphore,
    pub(super) counters: Arc<Counters>,
    pub(super) buffers: Buffers,
    max_bytes: Option<u64>,
    stop: Stop,
}

impl FileFetcher {
    pub(crate) fn new(
        client: &Client,
        request: &DownloadRequest,
        observer: &SharedObserver,
        counters: &Arc<Counters>,
    ) -> Self {
        Self {
            client: client.clone(),
            observer: Arc::clone(observer),
            budget: Budget::new(request.jobs, request.limit_rate),
            large_files: Semaphore::new(LARGE_FILES),
            counters: Arc::clone(counters),
            buffers: Buffers::default(),
            max_bytes: request.max_bytes,
            stop: request.stop.clone(),
        }
    }

    /// Tries until the file is whole.
    pub(super) async fn whole(
        &self,
        transfer: &Transfer<'_>,
    ) -> Result<(Part, Option<String>), FetchError> {
        let mut tries = Tries::new(self.client.retry_policy());
        let mut ranges = transfer.remote.takes_ranges();
        let mut changes = 0;
        let mut mismatched = false;
        loop {
            match self.attempt(transfer, ranges).await {
                Ok(whole) => return Ok(whole),
                Err(Attempt::NoRanges) => {
                    ranges = false;
                    part::discard(&transfer.part_path);
                }
                Err(Attempt::Changed) => {
                    changes += 1;
                    part::discard(&transfer.part_path);
                    if changes > CHANGES {
                        return Err(FetchError::Unstable);
                    }
                }
                // Once may be the wire; twice is the store.
                Err(Attempt::Failed(FetchError::Mismatch(_))) if !mismatched => {
                    mismatched = true;
                    self.counters.retry();
                }
                Err(Attempt::Failed(error)) => {
                    self.wait_to_try_again(&mut tries, error, &transfer.place)
                        .await?;
                }
            }
        }
    }

    /// Waits before something is tried again.
    ///
    /// # Errors
    /// The error itself, if it is not.
    pub(super) async fn wait_to_try_again(
        &self,
        tries: &mut Tries,
        error: FetchError,
        place: &str,
    ) -> Result<(), FetchError> {
        let (delay, reason) = tries.again(error)?;
        self.counters.retry();
        self.observer.on_event(&Event::Retrying {
            path: place.to_owned(),
            reason,
            delay,
        });
        tokio::time::sleep(delay).await;
        Ok(())
    }

    /// One attempt, from where an earlier run was if that can be.
    async fn attempt(
        &self,
        transfer: &Transfer<'_>,
        ranges: bool,
    ) -> Result<(Part, Option<String>), Attempt> {
        if ranges {
            let (path, source) = (transfer.part_path.clone(), transfer.source.clone());
            if let Some(identity) = blocking(move || part::begun(&path, &source)).await? {
                return self.ranged(transfer, identity, None).await;
            }
        }
        // Before the connection: somebody else may use it meanwhile.
        self.signed(transfer).await?;
        let connection = self.budget.store.connection().await;
        let range = ranges.then_some(0..FIRST);
        let opened = self.open(transfer, range, None, &connection).await;
        let object = match opened {
            // An empty file has no first byte to ask for.
            Err(FetchError::Platform(error)) if ranges && is_unsatisfiable(&error) => {
                return Err(Attempt::NoRanges);
            }
            opened => opened?,
        };
        if let Some(range) = object.content_range {
            let Some(length) = range
                .total
                .filter(|total| range.start == 0 && range.end + 1 == FIRST.min(*total))
            else {
                return Err(Attempt::NoRanges);
            };
            if length > FIRST {
                // Without a strong ETag the parts could be of two versions.
                let Some(etag) = object.etag.clone().filter(|etag| etag.starts_with('"')) else {
                    return Err(Attempt::NoRanges);
                };
                let identity =
                    Identity::new(transfer.source.clone(), length, etag, object.checksums());
                return self
                    .ranged(transfer, identity, Some((object, connection)))
                    .await;
            }
        }
        self.one_stream(transfer, object, &connection).await
    }

    /// The signed request of a file, asked for where nobody did yet.
    pub(super) async fn signed(
        &self,
        transfer: &Transfer<'_>,
    ) -> Result<(u64, ObjectRequest), FetchError> {
        if let Some(signed) = transfer.remote.signed().await {
            return Ok(signed);
        }
        let place = self.budget.platform.connection().await;
        let asked = Instant::now();
        let signed = transfer.remote.request(&self.client).await;
        match &signed {
            Ok(_) => place.answered(asked.elapsed()),
            Err(error) if error.is_overload() => place.overloaded(),
            Err(_) => {}
        }
        signed
    }

    /// Opens a file or a range of it, and lets the budget know how that went.
    pub(super) async fn open(
        &self,
        transfer: &Transfer<'_>,
        range: Option<Range<u64>>,
        etag: Option<&str>,
        connection: &Connection<'_>,
    ) -> Result<Object, FetchError> {
        let (generation, request) = self.signed(transfer).await?;
        let asked = Instant::now();
        let opened = async {
            let range = range.map(|range| ByteRange {
                start: range.start,
                end: Some(range.end.saturating_sub(1)),
            });
            // Tried again by the caller, so that the budget hears of every refusal.
            let mut once = RetryPolicy::never().context();
            let opened = self
                .client
                .get_object_within(&request, range, etag, &mut once)
                .await;
            if let Err(error) = &opened
                && error.kind() == ErrorKind::Expired
                && transfer.remote.expired(generation).await
            {
                self.counters.renewal();
                self.observer.on_event(&Event::Renewed {
                    path: transfer.place.clone(),
                });
            }
            Ok::<_, FetchError>(opened?)
        };
        match opened.await {
            Ok(object) => {
                connection.answered(asked.elapsed());
                Ok(object)
            }
            Err(error) => {
                if error.is_overload() {
                    connection.overloaded();
                }
                Err(error)
            }
        }
    }

    /// The whole answer as one stream.
    async fn one_stream(
        &self,
        transfer: &Transfer<'_>,
        object: Object,
        connection: &Connection<'_>,
    ) -> Result<(Part, Option<String>), Attempt> {
        self.observer.on_event(&Event::Started {
            path: transfer.place.clone(),
            size: object.total_length(),
            reused: 0,
        });
        let promised = object
            .content_range
            .map(|range| range.end - range.start + 1);
        let (length, etag, checksums) = (object.length, object.etag.clone(), object.checksums());
        let received = async |bytes: usize| {
            self.received(transfer, connection, bytes).await;
        };
        let body = object.into_stream();
        let path = transfer.part_path.clone();
        let part = part::write_stream(path, length, checksums, body, received).await?;
        // An answer without a length ends where it ends; a range has one.
        if promised.is_some_and(|promised| promised != part.content.size) {
            return Err(Attempt::NoRanges);
        }
        Ok((part, etag))
    }

    /// Bytes came: they are counted, and paid for where there is a limit.
    pub(super) async fn received(
        &self,
        transfer: &Transfer<'_>,
        connection: &Connection<'_>,
        bytes: usize,
    ) {
        connection.received(bytes as u64);
        let total = self.counters.received(bytes as u64);
        self.observer.on_event(&Event::Received {
            bytes: bytes as u64,
        });
        if self.max_bytes.is_some_and(|most| total >= most) {
            self.stop.stop(StopReason::MaxBytes);
        }
        self.budget.rate.take(&transfer.share, bytes).await;
    }
}

pub(super) fn is_unsatisfiable(error: &gcapi::Error) -> bool {
    let status = error.context().and_then(|context| context.status);
    status.is_some_and(|status| status.as_u16() == 416)
}

/// What the platform calls a file: another version of it has another name.
pub(super) fn source_name(origin: &FileOrigin, first: &Destination) -> String {
    match origin {
        FileOrigin::Value | FileOrigin::File => format!("value {}", first.value.unwrap_or(0)),
        FileOrigin::ImageFile { image_file, .. } => format!("image file {image_file}"),
        FileOrigin::DicomInstance {
            sop_instance_uid, ..
        } => format!("instance {sop_instance_uid}"),
    }
}
