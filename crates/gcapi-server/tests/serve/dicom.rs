//! Instances of DICOM image sets, signed in their headers.

use reqwest::RequestBuilder;
use serde_json::Value;

use crate::archive::{Archive, DICOM, Served, answer};

async fn instances(served: &Served) -> Value {
    served
        .json(&format!("/api/v1/cases/images/{DICOM}/dicom/instances/"))
        .await
}

fn request(served: &Served, instance: &Value, skip: &str, more: &[(&str, &str)]) -> RequestBuilder {
    let get = &instance["get_instance"];
    assert_eq!(get["method"], "GET");
    assert_eq!(get["data"], Value::Null);
    let mut request = served.client.get(get["url"].as_str().unwrap());
    for (name, value) in get["headers"].as_object().unwrap() {
        if name != skip {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    request
}

#[tokio::test]
async fn every_instance_is_listed_once_and_comes_with_its_headers() {
    let served = Archive::new().serve().await;
    let list = instances(&served).await;
    assert_eq!(list["image_set_id"], "0123456789abcdef0123456789abcdef");
    let entries = list["instances"].as_array().unwrap();
    let uids: Vec<_> = entries
        .iter()
        .map(|entry| entry["sop_instance_uid"].as_str().unwrap())
        .collect();
    assert_eq!(uids, ["1.2.10", "1.2.11"]);
    for (entry, uid) in entries.iter().zip(uids) {
        let url = entry["get_instance"]["url"].as_str().unwrap();
        let expected = format!(
            "/studies/1.2.8/series/1.2.9/instances/{uid}?imageSetId=0123456789abcdef0123456789abcdef"
        );
        assert!(url.ends_with(&expected), "{url}");
        let response = request(&served, entry, "", &[]).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/dicom");
        assert_eq!(response.text().await.unwrap(), format!("DICM{uid}"));
    }
}

#[tokio::test]
async fn headers_that_do_not_fit_open_nothing() {
    let served = Archive::new().serve().await;
    let list = instances(&served).await;
    let entry = &list["instances"][0];
    for (skip, more) in [
        ("Accept", &[][..]),
        ("Accept", &[("accept", "application/dicom")]),
        ("X-Amz-Date", &[]),
        ("X-Amz-Date", &[("x-amz-date", "20200101T000000Z")]),
        ("Authorization", &[]),
        ("Authorization", &[("authorization", "Bearer abc")]),
    ] {
        let (status, body) = answer(request(&served, entry, skip, more)).await;
        assert_eq!(status, 403, "{skip} {more:?}");
        assert!(body.starts_with(r#"{"message":"#), "{body}");
    }
    // The signature of one instance does not open another.
    let mut other = entry.clone();
    other["get_instance"]["url"] = list["instances"][1]["get_instance"]["url"].clone();
    assert_eq!(answer(request(&served, &other, "", &[])).await.0, 403);
}
