//! Filters, primary keys and methods: what is refused, and how.

use reqwest::Method;

use crate::archive::{ARCHIVE, Archive, DICOM, PLAIN, VALUES, answer, header};

const UNKNOWN: &str = "00000000-0000-0000-0000-000000000000";

#[tokio::test]
async fn bad_and_unknown_archives_are_told_apart() {
    let served = Archive::new().serve().await;
    let not_a_uuid = r#"{"archive":["“abc” is not a valid UUID."]}"#.to_owned();
    for (path, body) in [
        ("archives/items/?archive=abc".to_owned(), not_a_uuid.clone()),
        ("cases/images/?archive=abc".into(), not_a_uuid),
        (
            format!("archives/items/?archive={UNKNOWN}"),
            r#"{"archive":["Select a valid choice. That choice is not one of the available choices."]}"#.into(),
        ),
        (
            format!("cases/images/?archive={UNKNOWN}"),
            format!(r#"{{"archive":["Select a valid choice. {UNKNOWN} is not one of the available choices."]}}"#),
        ),
        (
            format!("cases/images/?archive={ARCHIVE}&archive={UNKNOWN}"),
            format!(r#"{{"archive":["Select a valid choice. {UNKNOWN} is not one of the available choices."]}}"#),
        ),
    ] {
        let request = served.get(&format!("/api/v1/{path}"));
        assert_eq!(answer(request).await, (400, body), "{path}");
    }
}

#[tokio::test]
async fn details_that_are_not_there_are_named() {
    let served = Archive::new().serve().await;
    let not_found = r#"{"detail":"Not found."}"#.to_owned();
    let no = |model: &str| format!(r#"{{"detail":"No {model} matches the given query."}}"#);
    for (path, body) in [
        ("archives/abc/".to_owned(), not_found.clone()),
        ("archives/items/abc/".into(), not_found.clone()),
        ("cases/images/abc/".into(), not_found.clone()),
        ("components/interfaces/count/".into(), not_found),
        (format!("archives/{UNKNOWN}/"), no("Archive")),
        (format!("archives/items/{UNKNOWN}/"), no("ArchiveItem")),
        (format!("cases/images/{UNKNOWN}/"), no("Image")),
        (
            "components/interfaces/999999/".into(),
            no("ComponentInterface"),
        ),
        (
            format!("cases/images/{PLAIN}/dicom/instances/"),
            r#"{"detail":"This image does not have a DICOM Image Set."}"#.into(),
        ),
    ] {
        let request = served.get(&format!("/api/v1/{path}"));
        assert_eq!(answer(request).await, (404, body), "{path}");
    }
}

#[tokio::test]
async fn lists_are_filtered() {
    let served = Archive::new().serve().await;
    for (path, count) in [
        ("archives/?slug=demo-archive".to_owned(), 1),
        ("archives/?slug=nope".into(), 0),
        ("archives/?slug=nope&slug=demo-archive".into(), 1),
        ("archives/?title=x".into(), 1),
        (format!("cases/images/?archive={ARCHIVE}"), 3),
        ("cases/images/".into(), 3),
        ("cases/images/?name=case_001.mha".into(), 1),
        ("cases/images/?name=absent.mha".into(), 0),
        ("cases/images/?name=dicom%2Fct+%C3%9F".into(), 1),
        ("cases/images/?patient_id=P3".into(), 1),
        ("cases/images/?patient_id=P3&name=case_001.mha".into(), 0),
        ("components/interfaces/".into(), 10),
        ("components/interfaces/?slug=report".into(), 1),
    ] {
        let page = served.json(&format!("/api/v1/{path}")).await;
        assert_eq!(page["count"], count, "{path}");
        let results = page["results"].as_array().unwrap();
        assert_eq!(results.len(), count, "{path}");
    }
    let images = served.json("/api/v1/cases/images/").await;
    let names: Vec<_> = images["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| image["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["case_000.mhd", "case_001.mha", "dicom/ct ß"]);
}

#[tokio::test]
async fn nothing_can_be_written() {
    let served = Archive::new().serve().await;
    let forbidden = r#"{"detail":"You do not have permission to perform this action."}"#;
    for (method, path, status, body) in [
        (
            Method::POST,
            "archives/".to_owned(),
            405,
            r#"{"detail":"Method \"POST\" not allowed."}"#,
        ),
        (
            Method::DELETE,
            format!("cases/images/{DICOM}/"),
            405,
            r#"{"detail":"Method \"DELETE\" not allowed."}"#,
        ),
        (
            Method::PATCH,
            format!("archives/items/{VALUES}/"),
            403,
            forbidden,
        ),
        (
            Method::DELETE,
            format!("archives/items/{VALUES}/"),
            403,
            forbidden,
        ),
    ] {
        let request = served
            .client
            .request(method, served.url(&format!("/api/v1/{path}")))
            .bearer_auth(served.token.expose())
            .body(r#"{"title": "x"}"#);
        assert_eq!(answer(request).await, (status, body.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_and_missing_slashes_are_the_platforms() {
    let served = Archive::new().serve().await;
    for path in [
        "/api/v1/nope/",
        "/api/v1/nope",
        "/",
        "/archives/demo-archive/",
    ] {
        let response = served.get(path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(
            header(&response, "content-type"),
            "text/html; charset=utf-8"
        );
    }
    let path = format!("/api/v1/archives/{ARCHIVE}");
    let response = served.get(&format!("{path}?x=1")).send().await.unwrap();
    assert_eq!(response.status(), 301);
    assert_eq!(header(&response, "location"), format!("{path}/?x=1"));
    assert_eq!(response.text().await.unwrap(), "");
    let root = served.get("/api/v1/");
    assert_eq!(answer(root).await.0, 403);
    let html = served
        .get("/api/v1/archives/")
        .header("accept", "text/html");
    let expected = r#"{"detail":"Could not satisfy the request Accept header."}"#;
    assert_eq!(answer(html).await, (406, expected.to_owned()));
    let head = served.client.head(served.url("/api/v1/gcapi/"));
    let head = head.send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), header(&head, "content-length")),
        (200, "63")
    );
}
