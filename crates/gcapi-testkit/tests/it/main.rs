//! The tools of the tests, tested: one that does not do what it says lets
//! every test that uses it pass.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests say where they fail"
)]

mod archives;
mod chaos;
mod client;
mod misbehaviour;
mod serving;
