//! The table.

use std::fmt::Write as _;

use super::{Row, Work};

/// Everything as Markdown.
pub(crate) fn markdown(tables: &[(&Work, Vec<Row>)], runs: u32) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "# Benchmarks\n\n\
         Measured by `cargo xtask bench`, which writes this file: medians of {runs} {}, each into a new\n\
         folder, client and server on one machine over TLS on loopback, the server in a process of its\n\
         own. CPU time and memory are the client's alone; the times of this program include SHA-256 and\n\
         making every file durable, which the Python client does not do. Ratios are to this program.\n\n\
         Machine: {}.\n",
        if runs == 1 { "run" } else { "runs" },
        machine(),
    );
    for (work, rows) in tables {
        let _ = write!(
            text,
            "\n## {}\n\n\
             | program | wall time | CPU time | peak memory | requests |\n\
             |---|---:|---:|---:|---:|\n",
            capitalised(work.name)
        );
        let Some(first) = rows.first() else { continue };
        for row in rows {
            let (this, ours) = (&row.measured, &first.measured);
            let _ = writeln!(
                text,
                "| {} | {:.2} s ({:.1} x) | {:.2} s ({:.1} x) | {:.0} MiB ({:.1} x) | {} ({:.1} x) |",
                row.program,
                this.wall_seconds,
                this.wall_seconds / ours.wall_seconds,
                this.cpu_seconds,
                this.cpu_seconds / ours.cpu_seconds,
                this.peak_bytes / f64::from(1 << 20),
                this.peak_bytes / ours.peak_bytes,
                this.requests,
                this.requests as f64 / ours.requests as f64,
            );
        }
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
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
    format!("{cores} cores of {model}, {}", std::env::consts::OS)
}
