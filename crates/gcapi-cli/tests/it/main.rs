//! The program as a black box: a real process, a real server over TLS.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod account;
mod bad_input;
mod catalogue;
mod deep;
mod disk;
mod download;
mod incremental;
mod interruption;
mod large;
mod lease;
mod listing;
mod peek;
mod program;
mod report;
mod serve;
mod stopping;
mod table;
mod usage;
mod view;
