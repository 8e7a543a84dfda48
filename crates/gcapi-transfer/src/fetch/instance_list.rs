//! The signed list of a DICOM image set.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use gcapi::{Client, ObjectRequest};
use gcapi_archive::Error as ArchiveError;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::FetchError;

/// The URLs of a DICOM image set are signed all at once and accepted for
/// about five minutes; older lists are not used.
const INSTANCE_LIST_AGE: Duration = Duration::from_secs(240);

/// The signed list of a DICOM image set, renewed when it grows old.
pub(super) struct InstanceList {
    image: Uuid,
    current: Mutex<Option<SignedList>>,
}

struct SignedList {
    at: Instant,
    requests: HashMap<String, ObjectRequest>,
}

impl InstanceList {
    pub(super) fn new(image: Uuid) -> Self {
        Self {
            image,
            current: Mutex::new(None),
        }
    }

    /// The SOP instance UIDs, each once: multi-frame instances come once per
    /// frame.
    pub(super) async fn uids(&self, client: &Client) -> Result<Vec<String>, FetchError> {
        let mut current = self.current.lock().await;
        let list = self.renewed(client, &mut current).await?;
        // In a fixed order, so that two runs do the same.
        let uids: BTreeSet<&String> = list.requests.keys().collect();
        Ok(uids.into_iter().cloned().collect())
    }

    /// A signed request for one instance. The lock is held while the list is
    /// renewed, so that all who wait for it share one renewal.
    pub(super) async fn request(
        &self,
        client: &Client,
        uid: &str,
    ) -> Result<ObjectRequest, FetchError> {
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
    pub(super) async fn expire(&self) {
        *self.current.lock().await = None;
    }
}
