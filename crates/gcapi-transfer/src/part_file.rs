//! Bytes on their way to disk: written and hashed on a thread that may block.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use gcapi_archive::{Content, Error as ArchiveError};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::catalogue::blocking;
use crate::fetch::FetchError;

/// Bodies up to this size are collected and written at once: handing every
/// chunk to another thread would cost more than it hides.
const SMALL: u64 = 256 * 1024;

/// Chunks under way to the disk, for one large file. With chunks of up to
/// 64 KiB this bounds the memory of a file in flight at about 1 MiB.
const CHUNKS: usize = 16;

/// A file that is whole, under the name it has in flight.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
}

/// Writes a stream into a part file. `received` is told of every chunk.
///
/// # Errors
/// What the stream gives, or what the disk says. The part file is left as it
/// is: it never has a final name.
pub(crate) async fn write_stream(
    path: PathBuf,
    length: Option<u64>,
    body: impl Stream<Item = Result<Bytes, gcapi::Error>>,
    received: impl Fn(usize),
) -> Result<Part, FetchError> {
    let mut body = std::pin::pin!(body);
    if length.is_some_and(|length| length <= SMALL) {
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk?;
            received(chunk.len());
            bytes.extend_from_slice(&chunk);
        }
        return Ok(write_bytes(path, bytes).await?);
    }
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let writer = tokio::task::spawn_blocking(move || write_chunks(path, receiver));
    let mut broken = None;
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) => {
                received(chunk.len());
                // The writer is gone only if the disk refused; it says why.
                if sender.send(chunk).await.is_err() {
                    break;
                }
            }
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    drop(sender);
    let part = writer
        .await
        .map_err(|error| crate::Error::Internal(error.to_string()))??;
    match broken {
        Some(error) => Err(error.into()),
        None => Ok(part),
    }
}

/// Writes bytes that are in memory into a part file.
pub(crate) async fn write_bytes(path: PathBuf, bytes: Vec<u8>) -> Result<Part, crate::Error> {
    let write = move || {
        std::fs::write(&path, &bytes).map_err(|source| ArchiveError::writing(&path, source))?;
        Ok::<_, ArchiveError>(Part {
            path,
            content: Content::of(&bytes),
        })
    };
    Ok(blocking(write).await??)
}

fn write_chunks(path: PathBuf, mut chunks: mpsc::Receiver<Bytes>) -> Result<Part, ArchiveError> {
    let failed = |path: &Path, source| ArchiveError::writing(path, source);
    let mut file = File::create(&path).map_err(|source| failed(&path, source))?;
    let mut hasher = Sha256::new();
    let mut size = 0;
    while let Some(chunk) = chunks.blocking_recv() {
        file.write_all(&chunk)
            .map_err(|source| failed(&path, source))?;
        hasher.update(&chunk);
        size += chunk.len() as u64;
    }
    Ok(Part {
        path,
        content: Content::new(size, hasher),
    })
}
