//! The API and the media URLs: everything on the first origin.
//!
//! A request is answered in one blocking task from one catalogue, as a value
//! in memory; only the store streams.

mod archives;
mod dicom;
mod filters;
mod handler;
mod images;
mod items;
mod lists;
mod media;
mod route;
mod sockets;

pub use handler::api;
