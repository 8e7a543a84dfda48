//! Ranges of one file into memory.
//!
//! A store that does not do ranges as they should be done gives the whole file, as far as it may.

use std::ops::Range;
use std::path::PathBuf;
use std::pin::pin;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use gcapi::Object;

use super::object::{Transfer, is_unsatisfiable};
use super::remote::{Origin, Remote};
use super::remote_image::Answer;
use super::tries::Tries;
use super::{FetchError, FileFetcher};
use crate::budget::{Connection, Share};

/// Bytes that the files of an image may take together, and those that came.
pub(super) struct Spending {
    pub(super) most: u64,
    pub(super) received: u64,
}

impl Spending {
    fn left(&self) -> u64 {
        self.most.saturating_sub(self.received)
    }
}

/// Why there is no answer.
pub(super) enum Refusal {
    TooMuch,
    Fetch(FetchError),
}

impl<E: Into<FetchError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Fetch(error.into())
    }
}

/// A file that is looked into.
pub(super) struct RemoteFile<'a> {
    transfer: Transfer<'a>,
    /// Whether ranges of it are asked for.
    ranges: bool,
    /// The version that bytes came of, where the store names it so that ranges can be held to it.
    etag: Option<String>,
    pub(super) length: Option<u64>,
}

impl<'a> RemoteFile<'a> {
    pub(super) fn new(origin: Origin<'a>, place: String) -> Self {
        let remote = Remote::new(origin);
        Self {
            ranges: remote.takes_ranges(),
            transfer: Transfer {
                remote,
                source: place.clone(),
                place,
                part_path: PathBuf::new(),
                share: Share::default(),
            },
            etag: None,
            length: None,
        }
    }

    /// The first bytes of a range, or all of the file; tried again as often as anything is.
    pub(super) async fn bytes(
        &mut self,
        fetcher: &FileFetcher,
        range: Range<u64>,
        spending: &mut Spending,
    ) -> Result<Answer, Refusal> {
        let mut tries = Tries::new(fetcher.client.retry_policy());
        loop {
            match self.attempt(fetcher, &range, spending).await {
                Err(Refusal::Fetch(error)) => {
                    let place = &self.transfer.place;
                    fetcher.wait_to_try_again(&mut tries, error, place).await?;
                }
                Ok(None) => self.ranges = false,
                Ok(Some(answer)) => return Ok(answer),
                Err(refusal) => return Err(refusal),
            }
        }
    }

    /// `None` if the store does not do ranges as they should be done. An empty range asks for the
    /// length alone.
    async fn attempt(
        &mut self,
        fetcher: &FileFetcher,
        range: &Range<u64>,
        spending: &mut Spending,
    ) -> Result<Option<Answer>, Refusal> {
        let end = range.end.min(range.start.saturating_add(spending.left()));
        let asked = range.start..end.max(range.start + 1);
        if spending.left() == 0 {
            return Err(Refusal::TooMuch);
        }
        // Before the connection: somebody else may use it meanwhile.
        fetcher.signed(&self.transfer).await?;
        let connection = fetcher.budget.store.connection().await;
        let etag = self.etag.as_deref();
        let wanted = self.ranges.then(|| asked.clone());
        let opened = fetcher
            .open(&self.transfer, wanted, etag, &connection)
            .await;
        let object = match opened {
            // An empty file has no first byte to ask for.
            Err(FetchError::Platform(error))
                if self.ranges && self.length.is_none() && is_unsatisfiable(&error) =>
            {
                self.length = Some(0);
                return Ok(Some(Answer::default()));
            }
            opened => opened?,
        };
        self.is_same_version(&object)?;
        let most = match object.content_range {
            Some(came) if self.ranges => {
                let is_asked = came.start == asked.start && came.end < asked.end;
                if !is_asked || self.length.is_none() {
                    return Ok(None);
                }
                came.end + 1 - came.start
            }
            Some(_) => return Err(FetchError::Incomplete.into()),
            None if self
                .length
                .is_some_and(|length| range.is_empty() && length > 0) =>
            {
                0
            }
            None if self.length.is_some_and(|length| length > spending.left()) => {
                return Err(Refusal::TooMuch);
            }
            None => spending.left(),
        };
        let at = object.content_range.map_or(0, |came| came.start);
        let bytes = self
            .body(fetcher, object, &connection, most, spending)
            .await?;
        let length = self.length.unwrap_or(bytes.len() as u64);
        self.length = Some(length);
        Ok(Some(Answer { at, bytes, length }))
    }

    /// Bytes of two versions would be no file.
    fn is_same_version(&mut self, object: &Object) -> Result<(), FetchError> {
        let etag = object.etag.clone().filter(|etag| etag.starts_with('"'));
        let length = object.total_length();
        let differs = self.etag.is_some() && self.etag != etag
            || self.length.is_some() && length.is_some() && self.length != length;
        if differs {
            return Err(FetchError::Unstable);
        }
        self.etag = etag;
        self.length = self.length.or(length);
        Ok(())
    }

    /// At most so many bytes of an answer; those beyond are an error if they end what may be spent.
    async fn body(
        &self,
        fetcher: &FileFetcher,
        object: Object,
        connection: &Connection<'_>,
        most: u64,
        spending: &mut Spending,
    ) -> Result<Bytes, Refusal> {
        let is_range = object.content_range.is_some();
        let mut bytes = BytesMut::new();
        let mut body = pin!(object.into_stream());
        while (bytes.len() as u64) < most
            && let Some(chunk) = body.next().await
        {
            let chunk = chunk?;
            spending.received += chunk.len() as u64;
            fetcher
                .received(&self.transfer, connection, chunk.len())
                .await;
            bytes.extend_from_slice(&chunk);
        }
        let missing = most.saturating_sub(bytes.len() as u64);
        if is_range && missing > 0 {
            return Err(FetchError::Incomplete.into());
        }
        // Without a length it is known only now that there is more.
        let is_whole = self
            .length
            .is_none_or(|length| length == bytes.len() as u64);
        if !is_range && most > 0 && missing == 0 && (self.length.is_none() || !is_whole) {
            return Err(Refusal::TooMuch);
        }
        bytes.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(bytes.freeze())
    }
}
