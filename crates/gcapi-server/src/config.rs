//! What a server is started with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use gcapi_archive::ArchiveFolder;

use crate::ServerToken;

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// The downloaded archive.
    pub folder: ArchiveFolder,
    /// Where the API listens. Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where the store listens; another port, or another address.
    pub store_listen: SocketAddr,
    /// The host name put into URLs. Without one it is `localhost` for
    /// loopback and unspecified addresses, otherwise the address itself.
    pub public_host: Option<String>,
    /// The token a client has to bring.
    pub token: ServerToken,
    /// The certificate for TLS.
    pub certificate: CertificateSource,
    /// How long a signed URL is good for. It is signed to the second, so it
    /// may end up to a second earlier.
    pub signature_lifetime: Duration,
}

/// Where the certificate for TLS comes from.
#[derive(Clone, Debug)]
pub enum CertificateSource {
    /// Made at the start, together with a CA of its own.
    Generated {
        /// Where the CA's certificate is written, for clients to trust. Its
        /// private key is never written.
        write_ca_to: PathBuf,
    },
    /// Read from files.
    Files {
        /// PEM: the certificate and those between it and its CA.
        certificate: PathBuf,
        /// PEM: the private key.
        key: PathBuf,
    },
}

impl ServerConfig {
    /// A server on loopback ports the system chooses, with signed URLs that
    /// are good for five minutes, as the platform's are.
    #[must_use]
    pub fn new(folder: ArchiveFolder, token: ServerToken, certificate: CertificateSource) -> Self {
        let any_port = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        Self {
            folder,
            listen: any_port,
            store_listen: any_port,
            public_host: None,
            token,
            certificate,
            signature_lifetime: Duration::from_secs(300),
        }
    }

    /// The host for URLs that lead to a listener.
    pub(crate) fn host(&self, listener: IpAddr) -> String {
        match &self.public_host {
            Some(host) => match host.parse() {
                Ok(IpAddr::V6(address)) => format!("[{address}]"),
                _ => host.clone(),
            },
            None if listener.is_loopback() || listener.is_unspecified() => "localhost".to_owned(),
            None => match listener {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            },
        }
    }
}
