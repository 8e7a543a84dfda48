//! Looking into files of the store without fetching them whole.
//!
//! Readers of images want to read and to seek, and to wait meanwhile; requests are made on the
//! runtime. So whoever reads has a thread that may wait ([`RemoteImage`], in `remote_image.rs`) and
//! asks for ranges, and [`RemoteFiles::look`] answers (`remote_file.rs`), with the signed URL, the tries and the budget
//! of every other file: nothing is written, and what came is forgotten with the image.

use std::pin::pin;
use std::sync::Arc;

use gcapi::{Client, Url};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::instance_list::InstanceList;
use super::remote::Origin;
use super::remote_file::{Refusal, RemoteFile, Spending};
use super::remote_image::{Question, RemoteImage};
use super::{Counters, FileFetcher};
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
        }
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
