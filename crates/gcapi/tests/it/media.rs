//! Files: from the platform's address over the store's to the bytes.

use std::time::Duration;

use axum::response::Response;
use futures_util::{StreamExt, TryStreamExt};
use gcapi::{ByteRange, Bytes, Client, Error, ErrorKind, Object, ObjectRequest, Url};

use crate::common::{
    Seen, Server, TOKEN, builder, bytes, client, html, json, quick, redirect, stalled,
    store_refusal, truncated, with,
};

const SIGNED: &str = "/bucket/my%20scan.mha?X-Amz-Expires=3600&X-Amz-Signature=s3cr3t";

/// A store with this answer, and a platform that sends there.
async fn pair(
    answer: impl Fn(&Seen, usize) -> Response + Send + Sync + 'static,
) -> (Server, Server) {
    let store = Server::start(answer).await;
    let target = store.url(SIGNED);
    let api = Server::start(move |_, _| redirect(&target)).await;
    (api, store)
}

fn media(server: &Server) -> Url {
    Url::parse(&server.url("/media/images/a.mha")).unwrap()
}

async fn open(client: &Client, api: &Server) -> Result<Object, Error> {
    let request = client.resolve_media(&media(api)).await?;
    client.get_object(&request, None, None).await
}

async fn read(object: Object) -> Result<Vec<u8>, Error> {
    let parts: Vec<Bytes> = object.into_stream().try_collect().await?;
    Ok(parts.concat())
}

#[tokio::test]
async fn a_file_is_read_from_the_store_without_the_token() {
    let (api, store) = pair(|_, _| {
        with(
            with(bytes(200, "content"), "etag", "\"e\""),
            "last-modified",
            "yesterday",
        )
    })
    .await;
    let client = client(&api);
    let request = client.resolve_media(&media(&api)).await.unwrap();
    assert_eq!(request.served_name(), "my scan.mha");
    assert_eq!(request.origin(), store.url(""));
    assert!(!format!("{request:?}{}", request.url_redacted()).contains("s3cr3t"));

    let object = client.get_object(&request, None, None).await.unwrap();
    assert!(!format!("{object:?}").contains("s3cr3t"));
    assert_eq!((object.status.as_u16(), object.length), (200, Some(7)));
    assert_eq!(object.etag.as_deref(), Some("\"e\""));
    assert_eq!(object.last_modified.as_deref(), Some("yesterday"));
    assert_eq!(
        object.content_type.as_deref(),
        Some("application/octet-stream")
    );
    assert_eq!(read(object).await.unwrap(), b"content");

    let asked = &api.seen()[0];
    assert_eq!(
        asked.header("authorization"),
        Some(&*format!("Bearer {TOKEN}"))
    );
    let fetched = &store.seen()[0];
    assert_eq!(fetched.header("authorization"), None);
    assert_eq!(fetched.header("accept-encoding"), None);
    assert_eq!(fetched.header("referer"), None);
    assert_eq!(fetched.version, axum::http::Version::HTTP_11);
    assert!(fetched.query.contains("X-Amz-Signature=s3cr3t"));
    assert_eq!(client.statistics().requests, 2);
}

#[tokio::test]
async fn one_resolution_serves_many_ranges() {
    let (api, store) = pair(|seen, _| {
        let range = seen
            .header("range")
            .unwrap()
            .trim_start_matches("bytes=")
            .to_owned();
        let end = if range.ends_with('-') { "9" } else { "" };
        with(
            bytes(206, "xx"),
            "content-range",
            &format!("bytes {range}{end}/10"),
        )
    })
    .await;
    let client = client(&api);
    let request = client.resolve_media(&media(&api)).await.unwrap();
    let range = ByteRange {
        start: 2,
        end: Some(3),
    };
    let object = client
        .get_object(&request, Some(range), Some("\"e\""))
        .await
        .unwrap();
    let got = object.content_range.unwrap();
    assert_eq!(
        (got.start, got.end, got.total, object.total_length()),
        (2, 3, Some(10), Some(10))
    );
    client
        .get_object(&request, Some(ByteRange::from_start(8)), None)
        .await
        .unwrap();
    let seen = store.seen();
    assert_eq!(seen[0].header("if-range"), Some("\"e\""));
    assert_eq!(seen[1].header("range"), Some("bytes=8-"));
    assert_eq!(api.count(), 1);
}

#[tokio::test]
async fn a_range_that_is_not_told_is_named() {
    for range in ["", "bytes 5-1/3", "rows 1-2/3"] {
        let (api, _store) = pair(move |_, _| with(bytes(206, "xx"), "content-range", range)).await;
        let error = open(&client(&api), &api).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert!(error.to_string().contains("Content-Range"), "{error}");
    }
}

#[tokio::test]
async fn a_store_that_refuses_is_told_in_its_words() {
    let (api, store) = pair(|_, _| store_refusal(403, "AccessDenied", "Request has expired")).await;
    let error = open(&client(&api), &api).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Expired);
    assert_eq!(
        error.context().unwrap().code.as_deref(),
        Some("AccessDenied")
    );
    let text = format!("{error} {error:?}");
    assert!(text.contains("AccessDenied: Request has expired"), "{text}");
    assert!(!text.contains("s3cr3t"), "{text}");
    assert_eq!(store.count(), 1);
    for (status, kind) in [
        (401, ErrorKind::Status),
        (404, ErrorKind::NotFound),
        (416, ErrorKind::Status),
        (204, ErrorKind::Malformed),
    ] {
        let (api, _store) = pair(move |_, _| bytes(status, "")).await;
        assert_eq!(
            open(&client(&api), &api).await.unwrap_err().kind(),
            kind,
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_busy_store_is_tried_again() {
    let (api, store) = pair(|_, before| match before {
        0 => store_refusal(503, "SlowDown", "Please reduce your request rate."),
        1 => store_refusal(500, "InternalError", "Try again."),
        _ => bytes(200, "content"),
    })
    .await;
    let client = client(&api);
    assert_eq!(
        read(open(&client, &api).await.unwrap()).await.unwrap(),
        b"content"
    );
    assert_eq!((store.count(), client.statistics().retries), (3, 2));
}

#[tokio::test]
async fn refusals_of_the_platform_are_its_own() {
    for (status, kind) in [
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (400, ErrorKind::Status),
    ] {
        let api = Server::start(move |_, _| html(status)).await;
        let error = client(&api).resolve_media(&media(&api)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn a_file_on_another_origin_is_not_asked_for() {
    let api = Server::start(|_, _| html(404)).await;
    let other = Server::start(|_, _| bytes(200, "")).await;
    let client = client(&api);
    let error = client.resolve_media(&media(&other)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignOrigin);
    assert!(error.to_string().contains("file URL"), "{error}");
    assert_eq!(
        client.media_url("nonsense").unwrap_err().kind(),
        ErrorKind::InvalidUrl
    );
    assert_eq!((api.count(), other.count()), (0, 0));
}

#[tokio::test]
async fn a_redirect_to_plain_http_is_refused() {
    let api = Server::start(|_, _| redirect("http://store.example/a?Signature=s3cr3t")).await;
    let error = client(&api).resolve_media(&media(&api)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InsecureUrl);
    assert!(!error.to_string().contains("s3cr3t"), "{error}");
    let api = Server::start(|_, _| html(302)).await;
    let error = client(&api).resolve_media(&media(&api)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirected);
}

#[tokio::test]
async fn redirects_that_do_not_end_are_named() {
    let circle = Server::start(|seen, _| {
        redirect(if seen.path.ends_with("/b") {
            "/media/images/a.mha"
        } else {
            "/b"
        })
    })
    .await;
    let endless = Server::start(|_, before| redirect(&format!("/{before}"))).await;
    for (api, requests) in [(&circle, 2), (&endless, 6)] {
        let error = client(api).resolve_media(&media(api)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RedirectLoop);
        assert_eq!(api.count(), requests);
    }
}

#[tokio::test]
async fn a_platform_may_serve_the_file_itself() {
    let api = Server::start(|seen, _| match seen.path.as_str() {
        "/media/images/a.mha" => redirect("/served/b.mha"),
        _ => bytes(200, "content"),
    })
    .await;
    let client = client(&api);
    let request = client.resolve_media(&media(&api)).await.unwrap();
    assert_eq!(request.served_name(), "b.mha");
    let object = client.get_object(&request, None, None).await.unwrap();
    assert_eq!(read(object).await.unwrap(), b"content");
    assert!(
        api.seen()
            .iter()
            .all(|seen| seen.header("authorization").is_some())
    );
}

#[tokio::test]
async fn a_login_page_is_not_taken_for_a_file() {
    let api = Server::start(|seen, _| match seen.path.as_str() {
        "/media/images/a.mha" => redirect("/accounts/login/?next=/media/"),
        _ => html(200),
    })
    .await;
    let error = client(&api).resolve_media(&media(&api)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert!(error.to_string().contains("web page"), "{error}");
}

#[tokio::test]
async fn a_store_that_redirects_is_refused() {
    let (api, store) = pair(|_, _| redirect("https://elsewhere.example/")).await;
    let error = open(&client(&api), &api).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirected);
    assert!(error.to_string().contains("elsewhere.example"), "{error}");
    assert_eq!(store.count(), 1);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_error_after_its_bytes() {
    let (api, _store) = pair(|_, _| truncated(bytes(200, "start"), 100)).await;
    let object = open(&client(&api), &api).await.unwrap();
    assert_eq!(object.length, Some(100));
    let parts: Vec<Result<Bytes, Error>> = object.into_stream().collect().await;
    let error = parts.last().unwrap().as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Body);
    assert!(error.is_transient());
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error}");
    assert!(parts.len() <= 2);
}

#[tokio::test]
async fn a_body_that_stalls_times_out() {
    let (api, _store) = pair(|_, _| stalled(b"start", 100)).await;
    let client = builder(&api)
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let object = open(&client, &api).await.unwrap();
    let parts: Vec<Result<Bytes, Error>> = object.into_stream().collect().await;
    assert_eq!(parts[0].as_ref().unwrap(), "start");
    let error = parts[1].as_ref().unwrap_err();
    assert_eq!(
        (error.kind(), error.is_transient(), parts.len()),
        (ErrorKind::Timeout, true, 2)
    );
}

#[tokio::test]
async fn dicom_instances_are_fetched_with_exactly_the_signed_headers() {
    let store = Server::start(|_, _| bytes(200, "DICM")).await;
    let signed = store.url("/datastore/d/instances/1.2.3?imageSetId=i");
    let list = serde_json::json!({"image_set_id": "i", "instances": [{"sop_instance_uid": "1.2.3",
        "get_instance": {"url": signed, "method": "GET", "data": null, "headers": {
            "Accept": "application/dicom; transfer-syntax=1.2",
            "X-Amz-Date": "20261124T002501Z", "Authorization": "AWS4-HMAC-SHA256 Signature=abc"}}}]});
    let api = Server::start(move |_, _| json(200, list.to_string())).await;
    let client = client(&api);
    let list = client.dicom_instances(&gcapi::Uuid::nil()).await.unwrap();
    let request = ObjectRequest::try_from(&list.instances[0]).unwrap();
    let object = client.get_object(&request, None, None).await.unwrap();
    assert_eq!(read(object).await.unwrap(), b"DICM");
    let seen = &store.seen()[0];
    let mut names: Vec<&str> = seen.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "authorization",
            "host",
            "user-agent",
            "x-amz-date"
        ]
    );
    assert_eq!(
        seen.header("authorization"),
        Some("AWS4-HMAC-SHA256 Signature=abc")
    );
    assert!(api.seen()[0].path.ends_with("/dicom/instances/"));
}

#[tokio::test]
async fn several_requests_can_share_one_budget() {
    let (api, store) = pair(|_, _| store_refusal(503, "SlowDown", "")).await;
    let client = builder(&api).retry(quick(5)).build().unwrap();
    let mut retry = quick(3).context();
    let request = client
        .resolve_media_within(&media(&api), &mut retry)
        .await
        .unwrap();
    for requests in [4, 5] {
        let opened = client
            .get_object_within(&request, None, None, &mut retry)
            .await;
        assert_eq!(opened.unwrap_err().context().unwrap().retries, 3);
        assert_eq!(store.count(), requests);
    }
}
