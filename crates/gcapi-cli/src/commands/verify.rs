//! `gcapi verify`

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gcapi_archive::verify::{Problem, Report, verify};
use gcapi_archive::{ArchiveFolder, Catalogue, RelativePath};

use super::Done;
use crate::arguments::VerifyArguments;
use crate::failure::{Failure, INTEGRITY};
use crate::human;
use crate::output::Output;

pub(super) fn run(arguments: &VerifyArguments, output: Output) -> Done {
    let report = check(&arguments.folder, arguments.deep, output)?;
    if output.json {
        output.json(&serde_json::json!({
            "event": "verified",
            "deep": arguments.deep,
            "intact": report.intact,
            "bytes": report.bytes,
            "findings": report.findings,
        }));
    }
    if report.is_intact() {
        return Ok(0);
    }
    let changed = paths_of(&report, is_changed).len() as u64;
    if changed == 0 {
        let defects = paths_of(&report, Problem::is_damage).len() as u64;
        return Err(Failure::new(
            INTEGRITY,
            format!("{} not what it should be", files(defects)),
            "each line says what to do; the bytes are those that were served",
        ));
    }
    Err(Failure::new(
        INTEGRITY,
        format!("{} not what was fetched", files(changed)),
        "run the gcapi download command of this folder again: it fetches them anew",
    ))
}

/// `1 file is`, `2 files are`
fn files(number: u64) -> String {
    human::count(number, "file is").replace("file iss", "files are")
}

/// Verifies a folder and says what it found. What is only wrong with its format counts as damage
/// too, but only `deep` looks for it.
pub(super) fn check(folder: &Path, deep: bool, output: Output) -> Result<Report, Failure> {
    let started = Instant::now();
    let folder = ArchiveFolder::open(folder)?;
    let report = {
        let catalogue = Catalogue::open(&folder)?;
        let total = catalogue.totals()?;
        let bar = bar(total.bytes, output);
        let seen = AtomicU64::new(0);
        let progress = |bytes| {
            bar.set_position(seen.fetch_add(bytes, Ordering::Relaxed) + bytes);
        };
        let report = if deep {
            gcapi_inspect::deep::verify(&folder, &catalogue, &progress)
        } else {
            verify(&folder, &catalogue, &progress)
        };
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
        "{} {}, {} in {:.1} s",
        human::count(report.intact, "file"),
        if deep { "intact and decoded" } else { "intact" },
        human::bytes(report.bytes),
        started.elapsed().as_secs_f64()
    ));
    Ok(report)
}

/// Has the next download look at the bytes of changed files, even if size and
/// time of change look right.
fn mark(folder: &ArchiveFolder, report: &Report, output: Output) -> Result<(), Failure> {
    let paths: Vec<RelativePath> = paths_of(report, is_changed)
        .into_iter()
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

/// Whether the file is not the one that was fetched.
fn is_changed(problem: &Problem) -> bool {
    problem.is_damage() && !matches!(problem, Problem::Defect { .. })
}

/// The paths with such a problem, each once.
fn paths_of(report: &Report, is_such: fn(&Problem) -> bool) -> BTreeSet<&str> {
    report
        .findings
        .iter()
        .filter(|finding| is_such(&finding.problem))
        .map(|finding| finding.path.as_str())
        .collect()
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
        Problem::Defect {
            expected,
            found,
            next_step,
        } => format!(
            "defect    {path}: expected {expected}; found {}\n          next step: {next_step}",
            human::printable(found)
        ),
        Problem::Undecoded { reason } => {
            format!("undecoded {path}: {}", human::printable(reason))
        }
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
