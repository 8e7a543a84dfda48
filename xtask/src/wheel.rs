//! The Python module, as people get it: built as a wheel, installed into a fresh virtual
//! environment, and tested there; on a second version of Python where there is one.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::counts::Counts;
use crate::{project, python, run};

/// What builds the wheel.
const MATURIN: &str = "maturin==1.16.0";

/// The versions of Python the wheel is for, the oldest first: that it still works on that one is
/// the least certain.
const VERSIONS: [&str; 5] = ["3.10", "3.11", "3.12", "3.13", "3.14"];

/// Builds, installs and tests.
pub(crate) fn test(counts: &mut Counts) -> Result<(), String> {
    // As for the other tests in Python, so that nothing is built twice.
    run::done(&mut run::cargo(&[
        "build",
        "--workspace",
        "--bin",
        "gcapi",
        "--bin",
        "platform",
        "--locked",
    ]))?;
    let first = PathBuf::from("python3");
    let version =
        version_of(&first).ok_or("install Python 3.10 or newer as python3, then run this again")?;
    let wheel = build(&first, &[])?;
    test_on(&first, &version, &wheel, counts)?;
    match another(&version) {
        Some((interpreter, version)) => test_on(&interpreter, &version, &wheel, counts),
        None => {
            println!("skipped: there is no second version of Python");
            counts.skipped += 1;
            Ok(())
        }
    }
}

/// Builds the wheel with a virtual environment of its own.
pub(crate) fn build(interpreter: &Path, options: &[&str]) -> Result<PathBuf, String> {
    let builder = fresh(interpreter, "python-build")?;
    install(&builder, &[MATURIN.as_ref()])?;
    let wheels = project::target().join("wheels");
    if wheels.exists() {
        fs::remove_dir_all(&wheels)
            .map_err(|error| format!("failed to remove {}: {error}", wheels.display()))?;
    }
    run::done(
        Command::new(&builder)
            .args(["-m", "maturin", "build", "--locked", "--out"])
            .arg(&wheels)
            .args(options)
            .current_dir(project::root().join("python"))
            .env("CARGO_TARGET_DIR", project::target()),
    )?;
    let mut built = fs::read_dir(&wheels)
        .map_err(|error| format!("failed to read {}: {error}", wheels.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension() == Some(OsStr::new("whl")));
    built
        .next()
        .ok_or_else(|| "maturin made no wheel".to_owned())
}

fn test_on(
    interpreter: &Path,
    version: &str,
    wheel: &Path,
    counts: &mut Counts,
) -> Result<(), String> {
    println!("on Python {version}");
    let installed = fresh(interpreter, &format!("python-{version}"))?;
    let tests = project::root().join("python").join("tests");
    let requirements = tests.join("requirements.txt");
    install(
        &installed,
        &[wheel.as_os_str(), "-r".as_ref(), requirements.as_os_str()],
    )?;
    let built = |name: &str| {
        let folder = project::target().join("debug");
        folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    };
    let mut command = Command::new(&installed);
    command
        // Not the folder of the sources, which would be found before the wheel.
        .current_dir(project::root())
        .args(["-m", "pytest", "-p", "no:cacheprovider", "-c"])
        .arg(project::root().join("python").join("pyproject.toml"))
        .arg(&tests)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Options of the user's own may hide the line that is counted.
        .env_remove("PYTEST_ADDOPTS")
        .env("GCAPI_BINARY", built("gcapi"))
        .env("GCAPI_PLATFORM", built("platform"));
    let (succeeded, output) = run::shown(&mut command)?;
    let these = Counts::of_pytest(&output);
    *counts += these;
    match (succeeded, these.failed) {
        (true, _) if these.passed == 0 => Err("no Python test was counted".to_owned()),
        (true, _) => Ok(()),
        (false, 0) => Err("the Python tests could not be run".to_owned()),
        (false, failed) => Err(format!("{failed} Python tests failed on {version}")),
    }
}

/// A virtual environment with nothing in it yet, and its interpreter.
fn fresh(interpreter: &Path, name: &str) -> Result<PathBuf, String> {
    let folder = project::target().join(name);
    python::make(interpreter, &folder)?;
    Ok(python::interpreter_in(&folder))
}

fn install(interpreter: &Path, what: &[&OsStr]) -> Result<(), String> {
    run::done(
        Command::new(interpreter)
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--quiet",
            ])
            .args(what),
    )
    .map(drop)
}

/// Another version than the first one, on the path or among those pyenv keeps.
fn another(first: &str) -> Option<(PathBuf, String)> {
    let kept = run::asked(Command::new("pyenv").arg("root"))
        .map(|root| Path::new(root.trim()).join("versions"))
        .and_then(|versions| fs::read_dir(versions).ok());
    let kept = kept.into_iter().flatten().filter_map(Result::ok);
    let kept = kept.map(|entry| entry.path().join("bin").join("python3"));
    let named = VERSIONS.map(|version| PathBuf::from(format!("python{version}")));
    let mut found: Vec<(usize, PathBuf, String)> = named
        .into_iter()
        .chain(kept)
        .filter_map(|interpreter| {
            let version = version_of(&interpreter)?;
            let age = VERSIONS.iter().position(|known| *known == version)?;
            (version != first).then_some((age, interpreter, version))
        })
        .collect();
    found.sort();
    found
        .into_iter()
        .next()
        .map(|(_, interpreter, version)| (interpreter, version))
}

/// The version of an interpreter, as `3.11`.
fn version_of(interpreter: &Path) -> Option<String> {
    let ask = "import sys; print('{}.{}'.format(*sys.version_info))";
    let version = run::asked(Command::new(interpreter).args(["-c", ask]))?;
    Some(version.trim().to_owned())
}
