//! The client against scripted servers: what goes over the wire, and what comes of it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic like the tests themselves"
)]

mod common;
mod exchanges;
mod failures;
mod lists;
mod media;
mod proxy;
mod requests;
