//! One budget for everything that is fetched: how many connections are busy
//! at a time, and how many bytes come per second.

mod concurrency;
mod rate;

pub(crate) use concurrency::{Concurrency, Connection};
pub(crate) use rate::{Rate, Share};

/// The budget of a download.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) connections: Concurrency,
    pub(crate) rate: Rate,
}

impl Budget {
    /// At most `most` connections, and `bytes_per_second` if there is a limit.
    pub(crate) fn new(most: usize, bytes_per_second: Option<u64>) -> Self {
        Self {
            connections: Concurrency::new(most),
            rate: Rate::new(bytes_per_second),
        }
    }
}
