//! How many bytes come per second, over all files together.
//!
//! A bucket that fills at the rate asked for. Files take their turns: the
//! parts of one file wait behind each other for the file's one place in the
//! queue, so a file with many parts in flight gets no more than one with a
//! single part.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// What may come at once after a pause.
const BURST: Duration = Duration::from_millis(200);

/// Bytes per second that one connection brings easily.
const WORTH_A_STREAM: u64 = 8_000_000;

/// The limit of a download.
#[derive(Debug)]
pub(crate) struct Rate {
    bytes_per_second: Option<u64>,
    bucket: Option<Mutex<Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    bytes_per_second: f64,
    /// When everything taken so far is paid for.
    paid: Instant,
}

/// One file's place in the queue.
#[derive(Debug, Default)]
pub(crate) struct Share(Mutex<()>);

impl Rate {
    pub(crate) fn new(bytes_per_second: Option<u64>) -> Self {
        let bucket = bytes_per_second.map(|rate| {
            Mutex::new(Bucket {
                bytes_per_second: (rate as f64).max(1.0),
                paid: Instant::now(),
            })
        });
        Self {
            bytes_per_second,
            bucket,
        }
    }

    /// How many parts of one file are worth having side by side under the
    /// limit: what comes in buffers on the way and is not taken is fetched in
    /// vain if the run is killed.
    pub(crate) fn streams(&self, most: usize) -> usize {
        match self.bytes_per_second {
            Some(rate) => usize::try_from(rate / WORTH_A_STREAM).map_or(most, |n| n.clamp(1, most)),
            None => most,
        }
    }

    /// Whether there is a limit.
    pub(crate) fn is_limited(&self) -> bool {
        self.bucket.is_some()
    }

    /// Waits until bytes that have come are paid for. Not reading on is what
    /// slows the sender.
    pub(crate) async fn take(&self, share: &Share, bytes: usize) {
        let Some(bucket) = &self.bucket else {
            return;
        };
        let _turn = share.0.lock().await;
        let paid = {
            let mut bucket = bucket.lock().await;
            let earliest = Instant::now().checked_sub(BURST).unwrap_or(bucket.paid);
            let cost = Duration::from_secs_f64(bytes as f64 / bucket.bytes_per_second);
            bucket.paid = bucket.paid.max(earliest) + cost;
            bucket.paid
        };
        tokio::time::sleep_until(paid).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_come_at_the_rate_asked_for() {
        let rate = Rate::new(Some(1_000_000));
        let share = Share::default();
        let started = Instant::now();
        for _ in 0..100 {
            rate.take(&share, 50_000).await;
        }
        let seconds = started.elapsed().as_secs_f64();
        assert!((4.7..=5.1).contains(&seconds), "{seconds}");
        Rate::new(None).take(&share, usize::MAX).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_with_many_parts_gets_no_more_than_another() {
        let rate = Arc::new(Rate::new(Some(1_000_000)));
        let shares = [Arc::new(Share::default()), Arc::new(Share::default())];
        let counts = [Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0))];
        for file in [0, 0, 0, 0, 0, 0, 0, 0, 1] {
            let (rate, share, count) = (
                Arc::clone(&rate),
                Arc::clone(&shares[file]),
                Arc::clone(&counts[file]),
            );
            tokio::spawn(async move {
                loop {
                    rate.take(&share, 10_000).await;
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        let [many, one] = counts.map(|count| count.load(Ordering::Relaxed));
        assert!(many.abs_diff(one) <= many / 10, "{many} and {one}");
    }
}
