//! The program `gcapi`: Grand Challenge archives from the command line.
//!
//! `arguments.rs` is what can be typed, `settings.rs` what it comes to with
//! environment and configuration file, `commands/` one file per verb,
//! `report/` how a download is shown, `peek/` the contact sheet, `failure.rs` exit codes and next steps.

mod arguments;
mod commands;
mod connect;
mod credentials;
mod environment;
mod failure;
mod human;
mod moment;
mod new_file;
mod output;
mod peek;
mod quantity;
mod report;
mod settings;
mod stopping;
mod tree;

use std::process::ExitCode;

fn main() -> ExitCode {
    commands::main()
}
