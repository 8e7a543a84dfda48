//! `cargo xtask bench`: this program and the Python client against the same
//! server in the same run.
//!
//! Every run downloads into a new folder and is measured from outside; the
//! median of the runs counts. The server is a process of its own, and its CPU
//! time is nobody's.

mod measured;
mod report;
mod server;

use std::path::Path;
use std::process::Command;

use crate::{project, python, run};
use measured::Measured;
use server::Server;

/// One piece of work.
pub(crate) struct Work {
    /// What it is called in the table.
    pub(crate) name: &'static str,
    /// Items, Files per item, images per item, bytes of each, latency in ms.
    pub(crate) shape: [u64; 5],
    /// Whether a pool of threads makes sense for it.
    pub(crate) pool: bool,
}

const WORK: [Work; 2] = [
    Work {
        name: "200 items of 4 values of 64 KB, 50 ms added to every request",
        shape: [200, 3, 1, 64_000, 50],
        pool: true,
    },
    Work {
        name: "one file of 1 GiB",
        shape: [1, 1, 0, 1 << 30, 0],
        pool: false,
    },
];

/// One program on one piece of work.
pub(crate) struct Row {
    pub(crate) program: String,
    pub(crate) measured: Measured,
}

/// Runs everything; `quick` once each, else three times.
pub(crate) fn run(quick: bool) -> Result<(), String> {
    let interpreter = python::environment()?;
    let build = [
        "build",
        "--release",
        "--locked",
        "--package",
        "gcapi-cli",
        "--package",
        "gcapi-testkit",
    ];
    run::done(&mut run::cargo(&build))?;
    let folder = project::target().join("bench");
    let runs = if quick { 1 } else { 3 };
    let mut tables = Vec::new();
    for (number, work) in WORK.iter().enumerate() {
        println!("==> {}", work.name);
        let server = Server::start(&folder.join(format!("platform-{number}")), work)?;
        let bench = Bench {
            interpreter: &interpreter,
            folder: &folder,
            server,
            runs,
        };
        tables.push((work, bench.rows(work)?));
    }
    let text = report::markdown(&tables, runs);
    print!("{text}");
    let path = project::root().join("BENCHMARKS.md");
    std::fs::write(&path, text)
        .map_err(|error| format!("failed to write {}: {error}", path.display()))
}

struct Bench<'a> {
    interpreter: &'a Path,
    folder: &'a Path,
    server: Server,
    runs: u32,
}

impl Bench<'_> {
    fn rows(mut self, work: &Work) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        let gcapi = project::target().join("release").join("gcapi");
        let script = project::root()
            .join("interoperability")
            .join("python_client.py");
        let base_url = self.server.base_url.clone();
        let python = self.interpreter.display().to_string();
        let threads: &[&str] = if work.pool { &["1", "10"] } else { &["1"] };
        rows.push(self.row("gcapi-rs", |out| {
            let mut command = vec![gcapi.display().to_string()];
            command.extend(["--quiet", "download", "synthetic", "-o", out].map(str::to_owned));
            command
        })?);
        for threads in threads {
            let program = match *threads {
                "1" => "Python gcapi 0.16.1, documented loop".to_owned(),
                _ => format!("the same in a pool of {threads} threads"),
            };
            rows.push(self.row(&program, |out| {
                let script = script.display().to_string();
                vec![
                    python.clone(),
                    script,
                    base_url.clone(),
                    out.to_owned(),
                    (*threads).to_owned(),
                ]
            })?);
        }
        Ok(rows)
    }

    /// Runs one program as often as asked and takes the median.
    fn row(&mut self, program: &str, command: impl Fn(&str) -> Vec<String>) -> Result<Row, String> {
        let mut all = Vec::new();
        for _ in 0..self.runs {
            let out = self.folder.join("out");
            remove(&out)?;
            self.server.requests()?;
            let mut measured = self.measure(&command(&out.display().to_string()))?;
            measured.requests = self.server.requests()?;
            println!("{program}: {measured}");
            all.push(measured);
            remove(&out)?;
        }
        Ok(Row {
            program: program.to_owned(),
            measured: Measured::median(all),
        })
    }

    fn measure(&self, command: &[String]) -> Result<Measured, String> {
        let script = project::root().join("interoperability").join("measure.py");
        let output = Command::new(self.interpreter)
            .arg(script)
            .args(command)
            .env("GCAPI_BASE_URL", &self.server.base_url)
            .env("GCAPI_CA_CERT", &self.server.ca)
            .env("SSL_CERT_FILE", &self.server.ca)
            .env("GRAND_CHALLENGE_AUTHORIZATION", &self.server.token)
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(|error| format!("failed to measure: {error}"))?;
        Measured::parse(&String::from_utf8_lossy(&output.stdout))
    }
}

fn remove(folder: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("failed to remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}
