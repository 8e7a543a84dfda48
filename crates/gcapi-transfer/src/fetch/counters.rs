//! What fetching took, counted as it happens.

use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers that every task adds to.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    retries: AtomicU64,
    renewals: AtomicU64,
    parts: AtomicU64,
    received: AtomicU64,
    reused: AtomicU64,
}

/// The numbers at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    /// Requests and bodies tried again.
    pub(crate) retries: u64,
    /// Signed URLs asked for anew because they had expired.
    pub(crate) renewals: u64,
    /// Parts of large files fetched.
    pub(crate) parts: u64,
    /// Bytes that came, those fetched twice included.
    pub(crate) received: u64,
    /// Bytes an earlier run had left in flight.
    pub(crate) reused: u64,
}

impl Counters {
    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn renewal(&self) {
        self.renewals.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn part(&self) {
        self.parts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn received(&self, bytes: u64) -> u64 {
        self.received.fetch_add(bytes, Ordering::Relaxed) + bytes
    }

    pub(super) fn reused(&self, bytes: u64) {
        self.reused.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn counted(&self) -> Counted {
        Counted {
            retries: self.retries.load(Ordering::Relaxed),
            renewals: self.renewals.load(Ordering::Relaxed),
            parts: self.parts.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            reused: self.reused.load(Ordering::Relaxed),
        }
    }
}
