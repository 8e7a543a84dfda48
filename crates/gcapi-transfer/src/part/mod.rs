//! Files in flight, below `.gcapi/parts/`.
//!
//! A small file is written from memory; a file that comes as one stream is
//! written and hashed on one thread (`stream.rs`). A file whose parts come
//! side by side (`ranged.rs`) is collected in blocks (`buffer.rs`) that are
//! written at their positions (`positional.rs`), journalled (`journal.rs`) and
//! hashed in order on a thread of its own (`hasher.rs`).

mod buffer;
mod digests;
mod hasher;
mod journal;
mod positional;
mod ranged;
mod ranges;
mod stream;

use std::path::PathBuf;

use gcapi_archive::Content;

pub(crate) use buffer::{BLOCK, Buffer, Buffers};
pub(crate) use digests::{Digests, Mismatch};
pub(crate) use journal::Identity;
pub(crate) use ranged::{Block, RangedFile, begun, discard};
pub(crate) use ranges::Ranges;
pub(crate) use stream::{write_bytes, write_stream};

/// A file that is whole, under the name it has in flight.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
}

/// Why a part file did not become whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PartError {
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] gcapi_archive::Error),
    /// The bytes are not what the store says they are.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
}
