//! The certificate for TLS: made at the start, or read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::amz_date;
use crate::token::{hex, random_bytes};
use crate::{CertificateSource, Error};

/// Browsers and operating systems refuse server certificates of more than
/// some two years.
const LIFETIME: Duration = Duration::from_secs(365 * 86_400);

/// A certificate with its key, ready for the listeners.
pub(crate) struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    /// Where the CA's certificate was written.
    pub(crate) ca: Option<PathBuf>,
}

impl Identity {
    /// Makes or reads the certificate. `hosts` are those in our URLs.
    pub(crate) fn obtain(source: &CertificateSource, hosts: &[String]) -> Result<Self, Error> {
        match source {
            CertificateSource::Generated { write_ca_to } => Self::generate(write_ca_to, hosts),
            CertificateSource::Files { certificate, key } => Self::read(certificate, key),
        }
    }

    fn generate(write_ca_to: &Path, hosts: &[String]) -> Result<Self, Error> {
        let ca = CertifiedIssuer::self_signed(ca_params(), KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let leaf = leaf_params(hosts)?.signed_by(&key, &ca)?;
        write_whole(write_ca_to, &ca.pem())?;
        Ok(Self {
            chain: vec![leaf.der().clone(), ca.der().clone()],
            key: PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            ca: Some(write_ca_to.to_path_buf()),
        })
    }

    fn read(certificate: &Path, key: &Path) -> Result<Self, Error> {
        let unreadable = |path: &Path, reason: &dyn std::fmt::Display| Error::CertificateFile {
            path: path.to_path_buf(),
            reason: reason.to_string(),
        };
        let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect)
            .map_err(|error| unreadable(certificate, &error))?;
        if chain.is_empty() {
            return Err(unreadable(certificate, &"there is no certificate in it"));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable(key, &error))?;
        Ok(Self {
            chain,
            key,
            ca: None,
        })
    }

    /// TLS for one listener that speaks these protocols.
    pub(crate) fn tls(&self, protocols: &[&[u8]]) -> Result<rustls::ServerConfig, Error> {
        // The provider is given by name: a process may have none installed,
        // or another one, and that is not ours to change.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.key.clone_key())?;
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(config)
    }
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    // Two CAs of one name and different keys confuse what trusts both.
    let number = hex(&random_bytes());
    let number = number.get(..8).unwrap_or_default();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("gcapi serve CA {number}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
    ];
    date(&mut params);
    params
}

fn leaf_params(hosts: &[String]) -> Result<CertificateParams, Error> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
    for host in hosts {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if !names.iter().any(|name| name == host) {
            names.push(host.to_owned());
        }
    }
    let mut params =
        CertificateParams::new(names).map_err(|_| Error::HostName(hosts.join(", ")))?;
    params
        .distinguished_name
        .push(DnType::CommonName, "gcapi serve");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // OpenSSL's strict mode, Python's default since 3.13, insists on it.
    params.use_authority_key_identifier_extension = true;
    date(&mut params);
    Ok(params)
}

fn date(params: &mut CertificateParams) {
    let now = SystemTime::now();
    let day = |time| {
        let (year, month, day) = amz_date::civil(amz_date::seconds(time));
        rcgen::date_time_ymd(
            i32::try_from(year).unwrap_or(9999),
            u8::try_from(month).unwrap_or(1),
            u8::try_from(day).unwrap_or(1),
        )
    };
    // Clocks differ, also between a node and its container.
    params.not_before = day(now - Duration::from_secs(86_400));
    params.not_after = day(now + LIFETIME);
}

/// Writes a file that others may be waiting for: it is whole or not there.
fn write_whole(path: &Path, text: &str) -> Result<(), Error> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|source| Error::CertificateOutput {
            path: path.to_path_buf(),
            source,
        })
}
