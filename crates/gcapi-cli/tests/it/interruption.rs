//! Stopped anywhere, the same command finishes the job.

use std::process::Stdio;
use std::time::{Duration, Instant};

use gcapi_testkit::{Interference, Platform, Side, demo, trees};

use crate::program::{Workspace, finish, signal};

/// A platform whose slides do not come before a while.
fn slow() -> Platform {
    Platform::misbehaving(&demo().folder, |seen| {
        if seen.side == Side::Store && seen.path.ends_with(".tif") {
            Interference::Delay(Duration::from_secs(20))
        } else {
            Interference::Pass
        }
    })
}

/// Starts a download and waits until all that comes at once is there.
fn start(workspace: &Workspace, platform: &Platform) -> std::process::Child {
    let child = workspace
        .at(platform)
        .args(["download", "demo", "-o", "out"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !workspace.out().exists() || trees::digests(workspace.out()).len() < 60 {
        assert!(
            started.elapsed() < Duration::from_secs(15),
            "the rest does not come"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

/// What is there is whole, and the same command brings the rest and no more.
fn finishes(workspace: &Workspace) {
    let difference = trees::compare(&demo().folder, workspace.out());
    assert!(
        difference.missing.iter().all(|path| path.ends_with(".tif")),
        "{difference}"
    );
    assert!(
        difference
            .different
            .iter()
            .all(|path| path.ends_with(".mhd")),
        "{difference}"
    );
    let missing = difference.missing.len();
    let platform = Platform::start(&demo().folder);
    let summary = workspace
        .download(&platform, &["--json"])
        .expect(0)
        .summary();
    assert_eq!(summary["fetched"], missing, "{summary}");
    assert!(
        trees::compare(&demo().folder, workspace.out())
            .missing
            .is_empty()
    );
}

#[test]
fn ctrl_c_ends_at_once_and_leaves_a_state_to_go_on_from() {
    let (workspace, platform) = (Workspace::new(), slow());
    let child = start(&workspace, &platform);
    // Recording comes after publishing; give it its moment.
    std::thread::sleep(Duration::from_millis(50));
    let stopped = Instant::now();
    signal(&child, "-INT");
    finish(child)
        .expect(130)
        .says(&["interrupted", "goes on from here"]);
    assert!(stopped.elapsed() < Duration::from_secs(2));
    finishes(&workspace);
}

#[test]
fn a_kill_leaves_nothing_half_under_a_final_name() {
    let (workspace, platform) = (Workspace::new(), slow());
    let mut child = start(&workspace, &platform);
    signal(&child, "-KILL");
    child.wait().unwrap();
    let platform = Platform::start(&demo().folder);
    workspace.download(&platform, &[]).expect(0);
    let difference = trees::compare(&demo().folder, workspace.out());
    assert!(
        difference.missing.is_empty() && difference.different.len() == 1,
        "{difference}"
    );
}

#[test]
fn a_second_run_on_the_same_folder_is_told() {
    let (workspace, platform) = (Workspace::new(), slow());
    let child = start(&workspace, &platform);
    workspace
        .download(&platform, &[])
        .expect(6)
        .says(&["another gcapi is working on"]);
    signal(&child, "-INT");
    finish(child).expect(130);
    finishes(&workspace);
}

#[test]
fn a_batch_system_that_asks_to_end_is_told_to_come_again() {
    for name in ["-TERM", "-USR1"] {
        let (workspace, platform) = (Workspace::new(), slow());
        let child = start(&workspace, &platform);
        std::thread::sleep(Duration::from_millis(50));
        let stopped = Instant::now();
        signal(&child, name);
        finish(child)
            .expect(75)
            .says(&["asked to end", "goes on from here"]);
        assert!(stopped.elapsed() < Duration::from_secs(2));
        finishes(&workspace);
    }
}

#[test]
fn runs_of_limited_time_chain_to_completion() {
    let workspace = Workspace::new();
    // Every file takes a while, and only some fit into a run.
    let platform = Platform::misbehaving(&demo().folder, |seen| match seen.side {
        Side::Store => Interference::Delay(Duration::from_millis(400)),
        Side::Api => Interference::Pass,
    });
    let mut fetched = 0;
    for number in 0.. {
        assert!(number < 20, "it does not come to an end");
        let run = workspace.download(&platform, &["--json", "--jobs", "8", "--max-time", "1"]);
        assert!(matches!(run.code, 0 | 75), "{run:?}");
        let summary = run.summary();
        fetched += summary["fetched"].as_u64().unwrap();
        assert_eq!(summary["stopped"].is_null(), run.code == 0, "{summary}");
        if run.code == 0 {
            break;
        }
        assert_eq!(summary["stopped"], "max-time");
    }
    let difference = trees::compare(&demo().folder, workspace.out());
    assert!(
        difference.missing.is_empty() && difference.different.len() == 1,
        "{difference}"
    );
    assert_eq!(
        fetched,
        trees::digests(workspace.out()).len() as u64,
        "each file once"
    );
}

#[test]
fn a_run_of_limited_bytes_stops_when_they_have_come() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let run = workspace.download(&platform, &["--json", "--jobs", "1", "--max-bytes", "2M"]);
    let summary = run.expect(75).says(&["--max-bytes"]).summary();
    assert_eq!(summary["stopped"], "max-bytes");
    let received = summary["bytes_received"].as_u64().unwrap();
    assert!((2_000_000..8_000_000).contains(&received), "{summary}");
    workspace.download(&platform, &[]).expect(0);
}
