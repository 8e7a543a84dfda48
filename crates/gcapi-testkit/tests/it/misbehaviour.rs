//! A platform that misbehaves, in every way it knows.

use std::time::{Duration, Instant};

use gcapi_testkit::{Interference, Platform, Seen, Side};
use serde_json::json;

use crate::client::{FILE, Visitor, archive};

/// A platform that does one thing to the requests of a kind.
fn platform(
    temporary: &tempfile::TempDir,
    concerned: impl Fn(&Seen) -> bool + Send + Sync + 'static,
    interference: impl Fn() -> Interference + Send + Sync + 'static,
) -> Platform {
    Platform::misbehaving(&archive(temporary), move |seen| {
        if concerned(seen) {
            interference()
        } else {
            Interference::Pass
        }
    })
}

fn is_list_of_archives(seen: &Seen) -> bool {
    seen.is_list("archives/")
}

fn is_of_the_store(seen: &Seen) -> bool {
    seen.side == Side::Store
}

#[tokio::test]
async fn a_status_is_answered_and_nothing_else_touched() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = platform(&temporary, is_list_of_archives, || {
        Interference::status(429, r#"{"detail":"Slow down."}"#)
    });
    let visitor = Visitor::new(&platform);
    let answer = visitor.get("archives/").await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), r#"{"detail":"Slow down."}"#);
    assert_eq!(visitor.json("archives/items/").await["count"], 2);
}

#[tokio::test]
async fn a_redirect_leads_where_it_was_told_to() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = platform(&temporary, is_list_of_archives, || {
        Interference::redirect("https://elsewhere.invalid/")
    });
    let answer = Visitor::new(&platform).get("archives/").await;
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "https://elsewhere.invalid/");
}

#[tokio::test]
async fn the_json_of_an_answer_is_changed() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = platform(&temporary, is_list_of_archives, || {
        Interference::json(|page| page["results"][0]["title"] = json!("changed"))
    });
    let page = Visitor::new(&platform).json("archives/").await;
    assert_eq!(page["results"][0]["title"], "changed");
    assert_eq!(page["count"], 1);
}

#[tokio::test]
async fn a_body_is_replaced_with_the_length_it_has_then() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = platform(&temporary, is_of_the_store, || {
        Interference::Body(Box::new(|body| [&body, "!".as_bytes()].concat()))
    });
    let visitor = Visitor::new(&platform);
    let url = visitor.value("report").await["file"].clone();
    assert_eq!(visitor.media(&url).await, [FILE, b"!"].concat());
}

#[tokio::test]
async fn a_body_breaks_off_before_the_length_promised() {
    let temporary = tempfile::tempdir().unwrap();
    let platform = platform(&temporary, is_of_the_store, || Interference::Truncate(5));
    let visitor = Visitor::new(&platform);
    let url = visitor.value("report").await["file"].clone();
    let answer = visitor.get(url.as_str().unwrap()).await;
    let location = answer.headers()["location"].to_str().unwrap();
    let mut answer = visitor.anonymously(location).send().await.unwrap();
    assert_eq!(answer.content_length(), Some(FILE.len() as u64));
    let mut arrived = Vec::new();
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => arrived.extend_from_slice(&chunk),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "the body came to an ordinary end");
    assert_eq!(arrived, FILE[..5]);
}

#[tokio::test]
async fn an_answer_comes_late() {
    let temporary = tempfile::tempdir().unwrap();
    let late = Duration::from_millis(40);
    let platform = platform(&temporary, is_list_of_archives, move || {
        Interference::Delay(late)
    });
    let visitor = Visitor::new(&platform);
    let started = Instant::now();
    assert_eq!(visitor.json("archives/").await["count"], 1);
    assert!(started.elapsed() >= late);
}
