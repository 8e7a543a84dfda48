//! What an object store says of the bytes of a whole object.

use reqwest::header::{ETAG, HeaderMap};
use serde::{Deserialize, Serialize};

/// Checksums of a whole object, as its store gave them with the response head.
/// All of them are optional; for most objects there are none.
///
/// Sources: RFC 1864 (`Content-MD5`); Amazon S3 API reference, `GetObject`
/// (`x-amz-checksum-*`, `ETag`, `x-amz-server-side-encryption`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Checksums {
    /// MD5 in lower-case hexadecimal digits: of `Content-MD5`, or of an ETag
    /// that is one.
    pub md5: Option<String>,
    /// SHA-256 in lower-case hexadecimal digits.
    pub sha256: Option<String>,
    /// CRC-32C (Castagnoli).
    pub crc32c: Option<u32>,
    /// CRC-32 (ISO-HDLC, as in zip).
    pub crc32: Option<u32>,
}

impl Checksums {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bytes = |name: &str| text(name).and_then(base64);
        let crc = |name: &str| {
            let bytes = bytes(name)?;
            Some(u32::from_be_bytes(bytes.try_into().ok()?))
        };
        // With a key of the customer or of a key service the ETag has the
        // shape of an MD5 and is none.
        let encrypted = text("x-amz-server-side-encryption").is_some_and(|how| how != "AES256")
            || text("x-amz-server-side-encryption-customer-algorithm").is_some();
        let etag = headers
            .get(ETAG)
            .and_then(|value| value.to_str().ok())
            .filter(|_| !encrypted)
            .and_then(md5_etag);
        // A partial response has the checksum of its part, if any.
        let partial = headers.contains_key("content-range");
        let content_md5 = bytes("content-md5").filter(|bytes| bytes.len() == 16 && !partial);
        Self {
            md5: content_md5.map(|bytes| hex(&bytes)).or(etag),
            sha256: bytes("x-amz-checksum-sha256")
                .filter(|bytes| bytes.len() == 32)
                .map(|bytes| hex(&bytes)),
            crc32c: crc("x-amz-checksum-crc32c"),
            crc32: crc("x-amz-checksum-crc32"),
        }
    }

    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The MD5 in an ETag of an object that was stored in one piece. A strong
/// ETag of 32 hexadecimal digits; objects of several parts have `-<parts>`.
fn md5_etag(etag: &str) -> Option<String> {
    let digits = etag.strip_prefix('"')?.strip_suffix('"')?;
    let is_md5 = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_md5.then(|| digits.to_ascii_lowercase())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Standard base64 with padding. A checksum of a composed object ends in
/// `-<parts>`, is no base64, and says nothing of the whole.
fn base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text.trim())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

    #[test]
    fn what_is_a_checksum_is_taken_and_what_only_looks_like_one_is_not() {
        let of = |pairs| Checksums::of(&headers(pairs));
        assert!(of(&[]).is_empty());
        assert_eq!(
            of(&[("etag", "\"d41d8cd98f00b204e9800998ecf8427e\"")])
                .md5
                .unwrap(),
            MD5
        );
        assert_eq!(
            of(&[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")])
                .md5
                .unwrap(),
            MD5
        );
        for none in [
            &[("etag", "W/\"d41d8cd98f00b204e9800998ecf8427e\"")] as &[_],
            &[("etag", "\"d41d8cd98f00b204e9800998ecf8427e-3\"")],
            &[("etag", "\"5f2b-1a\"")],
            &[
                ("etag", "\"d41d8cd98f00b204e9800998ecf8427e\""),
                ("x-amz-server-side-encryption", "aws:kms"),
            ],
            &[
                ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
                ("content-range", "bytes 0-1/9"),
            ],
            &[("x-amz-checksum-sha256", "AAAA-2")],
            &[("x-amz-checksum-crc32c", "AAAA")],
        ] {
            assert!(of(none).is_empty(), "{none:?}");
        }
        assert_eq!(
            of(&[("x-amz-checksum-crc32c", "4waSgw==")]).crc32c,
            Some(0xe306_9283)
        );
    }
}
