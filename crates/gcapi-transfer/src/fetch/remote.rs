//! Where the bytes of one file are asked for: a signed URL that all parts of
//! the file share, and that is renewed once when it has expired, not once for
//! each part.

use gcapi::{Client, ObjectRequest, RetryPolicy, Url};
use tokio::sync::Mutex;

use super::FetchError;
use super::instance_list::InstanceList;

/// What a signed URL is made from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// A media URL of the platform.
    Media(&'a Url),
    /// An entry in the signed list of a DICOM image set.
    Instance {
        set: &'a InstanceList,
        sop_instance_uid: &'a str,
    },
}

/// A file in the store.
pub(super) struct Remote<'a> {
    origin: Origin<'a>,
    signed: Mutex<Signed>,
}

#[derive(Default)]
struct Signed {
    /// Counts renewals, so that a part can say which URL it found expired.
    generation: u64,
    request: Option<ObjectRequest>,
}

impl<'a> Remote<'a> {
    pub(super) fn new(origin: Origin<'a>) -> Self {
        Self {
            origin,
            signed: Mutex::new(Signed::default()),
        }
    }

    /// Whether ranges of it may be asked for. Requests for DICOM instances are
    /// signed with their headers and sent exactly as they were signed.
    pub(super) fn takes_ranges(&self) -> bool {
        matches!(self.origin, Origin::Media(_))
    }

    /// The signed request, if somebody asked for it already.
    pub(super) async fn signed(&self) -> Option<(u64, ObjectRequest)> {
        let signed = self.signed.lock().await;
        let request = signed.request.clone()?;
        Some((signed.generation, request))
    }

    /// The signed request, made at its first use. Whoever else needs it waits
    /// for the same one.
    pub(super) async fn request(
        &self,
        client: &Client,
    ) -> Result<(u64, ObjectRequest), FetchError> {
        let mut signed = self.signed.lock().await;
        if let Some(request) = &signed.request {
            return Ok((signed.generation, request.clone()));
        }
        let request = match self.origin {
            Origin::Media(url) => {
                // Tried again by whoever asked: one budget for all of it.
                let mut once = RetryPolicy::never().context();
                client.resolve_media_within(url, &mut once).await?
            }
            Origin::Instance {
                set,
                sop_instance_uid,
            } => set.request(client, sop_instance_uid).await?,
        };
        signed.request = Some(request.clone());
        Ok((signed.generation, request))
    }

    /// Says that the URL of some generation has expired. True for the first
    /// one to say so.
    pub(super) async fn expired(&self, generation: u64) -> bool {
        let mut signed = self.signed.lock().await;
        if signed.generation != generation {
            return false;
        }
        signed.generation += 1;
        signed.request = None;
        if let Origin::Instance { set, .. } = self.origin {
            set.expire().await;
        }
        true
    }
}
