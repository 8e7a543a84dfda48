//! Paths of files as they stand in URLs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

/// What Python's `urllib.parse.quote` encodes.
const QUOTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a path of the media URLs or of the store names. It holds primary keys
/// and a name that is only compared or looked at, never joined to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MediaKey {
    /// A file of an image.
    ImageFile {
        image: Uuid,
        file: Uuid,
        /// The last segment, decoded.
        name: String,
    },
    /// A File.
    Value {
        pk: i64,
        /// The last segment, decoded.
        name: String,
    },
}

impl MediaKey {
    /// Reads what follows `/media/` or the bucket, percent-encoded.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let segments: Vec<String> = path.split('/').map(decode).collect::<Option<_>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match *segments.as_slice() {
            ["images", _, _, image, file, name] | ["images", image, file, name] => {
                Some(Self::ImageFile {
                    image: Uuid::parse_str(image).ok()?,
                    file: Uuid::parse_str(file).ok()?,
                    name: name.to_owned(),
                })
            }
            ["components", "componentinterfacevalue", _, _, pk, name] => Some(Self::Value {
                pk: pk.parse().ok()?,
                name: name.to_owned(),
            }),
            _ => None,
        }
    }

    /// The path, as [`MediaKey::parse`] reads it.
    pub(crate) fn to_path(&self) -> String {
        match self {
            Self::ImageFile { image, file, name } => {
                let pk = image.to_string();
                let (first, second) = (
                    pk.get(..2).unwrap_or_default(),
                    pk.get(2..4).unwrap_or_default(),
                );
                format!("images/{first}/{second}/{pk}/{file}/{}", encode(name))
            }
            Self::Value { pk, name } => format!(
                "components/componentinterfacevalue/{:02x}/{:02x}/{pk}/{}",
                (pk >> 8) & 0xff,
                pk & 0xff,
                encode(name)
            ),
        }
    }
}

/// The last segment of a recorded URL, decoded.
pub(crate) fn last_segment(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let segment = path.rsplit('/').next().unwrap_or(path);
    decode(segment).unwrap_or_else(|| segment.to_owned())
}

/// A segment, decoded; `None` if it is not UTF-8.
pub(crate) fn decode(segment: &str) -> Option<String> {
    let decoded = percent_decode_str(segment).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

/// Whether a path tries to go up, encoded or not.
pub(crate) fn climbs(path: &str) -> bool {
    path.split('/').any(|segment| {
        decode(segment).is_some_and(|segment| segment.split(['/', '\\']).any(|part| part == ".."))
    })
}

/// A segment, encoded.
pub(crate) fn encode(name: &str) -> String {
    utf8_percent_encode(name, QUOTED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_and_without_prefix() {
        let image = Uuid::parse_str("fd6d17ae-5148-4fc3-9135-8375ddf2aa56").unwrap();
        let key = MediaKey::ImageFile {
            image,
            file: Uuid::from_u128(7),
            name: "dossier_ß 1.mha".into(),
        };
        let path = key.to_path();
        assert_eq!(
            path,
            format!(
                "images/fd/6d/{image}/{}/dossier_%C3%9F%201.mha",
                Uuid::from_u128(7)
            )
        );
        assert_eq!(MediaKey::parse(&path), Some(key.clone()));
        assert_eq!(MediaKey::parse(&path.replace("/fd/6d", "")), Some(key));
    }

    #[test]
    fn values_lie_below_the_low_bytes_of_their_pk() {
        for (pk, prefix) in [(18, "00/12"), (24, "00/18"), (74_565, "23/45")] {
            let key = MediaKey::Value {
                pk,
                name: "a.pdf".into(),
            };
            let path = format!("components/componentinterfacevalue/{prefix}/{pk}/a.pdf");
            assert_eq!(key.to_path(), path);
            assert_eq!(MediaKey::parse(&path), Some(key));
        }
    }

    #[test]
    fn what_is_no_key_is_nothing() {
        for path in [
            "",
            "images",
            "images/../../../etc/passwd",
            "images/a/b/c",
            "components/componentinterfacevalue/00/12/x/a.pdf",
            "images/%ff/00/a/b/c",
        ] {
            assert_eq!(MediaKey::parse(path), None, "{path}");
        }
    }

    #[test]
    fn climbing_is_seen_through_its_encoding() {
        assert!(climbs("/media/../x"));
        assert!(climbs("/media/%2e%2e%2fx"));
        assert!(climbs("/media/a/..%5cx"));
        assert!(!climbs("/media/a..b/c"));
    }

    #[test]
    fn names_come_from_recorded_urls() {
        assert_eq!(last_segment("https://h/media/a/%C3%BC.pdf"), "ü.pdf");
        assert_eq!(last_segment("https://h/media/a/b.pdf?x=/y"), "b.pdf");
        assert_eq!(last_segment("https://h/%FF"), "%FF");
    }
}
