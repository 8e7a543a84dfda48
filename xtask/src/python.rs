//! The virtual environment the Python tests run in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{project, run};

/// Makes the virtual environment if it is not there, installs the pinned
/// packages if their list changed, and gives its interpreter.
pub(crate) fn environment() -> Result<PathBuf, String> {
    let folder = project::target().join("venv");
    let requirements = project::root()
        .join("interoperability")
        .join("requirements.txt");
    let wanted = fs::read_to_string(&requirements)
        .map_err(|error| format!("failed to read {}: {error}", requirements.display()))?;
    let interpreter = interpreter_in(&folder);
    let installed = folder.join("installed.txt");
    if interpreter.exists() && fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
        return Ok(interpreter);
    }
    make(Path::new("python3"), &folder)?;
    run::done(
        Command::new(&interpreter)
            .args([
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--quiet",
                "-r",
            ])
            .arg(&requirements),
    )?;
    fs::write(&installed, wanted)
        .map_err(|error| format!("failed to write {}: {error}", installed.display()))?;
    Ok(interpreter)
}

/// The interpreter of a virtual environment.
pub(crate) fn interpreter_in(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    })
}

/// Makes a virtual environment, anew if it is there.
pub(crate) fn make(interpreter: &Path, folder: &Path) -> Result<(), String> {
    let new_enough = "import sys; sys.exit(sys.version_info < (3, 10))";
    if run::asked(Command::new(interpreter).args(["-c", new_enough])).is_none() {
        return Err("install Python 3.10 or newer as python3, then run this again".to_owned());
    }
    let make = || {
        run::shown(
            Command::new(interpreter)
                .args(["-m", "venv", "--clear"])
                .arg(folder),
        )
        .map(|(done, _)| done)
    };
    if make()? {
        return Ok(());
    }
    // Debian keeps the module in a package of its own.
    println!("python3 cannot make a virtual environment: installing python3-venv");
    let install = "apt-get update --quiet && apt-get install --quiet --yes python3-venv";
    run::done(Command::new("sh").args(["-c", install])).map_err(|_| {
        "install Python's venv module (Debian: python3-venv), then run this again".to_owned()
    })?;
    if make()? {
        Ok(())
    } else {
        Err("python3 -m venv fails".to_owned())
    }
}
