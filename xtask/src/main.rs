//! What the project does to itself.
//!
//! `cargo xtask test` installs what the tests need and runs them all;
//! `cargo xtask bench` measures against the peers. Standard library and JSON
//! only: this is built before anything else.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a tool for the terminal"
)]

mod arrows;
mod bench;
mod browser;
mod counts;
mod project;
mod python;
mod run;
mod test;
mod wheel;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test [--only STEP]     install what the tests need and run them all
cargo xtask bench [--quick] [--only W1,W5]
                                   measure against the peers and write BENCHMARKS.md

steps: format, lints, arrows, licences, rust, documentation, interoperability, browser, python";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["test"] => test::run(None),
        ["test", "--only", step] => test::run(Some(step)),
        ["bench", arguments @ ..] => bench::with(arguments).map(|()| true),
        _ => Err(format!("usage:\n{USAGE}")),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
