//! Refusals, retries, and connections that fail.

use std::time::{Duration, Instant};

use gcapi::{Client, Error, ErrorKind, GaveUp, Method, RetryPolicy};

use crate::common::{Server, builder, client, html, json, late, quick, with};

async fn failure(client: &Client) -> Error {
    client.uploads().detail("1").await.unwrap_err()
}

#[tokio::test]
async fn refusals_become_situations() {
    for (status, kind) in [
        (400, ErrorKind::Status),
        (401, ErrorKind::Unauthenticated),
        (403, ErrorKind::Forbidden),
        (404, ErrorKind::NotFound),
        (405, ErrorKind::Status),
        (418, ErrorKind::Status),
    ] {
        let server =
            Server::start(move |_, _| json(status, r#"{"detail":"No such thing."}"#)).await;
        let error = failure(&client(&server)).await;
        assert_eq!(error.kind(), kind);
        let text = error.to_string();
        assert!(
            text.contains("No such thing.") && text.contains(&status.to_string()),
            "{text}"
        );
        assert!(text.contains("/api/v1/uploads/1/"), "{text}");
        assert_eq!(server.count(), 1, "{status} is final");
    }
}

#[tokio::test]
async fn pages_of_html_are_told_by_their_title() {
    let server = Server::start(|_, _| html(404)).await;
    let error = failure(&client(&server)).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let text = error.to_string();
    assert!(
        text.contains("Gone fishing") && text.contains("access was not granted"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);
}

#[tokio::test]
async fn what_passes_is_tried_again_until_it_does() {
    for status in [429, 500, 502, 503, 504, 507] {
        let server = Server::start(move |_, before| match before {
            0..3 => html(status),
            _ => json(200, "{}"),
        })
        .await;
        let client = client(&server);
        client.uploads().detail("1").await.unwrap();
        assert_eq!(server.count(), 4);
        let statistics = client.statistics();
        assert_eq!((statistics.requests, statistics.retries), (4, 3));
    }
}

#[tokio::test]
async fn the_number_of_retries_is_what_it_says() {
    let server = Server::start(|_, _| html(503)).await;
    let client = builder(&server).retry(quick(2)).build().unwrap();
    let error = failure(&client).await;
    assert_eq!(server.count(), 3);
    let context = error.context().unwrap();
    assert_eq!(
        (context.retries, context.gave_up),
        (2, Some(GaveUp::Retries))
    );
    assert!(!error.is_transient());
    assert!(error.to_string().contains("tried 3 times over"), "{error}");
}

#[tokio::test]
async fn an_internal_error_of_a_post_is_final() {
    for (method, status, requests) in [
        (Method::POST, 500, 1),
        (Method::PATCH, 500, 1),
        (Method::PUT, 500, 3),
        (Method::POST, 503, 3),
    ] {
        let server = Server::start(move |_, _| html(status)).await;
        let client = builder(&server).retry(quick(2)).build().unwrap();
        let error = client
            .request(method.clone(), "uploads/", &[], None)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Status);
        assert_eq!(server.count(), requests, "{method} {status}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_in_both_forms() {
    let date = "Sat, 01 Jan 2000 00:00:00 GMT";
    for (asked, now) in [("1", date), ("Sat, 01 Jan 2000 00:00:01 GMT", date)] {
        let server = Server::start(move |_, before| match before {
            0 => with(with(html(429), "retry-after", asked), "date", now),
            _ => json(200, "{}"),
        })
        .await;
        let started = Instant::now();
        client(&server).uploads().detail("1").await.unwrap();
        assert!(started.elapsed() >= Duration::from_secs(1), "{asked}");
        assert_eq!(server.count(), 2);
    }
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_given_up_at_once() {
    let server = Server::start(|_, _| with(html(503), "retry-after", "3600")).await;
    let error = failure(&client(&server)).await;
    assert_eq!(server.count(), 1);
    assert!(matches!(
        error.context().unwrap().gave_up,
        Some(GaveUp::RetryAfter { .. })
    ));
    let text = error.to_string();
    assert!(text.contains("asks to wait 3600 s"), "{text}");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let server = Server::start(|_, _| late(json(200, "{}"), Duration::from_secs(30))).await;
    let client = builder(&server)
        .timeout(Duration::from_millis(100))
        .connect_timeout(Duration::from_millis(400))
        .retry(quick(1))
        .build()
        .unwrap();
    let error = failure(&client).await;
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(server.count(), 2);
    let error = client
        .request(Method::POST, "uploads/", &[], None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(server.count(), 3, "a POST may have had its effect");
}

#[tokio::test]
async fn an_unknown_certificate_is_final() {
    let server = Server::start(|_, _| json(200, "{}")).await;
    let client = Client::builder()
        .base_url(&server.url("/api/v1/"))
        .build()
        .unwrap();
    let error = failure(&client).await;
    assert_eq!(error.kind(), ErrorKind::Certificate, "{error}");
    assert_eq!(client.statistics().requests, 1);
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn an_unknown_certificate_can_be_accepted() {
    let server = Server::start(|_, _| json(200, "{}")).await;
    let client = Client::builder()
        .base_url(&server.url("/api/v1/"))
        .danger_accept_invalid_certs(true)
        .build()
        .unwrap();
    client.uploads().detail("1").await.unwrap();
}

#[tokio::test]
async fn hosts_that_do_not_exist_are_tried_and_named() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for host in ["no-such-host.invalid".to_owned(), closed.to_string()] {
        let client = Client::builder()
            .base_url(&format!("https://{host}/api/v1/"))
            .retry(quick(1))
            .build()
            .unwrap();
        let error = failure(&client).await;
        assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
        assert!(error.to_string().contains(&host), "{error}");
        assert_eq!(client.statistics().requests, 2);
    }
}

#[tokio::test]
async fn redirects_of_the_api_are_named_not_followed() {
    let server = Server::start(|_, _| {
        let target = "https://evil.example/?X-Amz-Signature=s3cr3t";
        with(html(301), "location", target)
    })
    .await;
    let error = failure(&client(&server)).await;
    assert_eq!(error.kind(), ErrorKind::Redirected);
    let text = error.to_string();
    assert!(
        text.contains("evil.example") && !text.contains("s3cr3t"),
        "{text}"
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn the_time_for_retries_is_limited_too() {
    let server = Server::start(|_, _| html(503)).await;
    let policy = RetryPolicy {
        max_elapsed: Duration::from_millis(300),
        max_retries: 1000,
        ..quick(0)
    };
    let client = builder(&server).retry(policy).build().unwrap();
    let error = failure(&client).await;
    assert_eq!(error.context().unwrap().gave_up, Some(GaveUp::Elapsed));
}
