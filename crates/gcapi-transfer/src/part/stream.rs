//! Bytes on their way to disk: written and hashed on a thread that may block.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use gcapi::Checksums;
use gcapi_archive::{Content, Error as ArchiveError};
use tokio::sync::mpsc;

use super::positional::reserve;
use super::{Digests, Part, PartError};
use crate::catalogue::blocking;
use crate::fetch::FetchError;

/// Bodies up to this size are collected and written at once: handing every
/// chunk to another thread would cost more than it hides.
const SMALL: u64 = 256 * 1024;

/// Chunks under way to the disk, for one large file. With chunks of up to
/// 64 KiB this bounds the memory of a file in flight at about 1 MiB.
const CHUNKS: usize = 16;

/// Writes a stream into a part file. `received` is told of every chunk.
///
/// # Errors
/// What the stream gives, or what the disk says. The part file is left as it
/// is: it never has a final name.
pub(crate) async fn write_stream(
    path: PathBuf,
    length: Option<u64>,
    expected: Checksums,
    body: impl Stream<Item = Result<Bytes, gcapi::Error>>,
    received: impl AsyncFn(usize),
) -> Result<Part, FetchError> {
    let mut body = std::pin::pin!(body);
    if length.is_some_and(|length| length <= SMALL) {
        let mut bytes = Vec::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk?;
            received(chunk.len()).await;
            bytes.extend_from_slice(&chunk);
        }
        let mut digests = Digests::new(expected);
        digests.update(&bytes);
        let content = digests.finish().map_err(PartError::from)?;
        return Ok(write(path, bytes, content).await?);
    }
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let writer =
        tokio::task::spawn_blocking(move || write_chunks(path, receiver, length, expected));
    let mut broken = None;
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) => {
                received(chunk.len()).await;
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
    let content = Content::of(&bytes);
    write(path, bytes, content).await
}

async fn write(path: PathBuf, bytes: Vec<u8>, content: Content) -> Result<Part, crate::Error> {
    let write = move || {
        std::fs::write(&path, &bytes).map_err(|source| ArchiveError::writing(&path, source))?;
        Ok::<_, ArchiveError>(Part { path, content })
    };
    Ok(blocking(write).await??)
}

fn write_chunks(
    path: PathBuf,
    mut chunks: mpsc::Receiver<Bytes>,
    length: Option<u64>,
    expected: Checksums,
) -> Result<Part, PartError> {
    let failed = |path: &Path, source| ArchiveError::writing(path, source);
    let mut file = File::create(&path).map_err(|source| failed(&path, source))?;
    if let Some(length) = length {
        reserve(&file, length).map_err(|source| failed(&path, source))?;
    }
    let mut digests = Digests::new(expected);
    while let Some(chunk) = chunks.blocking_recv() {
        file.write_all(&chunk)
            .map_err(|source| failed(&path, source))?;
        digests.update(&chunk);
    }
    let content = digests.finish()?;
    Ok(Part { path, content })
}
