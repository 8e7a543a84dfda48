//! Signs what the store will be asked for, and checks it there.
//!
//! The parameters and headers are those of AWS; the string that is signed is
//! simpler, since nobody else has to compute it.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::amz_date;
use crate::token::{hex, random_bytes};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// How far the date of a header signature may lie from our clock.
const HEADER_TOLERANCE: u64 = 300;

/// Holds the key, which is made anew at each start.
pub(crate) struct Signer {
    key: [u8; 32],
    lifetime: u64,
}

/// Why a signature does not open anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is none.
    Missing,
    /// It was made for something else, or not by us.
    Mismatch,
    /// Its time is over.
    Expired,
}

/// What is signed of a request whose signature is in its headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderSigned<'a> {
    pub(crate) method: &'a str,
    /// Path and query as in the URL.
    pub(crate) path_and_query: &'a str,
    pub(crate) accept: &'a str,
    pub(crate) host: &'a str,
}

impl Signer {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self {
            key: random_bytes(),
            lifetime: lifetime.as_secs(),
        }
    }

    /// The query that opens a path to `GET` from now on. The path is the one
    /// its key writes, so that it does not matter how a client encodes it.
    pub(crate) fn query(&self, path: &str, now: u64) -> String {
        let date = amz_date::format(now);
        let day = date.get(..8).unwrap_or_default();
        let expires = self.lifetime.to_string();
        let signature = self.sign(&["GET", path, &date, &expires]);
        format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential=gcapi%2F{day}%2Flocal%2Fs3%2Faws4_request\
             &X-Amz-Date={date}&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host\
             &X-Amz-Signature={signature}"
        )
    }

    /// Checks a query made by [`Signer::query`].
    pub(crate) fn check_query(
        &self,
        method: &str,
        path: &str,
        query: &str,
        now: u64,
    ) -> Result<(), Refused> {
        let parameter = |wanted: &str| {
            url::form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name == wanted)
                .map(|(_, value)| value.into_owned())
        };
        let signature = parameter("X-Amz-Signature").ok_or(Refused::Missing)?;
        let date = parameter("X-Amz-Date").ok_or(Refused::Mismatch)?;
        let expires = parameter("X-Amz-Expires").ok_or(Refused::Mismatch)?;
        if parameter("X-Amz-Algorithm").as_deref() != Some(ALGORITHM)
            || parameter("X-Amz-SignedHeaders").as_deref() != Some("host")
            || !self.is_signature(&signature, &[method, path, &date, &expires])
        {
            return Err(Refused::Mismatch);
        }
        let ends = amz_date::parse(&date)
            .zip(expires.parse::<u64>().ok())
            .and_then(|(date, expires)| date.checked_add(expires));
        match ends {
            Some(ends) if now < ends => Ok(()),
            _ => Err(Refused::Expired),
        }
    }

    /// The `X-Amz-Date` and `Authorization` headers that open a request.
    pub(crate) fn headers(&self, request: HeaderSigned<'_>, now: u64) -> (String, String) {
        let date = amz_date::format(now);
        let day = date.get(..8).unwrap_or_default();
        let signature = self.sign(&request.parts(&date));
        let authorization = format!(
            "{ALGORITHM} Credential=gcapi/{day}/local/medical-imaging/aws4_request, \
             SignedHeaders=accept;host;x-amz-date, Signature={signature}"
        );
        (date, authorization)
    }

    /// Checks headers made by [`Signer::headers`].
    pub(crate) fn check_headers(
        &self,
        request: HeaderSigned<'_>,
        date: Option<&str>,
        authorization: Option<&str>,
        now: u64,
    ) -> Result<(), Refused> {
        let authorization = authorization.ok_or(Refused::Missing)?;
        let date = date.ok_or(Refused::Missing)?;
        let signature = authorization
            .strip_prefix(ALGORITHM)
            .and_then(|rest| {
                rest.split(',')
                    .find_map(|part| part.trim().strip_prefix("Signature="))
            })
            .ok_or(Refused::Mismatch)?;
        if !self.is_signature(signature, &request.parts(date)) {
            return Err(Refused::Mismatch);
        }
        match amz_date::parse(date) {
            Some(signed) if signed.abs_diff(now) <= HEADER_TOLERANCE => Ok(()),
            _ => Err(Refused::Expired),
        }
    }

    fn sign(&self, parts: &[&str]) -> String {
        self.mac(parts)
            .map(|mac| hex(&mac.finalize().into_bytes()))
            .unwrap_or_default()
    }

    /// Takes the same time wherever the signature differs.
    fn is_signature(&self, signature: &str, parts: &[&str]) -> bool {
        let Some(bytes) = unhex(signature) else {
            return false;
        };
        self.mac(parts)
            .is_some_and(|mac| mac.verify_slice(&bytes).is_ok())
    }

    fn mac(&self, parts: &[&str]) -> Option<Hmac<Sha256>> {
        // HMAC takes keys of every length, so this is always there.
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        for part in parts {
            // Lengths keep the parts apart.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(mac)
    }
}

impl<'a> HeaderSigned<'a> {
    fn parts(self, date: &'a str) -> [&'a str; 6] {
        [
            "headers",
            self.method,
            self.path_and_query,
            self.accept,
            self.host,
            date,
        ]
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Signer")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_795_480_084;

    #[test]
    fn a_query_opens_its_path_until_it_expires() {
        let signer = Signer::new(Duration::from_secs(300));
        let query = signer.query("/a/ü.mha", NOW);
        let check = |method, path, now| signer.check_query(method, path, &query, now);
        assert_eq!(check("GET", "/a/ü.mha", NOW), Ok(()));
        assert_eq!(check("GET", "/a/ü.mha", NOW + 299), Ok(()));
        assert_eq!(check("GET", "/a/ü.mha", NOW + 300), Err(Refused::Expired));
        assert_eq!(check("GET", "/a/b.mha", NOW), Err(Refused::Mismatch));
        assert_eq!(check("HEAD", "/a/ü.mha", NOW), Err(Refused::Mismatch));
        let longer = query.replace("X-Amz-Expires=300", "X-Amz-Expires=9000");
        assert_eq!(
            signer.check_query("GET", "/a/ü.mha", &longer, NOW),
            Err(Refused::Mismatch)
        );
        assert_eq!(
            signer.check_query("GET", "/a/ü.mha", "", NOW),
            Err(Refused::Missing)
        );
        let other = Signer::new(Duration::from_secs(300));
        assert_eq!(
            other.check_query("GET", "/a/ü.mha", &query, NOW),
            Err(Refused::Mismatch)
        );
    }

    #[test]
    fn headers_open_one_request_for_five_minutes() {
        let signer = Signer::new(Duration::from_secs(300));
        let request = HeaderSigned {
            method: "GET",
            path_and_query: "/a?b=c",
            accept: "application/dicom",
            host: "localhost:1",
        };
        let (date, authorization) = signer.headers(request, NOW);
        let check =
            |request, now| signer.check_headers(request, Some(&date), Some(&authorization), now);
        assert_eq!(check(request, NOW + 300), Ok(()));
        assert_eq!(check(request, NOW + 301), Err(Refused::Expired));
        let other = HeaderSigned {
            accept: "*/*",
            ..request
        };
        assert_eq!(check(other, NOW), Err(Refused::Mismatch));
        assert_eq!(
            signer.check_headers(request, Some(&date), None, NOW),
            Err(Refused::Missing)
        );
    }
}
