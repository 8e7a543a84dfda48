//! Lists that shift while they are walked.

use std::sync::atomic::{AtomicU64, Ordering};

use gcapi_testkit::{Interference, Platform, Seen, demo, trees};
use serde_json::Value;

use crate::program::{Workspace, demo_through_a_test};

/// Items of the demo archive per page.
const PAGE: usize = 5;

/// Cuts the first page to a few items, as a platform with smaller pages would;
/// the others follow from what the client asks for then.
fn in_small_pages(page: &mut Value, base_url: &str) {
    let results = page["results"].as_array_mut().unwrap();
    if results.len() > PAGE {
        results.truncate(PAGE);
        page["next"] = format!("{base_url}archives/items/?limit={PAGE}&offset={PAGE}").into();
    }
}

fn is_first_page(seen: &Seen) -> bool {
    seen.is_list("archives/items/")
        && !seen.query.contains("offset=5")
        && !seen.query.contains("offset=10")
}

#[track_caller]
fn everything_arrived(workspace: &Workspace) {
    let difference = trees::compare(demo_through_a_test(), workspace.out());
    // Pages that no test touched keep their digits.
    let whole = difference
        .different
        .iter()
        .all(|path| path.ends_with(".json"));
    assert!(
        difference.missing.is_empty() && difference.extra.is_empty() && whole,
        "{difference}"
    );
}

#[test]
fn pages_are_followed_by_what_came() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        let host = seen.host.clone();
        if is_first_page(seen) {
            Interference::json(move |page| in_small_pages(page, &format!("https://{host}/api/v1/")))
        } else {
            Interference::Pass
        }
    });
    workspace.download(&platform, &[]).expect(0);
    everything_arrived(&workspace);
    let pages = platform
        .requests()
        .iter()
        .filter(|seen| seen.is_list("archives/items/"))
        .count();
    assert_eq!(pages, 3);
}

#[test]
fn items_that_were_lost_and_repeated_are_found_by_walking_again() {
    let workspace = Workspace::new();
    let walks = AtomicU64::new(0);
    // The first walk sees its first item twice and its last not at all, with
    // the count unchanged, as the platform does while items are renamed.
    let platform = Platform::misbehaving(&demo().folder, move |seen| {
        if seen.is_list("archives/items/") && walks.fetch_add(1, Ordering::SeqCst) == 0 {
            Interference::json(|page| {
                let results = page["results"].as_array_mut().unwrap();
                let first = results[0].clone();
                *results.last_mut().unwrap() = first;
            })
        } else {
            Interference::Pass
        }
    });
    workspace.download(&platform, &[]).expect(0);
    everything_arrived(&workspace);
}

#[test]
fn items_that_never_come_are_reported() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.is_list("archives/items/") {
            Interference::json(|page| page["count"] = 13.into())
        } else {
            Interference::Pass
        }
    });
    workspace
        .download(&platform, &[])
        .expect(1)
        .says(&["counts 13 items", "12 came"]);
    everything_arrived(&workspace);
}

#[test]
fn a_page_that_stays_broken_does_not_take_the_others_with_it() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        let host = seen.host.clone();
        if is_first_page(seen) {
            Interference::json(move |page| in_small_pages(page, &format!("https://{host}/api/v1/")))
        } else if seen.is_list("archives/items/") && seen.query.contains("offset=5") {
            Interference::status(200, "{\"count\": 12, \"results\": [")
        } else {
            Interference::Pass
        }
    });
    workspace
        .download(&platform, &[])
        .expect(1)
        .says(&["the page with items 6 to"]);
    let difference = trees::compare(&demo().folder, workspace.out());
    assert!(difference.extra.is_empty(), "{difference}");
    assert!(!trees::digests(workspace.out()).is_empty());
}

#[test]
fn images_no_list_shows_are_asked_for_one_by_one() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&demo().folder, |seen| {
        if seen.is_list("cases/images/") {
            Interference::json(|page| {
                page["results"].as_array_mut().unwrap().truncate(3);
                page["count"] = 3.into();
            })
        } else {
            Interference::Pass
        }
    });
    workspace.download(&platform, &[]).expect(0);
    everything_arrived(&workspace);
}
