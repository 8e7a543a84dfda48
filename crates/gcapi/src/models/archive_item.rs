//! Items of archives.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::lenient::null_as_default;
use super::socket_value::SocketValue;

/// An item of an archive: a bundle of socket values that belong together.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct ArchiveItem {
    /// The key.
    pub pk: Uuid,
    /// The title; often empty, otherwise unique in the archive, with any characters.
    #[serde(default, deserialize_with = "null_as_default")]
    pub title: String,
    /// The address of the archive in the API.
    #[serde(default)]
    pub archive: Option<String>,
    /// The values. One that cannot be read does not take the others with it.
    #[serde(default, deserialize_with = "values_each")]
    pub values: Vec<Result<SocketValue, MalformedValue>>,
}

/// A socket value that does not have the expected shape.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MalformedValue {
    /// What is wrong.
    pub reason: String,
    /// The JSON as served.
    pub json: Box<RawValue>,
}

impl fmt::Display for MalformedValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "malformed socket value: {}", self.reason)
    }
}

impl std::error::Error for MalformedValue {}

fn values_each<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Result<SocketValue, MalformedValue>>, D::Error> {
    let values = Option::<Vec<Box<RawValue>>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(values
        .into_iter()
        .map(|json| {
            serde_json::from_str(json.get()).map_err(|error| MalformedValue {
                reason: crate::redact::tidy(&error.to_string(), 300),
                json,
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PK: &str = "777ff743-c207-4649-94e8-aad4931a878e";

    #[test]
    fn one_bad_value_does_not_lose_the_item() {
        let socket = r#"{"slug":"a","super_kind":"Value","relative_path":"a.json","pk":1}"#;
        let json = format!(
            r#"{{"pk":"{PK}","title":"t","values":[
                {{"pk":1,"interface":{socket},"value":1.0}},
                {{"pk":2,"value":3}},
                "nonsense",
                {{"pk":4,"socket":{socket},"value":null}}]}}"#
        );
        let item: ArchiveItem = serde_json::from_str(&json).unwrap();
        assert_eq!(item.values.len(), 4);
        assert_eq!(item.values[0].as_ref().unwrap().value.get(), "1.0");
        let bad = item.values[1].as_ref().unwrap_err();
        assert!(bad.reason.contains("socket"), "{}", bad.reason);
        assert_eq!(bad.json.get(), r#"{"pk":2,"value":3}"#);
        assert!(item.values[2].is_err());
        assert_eq!(item.values[3].as_ref().unwrap().value.get(), "null");
    }

    #[test]
    fn an_item_may_be_nearly_empty() {
        for rest in [
            "",
            r#","values":null,"title":null"#,
            r#","values":[],"title":"""#,
        ] {
            let item: ArchiveItem =
                serde_json::from_str(&format!(r#"{{"pk":"{PK}"{rest}}}"#)).unwrap();
            assert_eq!((item.title.as_str(), item.values.len()), ("", 0));
        }
    }
}
