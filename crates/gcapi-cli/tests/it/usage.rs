//! Help, completions, configuration.

use gcapi_testkit::{Platform, demo};

use crate::program::{Workspace, run};

#[test]
fn help_teaches_by_example_and_wrong_usage_is_2() {
    let workspace = Workspace::new();
    let help = run(workspace.command().arg("--help")).expect(0);
    for part in [
        "gcapi demo",
        "gcapi download my-archive",
        "Exit codes",
        "api-tokens",
    ] {
        assert!(
            help.stdout.contains(part),
            "no {part:?} in\n{}",
            help.stdout
        );
    }
    run(workspace.command().arg("no-such-command")).expect(2);
    run(workspace.command().args(["download"])).expect(2);
    run(workspace.command().args(["download", "x", "--jobs", "0"])).expect(2);
    run(workspace
        .command()
        .args(["download", "x", "--timeout", "-1"]))
    .expect(2);
    let version = run(workspace.command().arg("--version")).expect(0);
    assert!(version.stdout.starts_with("gcapi "));
}

#[test]
fn completions_are_written_for_every_shell() {
    let workspace = Workspace::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(workspace.command().args(["completions", shell])).expect(0);
        assert!(script.stdout.contains("download"), "{shell}");
    }
}

#[test]
fn the_configuration_file_gives_way_to_environment_and_flags() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let folder = workspace.path("home/.config/gcapi");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |text: String| std::fs::write(folder.join("config.toml"), text).unwrap();
    write(format!(
        "base-url = {:?}\nca-cert = {:?}\n",
        platform.base_url(),
        platform.ca_certificate()
    ));
    let command = || {
        let mut command = workspace.command();
        command.env("GRAND_CHALLENGE_AUTHORIZATION", platform.token());
        command
    };
    run(command().arg("archives")).expect(0);
    run(command()
        .env("GCAPI_BASE_URL", "http://x/api/v1/")
        .arg("archives"))
    .expect(2);
    run(command().args(["archives", "--base-url", "http://x/api/v1/"])).expect(2);
    write("no-such-key = 1\n".to_owned());
    run(command().arg("archives"))
        .expect(2)
        .says(&["config.toml", "no-such-key"]);
    run(command().args(["archives", "--config", "absent.toml"]))
        .expect(2)
        .says(&["absent.toml"]);
}

#[test]
fn json_is_one_object_a_line_on_standard_output() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let download = workspace.download(&platform, &["--json"]).expect(0);
    let events: std::collections::BTreeSet<_> = download
        .json()
        .iter()
        .map(|object| object["event"].as_str().unwrap().to_owned())
        .collect();
    for event in [
        "listed",
        "planned",
        "plan-complete",
        "started",
        "finished",
        "summary",
    ] {
        assert!(events.contains(event), "no {event} in {events:?}");
    }
    let status = run(workspace.command().args(["status", "out", "--json"])).expect(0);
    assert_eq!(status.json()[0]["totals"]["items"], 12);
    let verified = run(workspace.command().args(["verify", "out", "--json"])).expect(0);
    assert_eq!(verified.json()[0]["findings"].as_array().unwrap().len(), 0);
    let refused = run(workspace
        .at(&platform)
        .args(["download", "absent", "--json"]))
    .expect(4);
    assert_eq!(refused.json()[0]["exit_code"], 4);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let mut child = workspace
        .at(&platform)
        .args(["download", "demo", "-o", "out", "--dry-run"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = crate::program::finish(child).expect(0);
    assert!(!status.stderr.contains("panicked"), "{}", status.stderr);
}

#[test]
fn the_demo_runs_twice_and_shows_what_arrived() {
    let workspace = Workspace::new();
    let first = run(workspace.command().arg("demo"))
        .expect(0)
        .says(&["What to try next"]);
    assert!(first.stdout.contains("12 items") && first.stdout.contains("verified"));
    let again = run(workspace.command().arg("demo"))
        .expect(0)
        .says(&["0 files fetched"]);
    assert_eq!(again.stdout, first.stdout);
}

#[test]
fn the_closing_line_says_what_it_took() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let first = workspace.download(&platform, &[]).expect(0);
    let line = first.stderr.lines().last().unwrap();
    let requests = format!(
        "; {} requests of which 0 retried, ",
        platform.requests().len()
    );
    for part in [" files fetched (", ", 0 kept (0 B)", &requests, "B/s"] {
        assert!(line.contains(part), "no {part:?} in {line}");
    }
    platform.forget_requests();
    let second = workspace.download(&platform, &[]).expect(0);
    second.says(&["0 files fetched (0 B), ", "; 4 requests of which 0 retried"]);
}
