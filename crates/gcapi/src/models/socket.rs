//! Sockets, which the API calls component interfaces: what a value means and where it is stored.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::lenient::null_as_default;

/// A socket.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Socket {
    /// The key; 0 when it was not told.
    #[serde(default)]
    pub pk: i64,
    /// The title.
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    /// A description for people.
    #[serde(default, deserialize_with = "null_as_default")]
    pub description: String,
    /// The name used by programs.
    pub slug: String,
    /// The kind as a label for people, such as `Segmentation` or `CSV file`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub kind: String,
    /// Where the data of a value is found. This decides, not [`kind`](Self::kind).
    pub super_kind: SuperKind,
    /// Where the value belongs below the folder of its item: a file, or a folder for images. May be
    /// empty. The server chose it, so check it before it becomes a path.
    pub relative_path: String,
    /// The segments of an overlay.
    #[serde(default)]
    pub overlay_segments: Value,
    /// The look-up table of an overlay.
    #[serde(default)]
    pub look_up_table: Value,
    /// The default value.
    #[serde(default)]
    pub default_value: Value,
}

/// Where the data of a socket value is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SuperKind {
    /// In an image of the API.
    Image,
    /// In a file.
    File,
    /// In the value itself.
    Value,
    /// Something this client does not know yet.
    Other(String),
}

impl From<&str> for SuperKind {
    fn from(text: &str) -> Self {
        if text.eq_ignore_ascii_case("image") {
            Self::Image
        } else if text.eq_ignore_ascii_case("file") {
            Self::File
        } else if text.eq_ignore_ascii_case("value") {
            Self::Value
        } else {
            Self::Other(text.to_owned())
        }
    }
}

impl<'de> Deserialize<'de> for SuperKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self::from(text.as_str()))
    }
}

impl fmt::Display for SuperKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Image => "Image",
            Self::File => "File",
            Self::Value => "Value",
            Self::Other(text) => text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn super_kinds_ignore_case_and_keep_the_unknown() {
        for (text, expected) in [
            ("Image", SuperKind::Image),
            ("image", SuperKind::Image),
            ("FILE", SuperKind::File),
            ("Value", SuperKind::Value),
            ("Volume", SuperKind::Other("Volume".to_owned())),
        ] {
            let read: SuperKind = serde_json::from_str(&format!("{text:?}")).unwrap();
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn a_socket_of_the_built_in_kind_has_an_empty_path() {
        let socket: Socket = serde_json::from_str(
            r#"{"title":"Generic Medical Image","description":"","slug":"generic-medical-image",
                "kind":"Image","pk":1,"default_value":null,"super_kind":"Image","relative_path":"",
                "overlay_segments":[],"look_up_table":null}"#,
        )
        .unwrap();
        assert_eq!(
            (socket.relative_path.as_str(), socket.super_kind),
            ("", SuperKind::Image)
        );
    }

    #[test]
    fn a_socket_without_a_place_is_refused() {
        let missing = r#"{"slug":"a","super_kind":"Value"}"#;
        assert!(serde_json::from_str::<Socket>(missing).is_err());
    }
}
