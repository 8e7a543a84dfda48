//! The demo archive, made once for all tests of a machine.

use std::path::PathBuf;

use gcapi_demo::DemoArchive;

/// The demo archive, below the target folder so that it is made once and goes
/// with `cargo clean`. Its server only reads it; tests must not write to it.
///
/// # Panics
/// If it cannot be made.
#[must_use]
#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
pub fn demo() -> DemoArchive {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")),
        PathBuf::from,
    );
    gcapi_demo::generate(&target.join("demo-archive")).expect("the demo archive can be made")
}
