//! One file per verb.

mod archives;
mod demo;
mod download;
mod login;
mod peek;
mod report;
mod serve;
mod status;
mod table;
mod verify;
mod view;
mod whoami;

use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, Parser as _};
use tracing_subscriber::EnvFilter;

use crate::arguments::{Arguments, Command};
use crate::environment;
use crate::failure::{self, Failure};
use crate::output::Output;
use crate::settings::Settings;

/// What a command has to say for itself: its exit code.
type Done = Result<u8, Failure>;

/// How long threads may go on when all is said.
const LINGERING: Duration = Duration::from_millis(500);

/// Parses, runs, reports, and gives the exit code.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version come this way too, with 0.
            let code = u8::try_from(error.exit_code()).unwrap_or(failure::USAGE);
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let settings = match Settings::new(arguments.global) {
        Ok(settings) => settings,
        Err(failure) => {
            Output::plain().failure(&failure);
            return ExitCode::from(failure.exit_code);
        }
    };
    let output = Output::new(&settings);
    start_log(&settings);
    let result = install_cryptography()
        .and_then(|()| runtime())
        .and_then(|runtime| {
            let result = runtime.block_on(run(arguments.command, &settings, output));
            // Who is asked to stop does not wait for a thread that reads a
            // large file to its end; it writes nothing that could be missed.
            runtime.shutdown_timeout(LINGERING);
            result
        });
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit_code)
        }
    }
}

async fn run(command: Command, settings: &Settings, output: Output) -> Done {
    match command {
        Command::Demo(arguments) => demo::run(arguments, settings, output).await,
        Command::Login(arguments) => login::login(&arguments, settings, output).await,
        Command::Logout => login::logout(settings, output),
        Command::Whoami => whoami::run(settings, output).await,
        Command::Archives(arguments) => archives::run(arguments, settings, output).await,
        Command::Download(arguments) => download::run(arguments, settings, output).await,
        Command::Peek(arguments) => peek::run(arguments, settings, output).await,
        Command::Status(arguments) => status::run(&arguments.folder, output),
        Command::Verify(arguments) => verify::run(&arguments, output),
        Command::Table(arguments) => table::run(&arguments, settings, output).await,
        Command::Report(arguments) => report::run(&arguments, output),
        Command::View(arguments) => view::run(arguments, output).await,
        Command::Serve(arguments) => serve::run(arguments, settings, output).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "gcapi", &mut script);
            output.data(String::from_utf8_lossy(&script).trim_end());
            Ok(0)
        }
    }
}

/// `-v` and `GCAPI_LOG`, on standard error. Nothing that is logged holds a
/// token or a signature: the libraries mask them where they are made.
fn start_log(settings: &Settings) {
    let level = match settings.verbose {
        0 => "off",
        1 => "gcapi=debug,gcapi_transfer=debug,gcapi_server=debug",
        _ => "trace",
    };
    let filter =
        EnvFilter::try_from_env(environment::LOG).unwrap_or_else(|_| EnvFilter::new(level));
    // Fails only if there is one already.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
}

/// Says which cryptography TLS is made with, instead of leaving it to what
/// happens to be linked.
fn install_cryptography() -> Result<(), Failure> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| Failure::internal(&"TLS was set up twice"))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::internal(&error))
}
