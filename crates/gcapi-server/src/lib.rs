//! A downloaded archive, served from its folder over TLS as the platform
//! serves it, so that the same clients and scripts work without internet.
//!
//! ```text
//!            https://host:port              https://host:other port
//!  client ──► api: records from the         store: bytes from the folder
//!             catalogue, media URLs ──302──► for URLs this server signed
//! ```
//!
//! Beside the API lies a [viewer](start_viewer) for browsers, which also runs alone.
//!
//! The two origins are two listeners, because clients are expected to drop
//! their token when a redirect leads to another host, and the store refuses
//! it as the platform's does.
//!
//! What must stay true:
//!
//! - Only what the catalogue records as fetched is served; everything else is
//!   answered as if it did not exist.
//! - JSON that came from the platform leaves with the digits and the order of
//!   keys it came with; only URLs are rewritten.
//! - No path of a request becomes a path on disk. A request names primary
//!   keys, the catalogue names the file, and
//!   [`ArchiveFolder::look`](gcapi_archive::ArchiveFolder::look) finds it
//!   without following links.
//! - The token is in no log line and no `Debug` output; signatures in URLs
//!   are masked in log lines.
//!
//! This crate knows no client, writes nothing but the certificate of its CA,
//! prints nothing and reads no environment.

mod amz_date;
mod answer;
mod api;
mod authentication;
mod catalogues;
mod certificate;
mod config;
mod dicom_sets;
mod error;
mod index;
mod json_object;
mod media_key;
mod page;
mod running;
mod signature;
mod stamp;
mod state;
mod store;
mod stored;
mod token;
mod viewer;

pub use api::api;
pub use config::{CertificateSource, ServerConfig};
pub use error::Error;
pub use running::{RunningServer, start, start_with};
pub use state::ServerState;
pub use store::store;
pub use token::{InvalidToken, ServerToken};
pub use viewer::{RunningViewer, ViewerConfig, start_viewer};
