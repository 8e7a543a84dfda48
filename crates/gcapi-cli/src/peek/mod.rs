//! What `gcapi peek` does: choose items of an archive, look into what they hold without fetching it
//! whole, put it on a sheet.

mod choice;
mod drawing;
mod looker;
mod sheet;

pub(crate) use choice::{Choice, choose};
pub(crate) use looker::{Looker, Seen};
pub(crate) use sheet::{SeenItem, Sheet};
