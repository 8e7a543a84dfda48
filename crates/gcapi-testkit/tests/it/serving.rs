//! A platform that behaves.

use gcapi_testkit::{Platform, Side};

use crate::client::{FILE, Visitor, archive};

#[tokio::test]
async fn everything_in_the_archive_is_served() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = Platform::start(&archive(&temporary));
    let visitor = Visitor::new(&platform);
    let page = visitor.json("archives/items/").await;
    assert_eq!(page["count"], 2);
    assert_eq!(
        visitor.value("nothing").await["value"],
        serde_json::Value::Null
    );
    let report = visitor.value("report").await;
    assert_eq!(visitor.media(&report["file"]).await, FILE);
    for (socket, expected) in [("ct", vec!["volume"]), ("twins", vec!["one", "two"])] {
        let url = visitor.value(socket).await["image"].clone();
        let image = visitor.json(url.as_str().unwrap()).await;
        let files = image["files"].as_array().unwrap();
        assert_eq!(files.len(), expected.len(), "{socket}");
        for (file, bytes) in files.iter().zip(expected) {
            assert_eq!(visitor.media(&file["file"]).await, bytes.as_bytes());
        }
    }
    let url = visitor.value("mr").await["image"].clone();
    let instances = format!("{}dicom/instances/", url.as_str().unwrap());
    let list = visitor.json(&instances).await;
    assert_eq!(list["instances"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn every_request_to_either_side_is_kept_until_it_is_forgotten() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = Platform::start(&archive(&temporary));
    let visitor = Visitor::new(&platform);
    let report = visitor.value("report").await;
    platform.forget_requests();
    visitor.media(&report["file"]).await;
    visitor.get("archives/?slug=small").await;

    let seen = platform.requests();
    let sides: Vec<_> = seen.iter().map(|seen| seen.side).collect();
    assert_eq!(sides, [Side::Api, Side::Store, Side::Api]);
    assert_eq!(
        seen.iter().map(|seen| seen.number).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    let tokens: Vec<_> = seen
        .iter()
        .map(|seen| seen.headers.contains_key("authorization"))
        .collect();
    assert_eq!(tokens, [true, false, true]);
    assert!(
        platform.store().ends_with(&seen[1].host),
        "{}",
        seen[1].host
    );
    assert!(seen[2].is_list("archives/"));
    assert_eq!(seen[2].query, "slug=small");
    assert_eq!(seen[2].method, "GET");

    platform.forget_requests();
    assert!(platform.requests().is_empty());
}

#[tokio::test]
async fn it_ends_when_it_is_dropped() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = Platform::start(&archive(&temporary));
    let url = format!("{}archives/", platform.base_url());
    let visitor = Visitor::new(&platform);
    assert_eq!(visitor.get("archives/").await.status(), 200);
    let request = visitor.anonymously(&url);
    drop(platform);
    assert!(request.send().await.is_err());
}
