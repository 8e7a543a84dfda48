//! A large transfer, killed a hundred times.

use std::process::Stdio;
use std::time::Duration;

use gcapi_testkit::synthetic::{self, Shape};
use gcapi_testkit::{Interference, Platform, Side, trees};

use crate::program::{Workspace, run};

const KILLS: u64 = 100;
const FILES: u64 = 3;
const SIZE: u64 = 40_000_000;

/// What one kill may cost for each file in flight: one part.
const PART: u64 = 8 << 20;

#[test]
fn a_hundred_kills_cost_at_most_a_part_per_file_each() {
    let temporary = tempfile::tempdir().unwrap();
    let archive = temporary.path().join("archive");
    let shape = Shape {
        items: 1,
        files: 3,
        size: SIZE,
        ..Shape::default()
    };
    synthetic::make(&archive, shape).unwrap();
    // Slow enough that there is something to kill to the end.
    let platform = Platform::misbehaving(&archive, |seen| match seen.side {
        Side::Store => Interference::Delay(Duration::from_millis(30)),
        Side::Api => Interference::Pass,
    });
    let workspace = Workspace::new();
    let command = |rate: &str| {
        let mut command = workspace.at(&platform);
        command.args([
            "download",
            synthetic::SLUG,
            "-o",
            "out",
            "--json",
            "--limit-rate",
            rate,
        ]);
        command
    };
    let mut fetched_before = 0;
    for number in 0..KILLS {
        let mut child = command("6M")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From right at the start to somewhere in the middle.
        std::thread::sleep(Duration::from_millis(40 + (number * 37) % 320));
        child.kill().unwrap();
        child.wait().unwrap();
        fetched_before += journalled(&workspace);
    }
    assert!(fetched_before > 0, "no kill met a file in flight");
    let held = journalled(&workspace);
    let summary = run(&mut command("500M")).expect(0).summary();
    assert!(trees::compare(&archive, workspace.out()).is_empty());
    let number = |key: &str| summary[key].as_u64().unwrap();
    // Everything that was journalled is used, and only the rest is fetched.
    assert_eq!(number("bytes_reused"), held, "{summary}");
    assert_eq!(
        number("bytes_received") + number("bytes_reused") + published(&summary),
        FILES * SIZE
    );
    // What the store sent more than once, the sockets' buffers included.
    let twice = platform.served_bytes() - FILES * SIZE;
    assert!(
        twice <= KILLS * FILES * PART,
        "{twice} bytes were fetched twice in {KILLS} kills"
    );
}

/// Bytes of files that were whole before the last run.
fn published(summary: &serde_json::Value) -> u64 {
    summary["bytes_kept"].as_u64().unwrap()
}

/// Bytes that the journals vouch for.
fn journalled(workspace: &Workspace) -> u64 {
    let parts = workspace.out().join(".gcapi/parts");
    let journals = std::fs::read_dir(parts)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path());
    journals
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "journal"))
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .flat_map(|text| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| {
            line.split(' ').count() == 3 && line.split(' ').nth(2).is_some_and(|c| c.len() == 8)
        })
        .filter_map(|line| line.split(' ').nth(1)?.parse::<u64>().ok())
        .sum()
}
