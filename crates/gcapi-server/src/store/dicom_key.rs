//! Paths of DICOM instances, as AWS HealthImaging has them.

use uuid::Uuid;

use crate::media_key::{decode, encode};

/// What the path of an instance names. The image's pk stands where AWS has
/// the data store's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DicomKey {
    pub(crate) image: Uuid,
    pub(crate) sop_instance_uid: String,
}

impl DicomKey {
    /// Reads a path without its query.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.strip_prefix("/datastore/")?.split('/').collect();
        match *segments.as_slice() {
            [image, "studies", _, "series", _, "instances", instance] => Some(Self {
                image: Uuid::try_parse(image).ok()?,
                sop_instance_uid: decode(instance)?,
            }),
            _ => None,
        }
    }

    /// Path and query. Study and series are there for the eye.
    pub(crate) fn to_path(&self, study: &str, series: &str, image_set_id: &str) -> String {
        let uid = |uid: &str| {
            if uid.is_empty() {
                "0".to_owned()
            } else {
                encode(uid)
            }
        };
        format!(
            "/datastore/{}/studies/{}/series/{}/instances/{}?imageSetId={}",
            self.image.simple(),
            uid(study),
            uid(series),
            encode(&self.sop_instance_uid),
            encode(image_set_id),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let key = DicomKey {
            image: Uuid::from_u128(7),
            sop_instance_uid: "1.2.3".into(),
        };
        let path = key.to_path("", "1.2", "abc");
        let (path, query) = path.split_once('?').unwrap();
        assert_eq!(
            path,
            "/datastore/00000000000000000000000000000007/studies/0/series/1.2/instances/1.2.3"
        );
        assert_eq!(query, "imageSetId=abc");
        assert_eq!(DicomKey::parse(path), Some(key));
        assert_eq!(DicomKey::parse("/datastore/x"), None);
    }
}
