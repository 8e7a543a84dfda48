//! Large files: parts side by side, resumed where they broke.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gcapi_testkit::synthetic::{self, Shape};
use gcapi_testkit::{Interference, Platform, Seen, Side, trees};
use serde_json::Value;

use crate::program::{Run, Workspace, run};

const SIZE: u64 = 30_000_000;
const FILES: usize = 2;

/// Two files of 30 MB, made once for all tests.
fn archive() -> PathBuf {
    static ARCHIVE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = ARCHIVE.get_or_init(|| {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("archive");
        let shape = Shape {
            items: 1,
            files: 1,
            images: 1,
            size: SIZE,
            ..Shape::default()
        };
        synthetic::make(&path, shape).unwrap();
        (temporary, path)
    });
    path.clone()
}

fn download(workspace: &Workspace, platform: &Platform, more: &[&str]) -> Run {
    let arguments = ["download", synthetic::SLUG, "-o", "out", "--json"];
    run(workspace.at(platform).args(arguments).args(more))
}

#[track_caller]
fn all_is_there(workspace: &Workspace) {
    let difference = trees::compare(&archive(), workspace.out());
    assert!(difference.is_empty(), "{difference}");
    let parts = std::fs::read_dir(workspace.out().join(".gcapi/parts"))
        .unwrap()
        .count();
    assert_eq!(parts, 0, "nothing is left in flight");
}

fn number(summary: &Value, key: &str) -> u64 {
    summary[key].as_u64().unwrap()
}

/// Requests to the store, by file.
fn store_requests(platform: &Platform) -> BTreeMap<String, Vec<Seen>> {
    let mut requests: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for seen in platform.requests() {
        if seen.side == Side::Store {
            requests.entry(seen.path.clone()).or_default().push(seen);
        }
    }
    requests
}

fn is_ranged_after_the_first(seen: &Seen) -> bool {
    seen.side == Side::Store
        && seen
            .headers
            .get("range")
            .is_some_and(|range| !range.as_bytes().starts_with(b"bytes=0-"))
}

/// Bytes per second of a connection that is slow enough for a file to come in
/// parts side by side.
const SLOW: u64 = 12_000_000;

#[test]
fn parts_of_a_file_share_one_signed_url_and_pin_one_version() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&archive(), |seen| match seen.side {
        Side::Store => Interference::Slowly(SLOW),
        Side::Api => Interference::Pass,
    });
    let summary = download(&workspace, &platform, &[]).expect(0).summary();
    all_is_there(&workspace);
    let media = platform
        .requests()
        .iter()
        .filter(|seen| seen.path.starts_with("/media/"))
        .count();
    assert_eq!(media, FILES, "one resolution for each file");
    for (path, requests) in store_requests(&platform) {
        assert_eq!(requests.len(), 4, "{path}");
        let unpinned = requests
            .iter()
            .filter(|seen| !seen.headers.contains_key("if-range"))
            .count();
        assert_eq!(unpinned, 1, "{path}");
    }
    assert_eq!(number(&summary, "bytes_received"), SIZE * FILES as u64);
    assert_eq!(number(&summary, "parts"), 4 * FILES as u64);
    assert_eq!(number(&summary, "retries"), 0);
}

#[test]
fn a_fast_connection_is_enough_for_a_file() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&archive()));
    let summary = download(&workspace, &platform, &[]).expect(0).summary();
    all_is_there(&workspace);
    // On a busy machine a part more, but never all of them at once.
    for (path, requests) in store_requests(&platform) {
        assert!((2..=4).contains(&requests.len()), "{path}: {requests:?}");
    }
    assert_eq!(number(&summary, "bytes_received"), SIZE * FILES as u64);
}

#[test]
fn a_part_that_breaks_goes_on_where_it_was() {
    let workspace = Workspace::new();
    let breaks = AtomicUsize::new(0);
    let platform = Platform::misbehaving(&archive(), move |seen| {
        if is_ranged_after_the_first(seen) && breaks.fetch_add(1, Ordering::SeqCst) < 5 {
            Interference::Truncate(3_000_000)
        } else {
            Interference::Pass
        }
    });
    let summary = download(&workspace, &platform, &[]).expect(0).summary();
    all_is_there(&workspace);
    assert_eq!(number(&summary, "retries"), 5);
    // What a broken connection had brought is not fetched again.
    assert!(
        number(&summary, "bytes_received") <= SIZE * FILES as u64,
        "{summary}"
    );
}

#[test]
fn an_expired_url_is_renewed_once_for_all_parts() {
    let workspace = Workspace::new();
    let refusals = AtomicUsize::new(0);
    let platform = Platform::misbehaving(&archive(), move |seen| {
        // The URLs of the first resolution are good for the first part only.
        if is_ranged_after_the_first(seen) && refusals.fetch_add(1, Ordering::SeqCst) < 3 {
            Interference::expired()
        } else {
            Interference::Pass
        }
    });
    let run = download(&workspace, &platform, &["--jobs", "16"]).expect(0);
    let events = run.json();
    let summary = run.summary();
    all_is_there(&workspace);
    let told = |what: &str| events.iter().filter(|event| event["event"] == what).count() as u64;
    assert_eq!(told("renewed"), number(&summary, "renewals"));
    assert_eq!(told("part"), number(&summary, "parts"));
    assert!((1..=3).contains(&number(&summary, "renewals")), "{summary}");
    let media = platform
        .requests()
        .iter()
        .filter(|seen| seen.path.starts_with("/media/"))
        .count();
    assert_eq!(media as u64, FILES as u64 + number(&summary, "renewals"));
}

#[test]
fn a_store_without_ranges_gives_one_stream() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&archive(), |seen| match seen.side {
        Side::Store => Interference::WithoutRange,
        Side::Api => Interference::Pass,
    });
    download(&workspace, &platform, &[]).expect(0);
    all_is_there(&workspace);
    assert!(
        store_requests(&platform)
            .values()
            .all(|requests| requests.len() == 1)
    );
}

#[test]
fn a_store_that_forgets_ranges_on_the_way_gives_one_stream() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&archive(), |seen| {
        if is_ranged_after_the_first(seen) {
            Interference::WithoutRange
        } else {
            Interference::Pass
        }
    });
    download(&workspace, &platform, &[]).expect(0);
    all_is_there(&workspace);
}

#[test]
fn one_odd_answer_to_a_range_costs_no_byte() {
    for odd in [true, false] {
        let (workspace, asked) = (Workspace::new(), AtomicUsize::new(0));
        let platform = Platform::misbehaving(&archive(), move |seen| {
            if !is_ranged_after_the_first(seen) || asked.fetch_add(1, Ordering::SeqCst) > 0 {
                Interference::Pass
            } else if odd {
                Interference::WithoutRange
            } else {
                Interference::WrongContentRange
            }
        });
        let summary = download(&workspace, &platform, &[]).expect(0).summary();
        all_is_there(&workspace);
        assert_eq!(number(&summary, "bytes_received"), SIZE * FILES as u64);
        assert_eq!(number(&summary, "retries"), 1);
    }
}

/// Starts a download from a platform that holds back what comes after the
/// first parts, kills it, and gives what was in flight then.
fn killed(workspace: &Workspace) -> u64 {
    let platform = Platform::misbehaving(&archive(), |seen| {
        let late = seen.headers.get("range").is_some_and(|range| {
            range.as_bytes().starts_with(b"bytes=16") || range.as_bytes().starts_with(b"bytes=25")
        });
        match seen.side {
            Side::Store if late => Interference::Delay(Duration::from_secs(60)),
            Side::Store => Interference::Slowly(SLOW),
            Side::Api => Interference::Pass,
        }
    });
    let mut child = workspace
        .at(&platform)
        .args(["download", synthetic::SLUG, "-o", "out"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let journals = || {
        let parts = workspace.out().join(".gcapi/parts");
        let journals = std::fs::read_dir(parts).into_iter().flatten().flatten();
        journals
            .filter(|entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|suffix| suffix == "journal")
            })
            .map(|entry| {
                std::fs::read_to_string(entry.path())
                    .unwrap_or_default()
                    .lines()
                    .count()
            })
            .sum::<usize>()
    };
    let started = Instant::now();
    // Two parts of each file, of 16 blocks each, but for the last ones.
    while journals() < 60 {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "{} blocks",
            journals()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    2 * 2 * 8 * 1024 * 1024
}

#[test]
fn after_a_kill_only_what_was_not_there_is_fetched() {
    let workspace = Workspace::new();
    let held = killed(&workspace);
    let platform = Platform::start(&archive());
    let summary = download(&workspace, &platform, &[]).expect(0).summary();
    all_is_there(&workspace);
    let reused = number(&summary, "bytes_reused");
    assert!(reused > held * 7 / 10, "{summary}");
    assert_eq!(
        number(&summary, "bytes_received"),
        SIZE * FILES as u64 - reused
    );
}

#[test]
fn bytes_that_rotted_in_flight_are_fetched_again() {
    let workspace = Workspace::new();
    killed(&workspace);
    for entry in std::fs::read_dir(workspace.out().join(".gcapi/parts")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        if path.extension().is_some_and(|suffix| suffix == "part") {
            // A flipped bit, and the end torn off.
            bytes[100_000] ^= 1;
            bytes.truncate(9_000_000);
            std::fs::write(&path, bytes).unwrap();
        }
    }
    let platform = Platform::start(&archive());
    let summary = download(&workspace, &platform, &[]).expect(0).summary();
    all_is_there(&workspace);
    assert!(number(&summary, "bytes_reused") > 0, "{summary}");
}

#[test]
fn a_file_that_changed_since_is_started_anew() {
    let workspace = Workspace::new();
    killed(&workspace);
    // The store has other bytes now, and says so by another ETag.
    let changed = workspace.path("changed");
    let shape = Shape {
        items: 1,
        files: 1,
        images: 1,
        size: SIZE + 1,
        ..Shape::default()
    };
    synthetic::make(&changed, shape).unwrap();
    let platform = Platform::start(&changed);
    download(&workspace, &platform, &[]).expect(0);
    let difference = trees::compare(&changed, workspace.out());
    assert!(difference.is_empty(), "{difference}");
}

#[test]
fn a_rate_is_kept() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&archive()));
    let summary = download(&workspace, &platform, &["--limit-rate", "20M"])
        .expect(0)
        .summary();
    all_is_there(&workspace);
    // 60 MB at 20 MB/s; only the lower bound is the program's to keep.
    assert!(summary["seconds"].as_f64().unwrap() > 2.5, "{summary}");
}
