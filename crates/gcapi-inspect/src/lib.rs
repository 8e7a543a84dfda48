//! What arrived of an archive: is it whole, is it what the platform said, and what is it?
//!
//! - [`deep`] decodes every file to its end and compares it with the record of its image.
//! - [`html`] makes pages with everything inside, to be sent to somebody.
//! - [`places`] says which files are a value's.
//! - [`report()`] is an archive on one page.
//! - [`table`] is one row for each item, in memory (Arrow) or as CSV, JSON or Parquet.
//!
//! This crate knows neither network nor terminal: it is given a folder and its catalogue.

pub mod deep;
pub mod html;
mod image_facts;
pub mod places;
mod report;
pub mod table;

pub use image_facts::ImageFacts;
pub use report::report;
