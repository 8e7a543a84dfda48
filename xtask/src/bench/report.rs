//! What was measured, as Markdown.

use std::fmt::Write as _;

use super::{Measured, install};

/// What no run can say by itself: where the time goes, and what was tried.
const PROFILE: &str = include_str!("profile.md");

/// One program on one work.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) program: String,
    /// Or why there are no numbers.
    pub(crate) measured: Result<Measured, String>,
}

/// Rows that compare with the first one.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) rows: Vec<Row>,
    /// Whether the bytes that were sent tell something.
    pub(crate) shows_bytes: bool,
}

/// A work with its outcome.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) notes: String,
    pub(crate) goals: Vec<Goal>,
    pub(crate) tables: Vec<Table>,
}

/// What is to be reached, and what was.
#[derive(Debug)]
pub(crate) struct Goal {
    text: String,
    wanted: Wanted,
    /// `None` where one of the programs failed.
    found: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Wanted {
    AtLeast(f64),
    AtMost(f64),
    /// Only to be known.
    Nothing,
}

impl Goal {
    pub(crate) fn at_least(text: &str, number: f64, found: Option<f64>) -> Self {
        Self::new(text, Wanted::AtLeast(number), found)
    }

    pub(crate) fn at_most(text: &str, number: f64, found: Option<f64>) -> Self {
        Self::new(text, Wanted::AtMost(number), found)
    }

    pub(crate) fn none(text: &str, found: Option<f64>) -> Self {
        Self::new(text, Wanted::Nothing, found)
    }

    fn new(text: &str, wanted: Wanted, found: Option<f64>) -> Self {
        Self {
            text: text.to_owned(),
            wanted,
            found,
        }
    }

    fn line(&self) -> String {
        let found = self
            .found
            .map_or_else(|| "none".to_owned(), |found| format!("{found:.2}"));
        let (wanted, met) = match self.wanted {
            Wanted::AtLeast(number) => (
                format!("at least {number}"),
                self.found.map(|found| found >= number),
            ),
            Wanted::AtMost(number) => (
                format!("at most {number}"),
                self.found.map(|found| found <= number),
            ),
            Wanted::Nothing => return format!("| {} | | {found} | |", self.text),
        };
        let met = match met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "**not measured**",
        };
        format!("| {} | {wanted} | {found} | {met} |", self.text)
    }
}

/// One work as Markdown.
pub(crate) fn section(section: &Section, runs: usize) -> String {
    let mut text = format!(
        "## {}: {}\n\n{}\n\n",
        section.id,
        section.title,
        wrapped(&section.notes)
    );
    // Writing to a String cannot fail.
    let _ = write!(text, "| goal | wanted | measured | |\n|---|---|---:|---|\n");
    for goal in &section.goals {
        let _ = writeln!(text, "{}", goal.line());
    }
    let medians = if runs == 1 {
        "One run each".to_owned()
    } else {
        format!("Medians of {runs} runs")
    };
    let _ = write!(
        text,
        "\n{medians}; `cargo xtask bench{} --only {}` repeats it.\n",
        if runs == 1 { " --quick" } else { "" },
        section.id
    );
    for one in &section.tables {
        table(&mut text, one);
    }
    text
}

fn table(text: &mut String, table: &Table) {
    if !table.caption.is_empty() {
        let _ = write!(text, "\n{}:\n", table.caption);
    }
    let (title, line) = if table.shows_bytes {
        (" bytes sent |", "---:|")
    } else {
        ("", "")
    };
    let _ = write!(
        text,
        "\n| program | wall time | CPU time | peak memory | requests |{title}\n\
         |---|---:|---:|---:|---:|{line}\n"
    );
    let first = table
        .rows
        .first()
        .and_then(|row| row.measured.as_ref().ok());
    for row in &table.rows {
        let measured = match &row.measured {
            Ok(measured) => measured,
            Err(message) => {
                let rest = if table.shows_bytes { " |" } else { "" };
                let _ = writeln!(text, "| {} | {message} | | | |{rest}", row.program);
                continue;
            }
        };
        let ratio = |of: fn(&Measured) -> f64| {
            // Nothing is so many times nothing.
            first
                .filter(|first| of(first) > 0.0)
                .map_or_else(String::new, |first| {
                    format!(" ({:.1} x)", of(measured) / of(first))
                })
        };
        let _ = write!(
            text,
            "| {} | {:.2} s{} | {:.2} s{} | {:.0} MiB{} | {}{} |",
            row.program,
            measured.wall_seconds,
            ratio(|one| one.wall_seconds),
            measured.cpu_seconds,
            ratio(|one| one.cpu_seconds),
            measured.peak_mib(),
            ratio(|one| one.peak_bytes),
            measured.requests,
            ratio(|one| one.requests as f64),
        );
        if table.shows_bytes {
            let megabytes = measured.sent_bytes as f64 / 1e6;
            let _ = write!(text, " {megabytes:.0} MB |");
        }
        text.push('\n');
    }
}

/// The whole file, from sections as Markdown.
pub(crate) fn document(sections: &[String]) -> String {
    let introduction = "Measured by `cargo xtask bench`, which installs the peers and writes this file. Every \
         program gets the same work in the same run, in turns, from a process of its own, over TLS \
         on loopback, into a new folder on disk; what arrived is compared with what was served. \
         Where speed is asked for, nginx serves the files; where latency is, the platform of the \
         tests does, for everybody. CPU time (user and system) and memory are the client's alone. \
         This program hashes every file (SHA-256) and makes it durable before it gives it its \
         name, which the others do not do: \"then sync\" is curl with the latter. Ratios are to \
         the first row. Memory below some 10 MiB is not told apart. Client and server share the \
         processor, so that what the server needs is missing to the client.";
    let mut text = format!("# Benchmarks\n\n{}\n\n", wrapped(introduction));
    let _ = writeln!(text, "{}", wrapped(&format!("Machine: {}.", machine())));
    let _ = writeln!(text, "{}", wrapped(&format!("Peers: {}.", peers())));
    for section in sections {
        let _ = write!(text, "\n{section}");
    }
    let _ = write!(text, "\n{PROFILE}");
    text
}

fn peers() -> String {
    let requirements = super::peers::script("requirements.txt");
    let python = std::fs::read_to_string(requirements)
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("gcapi=="))?;
            Some(line.replace("==", " "))
        })
        .unwrap_or_default();
    format!("Python {python}, {}", install::versions())
}

/// Lines of at most 100 characters.
fn wrapped(text: &str) -> String {
    let (mut wrapped, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        if length > 0 && length + 1 + word.len() > 100 {
            wrapped.push('\n');
            length = 0;
        } else if length > 0 {
            wrapped.push(' ');
            length += 1;
        }
        wrapped.push_str(word);
        length += word.len();
    }
    wrapped
}

/// What the numbers depend on.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{cores} cores of {model}, {} {}",
        std::env::consts::OS,
        kernel.trim()
    )
}
