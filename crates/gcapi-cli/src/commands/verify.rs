//! `gcapi verify`

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gcapi_archive::verify::{Problem, Report, verify};
use gcapi_archive::{ArchiveFolder, Catalogue, RelativePath};

use super::Done;
use crate::failure::{Failure, INTEGRITY};
use crate::human;
use crate::output::Output;

pub(super) fn run(folder: &Path, output: Output) -> Done {
    let report = check(folder, output)?;
    if output.json {
        output.json(&serde_json::json!({
            "event": "verified",
            "intact": report.intact,
            "bytes": report.bytes,
            "findings": report.findings,
        }));
    }
    if report.is_intact() {
        return Ok(0);
    }
    Err(Failure::new(
        INTEGRITY,
        format!(
            "{} not what was fetched",
            human::count(damaged(&report).count() as u64, "file is")
                .replace("file iss", "files are")
        ),
        "run the gcapi download command of this folder again: it fetches them anew",
    ))
}

/// Verifies a folder and says what it found.
pub(super) fn check(folder: &Path, output: Output) -> Result<Report, Failure> {
    let started = Instant::now();
    let folder = ArchiveFolder::open(folder)?;
    let report = {
        let catalogue = Catalogue::open(&folder)?;
        let total = catalogue.totals()?;
        let bar = bar(total.bytes, output);
        let seen = AtomicU64::new(0);
        let report = verify(&folder, &catalogue, &|bytes| {
            bar.set_position(seen.fetch_add(bytes, Ordering::Relaxed) + bytes);
        });
        bar.finish_and_clear();
        report?
    };
    mark(&folder, &report, output)?;
    if !output.json {
        for finding in &report.findings {
            output.data(&describe(&finding.path, &finding.problem));
        }
    }
    output.note(&format!(
        "{} intact, {} in {:.1} s",
        human::count(report.intact, "file"),
        human::bytes(report.bytes),
        started.elapsed().as_secs_f64()
    ));
    Ok(report)
}

/// Has the next download look at the bytes of damaged files, even if size and
/// time of change look right.
fn mark(folder: &ArchiveFolder, report: &Report, output: Output) -> Result<(), Failure> {
    let paths: Vec<RelativePath> = damaged(report)
        .filter_map(|path| RelativePath::parse(path).ok())
        .collect();
    if paths.is_empty() {
        return Ok(());
    }
    let marked =
        Catalogue::create(folder).and_then(|mut catalogue| catalogue.distrust_files(&paths));
    if let Err(error) = marked {
        // Verifying must be possible on a disk that is read-only.
        output.warning(&format!(
            "the findings could not be noted in the catalogue: {error}"
        ));
    }
    Ok(())
}

fn damaged(report: &Report) -> impl Iterator<Item = &str> {
    report
        .findings
        .iter()
        .filter(|finding| !matches!(finding.problem, Problem::Unknown))
        .map(|finding| finding.path.as_str())
}

fn describe(path: &str, problem: &Problem) -> String {
    let path = human::printable(path);
    match problem {
        Problem::Missing => format!("missing   {path}"),
        Problem::Size { expected, found } => {
            format!("changed   {path}: {found} bytes instead of {expected}")
        }
        Problem::Content { expected, found } => {
            format!("changed   {path}: SHA-256 {found} instead of {expected}")
        }
        Problem::Unreadable { reason } => format!("unread    {path}: {reason}"),
        Problem::Unknown => format!("unknown   {path}: not in the catalogue"),
    }
}

fn bar(bytes: u64, output: Output) -> indicatif::ProgressBar {
    let bar = if output.quiet || output.json {
        indicatif::ProgressBar::hidden()
    } else {
        indicatif::ProgressBar::new(bytes)
    };
    let template =
        "{bar:30} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
    if let Ok(style) = indicatif::ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
