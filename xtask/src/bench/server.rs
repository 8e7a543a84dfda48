//! The platform in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::tls::Tls;
use crate::project;

/// A running platform; it ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) base_url: String,
    pub(crate) token: String,
}

/// What it did since it was asked last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served {
    pub(crate) requests: u64,
    /// Bytes its store sent.
    pub(crate) bytes: u64,
}

impl Server {
    /// Makes the archive if need be and serves it. `order` is described in
    /// the platform's source.
    pub(crate) fn start(folder: &Path, order: &Value, tls: &Tls) -> Result<Self, String> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("failed to make {}: {error}", folder.display()))?;
        let mut order = order.clone();
        if let Some(order) = order.as_object_mut() {
            order.insert("certificate".to_owned(), json!(tls.certificate));
            order.insert("key".to_owned(), json!(tls.key));
        }
        let failed = |error: std::io::Error| format!("failed to start the platform: {error}");
        let mut child = Command::new(project::target().join("release").join("platform"))
            .arg(folder)
            .arg(order.to_string())
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
        let mut server = Self {
            child,
            ask,
            answers: BufReader::new(answers),
            base_url: String::new(),
            token: String::new(),
        };
        let reached = server.answer().map_err(failed)?;
        let text = |key: &str| reached.get(key).and_then(Value::as_str).map(str::to_owned);
        server.base_url = text("base_url").ok_or("the platform did not start")?;
        server.token = text("token").ok_or("the platform has no token")?;
        Ok(server)
    }

    /// What it did since it was asked last.
    pub(crate) fn served(&mut self) -> Result<Served, String> {
        let gone = |error: std::io::Error| format!("the platform is gone: {error}");
        writeln!(self.ask).map_err(gone)?;
        let answer = self.answer().map_err(gone)?;
        let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
        Ok(Served {
            requests: number("requests"),
            bytes: number("bytes"),
        })
    }

    fn answer(&mut self) -> std::io::Result<Value> {
        self.ask.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(std::io::Error::other)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
