//! What requests look like, raw requests, and questions asked once.

use gcapi::{Client, EndpointGroup, ErrorKind, Filters, Method};
use serde_json::json;

use crate::common::{Server, TOKEN, bytes, client, json as json_reply, reply};

#[tokio::test]
async fn requests_carry_the_token_and_ask_for_json() {
    let server = Server::start(|_, _| json_reply(200, "{}")).await;
    client(&server).uploads().detail("1").await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(
        seen.header("authorization"),
        Some(&*format!("Bearer {TOKEN}"))
    );
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert!(seen.header("accept-encoding").unwrap().contains("gzip"));
    assert!(seen.header("user-agent").unwrap().starts_with("gcapi-rs/"));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_for_one() {
    let server = Server::start(|_, _| json_reply(200, "{}")).await;
    let client = crate::common::builder(&server).token(None).build().unwrap();
    client.uploads().detail("1").await.unwrap();
    assert_eq!(server.seen()[0].header("authorization"), None);
}

#[tokio::test]
async fn the_version_is_asked_at_most_once() {
    let server = Server::start(|_, _| {
        json_reply(
            200,
            r#"{"latest_version":"0.13.2","lowest_supported_version":"0.13.0"}"#,
        )
    })
    .await;
    let client = client(&server);
    let clone = client.clone();
    let (first, second) = tokio::join!(client.version(), clone.version());
    assert_eq!(first.unwrap().latest_version, "0.13.2");
    assert_eq!(second.unwrap().lowest_supported_version, "0.13.0");
    client.version().await.unwrap();
    assert_eq!(server.count(), 1);
    assert_eq!(server.seen()[0].path, "/api/v1/gcapi/");
}

#[tokio::test]
async fn a_refused_version_is_remembered_too() {
    let server = Server::start(|_, _| json_reply(401, r#"{"detail":"Invalid token."}"#)).await;
    let client = client(&server);
    for _ in 0..2 {
        assert_eq!(
            client.version().await.unwrap_err().kind(),
            ErrorKind::Unauthenticated
        );
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn raw_requests_reach_the_api_only() {
    let server = Server::start(|_, _| json_reply(201, "{\"a\":1}")).await;
    let client = client(&server);
    let body = json!({"title": "ü"});
    let query = [("q".to_owned(), "1 2".to_owned())];
    let response = client
        .request(Method::POST, "archives/items/", &query, Some(&body))
        .await
        .unwrap();
    assert_eq!(response.status.as_u16(), 201);
    assert_eq!(response.json().unwrap(), json!({"a": 1}));
    let seen = &server.seen()[0];
    assert_eq!(
        (seen.path.as_str(), seen.query.as_str()),
        ("/api/v1/archives/items/", "q=1+2")
    );
    assert_eq!(seen.method, "POST");
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.body, body.to_string());

    for path in [server.url("/api/v1/x/"), "/api/v1/x/".to_owned()] {
        client.request(Method::GET, &path, &[], None).await.unwrap();
    }
    for (path, expected) in [
        ("https://evil.example/api/v1/", ErrorKind::ForeignOrigin),
        ("//evil.example/", ErrorKind::ForeignOrigin),
        ("http://localhost/", ErrorKind::InsecureUrl),
    ] {
        let error = client
            .request(Method::GET, path, &[], None)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), expected);
    }
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn raw_responses_may_be_anything() {
    let server = Server::start(|_, _| bytes(200, "a,b\n")).await;
    let response = client(&server)
        .request(Method::GET, "archives/", &[], None)
        .await
        .unwrap();
    assert_eq!(&response.body[..], b"a,b\n");
    assert_eq!(response.json().unwrap_err().kind(), ErrorKind::Malformed);
}

#[tokio::test]
async fn every_group_asks_below_the_api() {
    let server = Server::start(|_, _| {
        json_reply(
            200,
            r#"{"count":0,"next":null,"previous":null,"results":[]}"#,
        )
    })
    .await;
    let client = client(&server);
    for group in EndpointGroup::ALL {
        client
            .group(*group)
            .page(&Filters::new(), 0, 1)
            .await
            .unwrap();
        assert_eq!(
            server.seen().last().unwrap().path,
            format!("/api/v1/{}", group.path())
        );
    }
}

#[tokio::test]
async fn the_signatures_of_dicom_instances_stay_out_of_errors() {
    let server = Server::start(|_, _| {
        json_reply(200, r#"{"instances":[{"sop":1,"headers":{"Authorization":"AWS4 Signature=s3cr3t","X-Amz-Security-Token":"s3cr3t"}}]}"#)
    })
    .await;
    let error = client(&server)
        .dicom_instances(&gcapi::Uuid::nil())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
}

#[tokio::test]
async fn login_pages_are_not_taken_for_answers() {
    let server = Server::start(|_, _| reply(200, "text/html", "<title>Sign in</title>")).await;
    let error = client(&server).uploads().detail("1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("text/html"), "{error}");
}

#[tokio::test]
async fn a_client_can_be_used_from_any_task() {
    fn anywhere<T: Send + Sync + 'static>(_: &T) {}
    let client = Client::builder().build().unwrap();
    anywhere(&client);
    anywhere(&client.images());
    let future = async move { client.version().await };
    fn moves<T: Send>(_: &T) {}
    moves(&future);
    assert!(size_of_val(&future) < 16 * 1024);
}
