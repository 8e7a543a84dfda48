//! Asked to stop at an inconvenient moment.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use gcapi_testkit::{Interference, Platform, demo, trees};

use crate::program::{Workspace, finish, signal};

/// A platform that never answers requests for one path of the API.
fn silent_at(path: &'static str) -> Platform {
    Platform::misbehaving(&demo().folder, move |seen| {
        if seen.path == path {
            Interference::Delay(Duration::from_secs(60))
        } else {
            Interference::Pass
        }
    })
}

/// Starts a download and waits until the platform was asked for something.
fn start(workspace: &Workspace, platform: &Platform, path: &str) -> Child {
    let child = workspace
        .at(platform)
        .args(["download", "demo", "-o", "out"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while !platform.requests().iter().any(|seen| seen.path == path) {
        assert!(started.elapsed() < Duration::from_secs(15), "{path}");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

#[test]
fn it_stops_while_the_platform_says_nothing() {
    for path in [
        "/api/v1/archives/",
        "/api/v1/gcapi/",
        "/api/v1/archives/items/",
        "/api/v1/cases/images/",
    ] {
        let (workspace, platform) = (Workspace::new(), silent_at(path));
        let child = start(&workspace, &platform, path);
        let stopped = Instant::now();
        signal(&child, "-TERM");
        finish(child)
            .expect(75)
            .says(&["stopped early", "goes on from here"]);
        assert!(stopped.elapsed() < Duration::from_secs(2), "{path}");
        let platform = Platform::start(&demo().folder);
        workspace.download(&platform, &[]).expect(0);
    }
}

#[test]
fn a_second_ctrl_c_ends_it_at_once_and_it_goes_on_from_there() {
    let path = "/api/v1/archives/items/";
    let (workspace, platform) = (Workspace::new(), silent_at(path));
    let child = start(&workspace, &platform, path);
    let stopped = Instant::now();
    signal(&child, "-INT");
    // It may have ended after the first one already.
    let pid = child.id().to_string();
    let _ = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .stderr(Stdio::null())
        .status();
    finish(child).expect(130);
    assert!(stopped.elapsed() < Duration::from_secs(1));
    let platform = Platform::start(&demo().folder);
    workspace.download(&platform, &[]).expect(0);
    let difference = trees::compare(&demo().folder, workspace.out());
    assert!(difference.missing.is_empty(), "{difference}");
}

#[test]
fn a_run_of_limited_time_says_so_and_wrong_limits_are_refused() {
    let path = "/api/v1/archives/items/";
    let (workspace, platform) = (Workspace::new(), silent_at(path));
    let started = Instant::now();
    workspace
        .download(&platform, &["--max-time", "1s"])
        .expect(75)
        .says(&["--max-time", "goes on from here"]);
    assert!(started.elapsed() < Duration::from_secs(3));
    for wrong in [
        ["--max-time", "soon"],
        ["--max-time", "0"],
        ["--max-bytes", "much"],
        ["--limit-rate", "0"],
    ] {
        workspace
            .download(&platform, &wrong)
            .expect(2)
            .says(&[wrong[0]]);
    }
}
