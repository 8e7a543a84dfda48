//! `cargo xtask test`: every check there is, from clean to counts.

use std::process::Command;
use std::time::Instant;

use crate::counts::{self, Counts};
use crate::{arrows, browser, project, python, run, wheel};

/// A step has a name and adds the tests it ran, also when it fails.
type Step = (&'static str, fn(&mut Counts) -> Result<(), String>);

/// Quick ones first: the first that fails is the last that runs.
const STEPS: [Step; 9] = [
    ("format", format),
    ("lints", lints),
    ("arrows", direction),
    ("licences", licences),
    ("rust", rust),
    ("documentation", documentation),
    ("interoperability", interoperability),
    ("browser", browser::test),
    ("python", wheel::test),
];

/// Runs all steps, or one, ends with the counts, and says whether all is well.
pub(crate) fn run(only: Option<&str>) -> Result<bool, String> {
    let steps: Vec<&Step> = STEPS
        .iter()
        .filter(|(name, _)| only.is_none_or(|only| only == *name))
        .collect();
    if steps.is_empty() {
        return Err(format!("there is no step {:?}", only.unwrap_or_default()));
    }
    let mut counts = Counts::default();
    let mut succeeded = true;
    let mut steps = steps.into_iter();
    for (name, step) in steps.by_ref() {
        println!("==> {name}");
        let started = Instant::now();
        let result = step(&mut counts);
        println!("==> {name}: {:.1} s", started.elapsed().as_secs_f64());
        if let Err(reason) = result {
            println!("==> {name} FAILED: {reason}");
            succeeded = false;
            // A step fails without a failed test if it is no test, or if
            // nothing came to be tested.
            counts.failed = counts.failed.max(1);
            break;
        }
    }
    let left: Vec<&str> = steps.map(|(name, _)| *name).collect();
    if !left.is_empty() {
        println!("==> not run: {}", left.join(", "));
    }
    println!("{counts}");
    Ok(succeeded)
}

fn format(_: &mut Counts) -> Result<(), String> {
    run::done(&mut run::cargo(&["fmt", "--all", "--check"])).map(drop)
}

fn lints(_: &mut Counts) -> Result<(), String> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "--deny",
        "warnings",
    ];
    run::done(&mut run::cargo(&arguments)).map(drop)
}

fn direction(_: &mut Counts) -> Result<(), String> {
    arrows::check()
}

/// Licences, sources and bans, where cargo-deny is at hand: building it takes
/// longer than everything here.
fn licences(counts: &mut Counts) -> Result<(), String> {
    if run::asked(&mut run::cargo(&["deny", "--version"])).is_none() {
        println!("skipped: cargo-deny is not installed");
        counts.skipped += 1;
        return Ok(());
    }
    let arguments = ["deny", "--offline", "check", "bans", "licenses", "sources"];
    run::done(&mut run::cargo(&arguments)).map(drop)
}

/// Unit tests, integration tests and the examples in the documentation.
fn rust(counts: &mut Counts) -> Result<(), String> {
    let (succeeded, output) = run::shown(&mut run::cargo(&[
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
    ]))?;
    let these = Counts::of_cargo(&output);
    *counts += these;
    if !succeeded {
        return Err(match these.failed {
            0 => "the tests could not be run".to_owned(),
            failed => format!("{failed} Rust tests failed"),
        });
    }
    // An example that does not compile is worse than none.
    let ignored = counts::ignored(&output);
    if !ignored.is_empty() {
        return Err(format!("no test may be ignored:\n{}", ignored.join("\n")));
    }
    Ok(())
}

fn documentation(_: &mut Counts) -> Result<(), String> {
    let mut command = run::cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    run::done(command.env("RUSTDOCFLAGS", "--deny warnings")).map(drop)
}

/// Independent readers look at every file, and the Python client downloads the
/// same archive.
fn interoperability(counts: &mut Counts) -> Result<(), String> {
    let interpreter = python::environment()?;
    // The whole workspace and two examples, so that the features of all
    // dependencies are those of `cargo test` and nothing is built twice.
    run::done(&mut run::cargo(&[
        "build",
        "--workspace",
        "--bin",
        "gcapi",
        "--example",
        "expected",
        "--example",
        "describe",
        "--locked",
    ]))?;
    let built = |name: &str| {
        let folder = project::target().join("debug");
        folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    };
    let expected = run::asked(&mut Command::new(built("examples/expected")))
        .ok_or("what readers have to find could not be computed")?;
    let expected_path = project::target().join("expected.json");
    std::fs::write(&expected_path, expected)
        .map_err(|error| format!("failed to write {}: {error}", expected_path.display()))?;
    let mut command = Command::new(interpreter);
    command
        .current_dir(project::root())
        .args(["-m", "pytest", "-p", "no:cacheprovider", "interoperability"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Options of the user's own may hide the line that is counted.
        .env_remove("PYTEST_ADDOPTS")
        .env("GCAPI_BINARY", built("gcapi"))
        .env("GCAPI_DESCRIBE", built("examples/describe"))
        .env("GCAPI_EXPECTED", expected_path);
    let (succeeded, output) = run::shown(&mut command)?;
    let these = Counts::of_pytest(&output);
    *counts += these;
    match (succeeded, these.failed) {
        (true, _) if these.passed == 0 => Err("no Python test was counted".to_owned()),
        (true, _) => Ok(()),
        (false, 0) => Err("the Python tests could not be run".to_owned()),
        (false, failed) => Err(format!("{failed} Python tests failed")),
    }
}
