//! A large file: parts side by side, each resumed where it broke.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use gcapi::Object;
use tokio::sync::mpsc;

use super::object::{Attempt, FIRST, Transfer};
use super::pace::Pace;
use super::tries::Tries;
use super::{FetchError, FileFetcher};
use crate::budget::Connection;
use crate::catalogue::blocking;
use crate::part::{BLOCK, Block, Buffer, Identity, Part, RangedFile};
use crate::{Error, Event};

/// Parts of one file side by side at most.
const STREAMS: usize = 16;

/// The largest part.
const LARGEST: u64 = 64 << 20;

/// How long a part should take: long enough that its request is nothing, short
/// enough that the last ones end together.
const PART_SECONDS: f64 = 4.0;

/// Answers to a request for a range that are not that range, one after the
/// other, before it is believed that the store does no ranges.
const ODD_ANSWERS: u32 = 2;

/// A connection that brings less than [`LEAST`] bytes in this time is given up
/// for another one.
const PATIENCE: Duration = Duration::from_secs(30);

/// See [`PATIENCE`].
const LEAST: u64 = 64 * 1024;

/// What the parts of a file share.
struct Ranged<'a> {
    transfer: &'a Transfer<'a>,
    identity: &'a Identity,
    gaps: Gaps,
    blocks: mpsc::Sender<Block>,
    pace: Pace,
}

/// What is still to be fetched and taken by nobody.
struct Gaps(Mutex<VecDeque<Range<u64>>>);

impl Gaps {
    /// Takes the next piece of at most `most` bytes.
    fn take(&self, most: u64) -> Option<Range<u64>> {
        let mut gaps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gap = gaps.pop_front()?;
        let end = gap.end.min(gap.start.saturating_add(most));
        if end < gap.end {
            gaps.push_front(end..gap.end);
        }
        Some(gap.start..end)
    }
}

impl FileFetcher {
    /// Fetches what is missing of a file of known length and version. `opened`
    /// is the answer to the request for its first bytes.
    pub(super) async fn ranged(
        &self,
        transfer: &Transfer<'_>,
        identity: Identity,
        opened: Option<(Object, Connection<'_>)>,
    ) -> Result<(Part, Option<String>), Attempt> {
        let mut opened = opened;
        let _large = match self.large_files.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                // An answer nobody reads would only hold its connection.
                opened = None;
                let closed = |_| Error::Internal("the budget was closed".to_owned());
                self.large_files.acquire().await.map_err(closed)?
            }
        };
        let (path, of) = (transfer.part_path.clone(), identity.clone());
        let (file, there) = blocking(move || RangedFile::open(path, &of)).await??;
        self.counters.reused(there.len());
        self.observer.on_event(&Event::Started {
            path: transfer.place.clone(),
            size: Some(identity.length),
            reused: there.len(),
        });
        let missing = identity.length - there.len();
        let most = self.budget.rate.streams(STREAMS);
        let streams = usize::try_from(missing.div_ceil(FIRST)).map_or(most, |n| n.min(most));
        let ranged = Ranged {
            transfer,
            identity: &identity,
            gaps: Gaps(Mutex::new(there.missing(identity.length, u64::MAX).into())),
            blocks: file.blocks(),
            pace: Pace::new(streams),
        };
        let workers: Vec<_> = (0..streams).map(|_| opened.take()).collect();
        let fetching = stream::iter(workers.into_iter().map(Ok))
            .try_for_each_concurrent(STREAMS, |opened| self.worker(&ranged, opened));
        let fetched = tokio::select! {
            fetched = fetching => fetched,
            () = ranged.pace.watch(|| self.counters.counted().received) => Ok(()),
        };
        drop(ranged);
        // The disk's own error is the cause, where there is one.
        let part = file.finish().await?;
        fetched?;
        match part {
            Some(part) => Ok((part, Some(identity.etag))),
            None => Err(FetchError::Incomplete.into()),
        }
    }

    /// Fetches one part after the other, of a size that fits the speed seen.
    async fn worker(
        &self,
        ranged: &Ranged<'_>,
        mut opened: Option<(Object, Connection<'_>)>,
    ) -> Result<(), Attempt> {
        let mut size = FIRST;
        ranged.pace.place().await;
        while let Some(range) = ranged.gaps.take(size) {
            let (started, offset, length) = (Instant::now(), range.start, range.end - range.start);
            self.part(ranged, range, opened.take()).await?;
            self.counters.part();
            self.observer.on_event(&Event::Part {
                path: ranged.transfer.place.clone(),
                offset,
                length,
            });
            let speed = length as f64 / started.elapsed().as_secs_f64().max(0.001);
            size = ((speed * PART_SECONDS) as u64).clamp(FIRST, LARGEST);
            // Parts that begin where a block does are written the cheap way.
            size -= size % BLOCK as u64;
        }
        ranged.pace.end();
        Ok(())
    }

    /// Fetches one part, going on where it broke.
    async fn part(
        &self,
        ranged: &Ranged<'_>,
        range: Range<u64>,
        mut opened: Option<(Object, Connection<'_>)>,
    ) -> Result<(), Attempt> {
        let mut tries = Tries::new(self.client.retry_policy());
        let mut odd = 0;
        let mut at = range.start;
        while at < range.end {
            let (object, connection) = match opened.take() {
                Some(opened) => opened,
                None => {
                    let connection = self.budget.store.connection().await;
                    let etag = Some(ranged.identity.etag.as_str());
                    let rest = at..range.end;
                    match self
                        .open(ranged.transfer, Some(rest), etag, &connection)
                        .await
                    {
                        Ok(object) => (object, connection),
                        Err(error) => {
                            drop(connection);
                            let place = &ranged.transfer.place;
                            self.wait_to_try_again(&mut tries, error, place).await?;
                            continue;
                        }
                    }
                }
            };
            let before = at;
            let expected = match expect(&object, ranged.identity, at..range.end) {
                // One odd answer is not worth the bytes that are there.
                Err(Attempt::NoRanges) if odd < ODD_ANSWERS => {
                    odd += 1;
                    drop((object, connection));
                    self.counters.retry();
                    continue;
                }
                expected => expected?,
            };
            let poured = self
                .pour(ranged, object, &mut at, expected, &connection)
                .await;
            drop(connection);
            if at > before {
                tries.gained();
                odd = 0;
            }
            if let Err(error) = poured {
                let place = &ranged.transfer.place;
                self.wait_to_try_again(&mut tries, error, place).await?;
            }
        }
        Ok(())
    }

    /// Reads an answer and hands it on block by block. `at` is how far the
    /// bytes handed on reach.
    async fn pour(
        &self,
        ranged: &Ranged<'_>,
        object: Object,
        at: &mut u64,
        end: u64,
        connection: &Connection<'_>,
    ) -> Result<(), FetchError> {
        let mut body = std::pin::pin!(object.into_stream());
        let mut filling = self.buffers.take();
        let mut watched = (Instant::now(), 0);
        let result = loop {
            let mut chunk = match body.next().await {
                None => break Ok(()),
                Some(Err(error)) => break Err(FetchError::from(error)),
                Some(Ok(chunk)) => chunk,
            };
            // More than was promised is not taken.
            let room = usize::try_from(end - *at)
                .unwrap_or(usize::MAX)
                .saturating_sub(filling.len());
            chunk.truncate(room);
            if chunk.is_empty() {
                break Ok(());
            }
            self.received(ranged.transfer, connection, chunk.len())
                .await;
            ranged.pace.received(chunk.len());
            watched.1 += chunk.len() as u64;
            while !chunk.is_empty() {
                let room = to_the_end_of_the_block(*at) - filling.len();
                let piece = chunk.split_to(room.min(chunk.len()));
                filling.put(&piece);
                if piece.len() == room {
                    let block = std::mem::replace(&mut filling, self.buffers.take());
                    hand_on(ranged, block, at).await?;
                }
            }
            if watched.0.elapsed() > PATIENCE {
                if watched.1 < LEAST && !self.budget.rate.is_limited() {
                    connection.overloaded();
                    tracing::debug!(path = ranged.transfer.place, "too slow: another connection");
                    break Ok(());
                }
                watched = (Instant::now(), 0);
            }
        };
        // What came before the connection broke is kept.
        hand_on(ranged, filling, at).await?;
        result
    }
}

/// Blocks end at multiples of their size, so that after one that broke off
/// they are aligned again.
fn to_the_end_of_the_block(at: u64) -> usize {
    BLOCK - usize::try_from(at % BLOCK as u64).unwrap_or_default()
}

/// Hands a block to the disk.
async fn hand_on(ranged: &Ranged<'_>, block: Buffer, at: &mut u64) -> Result<(), FetchError> {
    if block.len() == 0 {
        return Ok(());
    }
    let offset = *at;
    *at += block.len() as u64;
    let block = Block {
        offset,
        buffer: block,
    };
    // The writer is gone only if the disk refused; it says why.
    ranged
        .blocks
        .send(block)
        .await
        .map_err(|_| FetchError::Incomplete)
}

/// Whether an answer is what was asked for: the end of the bytes it has.
fn expect(object: &Object, identity: &Identity, asked: Range<u64>) -> Result<u64, Attempt> {
    if object.etag.as_deref() != Some(identity.etag.as_str()) {
        return Err(Attempt::Changed);
    }
    match object.content_range {
        Some(range)
            if range.start == asked.start
                && range.end < asked.end
                && range.total.is_none_or(|total| total == identity.length) =>
        {
            Ok(range.end + 1)
        }
        // The whole file, or bytes of it nobody asked for.
        _ => Err(Attempt::NoRanges),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_taken_front_to_back_and_each_once() {
        let gaps = Gaps(Mutex::new(VecDeque::from([0..10, 20..25])));
        let taken: Vec<_> = std::iter::from_fn(|| gaps.take(4)).collect();
        assert_eq!(taken, [0..4, 4..8, 8..10, 20..24, 24..25]);
    }
}
