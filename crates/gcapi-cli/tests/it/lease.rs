//! Two processes on one folder.

use std::process::Stdio;
use std::time::Duration;

use gcapi_testkit::{Interference, Platform, Side, demo};

use crate::program::Workspace;

/// A download that does not end by itself.
fn endless(workspace: &Workspace) -> (Platform, std::process::Child) {
    let platform = Platform::misbehaving(&demo().folder, |seen| match seen.side {
        Side::Store => Interference::Delay(Duration::from_secs(60)),
        Side::Api => Interference::Pass,
    });
    let child = workspace
        .at(&platform)
        .args(["download", "demo", "-o", "out"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !workspace.out().join(".gcapi/lease.json").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    (platform, child)
}

#[test]
fn the_second_is_told_who_holds_it_and_a_dead_owner_is_taken_over() {
    let workspace = Workspace::new();
    let (_platform, mut child) = endless(&workspace);
    let pid = child.id().to_string();
    let good = Platform::start(&demo().folder);
    let held = format!("process {pid} on ");
    workspace
        .download(&good, &[])
        .expect(6)
        .says(&["another gcapi", &held, "since ", " GMT"]);
    child.kill().unwrap();
    child.wait().unwrap();
    workspace.download(&good, &[]).expect(0);
    assert!(!workspace.out().join(".gcapi/lease.json").exists());
}
