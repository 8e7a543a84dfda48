//! What the program makes of a platform, a disk and a machine that fail.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on panics"
)]

mod each;
mod kills;
mod parsers;
mod particular;
#[path = "../it/program.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod program;
mod promise;
mod random;
mod sequences;
#[path = "../../../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a library for the fuzzer")]
mod targets;
