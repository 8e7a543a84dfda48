//! Runs the program in a home of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use gcapi_testkit::{Interference, Platform, demo};
use tempfile::TempDir;

/// A folder for one test, with a home for the program.
pub(crate) struct Workspace {
    temporary: TempDir,
    out: PathBuf,
}

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "exit code\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Holds standard error against what it must say, in any order.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "no {part:?} in\n{}",
                self.stderr
            );
        }
        self
    }

    /// The objects printed with `--json`.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect(line))
            .collect()
    }

    /// The summary printed with `--json`.
    pub(crate) fn summary(&self) -> serde_json::Value {
        let mut objects = self.json();
        let position = objects
            .iter()
            .rposition(|object| object["event"] == "summary");
        objects.swap_remove(position.expect("there is a summary"))
    }
}

impl Workspace {
    pub(crate) fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let out = temporary.path().join("out");
        Self { temporary, out }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.temporary.path().join(name)
    }

    /// The program, knowing nothing but its home.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gcapi"));
        command
            .current_dir(self.temporary.path())
            .env_clear()
            .env("HOME", self.temporary.path().join("home"))
            .stdin(Stdio::null());
        command
    }

    /// The program, knowing a platform and its token.
    pub(crate) fn at(&self, platform: &Platform) -> Command {
        let mut command = self.command();
        command
            .env("GCAPI_BASE_URL", platform.base_url())
            .env("GCAPI_CA_CERT", platform.ca_certificate())
            .env("GRAND_CHALLENGE_AUTHORIZATION", platform.token());
        command
    }

    /// Downloads the demo archive, or what a platform makes of it, into `out`.
    pub(crate) fn download(&self, platform: &Platform, more: &[&str]) -> Run {
        run(self
            .at(platform)
            .args(["download", "demo", "-o", "out"])
            .args(more))
    }

    /// Where [`Workspace::download`] downloads to.
    pub(crate) fn out(&self) -> &Path {
        &self.out
    }
}

/// What the demo archive comes to when its pages went through the hands of a
/// test: those write numbers their own way (`0.10` as `0.1`).
pub(crate) fn demo_through_a_test() -> &'static Path {
    static TREE: OnceLock<Workspace> = OnceLock::new();
    let workspace = TREE.get_or_init(|| {
        let workspace = Workspace::new();
        let platform = Platform::misbehaving(&demo().folder, |seen| {
            if seen.is_list("archives/items/") {
                Interference::json(|_| {})
            } else {
                Interference::Pass
            }
        });
        workspace.download(&platform, &[]).expect(0);
        workspace
    });
    workspace.out()
}

pub(crate) fn run(command: &mut Command) -> Run {
    finish(
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

pub(crate) fn finish(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Files below a folder whose bytes contain a text.
pub(crate) fn files_with(root: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                if bytes
                    .windows(text.len())
                    .any(|window| window == text.as_bytes())
                {
                    found.push(path);
                }
            }
        }
    }
    found
}

/// Sends a signal, as `-TERM`.
#[track_caller]
pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args([name, &pid]).status();
    assert!(sent.unwrap().success());
}
