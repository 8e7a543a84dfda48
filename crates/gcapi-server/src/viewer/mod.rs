//! The viewer: pages in a browser that show what arrived.
//!
//! ```text
//! /view/                          the page; ?token=… exchanges the token for a cookie
//! /view/assets/<name>             its scripts and styles
//! /view/api/archive               what the archive is, and what failed
//! /view/api/items?<filter>        a page of the grid
//! /view/api/summary?<filter>      counts and sizes of all that the filter lets through
//! /view/api/items/<pk>?<filter>   one item, and its neighbours
//! /view/api/windows/<path>        black and white of a picture of more than 8 bits
//! /view/thumbnails/<path>.jpg     a small picture
//! /view/volumes/<path>.nii        a volume as NIfTI
//! /view/slides/<path>.dzi         a slide as Deep Zoom, tiles below <path>_files/;
//!                                 ?black=…&white=… for those of more than 8 bits
//! /view/masks/<path>.dzi          a mask of a slide, in the colours ?colours=1-e69f00.2-…
//! /view/files/<path>              a file as it is
//! ```
//!
//! A `<path>` is that of a file in the catalogue; a DICOM image set goes by the
//! path of any of its instances. What the catalogue does not have is not there,
//! whatever lies on the disk.
//!
//! What must stay true: nothing is written; nothing is answered without the
//! cookie, nor under a foreign host name; no image makes the server take more
//! memory than [`images`] allows, and none that cannot be read stops it.

mod ahead;
mod assets;
mod detail;
mod files;
mod filter;
mod grid;
mod handler;
mod images;
mod items;
mod listener;
mod masks;
mod refused;
mod route;
mod scaling;
mod session;
mod slides;
mod state;
mod thumbnails;
mod volumes;
mod windows;

pub use listener::{RunningViewer, ViewerConfig, start_viewer};

pub(crate) use handler::viewer;
pub(crate) use listener::with_token;
pub(crate) use state::ViewerState;
