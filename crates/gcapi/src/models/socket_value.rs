//! The value of one socket in one item.

use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::lenient::{last_segment, null};
use super::socket::Socket;

/// A value, a file or an image, and the socket that tells which.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SocketValue {
    /// The key. A new value of the same socket gets a new key.
    pub pk: i64,
    /// The socket, read from `socket` or, on older platforms, from `interface`.
    pub socket: Socket,
    /// The socket as served.
    pub socket_json: Box<RawValue>,
    /// The JSON value as served; `null` when there is none, or when it *is* `null`. Only the
    /// socket's [`super_kind`](Socket::super_kind) tells which.
    pub value: Box<RawValue>,
    /// The media address of the file.
    pub file: Option<String>,
    /// The address of the image in the API.
    pub image: Option<String>,
}

impl SocketValue {
    /// The key of the image: the last segment of its address.
    #[must_use]
    pub fn image_pk(&self) -> Option<Uuid> {
        Uuid::try_parse(last_segment(self.image.as_deref()?)?).ok()
    }
}

/// As it is on the wire. Raw values do not survive `flatten` or `untagged`, hence the two fields.
#[derive(Deserialize)]
struct Wire {
    pk: i64,
    #[serde(default)]
    socket: Option<Box<RawValue>>,
    #[serde(default)]
    interface: Option<Box<RawValue>>,
    #[serde(default = "null")]
    value: Box<RawValue>,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    image: Option<String>,
}

impl<'de> Deserialize<'de> for SocketValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        let socket_json = wire
            .socket
            .or(wire.interface)
            .ok_or_else(|| de::Error::custom("neither `socket` nor `interface` is there"))?;
        let socket = serde_json::from_str(socket_json.get())
            .map_err(|error| de::Error::custom(format!("its socket: {error}")))?;
        Ok(Self {
            pk: wire.pk,
            socket,
            socket_json,
            value: wire.value,
            file: wire.file,
            image: wire.image,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(slug: &str) -> String {
        format!(
            r#"{{"slug":"{slug}","super_kind":"Value","relative_path":"a.json","pk":1,"extra":1e3}}"#
        )
    }

    #[test]
    fn the_socket_is_read_from_either_key() {
        let (new, old) = (socket("new"), socket("old"));
        for (keys, expected) in [
            (format!(r#""interface":{old}"#), "old"),
            (format!(r#""socket":{new}"#), "new"),
            (format!(r#""interface":{old},"socket":{new}"#), "new"),
            (format!(r#""interface":{old},"socket":null"#), "old"),
        ] {
            let value: SocketValue =
                serde_json::from_str(&format!(r#"{{"pk":7,{keys}}}"#)).unwrap();
            assert_eq!(value.socket.slug, expected);
            assert_eq!(value.socket_json.get(), socket(expected));
        }
    }

    #[test]
    fn values_are_kept_to_the_letter() {
        for text in [
            "null",
            "false",
            "0",
            "\"\"",
            "1.0",
            "1",
            "1e3",
            "0.10",
            "12345678901234567890123",
            "[]",
            r#"{"b":1,"a":[ 2 ]}"#,
            r#""ü\u00fc""#,
        ] {
            let json = format!(
                r#"{{"pk":7,"interface":{},"value":{text},"file":null,"image":null}}"#,
                socket("s")
            );
            let value: SocketValue = serde_json::from_str(&json).unwrap();
            assert_eq!(value.value.get(), text);
        }
    }

    #[test]
    fn a_missing_value_is_null() {
        let json = format!(r#"{{"pk":7,"interface":{}}}"#, socket("s"));
        let value: SocketValue = serde_json::from_str(&json).unwrap();
        assert_eq!(value.value.get(), "null");
    }

    #[test]
    fn the_key_of_the_image_is_read_from_its_address() {
        let pk = "dae5c1f0-8d96-469b-bf61-d6f9ef144f44";
        for (image, expected) in [
            (
                format!("\"https://gc.example/api/v1/cases/images/{pk}/\""),
                true,
            ),
            (
                format!("\"https://gc.example/api/v1/cases/images/{pk}\""),
                true,
            ),
            (
                "\"https://gc.example/api/v1/cases/images/\"".to_owned(),
                false,
            ),
            ("\"::nonsense\"".to_owned(), false),
            ("null".to_owned(), false),
        ] {
            let json = format!(r#"{{"pk":7,"interface":{},"image":{image}}}"#, socket("s"));
            let value: SocketValue = serde_json::from_str(&json).unwrap();
            assert_eq!(
                value.image_pk().map(|pk| pk.to_string()),
                expected.then(|| pk.to_owned())
            );
        }
    }
}
