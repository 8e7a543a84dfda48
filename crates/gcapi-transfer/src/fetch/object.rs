//! The bytes of one file, with as many tries as the retry policy has.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gcapi::{ErrorKind, RetryContext, Url};
use gcapi_archive::FileOrigin;

use super::instance_list::InstanceList;
use super::{FetchError, Fetcher};
use crate::Event;
use crate::part_file::{self, Part};
use crate::plan::{Destination, Sibling};
use crate::publish::{Finished, Outcome};

/// Signed URLs of one file found expired before that is an error: a store that
/// refuses fresh ones will go on refusing.
const RENEWALS: u32 = 3;

/// Where the bytes of one file are asked for.
pub(super) enum Origin<'a> {
    Media(&'a Url),
    Instance {
        set: &'a InstanceList,
        sop_instance_uid: &'a str,
    },
}

impl Fetcher {
    /// One file, with as many tries as the retry policy has.
    pub(super) async fn file(
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
            self.retries.fetch_add(1, Ordering::Relaxed);
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
        part_path: &Path,
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
}
