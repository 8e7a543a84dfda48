//! Two processes on one folder.

use std::process::Stdio;
use std::time::Duration;

use gcapi_testkit::{Interference, Platform, Side, demo};

use crate::program::{Workspace, run};

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

#[test]
fn another_machine_is_believed_for_a_minute() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &[]).expect(0);
    let lease = workspace.out().join(".gcapi/lease.json");
    let hold = |content: &str, seconds: u64| {
        std::fs::write(&lease, content).unwrap();
        let file = std::fs::File::options().write(true).open(&lease).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(seconds))
            .unwrap();
    };
    let node = r#"{"host":"node17","pid":4711,"since":1700000000}"#;
    for (content, says) in [
        (node, "process 4711 on node17, since Tue, 14 Nov 2023"),
        (r#"{"host":"no"#, "an unknown host"),
        ("", "an unknown host"),
    ] {
        hold(content, 20);
        workspace
            .download(&platform, &[])
            .expect(6)
            .says(&[says, "next step"]);
        assert_eq!(std::fs::read_to_string(&lease).unwrap(), content);
        hold(content, 90);
        workspace.download(&platform, &[]).expect(0);
        assert!(!lease.exists());
    }
}

#[test]
fn verifying_does_not_write_where_another_one_does() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    workspace.download(&platform, &[]).expect(0);
    let lease = workspace.out().join(".gcapi/lease.json");
    std::fs::write(&lease, r#"{"host":"node17","pid":4711,"since":1700000000}"#).unwrap();
    let file = gcapi_testkit::trees::digests(workspace.out())
        .into_keys()
        .next()
        .unwrap();
    std::fs::remove_file(workspace.out().join(&file)).unwrap();
    let verify = || run(workspace.command().args(["verify", "out"]));
    verify().expect(5).says(&["could not be noted", "node17"]);
    std::fs::remove_file(&lease).unwrap();
    let verified = verify().expect(5);
    assert!(!verified.stderr.contains("could not be noted"));
}
