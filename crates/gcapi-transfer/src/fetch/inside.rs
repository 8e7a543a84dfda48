//! Looking into files of the store without fetching them whole.
//!
//! Readers of images want to read and to seek, and to wait meanwhile; requests are made on the
//! runtime. So whoever reads has a thread that may wait ([`RemoteImage`], in `remote_image.rs`) and
//! asks for ranges, and [`RemoteFiles::look`] answers, with the signed URL, the tries and the budget
//! of every other file: nothing is written, and what came is forgotten with the image.

use std::ops::Range;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use gcapi::{Client, Object, Url};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::instance_list::InstanceList;
use super::object::{Transfer, is_unsatisfiable};
use super::remote::{Origin, Remote};
use super::remote_image::{Answer, Question, RemoteImage};
use super::tries::Tries;
use super::{Counters, FetchError, FileFetcher};
use crate::budget::{Connection, Share};
use crate::catalogue::blocking;
use crate::plan::served_name;
use crate::{DownloadRequest, Error, Observer};

/// The files of one image, as the platform names them.
#[derive(Clone, Debug)]
pub enum RemoteSource {
    /// Names and media URLs.
    Files(Vec<(String, Url)>),
    /// The instance in the middle of a DICOM image set. Requests for instances are signed as a whole,
    /// so it comes as a whole.
    MiddleInstance {
        /// The image.
        image: Uuid,
    },
}

/// Media URLs with the names of their files, which are their last segments as people read them.
#[must_use]
pub fn named(urls: Vec<Url>) -> Vec<(String, Url)> {
    urls.into_iter()
        .map(|url| (served_name(&url), url))
        .collect()
}

/// Looks into files, many at a time.
pub struct RemoteFiles {
    files: FileFetcher,
    counters: Arc<Counters>,
}

/// What came of looking into the files of one image.
#[derive(Debug)]
#[non_exhaustive]
pub struct Looked<T> {
    /// What the reader found.
    pub found: T,
    /// Bytes of the files that came, those that came twice included.
    pub received: u64,
    /// Bytes of the files that were looked into. Those of a DICOM image set are taken to be as large
    /// as the one.
    pub stored: u64,
    /// Instances of the DICOM image set of which this is one; 0 for other files.
    pub instances: u64,
    /// Why bytes that were asked for did not come: then this is the reason of whatever the reader made
    /// of it.
    pub failure: Option<NotRead>,
}

/// Why bytes of a file are not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotRead {
    /// The image has had the bytes that it may take.
    #[error("it takes more than the {most} bytes that are read of one image")]
    TooMuch {
        /// Bytes that it may take.
        most: u64,
    },
    /// They could not be fetched.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl std::fmt::Debug for RemoteFiles {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RemoteFiles")
            .field("received", &self.received())
            .finish_non_exhaustive()
    }
}

impl RemoteFiles {
    /// Of the platform that a client knows, with at most so many connections.
    #[must_use]
    pub fn new(client: &Client, jobs: usize, observer: &Arc<dyn Observer>) -> Self {
        let request = DownloadRequest {
            jobs: jobs.max(1),
            ..DownloadRequest::new("")
        };
        let counters = Arc::new(Counters::default());
        Self {
            files: FileFetcher::new(client, &request, observer, &counters),
            counters,
        }
    }

    /// Bytes of files that came so far.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.counters.counted().received
    }

    /// Lets `work` read the files of an image, on a thread of its own, until `most` bytes of them have
    /// come. `place` is what events call the image.
    ///
    /// # Errors
    /// What every other image would meet as well. Everything else is what `work` makes of it, and
    /// [`Looked::failure`]: an image set whose instances cannot be listed has no files then.
    pub async fn look<T: Send + 'static>(
        &self,
        source: &RemoteSource,
        place: &str,
        most: u64,
        work: impl FnOnce(RemoteImage) -> T + Send + 'static,
    ) -> Result<Looked<T>, Error> {
        let set;
        let uid;
        let mut instances = 0;
        let mut failure = None;
        let files: Vec<(String, Origin<'_>)> = match source {
            RemoteSource::Files(files) => files
                .iter()
                .map(|(name, url)| (name.clone(), Origin::Media(url)))
                .collect(),
            RemoteSource::MiddleInstance { image } => {
                set = InstanceList::new(*image);
                let uids = set.uids(&self.files.client).await;
                let uids = uids.unwrap_or_else(|error| {
                    failure = Some(Refusal::Fetch(error));
                    Vec::new()
                });
                instances = uids.len() as u64;
                uid = middle(uids);
                let origin = |uid| Origin::Instance {
                    set: &set,
                    sop_instance_uid: uid,
                };
                uid.iter()
                    .map(|uid| (format!("{uid}.dcm"), origin(uid)))
                    .collect()
            }
        };
        let names = files.iter().map(|(name, _)| name.clone()).collect();
        let mut files: Vec<RemoteFile<'_>> = files
            .into_iter()
            .map(|(name, origin)| RemoteFile::new(origin, format!("{place} ({name})")))
            .collect();
        let mut spending = Spending { most, received: 0 };
        let (questions, mut asked) = mpsc::channel::<Question>(1);
        let image = RemoteImage::new(names, questions);
        let mut working = pin!(blocking(move || work(image)));
        let found = loop {
            let question = tokio::select! {
                found = &mut working => break found?,
                Some(question) = asked.recv() => question,
            };
            let Some(file) = files.get_mut(question.file) else {
                continue;
            };
            match file.bytes(&self.files, question.range, &mut spending).await {
                Ok(answer) => {
                    // A reader that is gone needs no answer.
                    let _ = question.answer.send(answer);
                }
                // Who asked learns that there is nothing; the reason is in the outcome.
                Err(refusal) => {
                    failure.get_or_insert(refusal);
                }
            }
        };
        let failure = match failure {
            Some(Refusal::Fetch(error)) if error.is_fatal() => return Err(error.into_error()),
            Some(Refusal::Fetch(error)) => Some(NotRead::Failed(error.into_error())),
            Some(Refusal::TooMuch) => Some(NotRead::TooMuch { most }),
            None => None,
        };
        let stored = files.iter().filter_map(|file| file.length);
        Ok(Looked {
            found,
            received: spending.received,
            stored: stored.sum::<u64>().saturating_mul(instances.max(1)),
            instances,
            failure,
        })
    }
}

/// The UID in the middle, by the numbers in them: writers count up, and the tenth comes after the ninth.
fn middle(mut uids: Vec<String>) -> Option<String> {
    uids.sort_by_cached_key(|uid| {
        let numbers = uid.split('.').map(|part| part.parse::<u128>());
        numbers.map(Result::unwrap_or_default).collect::<Vec<_>>()
    });
    let middle = uids.len() / 2;
    uids.into_iter().nth(middle)
}

/// Bytes that the files of an image may take together, and those that came.
struct Spending {
    most: u64,
    received: u64,
}

impl Spending {
    fn left(&self) -> u64 {
        self.most.saturating_sub(self.received)
    }
}

/// Why there is no answer.
enum Refusal {
    TooMuch,
    Fetch(FetchError),
}

impl<E: Into<FetchError>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Fetch(error.into())
    }
}

/// A file that is looked into.
struct RemoteFile<'a> {
    transfer: Transfer<'a>,
    /// Whether ranges of it are asked for.
    ranges: bool,
    /// The version that bytes came of, where the store names it so that ranges can be held to it.
    etag: Option<String>,
    length: Option<u64>,
}

impl<'a> RemoteFile<'a> {
    fn new(origin: Origin<'a>, place: String) -> Self {
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
    async fn bytes(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_set_is_found_by_the_numbers_of_its_instances() {
        let uids = |order: [u32; 5]| order.map(|number| format!("1.2.{number}")).to_vec();
        assert_eq!(middle(uids([1, 10, 11, 2, 9])).unwrap(), "1.2.9");
        assert_eq!(middle(Vec::new()), None);
        let odd = vec![
            "x".to_owned(),
            "1.99999999999999999999999999999999999999999".to_owned(),
        ];
        assert!(middle(odd).is_some());
    }
}
