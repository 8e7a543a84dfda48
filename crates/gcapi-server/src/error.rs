//! What can go wrong with the server itself.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// An error of starting or running the server. What goes wrong with one
/// request is its answer and a log line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder or its catalogue cannot be used.
    #[error(transparent)]
    Archive(#[from] gcapi_archive::Error),

    /// The download was broken off before it knew its archive.
    #[error("{} names no archive yet: its download has to get further", .0.display())]
    NothingListed(PathBuf),

    /// The address is in use, not ours or not allowed.
    #[error("failed to listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },

    /// The viewer without TLS was to be reached from other machines.
    #[error(
        "the viewer listens on this machine only, not on {0}: take 127.0.0.1 and an SSH tunnel, \
         or `gcapi serve`, which has TLS"
    )]
    NotLoopback(SocketAddr),

    /// The host name cannot stand in a URL or a certificate.
    #[error("{0:?} is no host name")]
    HostName(String),

    /// The certificate could not be made.
    #[error("failed to make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),

    /// A certificate or key could not be read.
    #[error("failed to read {}: {reason}", path.display())]
    CertificateFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// The certificate of the CA could not be written.
    #[error("failed to write {}: {source}", path.display())]
    CertificateOutput {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// Certificate and key do not fit, or TLS cannot use them.
    #[error("TLS cannot use the certificate: {0}")]
    Tls(#[from] rustls::Error),

    /// A listener gave up.
    #[error("the server stopped: {0}")]
    Stopped(io::Error),
}
