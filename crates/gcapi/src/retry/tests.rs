//! The policy as tables.

use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode};

use super::*;
use crate::error::{HttpContext, refused_by_api, refused_by_store};

fn answered(status: u16, method: &Method, headers: &HeaderMap) -> Error {
    let status = StatusCode::from_u16(status).unwrap();
    refused_by_api(status, headers, b"", method, "https://gc.example/")
}

fn busy(retry_after: Option<&str>) -> Error {
    let mut headers = HeaderMap::new();
    if let Some(text) = retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
    }
    answered(503, &Method::GET, &headers)
}

#[test]
fn which_statuses_are_tried_again() {
    for status in 100..600 {
        let always = [429, 502, 503, 504, 507].contains(&status);
        for (method, expected) in [
            (Method::GET, always || status == 500),
            (Method::HEAD, always || status == 500),
            (Method::PUT, always || status == 500),
            (Method::DELETE, always || status == 500),
            (Method::POST, always),
            (Method::PATCH, always),
        ] {
            let error = answered(status, &method, &HeaderMap::new());
            assert_eq!(error.is_transient(), expected, "{method} {status}");
        }
        let status_code = StatusCode::from_u16(status).unwrap();
        let error = refused_by_store(
            status_code,
            &HeaderMap::new(),
            b"",
            "https://store.example/",
        );
        assert_eq!(
            error.is_transient(),
            always || status == 500,
            "store {status}"
        );
    }
}

#[test]
fn which_failures_without_a_response_are_tried_again() {
    let context = |method: Method, may_have_arrived| {
        let mut context = HttpContext::new(method, String::new(), String::new());
        context.may_have_arrived = may_have_arrived;
        Box::new(context)
    };
    for (error, expected) in [
        (Error::Connect(context(Method::POST, false)), true),
        (Error::Connect(context(Method::POST, true)), false),
        (Error::Connect(context(Method::GET, true)), true),
        (Error::Timeout(context(Method::GET, true)), true),
        (Error::Timeout(context(Method::PATCH, true)), false),
        (Error::Body(context(Method::GET, true)), true),
        (Error::Certificate(context(Method::GET, false)), false),
        (Error::RedirectLoop(context(Method::GET, true)), false),
        (Error::TooLarge(context(Method::GET, true)), false),
    ] {
        assert_eq!(error.is_transient(), expected, "{error:?}");
    }
}

#[test]
fn retry_after_is_read_in_both_forms() {
    let now = httpdate::parse_http_date("Tue, 24 Nov 2026 00:25:00 GMT").unwrap();
    for (text, expected) in [
        ("0", Some(0)),
        ("120", Some(120)),
        (" 7 ", Some(7)),
        ("Tue, 24 Nov 2026 00:25:30 GMT", Some(30)),
        ("Tue, 24 Nov 2026 00:24:00 GMT", Some(0)),
        ("Tuesday, 24-Nov-26 00:25:30 GMT", Some(30)),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
    ] {
        let read = parse_retry_after(text, now);
        assert_eq!(read, expected.map(Duration::from_secs), "{text:?}");
    }
}

#[test]
fn a_retry_date_is_meant_on_the_clock_of_the_server() {
    let mut headers = HeaderMap::new();
    headers.insert(
        DATE,
        HeaderValue::from_static("Sat, 01 Jan 2000 00:00:00 GMT"),
    );
    headers.insert(
        RETRY_AFTER,
        HeaderValue::from_static("Sat, 01 Jan 2000 00:00:09 GMT"),
    );
    let error = answered(429, &Method::GET, &headers);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
}

#[tokio::test(start_paused = true)]
async fn delays_grow_within_bounds() {
    let policy = RetryPolicy {
        max_retries: 20,
        ..RetryPolicy::default()
    };
    let mut context = policy.context();
    for retry in 0..20 {
        let nominal = (100_u64 << retry).min(30_000);
        let delay = context.next_delay(&busy(None)).unwrap().as_millis() as u64;
        assert!(
            (nominal / 2..=nominal).contains(&delay),
            "retry {retry}: {delay} ms"
        );
    }
    assert_eq!(context.next_delay(&busy(None)), None);
    assert_eq!(context.retries(), 20);
}

#[tokio::test(start_paused = true)]
async fn jitter_spans_half_of_the_delay() {
    let context = RetryPolicy::default().context();
    assert_eq!(context.backoff(0.0), Duration::from_millis(50));
    assert_eq!(context.backoff(1.0), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn the_wish_of_the_server_is_honoured_within_the_budget() {
    let mut context = RetryPolicy::default().context();
    assert_eq!(
        context.next_delay(&busy(Some("40"))),
        Some(Duration::from_secs(40))
    );
    tokio::time::advance(Duration::from_secs(40)).await;
    let left = Duration::from_secs(260);
    let asked = Duration::from_secs(261);
    assert_eq!(
        context.decide(&busy(Some("261"))),
        Decision::GiveUp(GaveUp::RetryAfter { asked, left })
    );
}

#[tokio::test(start_paused = true)]
async fn time_is_part_of_the_budget_and_can_be_refilled() {
    let mut context = RetryPolicy::default().context();
    assert!(context.next_delay(&busy(None)).is_some());
    tokio::time::advance(Duration::from_secs(300)).await;
    assert_eq!(
        context.decide(&busy(None)),
        Decision::GiveUp(GaveUp::Elapsed)
    );
    context.refill();
    assert!(context.next_delay(&busy(None)).is_some());
    assert_eq!(context.retries(), 2);
}

#[test]
fn an_error_that_used_up_one_budget_is_not_tried_again_under_another() {
    let mut error = busy(None);
    error.context_mut().unwrap().gave_up = Some(GaveUp::Retries);
    assert!(!error.is_transient());
    assert_eq!(RetryPolicy::default().context().next_delay(&error), None);
}

#[tokio::test(start_paused = true)]
async fn a_stamped_error_tells_why_and_is_final() {
    let mut context = RetryPolicy {
        max_retries: 1,
        ..RetryPolicy::default()
    }
    .context();
    assert!(context.next_delay(&busy(None)).is_some());
    let error = context.stamp(busy(None));
    assert!(!error.is_transient());
    let facts = error.context().unwrap();
    assert_eq!((facts.retries, facts.gave_up), (1, Some(GaveUp::Retries)));
    let refused = context.stamp(answered(404, &Method::GET, &HeaderMap::new()));
    assert_eq!(refused.context().unwrap().gave_up, None);
}

#[test]
fn no_retries_means_one_try() {
    assert_eq!(RetryPolicy::never().context().next_delay(&busy(None)), None);
}
