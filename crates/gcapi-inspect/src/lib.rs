//! What arrived of an archive: is it whole, is it what the platform said, and what is it?
//!
//! - [`deep`] decodes every file to its end and compares it with the record of its image.
//! - [`html`] makes pages with everything inside, to be sent to somebody.
//!
//! This crate knows neither network nor terminal: it is given a folder and its catalogue.

pub mod deep;
pub mod html;
mod image_facts;

pub use image_facts::ImageFacts;
