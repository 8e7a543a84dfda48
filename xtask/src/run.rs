//! Runs commands and keeps what they print.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;

use crate::project;

/// Cargo, in the root of the project.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(project::root()).args(arguments);
    command
}

/// Runs a command, shows what it prints as it comes, and gives it back.
pub(crate) fn shown(command: &mut Command) -> Result<(bool, String), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("failed to start {name}: {error}"))?;
    let stdout = child
        .stdout
        .take()
        .map(|pipe| thread::spawn(|| tee(pipe, false)));
    let stderr = child
        .stderr
        .take()
        .map(|pipe| thread::spawn(|| tee(pipe, true)));
    let status = child
        .wait()
        .map_err(|error| format!("failed to wait for {name}: {error}"))?;
    let mut text = String::new();
    for thread in [stdout, stderr].into_iter().flatten() {
        text.push_str(&thread.join().unwrap_or_default());
    }
    Ok((status.success(), text))
}

/// Runs a command that has to succeed, and shows what it prints.
pub(crate) fn done(command: &mut Command) -> Result<String, String> {
    match shown(command)? {
        (true, text) => Ok(text),
        (false, _) => Err(format!("failed: {command:?}")),
    }
}

/// What a command prints, without showing it; `None` if it fails.
pub(crate) fn asked(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn tee(pipe: impl Read, is_error: bool) -> String {
    let mut text = String::new();
    for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if is_error {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}
