//! Disks that are too small.

use std::collections::BTreeMap;

use gcapi_testkit::{Platform, Side, demo, trees};

use crate::program::{Run, Workspace, run};

#[test]
fn a_dry_run_says_how_large_it_is_when_asked() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let arguments = ["--dry-run", "--sizes", "--json"];
    let asked = workspace.download(&platform, &arguments).expect(0);
    assert!(!workspace.out().exists());
    let summary = asked.summary();
    let sized: BTreeMap<String, (u64, u64, bool)> = asked
        .json()
        .iter()
        .filter(|event| event["event"] == "sized")
        .map(|event| {
            let number = |name: &str| event[name].as_u64().unwrap();
            let estimated = event["estimated"].as_bool().unwrap();
            let path = event["path"].as_str().unwrap().to_owned();
            (path, (number("files"), number("bytes"), estimated))
        })
        .collect();
    // One request each to the store, for a byte at most.
    let store: Vec<_> = platform
        .requests()
        .into_iter()
        .filter(|seen| seen.side == Side::Store)
        .collect();
    let whole = store.iter().filter(|seen| {
        seen.headers
            .get("range")
            .is_none_or(|range| range != "bytes=0-0")
    });
    let sets = sized.values().filter(|(.., estimated)| *estimated).count();
    assert_eq!(whole.count(), sets);

    workspace.download(&platform, &[]).expect(0);
    let files = trees::digests(workspace.out());
    assert_eq!(summary["to_fetch"], files.len());
    let mut bytes = 0;
    for (path, (_, size, estimated)) in &sized {
        bytes += size;
        if !estimated && !path.ends_with(".mhd") {
            assert_eq!(files[path].size, *size, "{path}");
        }
    }
    assert_eq!(summary["bytes_to_fetch"], bytes);
    assert_eq!(summary["unknown_sizes"], 0);

    let again = Workspace::new();
    let said = again
        .download(&platform, &["--dry-run", "--sizes"])
        .expect(0)
        .says(&["two requests for each file", "it fits", "are free"]);
    assert!(said.stdout.contains(" about "), "{}", said.stdout);
    workspace.download(&platform, &["--sizes"]).expect(2);
}

/// Runs the program with a small file system at `small`; `None` where this
/// machine does not let a test mount one.
#[cfg(target_os = "linux")]
fn on_a_disk(
    workspace: &Workspace,
    platform: &Platform,
    options: &str,
    arguments: &[&str],
) -> Option<Run> {
    let inside = |script: &str| {
        let command = workspace.at(platform);
        let mut shell = std::process::Command::new("unshare");
        shell
            .args(["--user", "--map-root-user", "--mount", "sh", "-c"])
            .arg(format!(
                "mkdir -p small && mount -t tmpfs -o {options} none small && {script}"
            ))
            .args(["sh", "download", "demo", "-o", "small/out"])
            .args(arguments)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("GCAPI", command.get_program())
            .current_dir(workspace.path(""))
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))),
            );
        run(&mut shell)
    };
    if inside("true").code != 0 {
        return None;
    }
    Some(inside("exec \"$GCAPI\" \"$@\""))
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_takes_too_few_files_is_found_before_the_first_byte() {
    for (options, what) in [
        ("size=20m,nr_inodes=40", " files are needed, "),
        ("size=200k", " bytes are needed, "),
    ] {
        let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
        let Some(run) = on_a_disk(&workspace, &platform, options, &[]) else {
            eprintln!("skipped: this machine does not let a test mount a file system");
            return;
        };
        run.expect(6)
            .says(&["no space left", what, "are free", "make room"]);
        let requests = platform.requests();
        assert!(requests.iter().all(|seen| seen.side == Side::Api));
        assert!(
            requests
                .iter()
                .all(|seen| !seen.path.starts_with("/media/")),
            "nothing was asked for"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_dry_run_says_what_does_not_fit() {
    let (workspace, platform) = (Workspace::new(), Platform::start(&demo().folder));
    let arguments = ["--dry-run", "--sizes"];
    if let Some(run) = on_a_disk(&workspace, &platform, "size=2m", &arguments) {
        run.expect(6)
            .says(&["it does not fit", "are needed", "are free"]);
    }
}
