//! The commands about a folder that `gcapi download` made.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use gcapi_transfer::ArchiveReference;

use super::archive_reference;

/// A command about one folder.
#[derive(Debug, Args)]
pub(crate) struct FolderArguments {
    /// A folder that `gcapi download` made
    #[arg(value_name = "OUT")]
    pub(crate) folder: PathBuf,
}

/// `gcapi verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// A folder that `gcapi download` made
    #[arg(value_name = "OUT")]
    pub(crate) folder: PathBuf,

    /// Decode every file to its end, and hold images against the platform's record of them
    #[arg(long)]
    pub(crate) deep: bool,
}

/// `gcapi table`
#[derive(Debug, Args)]
pub(crate) struct TableArguments {
    /// A folder that `gcapi download` made
    #[arg(value_name = "OUT", required_unless_present = "remote")]
    pub(crate) folder: Option<PathBuf>,

    /// An archive on the platform instead, by slug, pk or URL; only its lists are read
    #[arg(long, value_name = "ARCHIVE", conflicts_with = "folder", value_parser = archive_reference)]
    pub(crate) remote: Option<ArchiveReference>,

    /// The format [default: that of the name given with -o, else csv]
    #[arg(long, value_enum)]
    pub(crate) format: Option<TableFormat>,

    /// Where it is written [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `--format` of `gcapi table`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// A line of names, then a line for each item
    Csv,
    /// One JSON object a line
    Json,
    /// Apache Parquet
    #[cfg(feature = "parquet")]
    Parquet,
}

/// `gcapi report`
#[derive(Debug, Args)]
pub(crate) struct ReportArguments {
    /// A folder that `gcapi download` made
    #[arg(value_name = "OUT")]
    pub(crate) folder: PathBuf,

    /// Where the page is written
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub(crate) output: PathBuf,
}

/// `gcapi serve`
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// A folder that `gcapi download` made
    #[arg(value_name = "OUT")]
    pub(crate) folder: PathBuf,

    /// Address of the API; port 0 takes any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
    pub(crate) listen: SocketAddr,

    /// Address of the object store
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8444")]
    pub(crate) store_listen: SocketAddr,

    /// Host name in the URLs it gives out
    #[arg(long, value_name = "HOST")]
    pub(crate) public_host: Option<String>,

    /// Your own certificate chain (PEM), with --key
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,

    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Where the CA certificate is written [default: OUT/.gcapi/ca.pem]
    #[arg(long, value_name = "FILE", conflicts_with = "cert")]
    pub(crate) ca_out: Option<PathBuf>,
}

pub(super) const VIEW_EXAMPLES: &str = "\
Examples:
  gcapi view my-archive                      opens the browser
  gcapi view my-archive --no-open            only prints the link
  gcapi view my-archive --listen 127.0.0.1:9000 --no-open

On a cluster, start the last one there, and here the tunnel to it; then open the link it printed:
  ssh -L 9000:127.0.0.1:9000 cluster

The link opens the viewer in one browser, once. Nothing leaves this machine, and nothing can be
changed through the viewer. In the page, ? shows the keys.";

/// `gcapi view`
#[derive(Debug, Args)]
pub(crate) struct ViewArguments {
    /// A folder that `gcapi download` made
    #[arg(value_name = "OUT")]
    pub(crate) folder: PathBuf,

    /// Where it listens, on this machine; port 0 takes any free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,

    /// Print the link, and open no browser
    #[arg(long)]
    pub(crate) no_open: bool,
}
