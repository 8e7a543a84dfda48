//! The server in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::Work;
use crate::project;

/// A running platform.
pub(crate) struct Server {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) base_url: String,
    pub(crate) ca: String,
    pub(crate) token: String,
}

impl Server {
    /// Makes the archive if need be and serves it.
    pub(crate) fn start(folder: &Path, work: &Work) -> Result<Self, String> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("failed to make {}: {error}", folder.display()))?;
        let failed = |error: std::io::Error| format!("failed to start the platform: {error}");
        let mut child = Command::new(project::target().join("release").join("platform"))
            .arg(folder)
            .args(work.shape.map(|number| number.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let ask = child
            .stdin
            .take()
            .ok_or("the platform has no standard input")?;
        let answers = child
            .stdout
            .take()
            .ok_or("the platform has no standard output")?;
        let mut answers = BufReader::new(answers);
        let mut line = String::new();
        answers.read_line(&mut line).map_err(failed)?;
        let reached: Value = serde_json::from_str(&line)
            .map_err(|error| format!("the platform did not start: {error}"))?;
        let text = |key: &str| {
            reached
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Ok(Self {
            base_url: text("base_url"),
            ca: text("ca_cert"),
            token: text("token"),
            child,
            ask,
            answers,
        })
    }

    /// Requests since it was asked last.
    pub(crate) fn requests(&mut self) -> Result<u64, String> {
        let mut ask = || -> std::io::Result<String> {
            writeln!(self.ask)?;
            self.ask.flush()?;
            let mut line = String::new();
            self.answers.read_line(&mut line)?;
            Ok(line)
        };
        let line = ask().map_err(|error| format!("the platform is gone: {error}"))?;
        line.trim()
            .parse()
            .map_err(|_| format!("the platform says {line:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
