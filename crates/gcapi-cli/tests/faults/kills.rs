//! A transfer of many files, killed a hundred times: what a kill costs is at
//! most one part of each file in flight.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gcapi_testkit::synthetic::{self, Shape};
use gcapi_testkit::{Interference, Platform, Side, trees};

use crate::program::{Workspace, run};
use crate::promise::PART;
use crate::random::Random;

const KILLS: u64 = 100;
const FILES: u32 = 24;

/// Above one part: what is smaller comes in one piece and is fetched anew.
const SIZE: u64 = 12 << 20;

/// Connections at a time.
const JOBS: u64 = 4;

/// Bytes per second of each. All of them together bring in some seconds what a
/// run is given tenths of one for, so that there is something to kill to the end.
const RATE: u64 = 4 << 20;

/// What of a part is written down at a time, and so what a kill really costs
/// for each connection, with what is in the buffers of sockets and of TLS.
const BLOCK: u64 = (512 + 256) << 10;

#[test]
fn a_kill_costs_at_most_a_part_of_each_file_in_flight() {
    let temporary = tempfile::tempdir().unwrap();
    let archive = temporary.path().join("archive");
    let shape = Shape {
        items: FILES,
        files: 1,
        size: SIZE,
        ..Shape::default()
    };
    synthetic::make(&archive, shape).unwrap();
    // Slow at its source, so that what was served has arrived as well.
    let platform = Platform::misbehaving(&archive, |seen| match seen.side {
        Side::Store => Interference::Slowly(RATE),
        Side::Api => Interference::Pass,
    });
    let workspace = Workspace::new();
    let command = |jobs: u64| {
        let mut command = workspace.at(&platform);
        command
            .args(["download", synthetic::SLUG, "-o", "out", "--json", "--jobs"])
            .arg(jobs.to_string());
        command
    };
    let mut random = Random::new(1);
    let (mut allowed, mut expected) = (0, 0);
    let (mut met, mut finished) = (0, 0);
    for _ in 0..KILLS {
        platform.forget_requests();
        let mut child = command(JOBS)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Most kills while bytes come, some while the archive is listed.
        let patience = Duration::from_millis(random.below(400));
        let waits = random.below(10) > 0;
        let started = Instant::now();
        let listed = || {
            platform
                .requests()
                .iter()
                .any(|seen| seen.side == Side::Store)
        };
        while waits
            && !listed()
            && started.elapsed() < Duration::from_secs(5)
            && child.try_wait().unwrap().is_none()
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(patience);
        finished += u64::from(child.try_wait().unwrap().is_some());
        child.kill().unwrap();
        child.wait().unwrap();
        // Files asked for in this run and not whole: those in flight.
        let requests: Vec<String> = platform
            .requests()
            .into_iter()
            .filter(|seen| seen.side == Side::Store)
            .map(|seen| seen.path)
            .collect();
        let connections = JOBS.min(requests.len() as u64);
        let files = BTreeSet::from_iter(requests).len() as u64;
        let whole = match workspace.out().exists() {
            true => trees::digests(workspace.out()).len() as u64,
            false => 0,
        };
        let in_flight = files.min(u64::from(FILES) - whole).min(JOBS);
        met += u64::from(in_flight > 0);
        allowed += in_flight * PART as u64;
        expected += connections * BLOCK;
    }
    println!("{met} of {KILLS} kills met files in flight, {finished} runs were done before");
    assert!(met > KILLS / 2, "only {met} kills met files in flight");
    let journalled = journalled(&workspace);
    let served_before = platform.served_bytes();
    let summary = run(&mut command(64)).expect(0).summary();
    let difference = trees::compare(&archive, workspace.out());
    assert!(difference.is_empty(), "{difference}");
    let number = |key: &str| summary[key].as_u64().unwrap();
    let all = u64::from(FILES) * SIZE;
    // The last run fetches what is missing and nothing else.
    assert_eq!(
        number("bytes_received") + number("bytes_reused") + number("bytes_kept"),
        all,
        "{summary}"
    );
    // Everything that was written down is used.
    assert_eq!(number("bytes_reused"), journalled, "{summary}");
    let there = number("bytes_reused") + number("bytes_kept");
    let twice = platform.served_bytes() - all;
    println!("{there} of {served_before} bytes of killed runs are used, {twice} came twice");
    assert!(twice <= allowed, "{twice} > {allowed}: {summary}");
    assert!(twice <= expected, "{twice} > {expected}: {summary}");
    assert!(
        there > all / 4,
        "kills came too early to prove anything: {summary}"
    );
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
