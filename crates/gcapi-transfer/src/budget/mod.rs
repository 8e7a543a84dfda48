//! One budget for everything that is fetched: how many requests are under way
//! at a time, and how many bytes come per second.
//!
//! The platform and its store are two servers, each with its own patience. A
//! file asks the one for its signed URL while others fetch from the other, so
//! that neither latency is waited for by somebody who could do something else.

mod concurrency;
mod rate;

pub(crate) use concurrency::{Concurrency, Connection};
pub(crate) use rate::{Rate, Share};

/// The budget of a download.
#[derive(Debug)]
pub(crate) struct Budget {
    /// Requests to the platform.
    pub(crate) platform: Concurrency,
    /// Connections to its store.
    pub(crate) store: Concurrency,
    pub(crate) rate: Rate,
}

impl Budget {
    /// At most `most` requests to each side at a time, and `bytes_per_second` if there is a limit.
    pub(crate) fn new(most: usize, bytes_per_second: Option<u64>) -> Self {
        Self {
            platform: Concurrency::new(most),
            store: Concurrency::new(most),
            rate: Rate::new(bytes_per_second),
        }
    }
}
