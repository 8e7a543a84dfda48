//! How many parts of one file come side by side.
//!
//! One stream is enough where it is fast: more of them would only fetch the
//! bytes out of order, so that they have to be read back to be hashed. So a
//! file begins with one and gets more once it is seen how fast that is.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Bytes per second that are enough for one file: a core hashes not much more.
const ENOUGH: f64 = 600e6;

/// How long a speed is measured.
const WINDOW: Duration = Duration::from_millis(200);

/// The streams of one file.
#[derive(Debug)]
pub(super) struct Pace {
    most: usize,
    begun: AtomicUsize,
    received: AtomicU64,
    places: Semaphore,
}

impl Pace {
    /// One stream at first, `most` at the end.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            begun: AtomicUsize::new(1),
            received: AtomicU64::new(0),
            places: Semaphore::new(1),
        }
    }

    /// Bytes came.
    pub(super) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Waits until one more stream is worth having.
    pub(super) async fn place(&self) {
        // The semaphore is never closed; a place is for good.
        if let Ok(permit) = self.places.acquire().await {
            permit.forget();
        }
    }

    /// Gives out places as they are worth having, until it is dropped.
    pub(super) async fn watch(&self) {
        let (mut since, mut before) = (Instant::now(), 0);
        loop {
            tokio::time::sleep(WINDOW).await;
            let (now, received) = (Instant::now(), self.received.load(Ordering::Relaxed));
            let speed = (received - before) as f64 / (now - since).as_secs_f64();
            (since, before) = (now, received);
            let begun = self.begun.load(Ordering::Relaxed);
            let wanted = worth(speed, begun).clamp(begun, self.most);
            self.begun.store(wanted, Ordering::Relaxed);
            self.places.add_permits(wanted - begun);
        }
    }

    /// Everything is taken: who waits for a place may see that.
    pub(super) fn end(&self) {
        self.places.add_permits(self.most);
    }
}

/// How many streams bring enough, if some of them bring `speed` together.
fn worth(speed: f64, streams: usize) -> usize {
    let each = (speed / streams as f64).max(1.0);
    (ENOUGH / each).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_streams_as_bring_enough_together() {
        assert_eq!(worth(0.0, 1), ENOUGH as usize);
        assert_eq!(worth(20e6, 1), 30);
        assert_eq!(worth(300e6, 1), 2);
        assert_eq!(worth(600e6, 2), 2);
        assert_eq!(worth(900e6, 1), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_stream_gets_company_and_a_fast_one_does_not() {
        for (bytes, company) in [(20_000_000, false), (4_000_000, true)] {
            let pace = Pace::new(16);
            pace.place().await;
            let watching = pace.watch();
            let receiving = async {
                for _ in 0..12 {
                    pace.received(bytes);
                    tokio::time::sleep(Duration::from_millis(25)).await;
                }
            };
            tokio::select! {
                () = watching => {}
                () = receiving => {}
            }
            let more = tokio::time::timeout(WINDOW, pace.place()).await;
            assert_eq!(more.is_ok(), company, "{bytes}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn at_the_end_nobody_waits() {
        let pace = Pace::new(3);
        pace.end();
        for _ in 0..3 {
            pace.place().await;
        }
    }
}
