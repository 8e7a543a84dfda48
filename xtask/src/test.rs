//! `cargo xtask test`: every check there is, from clean to counts.

use std::process::Command;
use std::time::Instant;

use crate::counts::Counts;
use crate::{arrows, project, python, run};

/// A step has a name and gives counts.
type Step = (&'static str, fn() -> Result<Counts, String>);

const STEPS: [Step; 7] = [
    ("format", format),
    ("lints", lints),
    ("arrows", direction),
    ("licences", licences),
    ("rust", rust),
    ("documentation", documentation),
    ("python", interoperability),
];

/// Runs all steps, or one, and ends with the counts.
pub(crate) fn run(only: Option<&str>) -> Result<(), String> {
    let steps: Vec<&Step> = STEPS
        .iter()
        .filter(|(name, _)| only.is_none_or(|only| only == *name))
        .collect();
    if steps.is_empty() {
        return Err(format!("there is no step {:?}", only.unwrap_or_default()));
    }
    let mut counts = Counts::default();
    let mut failures = Vec::new();
    for (name, step) in steps {
        println!("==> {name}");
        let started = Instant::now();
        match step() {
            Ok(more) => counts += more,
            Err(reason) => {
                println!("{reason}");
                failures.push(*name);
            }
        }
        println!("==> {name}: {:.1} s", started.elapsed().as_secs_f64());
        // Everything else would fail for the same reason.
        if !failures.is_empty() && matches!(*name, "lints" | "arrows") {
            break;
        }
    }
    let failed = counts.failed.max(failures.len() as u64);
    println!(
        "{} passed, {failed} failed, {} skipped",
        counts.passed, counts.skipped
    );
    if failures.is_empty() {
        Ok(())
    } else {
        Err(format!("failed: {}", failures.join(", ")))
    }
}

/// A check that is no test of a runner counts as one.
fn one(result: Result<(), String>) -> Result<Counts, String> {
    result.map(|()| Counts {
        passed: 1,
        ..Counts::default()
    })
}

fn format() -> Result<Counts, String> {
    one(run::done(&mut run::cargo(&["fmt", "--all", "--check"])).map(drop))
}

fn lints() -> Result<Counts, String> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "--deny",
        "warnings",
    ];
    one(run::done(&mut run::cargo(&arguments)).map(drop))
}

fn direction() -> Result<Counts, String> {
    one(arrows::check())
}

/// Licences, sources and bans, where cargo-deny is at hand: building it takes
/// longer than everything here.
fn licences() -> Result<Counts, String> {
    if run::asked(&mut run::cargo(&["deny", "--version"])).is_none() {
        println!("skipped: cargo-deny is not installed");
        return Ok(Counts {
            skipped: 1,
            ..Counts::default()
        });
    }
    let arguments = ["deny", "--offline", "check", "bans", "licenses", "sources"];
    one(run::done(&mut run::cargo(&arguments)).map(drop))
}

fn rust() -> Result<Counts, String> {
    let (succeeded, output) = run::shown(&mut run::cargo(&[
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
    ]))?;
    let counts = Counts::of_cargo(&output);
    if !succeeded {
        return Err(format!("{} Rust tests failed", counts.failed));
    }
    // An example that does not compile is worse than none.
    if let Some(line) = output.lines().find(|line| line.ends_with("... ignored")) {
        return Err(format!("no test may be ignored: {line}"));
    }
    Ok(counts)
}

fn documentation() -> Result<Counts, String> {
    let mut command = run::cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    one(run::done(command.env("RUSTDOCFLAGS", "--deny warnings")).map(drop))
}

/// Independent readers look at every file, and the Python client downloads the
/// same archive.
fn interoperability() -> Result<Counts, String> {
    let interpreter = python::environment()?;
    run::done(&mut run::cargo(&[
        "build",
        "--package",
        "gcapi-cli",
        "--locked",
    ]))?;
    let expected = run::asked(&mut run::cargo(&[
        "run",
        "--quiet",
        "--locked",
        "--package",
        "gcapi-demo",
        "--example",
        "expected",
    ]))
    .ok_or("what readers have to find could not be computed")?;
    let expected_path = project::target().join("expected.json");
    std::fs::write(&expected_path, expected)
        .map_err(|error| format!("failed to write {}: {error}", expected_path.display()))?;
    let program = project::target()
        .join("debug")
        .join(format!("gcapi{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(interpreter);
    command
        .current_dir(project::root())
        .args(["-m", "pytest", "-p", "no:cacheprovider", "interoperability"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("GCAPI_BINARY", program)
        .env("GCAPI_EXPECTED", expected_path);
    let (succeeded, output) = run::shown(&mut command)?;
    let counts = Counts::of_pytest(&output);
    if succeeded {
        Ok(counts)
    } else {
        Err(format!("{} Python tests failed", counts.failed))
    }
}
