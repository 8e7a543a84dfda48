//! `gcapi download`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use gcapi_archive::layout::Layout;
use gcapi_transfer::{ArchiveReference, DownloadRequest, Existing};

use super::archive_reference;
use crate::quantity;

/// `gcapi download`
#[derive(Debug, Args)]
pub(crate) struct DownloadArguments {
    /// The archive: its slug, pk or URL
    #[arg(value_name = "ARCHIVE", value_parser = archive_reference)]
    pub(crate) archive: ArchiveReference,

    /// The output folder [default: the archive's slug]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,

    /// Only images, as <image pk>.<ext> straight in the output folder
    #[arg(long)]
    pub(crate) images: bool,

    /// Only this socket (slug or pattern; may be repeated)
    #[arg(long, value_name = "SOCKET", conflicts_with = "images")]
    pub(crate) socket: Vec<String>,

    /// Leave this socket out (slug or pattern; may be repeated)
    #[arg(long, value_name = "SOCKET", conflicts_with = "images")]
    pub(crate) exclude_socket: Vec<String>,

    /// Only this item (pk, title or pattern; may be repeated)
    #[arg(long, value_name = "PK|GLOB", conflicts_with = "images")]
    pub(crate) item: Vec<String>,

    /// Only image files of this type: MHD, TIFF, DZI, DICOM (may be repeated)
    #[arg(long, value_name = "TYPE")]
    pub(crate) image_type: Vec<String>,

    /// Where images lie: in a folder of their socket, or beside it
    #[arg(long, value_enum, default_value = "container")]
    pub(crate) layout: LayoutArgument,

    /// What to do with files that are there
    #[arg(long, value_enum, default_value = "resume")]
    pub(crate) existing: ExistingArgument,

    /// Remove files that left the archive, and nothing that was not fetched
    #[arg(long)]
    pub(crate) prune: bool,

    /// Print what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// With --dry-run: how large it is and whether it fits; costs two requests for each file
    #[arg(long, requires = "dry_run")]
    pub(crate) sizes: bool,

    /// Connections at a time at most; how many there are follows from what they bring
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) jobs: Option<u16>,

    /// Bytes per second at most, over all files together (500k, 10M, 1.5G, 8MiB)
    #[arg(long, value_name = "R", value_parser = quantity::bytes)]
    pub(crate) limit_rate: Option<u64>,

    /// Stop after this time, in a state to go on from (90, 15m, 3h30m, 2d)
    #[arg(long, value_name = "T", value_parser = quantity::duration)]
    pub(crate) max_time: Option<Duration>,

    /// Stop after so many bytes have come, in a state to go on from
    #[arg(long, value_name = "N", value_parser = quantity::bytes)]
    pub(crate) max_bytes: Option<u64>,
}

/// `--layout`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LayoutArgument {
    /// <relative path>/<image pk>.<ext>: an item is what a container gets as /input
    Container,
    /// <relative path>.<ext>: the older layout
    Flat,
}

impl From<LayoutArgument> for Layout {
    fn from(argument: LayoutArgument) -> Self {
        match argument {
            LayoutArgument::Container => Self::Container,
            LayoutArgument::Flat => Self::Flat,
        }
    }
}

/// `--existing`
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExistingArgument {
    /// Keep what is whole, fetch the rest
    Resume,
    /// Fetch everything again
    Overwrite,
    /// Refuse a folder that is not empty
    Error,
}

impl From<ExistingArgument> for Existing {
    fn from(argument: ExistingArgument) -> Self {
        match argument {
            ExistingArgument::Resume => Self::Resume,
            ExistingArgument::Overwrite => Self::Overwrite,
            ExistingArgument::Error => Self::Error,
        }
    }
}

impl DownloadArguments {
    pub(crate) fn jobs(&self, configured: Option<u16>) -> usize {
        self.jobs
            .or(configured)
            .map_or(DownloadRequest::DEFAULT_JOBS, usize::from)
    }
}
