//! Every digest of a file at once: SHA-256 for the catalogue, and what the
//! store gave to compare with.

use crc_fast::{CrcAlgorithm, Digest as Crc};
use gcapi::Checksums;
use gcapi_archive::Content;
use md5::Md5;
use sha2::{Digest as _, Sha256};

/// The bytes are not what the store says they are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its {algorithm} is {found}, and the store says {expected}")]
pub(crate) struct Mismatch {
    algorithm: &'static str,
    expected: String,
    found: String,
}

/// Digests under way. Only what there is something to compare with is
/// computed beside SHA-256.
#[derive(Debug)]
pub(crate) struct Digests {
    size: u64,
    sha256: Sha256,
    md5: Option<Md5>,
    crc32c: Option<Crc>,
    crc32: Option<Crc>,
    expected: Checksums,
}

impl Digests {
    pub(crate) fn new(expected: Checksums) -> Self {
        Self {
            size: 0,
            sha256: Sha256::new(),
            md5: expected.md5.as_ref().map(|_| Md5::new()),
            crc32c: expected.crc32c.map(|_| Crc::new(CrcAlgorithm::Crc32Iscsi)),
            crc32: expected.crc32.map(|_| Crc::new(CrcAlgorithm::Crc32IsoHdlc)),
            expected,
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        for crc in [&mut self.crc32c, &mut self.crc32].into_iter().flatten() {
            crc.update(bytes);
        }
    }

    /// Bytes seen so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Size and SHA-256, if all that was said agrees.
    pub(crate) fn finish(self) -> Result<Content, Mismatch> {
        let content = Content::new(self.size, self.sha256);
        let md5 = self.md5.map(|md5| hex(&md5.finalize()));
        compare("MD5", self.expected.md5, md5)?;
        compare(
            "SHA-256",
            self.expected.sha256,
            Some(content.sha256.clone()),
        )?;
        compare(
            "CRC-32C",
            self.expected.crc32c.map(crc_text),
            self.crc32c.map(crc_of),
        )?;
        compare(
            "CRC-32",
            self.expected.crc32.map(crc_text),
            self.crc32.map(crc_of),
        )?;
        Ok(content)
    }
}

fn compare(
    algorithm: &'static str,
    expected: Option<String>,
    found: Option<String>,
) -> Result<(), Mismatch> {
    match (expected, found) {
        (Some(expected), Some(found)) if expected != found => Err(Mismatch {
            algorithm,
            expected,
            found,
        }),
        _ => Ok(()),
    }
}

fn crc_of(crc: Crc) -> String {
    format!("{:08x}", crc.finalize())
}

fn crc_text(crc: u32) -> String {
    format!("{crc:08x}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksums(set: impl Fn(&mut Checksums)) -> Checksums {
        let mut checksums = Checksums::default();
        set(&mut checksums);
        checksums
    }

    /// The digests of `123456789`, the check string of the CRC catalogue.
    fn finish(expected: Checksums) -> Result<Content, Mismatch> {
        let mut digests = Digests::new(expected);
        digests.update(b"1234");
        digests.update(b"56789");
        digests.finish()
    }

    #[test]
    fn what_the_store_says_is_compared() {
        let content = finish(Checksums::default()).unwrap();
        assert_eq!(content, Content::of(b"123456789"));
        finish(checksums(|all| {
            all.md5 = Some("25f9e794323b453885f5181f1b624d0b".to_owned());
            all.sha256 = Some(content.sha256.clone());
            all.crc32c = Some(0xe306_9283);
            all.crc32 = Some(0xcbf4_3926);
        }))
        .unwrap();
    }

    #[test]
    fn a_mismatch_names_both_values() {
        let error = finish(checksums(|all| all.crc32c = Some(1))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "its CRC-32C is e3069283, and the store says 00000001"
        );
        assert!(finish(checksums(|all| all.md5 = Some("00".into()))).is_err());
        assert!(finish(checksums(|all| all.crc32 = Some(1))).is_err());
        assert!(finish(checksums(|all| all.sha256 = Some("00".into()))).is_err());
    }
}
