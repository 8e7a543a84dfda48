//! The third stage: the bytes of one job into part files.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{TryStreamExt, stream};
use gcapi::{Client, Error as PlatformError, ErrorKind, ObjectRequest, RetryContext};
use gcapi_archive::{
    ArchiveFolder, DataFile, Error as ArchiveError, Failure, FileOrigin, data_file, indented,
    layout, with_data_file,
};
use tokio::sync::{Mutex, Semaphore, mpsc};
use url::Url;
use uuid::Uuid;

use crate::catalogue::{SharedCatalogue, blocking};
use crate::event::SharedObserver;
use crate::part_file::{self, Part};
use crate::plan::{Destination, Job, Sibling, Source};
use crate::publish::{Finished, Outcome};
use crate::{DownloadRequest, Error, Event, Existing};

/// The URLs of a DICOM image set are signed all at once and accepted for
/// about five minutes; older lists are not used.
const INSTANCE_LIST_AGE: Duration = Duration::from_secs(240);

/// Signed URLs of one file found expired before that is an error: a store that
/// refuses fresh ones will go on refusing.
const RENEWALS: u32 = 3;

/// A MetaImage header is a page of text; a longer file is not one.
const LONGEST_HEADER: u64 = 1 << 20;

/// What can befall one file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Other(#[from] Error),
}

impl FetchError {
    /// Whether every other file would meet the same: then the run ends.
    fn is_fatal(&self) -> bool {
        match self {
            Self::Platform(error) => matches!(
                error.kind(),
                ErrorKind::Unauthenticated | ErrorKind::Certificate | ErrorKind::Connect
            ),
            Self::Archive(error) => !matches!(error, ArchiveError::Path(_)),
            Self::Other(_) => true,
        }
    }

    fn into_error(self) -> Error {
        match self {
            Self::Platform(error) => error.into(),
            Self::Archive(error) => error.into(),
            Self::Other(error) => error,
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Platform(error) => match error.kind() {
                ErrorKind::Forbidden | ErrorKind::NotFound => {
                    "ask the archive's editors whether you may see it, then run again"
                }
                ErrorKind::ForeignOrigin | ErrorKind::InsecureUrl | ErrorKind::RedirectLoop => {
                    "nothing was sent there; report it to the platform"
                }
                ErrorKind::Malformed | ErrorKind::TooLarge => {
                    "run again; if it stays so, report it to the platform"
                }
                _ => "run the same command again: only what is missing is fetched",
            },
            Self::Archive(_) | Self::Other(_) => "report the path to the platform",
        }
    }
}

/// Fetches jobs.
pub(crate) struct Fetcher {
    client: Client,
    folder: ArchiveFolder,
    catalogue: SharedCatalogue,
    observer: SharedObserver,
    outcomes: mpsc::Sender<Outcome>,
    /// Files in flight.
    permits: Arc<Semaphore>,
    jobs: usize,
    existing: Existing,
}

/// Where the bytes of one file are asked for.
enum Origin<'a> {
    Media(&'a Url),
    Instance {
        set: &'a InstanceList,
        sop_instance_uid: &'a str,
    },
}

impl Fetcher {
    pub(crate) fn new(
        client: &Client,
        folder: &ArchiveFolder,
        catalogue: &SharedCatalogue,
        request: &DownloadRequest,
        observer: &SharedObserver,
        outcomes: mpsc::Sender<Outcome>,
    ) -> Self {
        Self {
            client: client.clone(),
            folder: folder.clone(),
            catalogue: catalogue.clone(),
            observer: Arc::clone(observer),
            outcomes,
            permits: Arc::new(Semaphore::new(request.jobs)),
            jobs: request.jobs,
            existing: request.existing,
        }
    }

    /// Does one job. What befalls its file becomes an outcome.
    ///
    /// # Errors
    /// What every other job would meet as well.
    pub(crate) async fn run(&self, job: Job) -> Result<(), Error> {
        let Job {
            source,
            destinations,
        } = job;
        let Some(first) = destinations.first() else {
            return Ok(());
        };
        let place = first.path.to_string();
        let result = match source {
            Source::Value { json } => self.value(&json, destinations).await,
            Source::File { url } => {
                self.file(Origin::Media(&url), FileOrigin::File, &[], destinations)
                    .await
            }
            Source::ImageFile {
                image,
                image_file,
                url,
                siblings,
            } => {
                let origin = FileOrigin::ImageFile { image, image_file };
                self.file(Origin::Media(&url), origin, &siblings, destinations)
                    .await
            }
            Source::DicomImageSet {
                image,
                image_set_id,
            } => {
                self.dicom_image_set(image, &image_set_id, destinations)
                    .await
            }
        };
        self.settle(place, result).await
    }

    /// Turns the error of one file into an outcome.
    async fn settle(&self, place: String, result: Result<(), FetchError>) -> Result<(), Error> {
        match result {
            Ok(()) => Ok(()),
            Err(error) if error.is_fatal() => Err(error.into_error()),
            Err(error) => {
                let next_step = error.next_step().to_owned();
                self.send(Outcome::Failed(Failure {
                    place,
                    reason: error.to_string(),
                    next_step,
                }))
                .await
            }
        }
    }

    async fn send(&self, outcome: Outcome) -> Result<(), Error> {
        self.outcomes
            .send(outcome)
            .await
            .map_err(|_| Error::Internal("the publisher ended early".to_owned()))
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Error> {
        self.permits
            .acquire()
            .await
            .map_err(|error| Error::Internal(error.to_string()))
    }

    /// A Value is in the listing already.
    async fn value(&self, json: &str, destinations: Vec<Destination>) -> Result<(), FetchError> {
        let Some(first) = destinations.first() else {
            return Ok(());
        };
        let path = self.folder.part_path(&first.path);
        let part = part_file::write_bytes(path, indented(json).into_bytes()).await?;
        let served = part.content.clone();
        let finished = Finished {
            part,
            served,
            etag: None,
            origin: FileOrigin::Value,
            destinations,
        };
        Ok(self.send(Outcome::Finished(Box::new(finished))).await?)
    }

    /// One file, with as many tries as the retry policy has.
    async fn file(
        &self,
        from: Origin<'_>,
        origin: FileOrigin,
        siblings: &[Sibling],
        destinations: Vec<Destination>,
    ) -> Result<(), FetchError> {
        let Some(first) = destinations.first() else {
            return Ok(());
        };
        let place = first.path.to_string();
        let part_path = self.folder.part_path(&first.path);
        let mut retry = self.client.retry_policy().context();
        let mut renewals = 0;
        let (part, etag) = loop {
            let permit = self.permit().await?;
            let attempt = self.attempt(&from, &part_path, &place, &mut retry).await;
            drop(permit);
            let error = match attempt {
                Ok(fetched) => break fetched,
                Err(FetchError::Platform(error)) => error,
                Err(error) => return Err(error),
            };
            // A signature that grew old is renewed by the next try.
            let delay = if error.kind() == ErrorKind::Expired && renewals < RENEWALS {
                renewals += 1;
                Duration::ZERO
            } else if let Some(delay) = retry.next_delay(&error) {
                delay
            } else {
                return Err(retry.stamp(error).into());
            };
            self.observer.on_event(&Event::Retrying {
                path: place.clone(),
                reason: error.to_string(),
                delay,
            });
            tokio::time::sleep(delay).await;
        };
        let served = part.content.clone();
        let part = if siblings.is_empty() {
            part
        } else {
            self.follow_data_file(part, siblings, &place).await?
        };
        let finished = Finished {
            part,
            served,
            etag,
            origin,
            destinations,
        };
        Ok(self.send(Outcome::Finished(Box::new(finished))).await?)
    }

    /// One try: resolve, open, stream to disk.
    async fn attempt(
        &self,
        from: &Origin<'_>,
        part_path: &std::path::Path,
        place: &str,
        retry: &mut RetryContext,
    ) -> Result<(Part, Option<String>), FetchError> {
        let request = match from {
            Origin::Media(url) => self.client.resolve_media_within(url, retry).await?,
            Origin::Instance {
                set,
                sop_instance_uid,
            } => set.request(&self.client, sop_instance_uid).await?,
        };
        let object = self
            .client
            .get_object_within(&request, None, None, retry)
            .await;
        if let (Err(error), Origin::Instance { set, .. }) = (&object, from)
            && error.kind() == ErrorKind::Expired
        {
            set.expire().await;
        }
        let object = object?;
        self.observer.on_event(&Event::Started {
            path: place.to_owned(),
            size: object.length,
        });
        let (length, etag) = (object.length, object.etag.clone());
        let received = |bytes: usize| {
            self.observer.on_event(&Event::Received {
                bytes: bytes as u64,
            });
        };
        let part = part_file::write_stream(
            part_path.to_path_buf(),
            length,
            object.into_stream(),
            received,
        )
        .await?;
        Ok((part, etag))
    }

    /// A MetaImage header names its data file, which has another name now.
    async fn follow_data_file(
        &self,
        part: Part,
        siblings: &[Sibling],
        place: &str,
    ) -> Result<Part, FetchError> {
        if part.content.size > LONGEST_HEADER {
            return Ok(part);
        }
        let path = part.path.clone();
        let read = {
            let path = path.clone();
            move || std::fs::read(&path).map_err(|source| ArchiveError::reading(&path, source))
        };
        let header = blocking(read).await??;
        let DataFile::Named(named) = data_file(&header) else {
            return Ok(part);
        };
        let sibling = siblings
            .iter()
            .find(|sibling| sibling.served_name == named)
            // Upload names lose spaces and brackets on the way, so the only
            // other file of the image is the one that is meant.
            .or(match siblings {
                [only] => Some(only),
                _ => None,
            });
        let Some(sibling) = sibling else {
            self.observer.on_event(&Event::Warning {
                place: place.to_owned(),
                message: format!("its data file {named:?} is none of the image's files"),
            });
            return Ok(part);
        };
        match with_data_file(&header, &sibling.name) {
            Some(header) if sibling.name != named => {
                Ok(part_file::write_bytes(path, header).await?)
            }
            _ => Ok(part),
        }
    }

    /// Every instance of a set; those that are here are left alone.
    async fn dicom_image_set(
        &self,
        image: Uuid,
        image_set_id: &str,
        folders: Vec<Destination>,
    ) -> Result<(), FetchError> {
        let Some(first) = folders.first() else {
            return Ok(());
        };
        let folder = first.path.to_string();
        let set = InstanceList::new(image);
        let uids = set.uids(&self.client).await?;
        let (count, id) = (uids.len() as u64, image_set_id.to_owned());
        self.catalogue
            .run(move |catalogue| catalogue.put_dicom_image_set(image, &id, count))
            .await?;
        let mut instances = Vec::with_capacity(uids.len());
        for uid in uids {
            match instance_paths(&folders, &uid) {
                Ok(destinations) => instances.push((uid, destinations)),
                Err(refused) => {
                    let place = format!("{folder}/{uid}");
                    self.settle(place, Err(ArchiveError::from(refused).into()))
                        .await?;
                }
            }
        }
        let instances = self.without_held(instances).await?;
        self.observer.on_event(&Event::DicomImageSet {
            path: folder,
            instances: instances
                .iter()
                .map(|(_, destinations)| destinations.len() as u64)
                .sum(),
        });
        let set = &set;
        stream::iter(instances.into_iter().map(Ok::<_, Error>))
            .try_for_each_concurrent(self.jobs, |(sop_instance_uid, destinations)| async move {
                let place = destinations
                    .first()
                    .map_or_else(String::new, |first| first.path.to_string());
                let origin = FileOrigin::DicomInstance {
                    image,
                    sop_instance_uid: sop_instance_uid.clone(),
                };
                let from = Origin::Instance {
                    set,
                    sop_instance_uid: &sop_instance_uid,
                };
                let result = self.file(from, origin, &[], destinations).await;
                self.settle(place, result).await
            })
            .await?;
        Ok(())
    }

    /// The instances with the destinations at which they are not what the
    /// catalogue says; without those that are everywhere.
    async fn without_held(
        &self,
        instances: Vec<(String, Vec<Destination>)>,
    ) -> Result<Vec<(String, Vec<Destination>)>, FetchError> {
        if self.existing == Existing::Overwrite {
            return Ok(instances);
        }
        let folder = self.folder.clone();
        let missing = self
            .catalogue
            .run(move |catalogue| {
                let mut missing = Vec::new();
                for (uid, mut destinations) in instances {
                    let mut error = None;
                    destinations.retain(|destination| {
                        match is_held(catalogue, &folder, destination) {
                            Ok(held) => !held,
                            Err(found) => {
                                error = Some(found);
                                true
                            }
                        }
                    });
                    match error {
                        Some(error) => return Err(error),
                        None if destinations.is_empty() => {}
                        None => missing.push((uid, destinations)),
                    }
                }
                Ok(missing)
            })
            .await?;
        Ok(missing)
    }
}

/// Where one instance of a set goes, below the folders of the set.
fn instance_paths(
    folders: &[Destination],
    sop_instance_uid: &str,
) -> Result<Vec<Destination>, gcapi_archive::PathRefused> {
    folders
        .iter()
        .map(|folder| {
            let path = layout::dicom_instance_path(&folder.path, sop_instance_uid)?;
            Ok(Destination {
                path,
                ..folder.clone()
            })
        })
        .collect()
}

/// Whether a file is there with the size and time the catalogue says.
fn is_held(
    catalogue: &gcapi_archive::Catalogue,
    folder: &ArchiveFolder,
    destination: &Destination,
) -> Result<bool, ArchiveError> {
    let Some(record) = catalogue.file(&destination.path)? else {
        return Ok(false);
    };
    let on_disk = match folder.look(&destination.path) {
        Ok(on_disk) => on_disk,
        Err(ArchiveError::InTheWay { .. }) => None,
        Err(error) => return Err(error),
    };
    let expected = (record.written.size, record.modified_ns);
    Ok(record.value == destination.value
        && on_disk.is_some_and(|on_disk| (on_disk.size, on_disk.modified_ns) == expected))
}

/// The signed list of a DICOM image set, renewed when it grows old.
struct InstanceList {
    image: Uuid,
    current: Mutex<Option<SignedList>>,
}

struct SignedList {
    at: Instant,
    requests: HashMap<String, ObjectRequest>,
}

impl InstanceList {
    fn new(image: Uuid) -> Self {
        Self {
            image,
            current: Mutex::new(None),
        }
    }

    /// The SOP instance UIDs, each once: multi-frame instances come once per
    /// frame.
    async fn uids(&self, client: &Client) -> Result<Vec<String>, FetchError> {
        let mut current = self.current.lock().await;
        let list = self.renewed(client, &mut current).await?;
        // In a fixed order, so that two runs do the same.
        let uids: BTreeMap<&String, ()> = list.requests.keys().map(|uid| (uid, ())).collect();
        Ok(uids.into_keys().cloned().collect())
    }

    /// A signed request for one instance. The lock is held while the list is
    /// renewed, so that all who wait for it share one renewal.
    async fn request(&self, client: &Client, uid: &str) -> Result<ObjectRequest, FetchError> {
        let mut current = self.current.lock().await;
        let list = self.renewed(client, &mut current).await?;
        list.requests.get(uid).cloned().ok_or_else(|| {
            FetchError::Archive(ArchiveError::Path(gcapi_archive::PathRefused {
                path: uid.to_owned(),
                reason: "the instance left its set while it was being fetched",
            }))
        })
    }

    async fn renewed<'a>(
        &self,
        client: &Client,
        current: &'a mut Option<SignedList>,
    ) -> Result<&'a SignedList, FetchError> {
        if current
            .as_ref()
            .is_some_and(|list| list.at.elapsed() > INSTANCE_LIST_AGE)
        {
            *current = None;
        }
        if let Some(list) = current {
            return Ok(list);
        }
        let at = Instant::now();
        let listed = client.dicom_instances(&self.image).await?;
        let mut requests = HashMap::with_capacity(listed.instances.len());
        for instance in &listed.instances {
            requests.insert(
                instance.sop_instance_uid.clone(),
                ObjectRequest::try_from(instance)?,
            );
        }
        Ok(current.insert(SignedList { at, requests }))
    }

    /// The store said that the signature is too old.
    async fn expire(&self) {
        *self.current.lock().await = None;
    }
}
