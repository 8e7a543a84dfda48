//! For tests and benchmarks only; nothing that ships depends on it.
//!
//! - [`Platform`] is a real server process over TLS, in this process and on
//!   threads of its own, with a hook that lets it misbehave;
//! - [`small`] makes archives by hand, [`synthetic`] archives of any size;
//! - [`trees`] compares what arrived with what should have;
//! - [`demo`] is the demo archive, made once for all tests.

mod chaos;
mod demo;
mod interference;
mod platform;
pub mod small;
pub mod synthetic;
pub mod trees;
mod wire;

pub use chaos::{Chaos, Fault};
pub use demo::demo;
pub use interference::{Answer, Interference, Seen, Side};
pub use platform::Platform;
pub use wire::Wire;
