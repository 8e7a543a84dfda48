//! Who is let in, and what everybody else is told.

use crate::archive::{ARCHIVE, Archive, PLAIN, VALUES, answer, header};

const EMPTY: &str = r#"{"count":0,"next":null,"previous":null,"results":[]}"#;

#[tokio::test]
async fn every_form_of_the_header_is_answered_as_by_the_platform() {
    let served = Archive::new().serve().await;
    let token = served.token.expose().to_owned();
    let invalid = r#"{"detail":"Invalid token."}"#;
    for (authorization, status, body) in [
        (format!("Bearer {}", "f".repeat(64)), 401, invalid),
        ("Bearer not-hex".into(), 401, invalid),
        ("Bearer abc".into(), 401, invalid),
        (format!("bearer {token}x"), 401, invalid),
        (
            "Bearer".into(),
            401,
            r#"{"detail":"Invalid token header. No credentials provided."}"#,
        ),
        (
            "Bearer a b".into(),
            401,
            r#"{"detail":"Invalid token header. Token string should not contain spaces."}"#,
        ),
        (format!("Token {token}"), 200, EMPTY),
        ("Basic abc".into(), 200, EMPTY),
    ] {
        let url = served.url("/api/v1/archives/items/");
        let request = served
            .client
            .get(url)
            .header("authorization", &authorization);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{authorization}");
        let challenge = if status == 401 { "Bearer" } else { "" };
        assert_eq!(header(&response, "www-authenticate"), challenge);
        assert_eq!(header(&response, "content-type"), "application/json");
        assert_eq!(response.text().await.unwrap(), body, "{authorization}");
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = served
            .client
            .get(served.url("/api/v1/archives/items/?limit=1"))
            .header("authorization", format!("{scheme} {token}"));
        let (status, body) = answer(request).await;
        assert_eq!(status, 200);
        assert!(body.starts_with(r#"{"count":13,"#), "{body}");
    }
}

#[tokio::test]
async fn the_public_sees_empty_lists_and_no_details() {
    let served = Archive::new().serve().await;
    let no = |model: &str| format!(r#"{{"detail":"No {model} matches the given query."}}"#);
    let needed = r#"{"detail":"Authentication credentials were not provided."}"#.to_owned();
    for (path, status, body) in [
        ("archives/".to_owned(), 200, EMPTY.to_owned()),
        ("archives/?slug=demo-archive".into(), 200, EMPTY.into()),
        (
            format!("archives/items/?archive={ARCHIVE}"),
            200,
            EMPTY.into(),
        ),
        (
            format!("cases/images/?archive={ARCHIVE}"),
            200,
            EMPTY.into(),
        ),
        (format!("archives/{ARCHIVE}/"), 404, no("Archive")),
        (format!("archives/items/{VALUES}/"), 404, no("ArchiveItem")),
        (format!("cases/images/{PLAIN}/"), 404, no("Image")),
        (
            format!("cases/images/{PLAIN}/dicom/instances/"),
            404,
            no("Image"),
        ),
        ("components/interfaces/".into(), 401, needed.clone()),
        ("components/interfaces/12/".into(), 401, needed.clone()),
        (String::new(), 401, needed.clone()),
        (
            "gcapi/".into(),
            200,
            r#"{"latest_version":"0.13.2","lowest_supported_version":"0.13.0"}"#.into(),
        ),
    ] {
        let url = served.url(&format!("/api/v1/{path}"));
        let expected = (status, body);
        assert_eq!(answer(served.client.get(url)).await, expected, "{path}");
    }
    let post = served.client.post(served.url("/api/v1/archives/items/"));
    assert_eq!(answer(post).await, (401, needed));
    let version = served
        .client
        .get(served.url("/api/v1/gcapi/"))
        .bearer_auth("ff");
    assert_eq!(answer(version).await.0, 401);
}

#[tokio::test]
async fn the_token_is_in_no_debug_output() {
    let archive = Archive::new();
    let config = archive.config();
    let token = config.token.expose().to_owned();
    assert!(!format!("{config:?}").contains(&token));
    let server = gcapi_server::start(config).await.unwrap();
    assert!(!format!("{server:?}").contains(&token));
    server.shutdown().await.unwrap();
}
