//! What particular faults must come to, beyond the promise that holds for all.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gcapi_testkit::synthetic::{self, Shape};
use gcapi_testkit::{Chaos, Fault, Interference, Platform, Side, trees};

use crate::program::{Run, Workspace};

/// Six items of small files.
fn archive() -> PathBuf {
    static ARCHIVE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = ARCHIVE.get_or_init(|| {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("archive");
        let small = Shape {
            items: 6,
            files: 2,
            size: 300_000,
            ..Shape::default()
        };
        synthetic::make(&path, small).unwrap();
        (temporary, path)
    });
    path.clone()
}

/// One file of several parts.
fn large_archive() -> PathBuf {
    static ARCHIVE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = ARCHIVE.get_or_init(|| {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("archive");
        let large = Shape {
            items: 1,
            images: 1,
            size: 25_000_000,
            ..Shape::default()
        };
        synthetic::make(&path, large).unwrap();
        (temporary, path)
    });
    path.clone()
}

fn download(workspace: &Workspace, platform: &Platform) -> Run {
    crate::promise::download(workspace, platform, synthetic::SLUG)
}

#[test]
fn faults_that_pass_cost_no_file() {
    const SEEDS: std::ops::Range<u64> = 300..305;
    // Those that a retry gets over bring everything, at any rate that leaves
    // some requests alone.
    let passing = [
        Fault::Truncated,
        Fault::TruncatedWithoutLength,
        Fault::TooManyRequests,
        Fault::Unavailable,
        Fault::InternalError,
        Fault::Expired,
        Fault::WholeForARange,
        Fault::WithoutLength,
        Fault::Longer,
        Fault::WrongContentRange,
        Fault::SlowFirstByte,
    ];
    let mut retries = 0;
    for seed in SEEDS {
        let workspace = Workspace::new();
        let chaos = Chaos::new(seed, 500, &passing);
        let platform = Platform::misbehaving(&archive(), move |seen| chaos.interfere(seen));
        let summary = download(&workspace, &platform).expect(0).summary();
        retries += summary["retries"].as_u64().unwrap();
        assert!(
            trees::compare(&archive(), workspace.out()).is_empty(),
            "seed {seed}"
        );
    }
    // Not every fault costs a retry; on average there are enough in each run.
    let runs = u64::try_from(SEEDS.count()).unwrap();
    assert!(retries > 5 * runs, "{retries} retries in {runs} runs");
}

#[test]
fn a_connection_that_stalls_is_given_up_and_its_bytes_are_kept() {
    let workspace = Workspace::new();
    let stalls = AtomicUsize::new(0);
    let platform = Platform::misbehaving(&large_archive(), move |seen| {
        let first = seen.side == Side::Store && stalls.fetch_add(1, Ordering::SeqCst) < 2;
        if first {
            Interference::Stall(4_000_000)
        } else {
            Interference::Pass
        }
    });
    let started = Instant::now();
    let summary = download(&workspace, &platform).expect(0).summary();
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "it does not wait for ever"
    );
    assert!(trees::compare(&large_archive(), workspace.out()).is_empty());
    // Parts of 8 MiB that stalled after 4 MB go on from there.
    assert!(
        summary["bytes_received"].as_u64().unwrap() < 26_000_000,
        "{summary}"
    );
}

#[test]
fn a_file_that_changes_under_way_is_never_mixed() {
    for switch in [2, 3] {
        let workspace = Workspace::new();
        let requests = AtomicUsize::new(0);
        let platform = Platform::misbehaving(&large_archive(), move |seen| {
            if seen.side == Side::Api {
                return Interference::Pass;
            }
            let number = requests.fetch_add(1, Ordering::SeqCst) + 1;
            if number >= switch {
                Interference::Version(1)
            } else {
                // So slow that the file comes in parts side by side.
                Interference::Slowly(12_000_000)
            }
        });
        download(&workspace, &platform).expect(0);
        let found = trees::digests(workspace.out());
        assert_eq!(found.len(), 1);
        let (path, content) = found.iter().next().unwrap();
        let bytes = std::fs::read(large_archive().join(path)).unwrap();
        let old = gcapi_archive::Content::of(&bytes);
        let other: Vec<u8> = bytes.iter().map(|byte| byte ^ 1).collect();
        let new = gcapi_archive::Content::of(&other);
        assert!(
            *content == old || *content == new,
            "a mixture of two versions"
        );
        assert_eq!(*content, new, "the version that is there now");
    }
}

#[test]
fn a_checksum_that_stays_wrong_is_reported_with_both_values() {
    let workspace = Workspace::new();
    let platform = Platform::misbehaving(&archive(), |seen| {
        if seen.side == Side::Store && seen.path.ends_with("file-0.zip") {
            Interference::WrongChecksum
        } else {
            Interference::Pass
        }
    });
    let run = download(&workspace, &platform).expect(1).says(&[
        "its MD5 is",
        "the store says 0123456789abcdef0123456789abcdef",
    ]);
    let missing = trees::compare(&archive(), workspace.out()).missing;
    assert_eq!(missing.len(), 6);
    assert!(missing.iter().all(|path| path.ends_with("file-0.zip")));
    // Each was fetched again once.
    let fetched = platform
        .requests()
        .into_iter()
        .filter(|seen| seen.side == Side::Store && seen.path.ends_with("file-0.zip"));
    assert_eq!(fetched.count(), 12, "{}", run.stderr);
}
