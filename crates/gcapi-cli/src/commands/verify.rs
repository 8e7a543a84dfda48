//! `gcapi verify`

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gcapi_archive::verify::{Problem, Report, verify};
use gcapi_archive::{ArchiveFolder, Catalogue, RelativePath, VerificationRecord};

use super::Done;
use crate::arguments::VerifyArguments;
use crate::failure::{Failure, INTEGRITY};
use crate::human;
use crate::moment;
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
    note(&folder, &report, deep, output);
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

/// Writes down what was found, and has the next download look at the bytes of changed files, even
/// if size and time of change look right.
fn note(folder: &ArchiveFolder, report: &Report, deep: bool, output: Output) {
    let paths: Vec<RelativePath> = paths_of(report, is_changed)
        .into_iter()
        .filter_map(|path| RelativePath::parse(path).ok())
        .collect();
    let record = VerificationRecord::new(report, deep, moment::now());
    let noted = Catalogue::create(folder).and_then(|mut catalogue| {
        catalogue.distrust_files(&paths)?;
        catalogue.put_verification(&record)
    });
    if let Err(error) = noted {
        // Verifying must be possible on a disk that is read-only.
        let line = format!("the findings could not be noted in the catalogue: {error}");
        if paths.is_empty() {
            output.note(&line);
        } else {
            output.warning(&line);
        }
    }
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
    let what = human::printable(&problem.to_string());
    match problem {
        Problem::Missing => format!("missing   {path}"),
        Problem::Size { .. } | Problem::Content { .. } => format!("changed   {path}: {what}"),
        Problem::Unreadable { .. } => format!("unread    {path}: {what}"),
        Problem::Defect { next_step, .. } => {
            format!("defect    {path}: {what}\n          next step: {next_step}")
        }
        Problem::Undecoded { .. } => format!("undecoded {path}: {what}"),
        Problem::Unknown => format!("unknown   {path}: {what}"),
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
