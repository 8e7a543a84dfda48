//! A JSON object whose members are changed without reading them: numbers keep
//! their digits, objects their order.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, values as JSON text.
#[derive(Debug, Default)]
pub(crate) struct JsonObject<'a> {
    members: Vec<(String, Cow<'a, str>)>,
}

impl<'a> JsonObject<'a> {
    /// Reads the outermost object of a record.
    pub(crate) fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// The JSON text of a member.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_ref())
    }

    /// The text of a member that is a string.
    pub(crate) fn get_text(&self, key: &str) -> Option<String> {
        serde_json::from_str(self.get(key)?).ok()
    }

    /// Changes a member, or adds it at the end.
    pub(crate) fn set(&mut self, key: &str, json: String) {
        match self.members.iter_mut().find(|(name, _)| name == key) {
            Some((_, value)) => *value = Cow::Owned(json),
            None => self.members.push((key.to_owned(), Cow::Owned(json))),
        }
    }

    /// Adds a member at the end if there is none of this name.
    pub(crate) fn set_default(&mut self, key: &str, json: impl FnOnce() -> String) {
        if self.get(key).is_none() {
            self.set(key, json());
        }
    }

    /// Changes a member, or adds it behind another one.
    pub(crate) fn set_behind(&mut self, other: &str, key: &str, json: String) {
        let place = self.members.iter().position(|(name, _)| name == other);
        match place {
            Some(place) if self.get(key).is_none() => self
                .members
                .insert(place + 1, (key.to_owned(), Cow::Owned(json))),
            _ => self.set(key, json),
        }
    }

    /// The object as compact JSON, as far as its members are.
    pub(crate) fn to_json(&self) -> String {
        let length: usize = self
            .members
            .iter()
            .map(|(key, value)| key.len() + value.len() + 4)
            .sum();
        let mut json = String::with_capacity(length + 2);
        json.push('{');
        for (index, (key, value)) in self.members.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            json.push_str(&text(key));
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        json
    }
}

/// A string as JSON.
pub(crate) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Some JSON texts as an array.
pub(crate) fn array(elements: impl IntoIterator<Item = String>) -> String {
    let mut json = String::from("[");
    for (index, element) in elements.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        json.push_str(&element);
    }
    json.push(']');
    json
}

impl<'de> Deserialize<'de> for JsonObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = JsonObject<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((key, Cow::Borrowed(value.get())));
                }
                Ok(JsonObject { members })
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays_as_it_was() {
        let json = r#"{"z":1e3,"a":{"b":0.10,"a":1180591620717411303424},"ü":"\u00fc"}"#;
        let mut object = JsonObject::parse(json).unwrap();
        assert_eq!(object.to_json(), json);
        object.set("z", text("\"x\""));
        object.set_behind("z", "values", array(["1".into(), "2.0".into()]));
        object.set("last", "null".into());
        assert_eq!(
            object.to_json(),
            r#"{"z":"\"x\"","values":[1,2.0],"a":{"b":0.10,"a":1180591620717411303424},"ü":"\u00fc","last":null}"#
        );
        assert_eq!(object.get_text("ü").as_deref(), Some("ü"));
        assert_eq!(object.get_text("a"), None);
        assert!(JsonObject::parse("[]").is_err());
    }
}
