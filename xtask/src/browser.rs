//! The viewer, looked at in a browser.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::counts::Counts;
use crate::{project, python, run};

/// What a browser is called, the most likely first.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Installs what is needed, and looks.
pub(crate) fn test(counts: &mut Counts) -> Result<(), String> {
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium here, and it could not be installed");
        counts.skipped += 1;
        return Ok(());
    };
    // As for the other tests in Python, so that nothing is built twice.
    run::done(&mut run::cargo(&[
        "build",
        "--workspace",
        "--bin",
        "gcapi",
        "--locked",
    ]))?;
    let interpreter = environment()?;
    let program = project::target()
        .join("debug")
        .join(format!("gcapi{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(interpreter);
    command
        .current_dir(project::root())
        .args(["-m", "pytest", "-p", "no:cacheprovider", "browser"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Options of the user's own may hide the line that is counted.
        .env_remove("PYTEST_ADDOPTS")
        .env("GCAPI_BINARY", program)
        .env("GCAPI_CHROMIUM", browser)
        .env("GCAPI_SCREENSHOTS", project::target().join("screenshots"));
    let (succeeded, output) = run::shown(&mut command)?;
    let these = Counts::of_pytest(&output);
    *counts += these;
    match (succeeded, these.failed) {
        (true, _) if these.passed == 0 => Err("no test in the browser was counted".to_owned()),
        (true, _) => Ok(()),
        (false, 0) => Err("the tests in the browser could not be run".to_owned()),
        (false, failed) => Err(format!("{failed} tests in the browser failed")),
    }
}

/// The browser, installed where it is missing and may be.
pub(crate) fn browser() -> Option<PathBuf> {
    if let Some(found) = found() {
        return Some(found);
    }
    println!("there is no Chromium: installing it");
    let install = "apt-get update --quiet && apt-get install --quiet --yes chromium";
    run::done(Command::new("sh").args(["-c", install])).ok()?;
    found()
}

fn found() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    BROWSERS.iter().find_map(|name| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|place| place.is_file())
    })
}

/// The virtual environment with what drives the browser, made anew if its list changed.
pub(crate) fn environment() -> Result<PathBuf, String> {
    let folder = project::target().join("browser");
    let requirements = project::root().join("browser").join("requirements.txt");
    let wanted = fs::read_to_string(&requirements)
        .map_err(|error| format!("failed to read {}: {error}", requirements.display()))?;
    let interpreter = python::interpreter_in(&folder);
    let installed = folder.join("installed.txt");
    if interpreter.exists() && fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(interpreter);
    }
    python::make("python3".as_ref(), &folder)?;
    run::done(
        Command::new(&interpreter)
            .args(["-m", "pip", "install", "--disable-pip-version-check"])
            .args(["--quiet", "-r"])
            .arg(&requirements),
    )?;
    fs::write(&installed, wanted)
        .map_err(|error| format!("failed to write {}: {error}", installed.display()))?;
    Ok(interpreter)
}
