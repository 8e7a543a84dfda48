//! Runs the program in a home of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use gcapi_testkit::Platform;
use tempfile::TempDir;

/// A folder for one test, with a home for the program.
pub(crate) struct Workspace {
    temporary: TempDir,
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
        Self {
            temporary: tempfile::tempdir().unwrap(),
        }
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

    pub(crate) fn out(&self) -> PathBuf {
        self.path("out")
    }
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
