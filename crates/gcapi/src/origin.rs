//! Which addresses may be contacted, and which may receive the token.

use url::{Position, Url};

use crate::error::{Error, UrlRole};
use crate::redact::{redact, redact_text};

/// The scheme, host and port of an address, as text.
pub(crate) fn origin_text(url: &Url) -> String {
    url[..Position::BeforePath].to_owned()
}

/// Reads an address and makes sure that it is on the origin of `base`.
pub(crate) fn parse_on_origin(base: &Url, text: &str, role: UrlRole) -> Result<Url, Error> {
    let url = parse(text, role)?;
    require_origin(base, &url, role)?;
    Ok(url)
}

/// Reads an address of any origin.
pub(crate) fn parse(text: &str, role: UrlRole) -> Result<Url, Error> {
    Url::parse(text).map_err(|error| Error::InvalidUrl {
        role,
        url: redact_text(text),
        reason: error.to_string(),
    })
}

/// Refuses an address that is not `https`, or that carries a user name or password, which the
/// HTTP library would turn into an `Authorization` header of its own.
pub(crate) fn require_secure(url: &Url, role: UrlRole) -> Result<(), Error> {
    if url.scheme() != "https" {
        return Err(Error::InsecureUrl {
            role,
            url: redact(url),
        });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::InvalidUrl {
            role,
            url: redact(url),
            reason: "it holds a user name or password".to_owned(),
        });
    }
    Ok(())
}

/// Refuses an address that may not receive the token.
pub(crate) fn require_origin(base: &Url, url: &Url, role: UrlRole) -> Result<(), Error> {
    require_secure(url, role)?;
    if url.origin() == base.origin() {
        Ok(())
    } else {
        Err(Error::ForeignOrigin {
            role,
            url: redact(url),
            allowed: origin_text(base),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn only_the_very_same_origin_is_allowed() {
        let base = Url::parse("https://gc.example/api/v1/").unwrap();
        for (text, expected) in [
            ("https://gc.example/x", None),
            ("https://gc.example:443/x", None),
            ("https://GC.example/x", None),
            ("https://gc.example:8443/x", Some(ErrorKind::ForeignOrigin)),
            ("https://www.gc.example/x", Some(ErrorKind::ForeignOrigin)),
            (
                "https://gc.example.evil.example/x",
                Some(ErrorKind::ForeignOrigin),
            ),
            (
                "https://gc.example@evil.example/x",
                Some(ErrorKind::InvalidUrl),
            ),
            ("https://u:p@gc.example/x", Some(ErrorKind::InvalidUrl)),
            ("http://gc.example/x", Some(ErrorKind::InsecureUrl)),
            ("ftp://gc.example/x", Some(ErrorKind::InsecureUrl)),
            ("/x", Some(ErrorKind::InvalidUrl)),
            ("", Some(ErrorKind::InvalidUrl)),
        ] {
            let kind = parse_on_origin(&base, text, UrlRole::File)
                .err()
                .map(|error| error.kind());
            assert_eq!(kind, expected, "{text:?}");
        }
    }
}
