//! The only place that writes to standard output and standard error.
//!
//! Data goes to standard output, everything else to standard error. A reader
//! that has seen enough (`gcapi archives | head`) is not an error.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::arguments::Color;
use crate::environment;
use crate::failure::Failure;
use crate::settings::Settings;

/// Where words go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    colors: bool,
}

impl Output {
    pub(crate) fn new(settings: &Settings) -> Self {
        let colors = match settings.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stderr().is_terminal()
                    && std::env::var_os(environment::NO_COLOR).is_none_or(|value| value.is_empty())
            }
        };
        Self {
            json: settings.json,
            quiet: settings.quiet,
            colors,
        }
    }

    /// Before the settings are known.
    pub(crate) fn plain() -> Self {
        Self {
            json: false,
            quiet: false,
            colors: false,
        }
    }

    /// A line of what was asked for.
    pub(crate) fn data(self, line: &str) {
        let mut stdout = io::stdout().lock();
        if writeln!(stdout, "{line}")
            .and_then(|()| stdout.flush())
            .is_err()
        {
            closed();
        }
    }

    /// Data of any length. Errors of standard output end the program, as for
    /// lines.
    pub(crate) fn stream<T>(self, write: impl FnOnce(&mut (dyn io::Write + Send)) -> T) -> T {
        let mut stdout = EndingWithItsReader(io::BufWriter::new(io::stdout()));
        let written = write(&mut stdout);
        let _ = stdout.flush();
        written
    }

    /// A JSON object on a line of its own.
    pub(crate) fn json(self, object: &impl Serialize) {
        if let Ok(line) = serde_json::to_string(object) {
            self.data(&line);
        }
    }

    /// A line about what happens.
    pub(crate) fn note(self, line: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    /// Something to look at even when quiet.
    pub(crate) fn warning(self, line: &str) {
        let label = self.paint("33;1", "warning");
        let _ = writeln!(io::stderr().lock(), "{label}: {line}");
    }

    /// Why the program ends, and what to do.
    pub(crate) fn failure(self, failure: &Failure) {
        if self.json {
            self.json(&serde_json::json!({
                "event": "error",
                "message": failure.message,
                "next_step": failure.next_step,
                "exit_code": failure.exit_code,
            }));
        }
        let mut stderr = io::stderr().lock();
        let _ = writeln!(
            stderr,
            "{}: {}",
            self.paint("31;1", "error"),
            failure.message
        );
        if let Some(next_step) = &failure.next_step {
            let _ = writeln!(stderr, "  {}: {next_step}", self.paint("36", "next step"));
        }
    }

    /// Emphasis, where colours are wanted.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colors {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Standard output, which ends the program when it is closed.
struct EndingWithItsReader(io::BufWriter<io::Stdout>);

impl io::Write for EndingWithItsReader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).or_else(|_| closed())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().or_else(|_| closed())
    }
}

/// Ends the program when nobody reads what it writes.
#[expect(
    clippy::exit,
    reason = "a closed pipe must end the program at once and without complaint"
)]
fn closed() -> ! {
    std::process::exit(0)
}
