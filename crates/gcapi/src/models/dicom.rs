//! The instances of DICOM image sets.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::lenient::null_as_default;
use crate::redact::redact_text;

/// The instances of one DICOM image set.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct DicomInstanceList {
    /// The key of the image set in the DICOM store.
    #[serde(default, deserialize_with = "null_as_default")]
    pub image_set_id: String,
    /// One entry per stored frame: an instance of several frames occurs several times.
    pub instances: Vec<DicomInstance>,
}

/// One instance, and how to get it.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct DicomInstance {
    /// The identifier of the instance. The server chose it, so check it before it becomes a name.
    pub sop_instance_uid: String,
    /// The request to send, signed by the platform.
    pub get_instance: SignedRequest,
}

/// A request signed by the platform. Good for some minutes; to be sent exactly as it is.
#[derive(Clone, Deserialize)]
#[non_exhaustive]
pub struct SignedRequest {
    /// The address.
    pub url: String,
    /// The method.
    #[serde(default = "get")]
    pub method: String,
    /// The headers, the signature among them.
    #[serde(default, deserialize_with = "null_as_default")]
    pub headers: BTreeMap<String, String>,
}

impl fmt::Debug for SignedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SignedRequest")
            .field("url", &redact_text(&self.url))
            .field("method", &self.method)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish()
    }
}

fn get() -> String {
    "GET".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::ObjectRequest;

    fn instance(method: &str, url: &str) -> DicomInstance {
        serde_json::from_str(&format!(
            r#"{{"sop_instance_uid":"1.2.3","get_instance":{{"url":"{url}","method":"{method}","data":null,
                "headers":{{"Accept":"application/dicom; transfer-syntax=1.2","X-Amz-Date":"20261124T002501Z",
                "Authorization":"AWS4-HMAC-SHA256 Credential=k, Signature=s3cr3t"}}}}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn an_instance_becomes_a_request_with_exactly_its_headers() {
        let instance = instance("GET", "https://dicom.example/instances/1.2.3?imageSetId=a");
        let request = ObjectRequest::try_from(&instance).unwrap();
        assert_eq!(request.headers.len(), 3);
        assert_eq!(request.origin(), "https://dicom.example");
        assert_eq!(request.served_name(), "1.2.3");
        for text in [format!("{instance:?}"), format!("{request:?}")] {
            assert!(!text.contains("s3cr3t"), "{text}");
        }
    }

    #[test]
    fn instances_that_cannot_be_fetched_are_refused() {
        for (method, url) in [
            ("POST", "https://dicom.example/a"),
            ("GET", "http://dicom.example/a"),
            ("GET", "::"),
        ] {
            assert!(ObjectRequest::try_from(&instance(method, url)).is_err());
        }
    }
}
