//! How large it will be: for a dry run that is asked to find out.
//!
//! No list of the platform gives sizes, so each file costs a request to the
//! platform, for its signed URL, and one to the store, for its first byte. Of
//! a DICOM image set one instance is asked for, and the others are taken to be
//! as large.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use gcapi::{ByteRange, Client, ObjectRequest};
use gcapi_archive::indented;
use uuid::Uuid;

use crate::error::is_fatal;
use crate::event::SharedObserver;
use crate::plan::{Job, Source};
use crate::{Error, Event};

/// Files asked for side by side.
pub(crate) const AT_A_TIME: usize = 16;

/// Asks for sizes and adds them up.
pub(crate) struct Sizes<'a> {
    pub(crate) client: &'a Client,
    pub(crate) observer: &'a SharedObserver,
    pub(crate) totals: &'a Totals,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    files: AtomicU64,
    bytes: AtomicU64,
    unknown: AtomicU64,
}

impl Totals {
    /// Files, bytes, and files whose size nobody says.
    pub(crate) fn get(&self) -> (u64, u64, u64) {
        let get = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (get(&self.files), get(&self.bytes), get(&self.unknown))
    }

    fn add(&self, files: u64, bytes: Option<u64>) {
        self.files.fetch_add(files, Ordering::Relaxed);
        match bytes {
            Some(bytes) => self.bytes.fetch_add(bytes, Ordering::Relaxed),
            None => self.unknown.fetch_add(files, Ordering::Relaxed),
        };
    }
}

/// The size of what one job fetches, for each of its destinations.
struct Size {
    files: u64,
    bytes: Option<u64>,
    estimated: bool,
}

impl Size {
    fn of_file(bytes: Option<u64>) -> Self {
        Self {
            files: 1,
            bytes,
            estimated: false,
        }
    }
}

impl Sizes<'_> {
    /// Asks for the size of one job.
    ///
    /// # Errors
    /// What every other job would meet as well.
    pub(crate) async fn ask(&self, job: Job) -> Result<(), Error> {
        let size = match &job.source {
            Source::Value { json } => Ok(Size::of_file(Some(indented(json).len() as u64))),
            Source::File { url } | Source::ImageFile { url, .. } => {
                self.file(url).await.map(Size::of_file)
            }
            Source::DicomImageSet { image, .. } => self.dicom_image_set(*image).await,
        };
        let size = match size {
            Ok(size) => size,
            Err(error) if is_fatal(&error) => return Err(error.into()),
            Err(error) => {
                let first = job.destinations.first();
                self.observer.on_event(&Event::Warning {
                    place: first.map_or_else(String::new, |first| first.path.to_string()),
                    message: error.to_string(),
                });
                Size::of_file(None)
            }
        };
        for destination in job.destinations {
            self.totals.add(size.files, size.bytes);
            self.observer.on_event(&Event::Sized {
                path: destination.path.to_string(),
                files: size.files,
                bytes: size.bytes,
                estimated: size.estimated,
            });
        }
        Ok(())
    }

    async fn file(&self, url: &gcapi::Url) -> Result<Option<u64>, gcapi::Error> {
        let request = self.client.resolve_media(url).await?;
        let first_byte = ByteRange {
            start: 0,
            end: Some(0),
        };
        match self
            .client
            .get_object(&request, Some(first_byte), None)
            .await
        {
            Ok(object) => Ok(object.total_length()),
            // An empty file has no first byte.
            Err(error) if is_unsatisfiable(&error) => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    async fn dicom_image_set(&self, image: Uuid) -> Result<Size, gcapi::Error> {
        let listed = self.client.dicom_instances(&image).await?;
        let uids: BTreeSet<&str> = listed
            .instances
            .iter()
            .map(|instance| instance.sop_instance_uid.as_str())
            .collect();
        let files = uids.len() as u64;
        let one = match listed.instances.first() {
            Some(instance) => {
                // Signed for the whole instance: its body is not read.
                let request = ObjectRequest::try_from(instance)?;
                let object = self.client.get_object(&request, None, None).await?;
                object.total_length()
            }
            None => Some(0),
        };
        Ok(Size {
            files,
            bytes: one.map(|bytes| bytes.saturating_mul(files)),
            estimated: files > 1,
        })
    }
}

fn is_unsatisfiable(error: &gcapi::Error) -> bool {
    let status = error.context().and_then(|context| context.status);
    status.is_some_and(|status| status.as_u16() == 416)
}
