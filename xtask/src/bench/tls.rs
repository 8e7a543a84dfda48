//! A certificate for everything that serves, and the CA every client trusts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run;

/// Where the files are.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    /// Of the CA.
    pub(crate) ca: PathBuf,
    /// Of `localhost`, signed by the CA.
    pub(crate) certificate: PathBuf,
    /// The key of that one.
    pub(crate) key: PathBuf,
}

const LEAF: &str = "subjectAltName=DNS:localhost,IP:127.0.0.1\n\
    basicConstraints=critical,CA:FALSE\n\
    keyUsage=critical,digitalSignature\n\
    extendedKeyUsage=serverAuth\n\
    authorityKeyIdentifier=keyid\n";

impl Tls {
    /// Makes new ones.
    pub(crate) fn make(folder: &Path) -> Result<Self, String> {
        let failed = |error| format!("failed to write to {}: {error}", folder.display());
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(folder.join("leaf.conf"), LEAF).map_err(failed)?;
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        for arguments in [
            format!(
                "req -x509 {key} -keyout ca.key -out ca.pem -days 30 -subj /CN=benchmark-CA \
                 -addext keyUsage=critical,keyCertSign,cRLSign"
            ),
            format!("req {key} -keyout server.key -out server.csr -subj /CN=localhost"),
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
             -extfile leaf.conf -out server.pem"
                .to_owned(),
        ] {
            let mut command = Command::new("openssl");
            command
                .current_dir(folder)
                .args(arguments.split_whitespace());
            run::asked(&mut command).ok_or_else(|| format!("openssl {arguments} fails"))?;
        }
        Ok(Self {
            ca: folder.join("ca.pem"),
            certificate: folder.join("server.pem"),
            key: folder.join("server.key"),
        })
    }
}
