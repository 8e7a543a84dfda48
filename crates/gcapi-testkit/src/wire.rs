//! A proxy in front of the store, for what no HTTP library would send: a TLS
//! connection cut in the middle of a record, and a body longer than promised.
//!
//! It takes the TLS off, hands every request to the real store over a
//! connection of its own, and passes on what comes, byte by byte. What it is to
//! break stands in a header that [`crate::Interference::Wire`] sets.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::http::HeaderName;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What the header between the store and the proxy is called.
const HEADER: HeaderName = HeaderName::from_static("x-testkit-wire");

/// The longest head of a message.
const LONGEST_HEAD: usize = 64 * 1024;

/// How the connection that carries an answer breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// After so many bytes of the body, in the middle of a TLS record and
    /// without a farewell.
    Cut(u64),
    /// So many bytes come after the body, which had the length it promised.
    Longer(u64),
}

impl Wire {
    /// The header that tells the proxy.
    pub(crate) fn header(self) -> (HeaderName, String) {
        let text = match self {
            Self::Cut(after) => format!("cut {after}"),
            Self::Longer(by) => format!("longer {by}"),
        };
        (HEADER, text)
    }

    fn parse(text: &str) -> Option<Self> {
        let (what, number) = text.trim().split_once(' ')?;
        let number = number.parse().ok()?;
        match what {
            "cut" => Some(Self::Cut(number)),
            "longer" => Some(Self::Longer(number)),
            _ => None,
        }
    }
}

/// The proxy.
pub(crate) struct Proxy {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    store: SocketAddr,
    /// What the store is called in `Host`, which DICOM requests are signed for.
    host: String,
}

impl Proxy {
    /// A proxy to a store on this machine that `ca` vouches for; the
    /// certificate that vouches for the proxy itself is added to that file.
    pub(crate) fn new(store: SocketAddr, ca: &Path) -> io::Result<Self> {
        let other = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        let known = CertificateDer::from_pem_file(ca).map_err(|error| other(&error))?;
        roots.add(known).map_err(|error| other(&error))?;
        let client = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| other(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();

        let (issuer, chain, key) = certificate().map_err(|error| other(&error))?;
        let mut server = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| other(&error))?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| other(&error))?;
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        let both = std::fs::read_to_string(ca)? + &issuer;
        std::fs::write(ca, both)?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            connector: TlsConnector::from(Arc::new(client)),
            store,
            host: format!("localhost:{}", store.port()),
        })
    }

    /// Takes connections until it is dropped.
    pub(crate) async fn run(self, listener: TcpListener) {
        let proxy = Arc::new(self);
        while let Ok((connection, _)) = listener.accept().await {
            let proxy = Arc::clone(&proxy);
            // A connection that breaks is what this is for.
            tokio::spawn(async move { drop(proxy.connection(connection).await) });
        }
    }

    async fn connection(&self, connection: TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let mut client = self.acceptor.accept(connection).await?;
        while let Some((request, _)) = head(&mut client).await? {
            let connection = TcpStream::connect(self.store).await?;
            let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
            let mut store = self.connector.connect(name, connection).await?;
            let connection = format!("host: {}\r\nconnection: close", self.host);
            let request = without(&request, &["host", "connection"], &connection);
            store.write_all(request.as_bytes()).await?;
            store.flush().await?;
            let Some((answer, mut piece)) = head(&mut store).await? else {
                return Ok(());
            };
            let wire = field(&answer, HEADER.as_str()).and_then(Wire::parse);
            let answer = without(&answer, &["connection", HEADER.as_str()], "");
            client.write_all(answer.as_bytes()).await?;
            let mut left = match wire {
                Some(Wire::Cut(after)) => after,
                _ => u64::MAX,
            };
            loop {
                let now = usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()));
                let (whole, torn) = piece.split_at(now);
                client.write_all(whole).await?;
                client.flush().await?;
                left -= whole.len() as u64;
                if !torn.is_empty() {
                    return cut(client, torn).await;
                }
                piece.resize(64 * 1024, 0);
                // An error here is a store that broke off: so does this.
                let length = store.read(&mut piece).await?;
                piece.truncate(length);
                if length == 0 {
                    break;
                }
            }
            if let Some(Wire::Longer(by)) = wire {
                let more = vec![b'+'; usize::try_from(by).unwrap_or(0)];
                client.write_all(&more).await?;
                client.flush().await?;
            }
        }
        client.shutdown().await
    }
}

/// Sends half of a TLS record and no more.
async fn cut(client: TlsStream<TcpStream>, bytes: &[u8]) -> io::Result<()> {
    let (mut connection, mut tls) = client.into_inner();
    tls.writer().write_all(bytes)?;
    let mut record = Vec::new();
    tls.write_tls(&mut record)?;
    record.truncate(record.len() / 2);
    connection.write_all(&record).await
}

/// A head up to its empty line, and what came after it; `None` at the end.
async fn head(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut piece = [0; 4096];
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if bytes.len() > LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
    };
    let rest = bytes.split_off(end);
    let head = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok(Some((head, rest)))
}

/// The value of a header.
fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(found, value)| found.eq_ignore_ascii_case(name).then_some(value))
}

/// A head without some headers, and with others instead.
fn without(head: &str, names: &[&str], instead: &str) -> String {
    let kept = head.lines().filter(|line| {
        let name = line.split_once(':').map_or("", |(name, _)| name);
        !line.is_empty() && !names.iter().any(|gone| gone.eq_ignore_ascii_case(name))
    });
    let mut lines: Vec<&str> = kept.collect();
    if !instead.is_empty() {
        lines.push(instead);
    }
    lines.join("\r\n") + "\r\n\r\n"
}

type Certificate = (String, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The PEM of an authority, and a certificate of its for this machine.
fn certificate() -> Result<Certificate, rcgen::Error> {
    let mut authority = CertificateParams::default();
    authority
        .distinguished_name
        .push(DnType::CommonName, "gcapi testkit wire");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let leaf = CertificateParams::new(names)?.signed_by(&key, &authority)?;
    Ok((
        authority.pem(),
        vec![leaf.der().clone()],
        PrivateKeyDer::Pkcs8(key.serialize_der().into()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_rewritten_line_by_line() {
        let head =
            "HTTP/1.1 200 OK\r\nConnection: close\r\nx-testkit-wire: cut 5\r\nA: b:c\r\n\r\n";
        assert_eq!(
            field(head, HEADER.as_str()).and_then(Wire::parse),
            Some(Wire::Cut(5))
        );
        assert_eq!(
            without(head, &["connection", HEADER.as_str()], ""),
            "HTTP/1.1 200 OK\r\nA: b:c\r\n\r\n"
        );
        assert_eq!(
            without("GET / HTTP/1.1\r\nHost: a\r\n\r\n", &["host"], "host: b"),
            "GET / HTTP/1.1\r\nhost: b\r\n\r\n"
        );
        for wire in [Wire::Cut(0), Wire::Longer(7)] {
            assert_eq!(Wire::parse(&wire.header().1), Some(wire));
        }
    }
}
