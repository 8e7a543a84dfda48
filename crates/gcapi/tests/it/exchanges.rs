//! One request and whatever is answered.

use gcapi::{Exchange, ExchangeRequest, HeaderMap, HeaderValue, Method, Url};

use crate::common::{Server, TOKEN, bytes, client, json, redirect};

fn request(url: &str) -> ExchangeRequest {
    let mut headers = HeaderMap::new();
    headers.insert("cookie", HeaderValue::from_static("crumbs"));
    headers.insert("x-mine", HeaderValue::from_static("1"));
    ExchangeRequest {
        method: Method::GET,
        url: Url::parse(url).unwrap(),
        headers,
        body: None,
        follow_redirects: true,
        most: None,
        retry: false,
    }
}

fn text(answer: &Exchange) -> Vec<u8> {
    answer.body.concat()
}

#[tokio::test]
async fn the_token_stays_on_its_origin_when_a_redirect_leads_away() {
    let store = Server::start(|_, _| bytes(200, "content")).await;
    let target = store.url("/bucket/a?X-Amz-Signature=s3cr3t");
    let api = Server::start(move |seen, _| match seen.path.as_str() {
        "/here" => redirect("/there"),
        _ => redirect(&target),
    })
    .await;
    let answer = client(&api)
        .exchange(&request(&api.url("/here")))
        .await
        .unwrap();
    assert_eq!(
        (answer.status.as_u16(), text(&answer)),
        (200, b"content".to_vec())
    );
    assert_eq!(answer.history.len(), 2);
    assert!(answer.url.as_str().ends_with("s3cr3t"));
    assert!(!format!("{answer:?}").contains("s3cr3t"));

    let bearer = format!("Bearer {TOKEN}");
    for seen in api.seen() {
        assert_eq!(seen.header("authorization"), Some(&*bearer));
        assert_eq!(seen.header("cookie"), Some("crumbs"));
    }
    let fetched = &store.seen()[0];
    assert_eq!(fetched.header("authorization"), None);
    assert_eq!(fetched.header("cookie"), None);
    assert_eq!(fetched.header("x-mine"), Some("1"));
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_is_tried_again_only_when_asked() {
    let api = Server::start(|_, number| match number {
        0..=2 => bytes(503, "busy"),
        _ => json(200, "{}"),
    })
    .await;
    let client = client(&api);
    let mut request = request(&api.url("/api/v1/x/"));
    let answer = client.exchange(&request).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), text(&answer)),
        (503, b"busy".to_vec())
    );
    assert_eq!(api.seen().len(), 1);

    request.retry = true;
    let answer = client.exchange(&request).await.unwrap();
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(api.seen().len(), 4);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_read() {
    let api = Server::start(|_, _| bytes(200, "content")).await;
    let client = client(&api);
    let mut request = request(&api.url("/api/v1/x/"));
    request.most = Some(7);
    assert_eq!(text(&client.exchange(&request).await.unwrap()), b"content");
    request.most = Some(6);
    let refused = client.exchange(&request).await.unwrap_err();
    assert_eq!(refused.kind(), gcapi::ErrorKind::TooLarge);
}

#[tokio::test]
async fn nothing_is_sent_elsewhere_and_circles_end() {
    let api = Server::start(|_, _| redirect("/again")).await;
    let client = client(&api);
    let foreign = client
        .exchange(&request("https://elsewhere.invalid/"))
        .await;
    assert_eq!(foreign.unwrap_err().kind(), gcapi::ErrorKind::ForeignOrigin);
    assert_eq!(api.seen().len(), 0);

    let looped = client.exchange(&request(&api.url("/again"))).await;
    assert_eq!(looped.unwrap_err().kind(), gcapi::ErrorKind::RedirectLoop);

    let insecure = Server::start(|_, _| redirect("http://elsewhere.invalid/")).await;
    let refused = crate::common::client(&insecure)
        .exchange(&request(&insecure.url("/a")))
        .await;
    assert_eq!(refused.unwrap_err().kind(), gcapi::ErrorKind::InsecureUrl);
}
