//! The server over TLS, from outside.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod archive;
mod dicom;
mod filters;
mod logs;
mod media;
mod pages;
mod running;
mod shapes;
mod store;
mod tokens;
mod viewer;
