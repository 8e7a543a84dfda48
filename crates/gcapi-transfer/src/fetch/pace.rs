//! How many parts of one file come side by side.
//!
//! One stream is enough where it is fast: more of them would only fetch the
//! bytes out of order, so that they have to be read back to be hashed. So a
//! file begins with one and gets more once it is seen how fast that is.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Bytes per second of a stream that is not what limits a file: the processor
/// is, or the disk.
const FAST: f64 = 200e6;

/// Bytes per second of all files together at which no more streams are worth
/// having, however slow each of them is: they only share the machine.
const PLENTY: f64 = 500e6;

/// Bytes per second that streams which are slower than that are to bring
/// together: a core hashes not much more.
const ENOUGH: f64 = 1e9;

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

    /// Gives out places as they are worth having, until it is dropped. `all`
    /// says how many bytes came of all files so far.
    pub(super) async fn watch(&self, all: impl Fn() -> u64) {
        let counted = || (self.received.load(Ordering::Relaxed), all());
        let (mut since, mut before) = (Instant::now(), counted());
        loop {
            tokio::time::sleep(WINDOW).await;
            let (now, received) = (Instant::now(), counted());
            let seconds = (now - since).as_secs_f64();
            let speed = (received.0 - before.0) as f64 / seconds;
            let speed_of_all = (received.1 - before.1) as f64 / seconds;
            (since, before) = (now, received);
            if speed_of_all > PLENTY {
                continue;
            }
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

/// How many streams are worth having, if some of them bring `speed` together.
fn worth(speed: f64, streams: usize) -> usize {
    let each = (speed / streams as f64).max(1.0);
    if each >= FAST {
        streams
    } else {
        (ENOUGH / each).ceil() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_streams_as_bring_enough_together() {
        assert_eq!(worth(0.0, 1), ENOUGH as usize);
        assert_eq!(worth(20e6, 1), 50);
        assert_eq!(worth(100e6, 1), 10);
        assert_eq!(worth(300e6, 1), 1);
        assert_eq!(worth(800e6, 2), 2);
        assert_eq!(worth(300e6, 2), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_stream_gets_company_and_a_fast_one_does_not() {
        // Bytes in each of eight parts of a window, and those of other files.
        for (bytes, others, company) in [
            (20_000_000, 0, false),
            (4_000_000, 0, true),
            (4_000_000, 20_000_000, false),
        ] {
            let pace = Pace::new(16);
            pace.place().await;
            let all = AtomicU64::new(0);
            let watching = pace.watch(|| all.load(Ordering::Relaxed));
            let receiving = async {
                for _ in 0..12 {
                    pace.received(bytes);
                    all.fetch_add(bytes as u64 + others, Ordering::Relaxed);
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
