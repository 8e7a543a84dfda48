//! Sends a part of a file without holding it in memory.

use std::fs::File;
use std::io::{self, Read};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::task::spawn_blocking;

/// Bytes read at a time. A download holds two of these: one on its way and
/// one read ahead.
const CHUNK: u64 = 256 * 1024;

/// The next `length` bytes of a file. Blocks for the first chunk, so that a
/// small file needs no further task.
pub(super) fn body(file: File, length: u64) -> io::Result<Body> {
    let mut first = Reading { file, left: length };
    let bytes = first.read()?;
    if first.left == 0 {
        return Ok(Body::from(bytes));
    }
    let start = Step::Read(bytes, first);
    Ok(Body::from_stream(stream::unfold(start, |step| async {
        let (bytes, rest) = match step {
            Step::Read(bytes, rest) => (Ok(bytes), Some(rest)),
            Step::Ahead(task) => match task.await {
                Ok((bytes, rest)) => (bytes, rest),
                Err(error) => (Err(error.into()), None),
            },
            Step::End => return None,
        };
        // A connection that waits for its client waits here, in no thread.
        let next = match rest {
            Some(rest) if rest.left > 0 => Step::Ahead(spawn_blocking(|| rest.step())),
            _ => Step::End,
        };
        Some((bytes, next))
    })))
}

enum Step {
    Read(Bytes, Reading),
    Ahead(tokio::task::JoinHandle<(io::Result<Bytes>, Option<Reading>)>),
    End,
}

struct Reading {
    file: File,
    left: u64,
}

impl Reading {
    fn step(mut self) -> (io::Result<Bytes>, Option<Self>) {
        let bytes = self.read();
        if let Err(error) = &bytes {
            tracing::error!(%error, "a file cannot be read to its end");
            return (bytes, None);
        }
        (bytes, Some(self))
    }

    fn read(&mut self) -> io::Result<Bytes> {
        let wanted = self.left.min(CHUNK);
        let length = usize::try_from(wanted).unwrap_or(usize::MAX);
        let mut bytes = Vec::with_capacity(length);
        (&mut self.file).take(wanted).read_to_end(&mut bytes)?;
        if bytes.len() < length {
            // The length was promised: the client must see a broken answer,
            // never a short one that looks whole.
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= wanted;
        Ok(bytes.into())
    }
}
