//! `cargo xtask bench`: this program and its peers on the same work in the
//! same run.
//!
//! `work.rs` says what the works are and `peers.rs` who competes; `contest.rs`
//! lets them, in turns. Some works are of another kind: `listing.rs` (nothing
//! is left to fetch), `recovery.rs` (everything breaks), `arrays.rs` (images are
//! read), `verifying.rs` (all of them are) and `grid.rs` (the viewer is opened);
//! those of the Python module are in `module.rs`. Each outcome is
//! kept as a section, and `BENCHMARKS.md` is all of them, so that a work can be
//! repeated by itself.

mod arrays;
mod check;
mod contest;
mod disk;
mod grid;
mod install;
mod listing;
mod measured;
mod module;
mod nginx;
mod peers;
mod recovery;
mod report;
mod server;
mod tls;
mod urls;
mod verifying;
mod work;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{project, python, run};
use measured::Measured;
use report::Section;
use serde_json::Value;
use server::Server;
use tls::Tls;

/// The works, in the order of the report.
const ALL: [&str; 12] = [
    "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "W10", "W11", "W12",
];

/// What all works share.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) interpreter: PathBuf,
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) tls: Tls,
    pub(crate) runs: usize,
}

/// Runs what the arguments ask for: `--quick`, and `--only` with the works,
/// separated by commas.
pub(crate) fn with(arguments: &[&str]) -> Result<(), String> {
    let (quick, only) = match arguments {
        [] => (false, None),
        ["--quick"] => (true, None),
        ["--only", works] => (false, Some(*works)),
        ["--quick", "--only", works] | ["--only", works, "--quick"] => (true, Some(*works)),
        _ => return Err("usage: cargo xtask bench [--quick] [--only W1,W5]".to_owned()),
    };
    let wanted: Vec<&str> = only.map_or_else(|| ALL.to_vec(), |only| only.split(',').collect());
    if let Some(unknown) = wanted.iter().find(|id| !ALL.contains(id)) {
        return Err(format!("no work is called {unknown}: {}", ALL.join(", ")));
    }
    install::peers()?;
    let interpreter = python::environment()?;
    let build = "build --release --locked --package gcapi-cli --package gcapi-testkit --bins";
    let build: Vec<&str> = build.split_whitespace().collect();
    run::done(&mut run::cargo(&build))?;
    if wanted.iter().any(|id| module::WORKS.contains(id)) {
        module::install(&interpreter)?;
    }
    let folder = project::target().join("bench");
    let bench = Bench {
        interpreter,
        program: project::target().join("release").join("gcapi"),
        tls: Tls::make(&folder.join("tls"))?,
        folder,
        runs: if quick { 1 } else { 3 },
    };
    let works = work::all();
    for id in wanted {
        println!("==> {id}");
        let section = match works.iter().find(|work| work.id == id) {
            Some(work) => contest::run(&bench, work)?,
            None if id == "W4" => listing::run(&bench)?,
            None if id == "W10" => arrays::run(&bench)?,
            None if id == "W11" => verifying::run(&bench)?,
            None if id == "W12" => grid::run(&bench)?,
            None => recovery::run(&bench)?,
        };
        bench.keep(&section)?;
    }
    Ok(())
}

impl Bench {
    /// Where the archive of a shape is, which is made once.
    pub(crate) fn data(&self, shape: &Value) -> PathBuf {
        let number = |key: &str| shape.get(key).and_then(Value::as_u64).unwrap_or_default();
        let name = ["items", "values", "files", "images", "instances", "size"]
            .map(|key| number(key).to_string())
            .join("-");
        self.folder.join("data").join(name)
    }

    /// What the programs are told in the environment.
    pub(crate) fn environment(&self, server: &Server) -> [(&'static str, OsString); 4] {
        let ca = self.tls.ca.clone().into_os_string();
        [
            ("GCAPI_BASE_URL", server.base_url.clone().into()),
            ("GCAPI_CA_CERT", ca.clone()),
            ("SSL_CERT_FILE", ca),
            ("GRAND_CHALLENGE_AUTHORIZATION", server.token.clone().into()),
        ]
    }

    /// Runs a command. The inner error is the command's own failure.
    pub(crate) fn measure(
        &self,
        command: &[String],
        server: &Server,
    ) -> Result<Result<Measured, String>, String> {
        self.measure_with(command, &self.environment(server))
    }

    /// Runs a command that asks no server.
    pub(crate) fn measure_alone(
        &self,
        command: &[String],
    ) -> Result<Result<Measured, String>, String> {
        self.measure_with(command, &[])
    }

    fn measure_with(
        &self,
        command: &[String],
        environment: &[(&'static str, OsString)],
    ) -> Result<Result<Measured, String>, String> {
        let output = Command::new(&self.interpreter)
            .arg(peers::script("measure.py"))
            .args(command)
            .envs(environment.iter().cloned())
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(|error| format!("failed to measure: {error}"))?;
        Ok(Measured::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Keeps a section and writes the report of all that are there.
    fn keep(&self, section: &Section) -> Result<(), String> {
        let folder = self.folder.join("sections");
        let text = report::section(section, self.runs);
        print!("{text}");
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("failed to make {}: {error}", folder.display()))?;
        save(&folder.join(section.id), &text)?;
        let sections: Vec<String> = ALL
            .iter()
            .filter_map(|id| std::fs::read_to_string(folder.join(id)).ok())
            .collect();
        let path = project::root().join("BENCHMARKS.md");
        save(&path, &report::document(&sections))
    }
}

fn save(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text)
        .map_err(|error| format!("failed to write {}: {error}", path.display()))
}
