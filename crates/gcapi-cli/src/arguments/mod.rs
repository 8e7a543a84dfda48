//! What can be typed.

mod download;
mod folder;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use gcapi_transfer::ArchiveReference;

use crate::{environment, quantity};
pub(crate) use download::DownloadArguments;
use folder::VIEW_EXAMPLES;
pub(crate) use folder::{
    FolderArguments, ReportArguments, ServeArguments, TableArguments, TableFormat, VerifyArguments,
    ViewArguments,
};

/// Grand Challenge archives on your disk: fetched side by side, verified, and
/// finished by the same command after any interruption.
#[derive(Debug, Parser)]
#[command(
    name = "gcapi",
    version,
    max_term_width = 100,
    after_help = "\
Examples:
  gcapi demo                                see it work, without an account
  gcapi login                               keep a token for later commands
  gcapi archives                            which archives may I see?
  gcapi peek my-archive                     a contact sheet, without downloading it
  gcapi download my-archive                 a whole archive into ./my-archive
  gcapi view my-archive                     look at it in the browser
  gcapi verify my-archive                   is everything still what was fetched?

Exit codes:
  0 all done            4 not found                  7 the network gave up
  1 some items failed   5 not what was fetched      75 stopped early: come again
  2 wrong usage         6 no space, cannot write   130 interrupted
  3 not signed in, or not allowed

Tokens are made at https://grand-challenge.org/settings/api-tokens/"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalArguments,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct GlobalArguments {
    /// Base URL of the API [default: https://grand-challenge.org/api/v1/]
    #[arg(long, global = true, value_name = "URL", env = environment::BASE_URL, hide_env_values = true)]
    pub(crate) base_url: Option<String>,

    /// Read the token from a file, `-` for standard input
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// Trust the CA certificates in this PEM file as well
    #[arg(long, global = true, value_name = "FILE", env = environment::CA_CERT, hide_env_values = true)]
    pub(crate) ca_cert: Option<PathBuf>,

    /// Do not check certificates: whoever is in between reads your token
    #[arg(long, global = true)]
    pub(crate) insecure: bool,

    /// Seconds without a byte after which a request counts as failed [default: 60]
    #[arg(long, global = true, value_name = "S", value_parser = positive_seconds)]
    pub(crate) timeout: Option<f64>,

    /// Times a request is tried again [default: 8]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) max_retries: Option<u32>,

    /// JSON on standard output: one object per line, nothing else
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Only errors and what was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// More about what happens; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Colours [default: auto]
    #[arg(long, global = true, value_name = "WHEN")]
    pub(crate) color: Option<Color>,

    /// Configuration file [default: gcapi/config.toml in the configuration folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Download and verify a demo archive from a server in this program
    Demo(DemoArguments),
    /// Keep a token for later commands, after checking it
    Login(LoginArguments),
    /// Forget the token kept by `login`
    Logout,
    /// Which platform, which token, and is it valid?
    Whoami,
    /// The archives you may see; one archive's sockets and numbers
    Archives(ArchivesArguments),
    /// A contact sheet of some items, without downloading them
    #[command(after_help = PEEK_EXAMPLES)]
    Peek(PeekArguments),
    /// Download an archive, or what is missing of it
    #[command(after_help = DOWNLOAD_EXAMPLES)]
    Download(DownloadArguments),
    /// What a folder holds, and what failed last time
    Status(FolderArguments),
    /// Hold every file against the size and SHA-256 it was fetched with; decode it with --deep
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArguments),
    /// One row for each item: paths, sizes, shapes, spacings, values; CSV, JSON or Parquet
    #[command(after_help = TABLE_EXAMPLES)]
    Table(TableArguments),
    /// An archive on one page, to send: numbers, plots, pictures, what is missing
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArguments),
    /// Look at a downloaded archive in the browser
    #[command(after_help = VIEW_EXAMPLES)]
    View(ViewArguments),
    /// Serve a downloaded archive over TLS as the platform would
    Serve(ServeArguments),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example: gcapi completions bash > ~/.local/share/bash-completion/completions/gcapi"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
}

const DOWNLOAD_EXAMPLES: &str = "\
Examples:
  gcapi download my-archive                          into ./my-archive
  gcapi download my-archive -o /data/mine            into /data/mine
  gcapi download my-archive --dry-run                only say what would be done
  gcapi download my-archive --dry-run --sizes        and how large it is, and whether it fits
  gcapi download my-archive --socket ct-image --socket 'lesion-*'
  gcapi download my-archive --item 'Case 1?'         items by pk, title or pattern
  gcapi download my-archive --images --image-type MHD
  gcapi download c7038f7e-01f4-465e-90a7-6e90e5c2823c

  gcapi download my-archive --max-time 3h50m --limit-rate 20M      in a batch job

The same command again fetches only what is missing, also after a kill.";

const PEEK_EXAMPLES: &str = "\
Examples:
  gcapi peek my-archive                      12 items into ./peek-my-archive.html
  gcapi peek my-archive -n 40 -o sheet.html
  gcapi peek my-archive --socket ct-image --item 'Case 1?'
  gcapi peek my-archive --json               what the headers say, without pictures

Headers and a middle slice are read where the format allows it: all of MetaImage and NIfTI files that
are not compressed, the smallest level of a pyramid that is large enough, one instance of a DICOM
image set. Compressed volumes are read from their start to the middle, within --bytes-per-image.
Files are shown by name and size. The items are spread evenly over the list, which costs a request
for the first page and one for each item; --item reads the whole list. The sheet is one file, with
everything inside, and says how many bytes it took.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  gcapi verify my-archive              are the files still those that were fetched?
  gcapi verify my-archive --deep       and are they whole, and what the platform says they are?
  gcapi verify my-archive --deep --json

--deep decodes images to their end and compares size, channels and spacing with the platform's
record of them, counts the instances of DICOM image sets, and reads JSON and PDF files. Other files
have their SHA-256 only. Exit code 5 says that something is wrong.";

const TABLE_EXAMPLES: &str = "\
Examples:
  gcapi table my-archive > items.csv
  gcapi table my-archive -o items.parquet          the format follows from the name
  gcapi table my-archive --format json | jq .title
  gcapi table --remote my-archive -o items.csv     from the platform's lists, nothing is downloaded

Columns: item, title, and for each socket <slug>.value with <slug>.value.<name> for what lies in
objects, <slug>.path, <slug>.size (bytes), and for images <slug>.shape, <slug>.voxel_width_mm,
<slug>.voxel_height_mm, <slug>.voxel_depth_mm, <slug>.color_space and <slug>.modality.
JSON is one object a line.";

const REPORT_EXAMPLES: &str = "\
Examples:
  gcapi report my-archive                      into ./report.html
  gcapi report my-archive -o /data/mine.html
  gcapi verify --deep my-archive; gcapi report my-archive

The page is one file without scripts, and asks for nothing. It says what the last gcapi verify found.
It shows titles, values and small pictures of the archive: send it only to people who may see those.";

/// `gcapi demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Where the demo archive is downloaded to
    #[arg(short, long, value_name = "DIR", default_value = "gcapi-demo")]
    pub(crate) output: PathBuf,

    /// Go on serving afterwards, so that it can be repeated by hand
    #[arg(long)]
    pub(crate) keep_serving: bool,
}

/// `gcapi login`
#[derive(Debug, Args)]
pub(crate) struct LoginArguments {
    /// Keep the token even if the platform cannot be asked about it
    #[arg(long)]
    pub(crate) no_check: bool,
}

/// `gcapi archives`
#[derive(Debug, Args)]
pub(crate) struct ArchivesArguments {
    /// One archive: its slug, pk or URL
    #[arg(value_name = "ARCHIVE", value_parser = archive_reference)]
    pub(crate) archive: Option<ArchiveReference>,
}

/// `gcapi peek`
#[derive(Debug, Args)]
pub(crate) struct PeekArguments {
    /// Slug, pk, API URL or page address of the archive
    #[arg(value_name = "ARCHIVE", value_parser = archive_reference)]
    pub(crate) archive: ArchiveReference,

    /// How many items
    #[arg(short = 'n', long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) items: u16,

    /// The sheet [default: peek-<slug>.html; with --json none]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Only this socket (slug or pattern; may be repeated)
    #[arg(long, value_name = "SOCKET")]
    pub(crate) socket: Vec<String>,

    /// Leave this socket out (slug or pattern; may be repeated)
    #[arg(long, value_name = "SOCKET")]
    pub(crate) exclude_socket: Vec<String>,

    /// Only this item (pk, title or pattern; may be repeated)
    #[arg(long, value_name = "PK|GLOB")]
    pub(crate) item: Vec<String>,

    /// Bytes that are read of one image at most (500k, 16M, 8MiB)
    #[arg(long = "bytes-per-image", value_name = "N", default_value = "16MiB", value_parser = quantity::bytes)]
    pub(crate) most: u64,

    /// Connections at a time at most
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) jobs: Option<u16>,
}

fn archive_reference(text: &str) -> Result<ArchiveReference, std::convert::Infallible> {
    ArchiveReference::from_str(text)
}

fn positive_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("it must be a number of seconds above 0, at most a day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
