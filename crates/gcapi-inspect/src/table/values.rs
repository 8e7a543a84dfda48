//! JSON values as columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use arrow_schema::DataType;
use serde_json::Value;
use serde_json::value::RawValue;

/// Levels of objects that are taken apart; what lies deeper stays JSON.
const LEVELS: usize = 8;

/// What all values of a column have in common.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    boolean: bool,
    integer: bool,
    number: bool,
    text: bool,
}

impl Default for Kind {
    fn default() -> Self {
        Self {
            boolean: true,
            integer: true,
            number: true,
            text: true,
        }
    }
}

impl Kind {
    /// Takes one more value into account, given as JSON.
    pub(super) fn observe(&mut self, json: &str) {
        let value = parse(json);
        if value.is_null() {
            return;
        }
        self.boolean &= value.is_boolean();
        self.integer &= value.is_i64();
        // A number of more digits than floating point keeps stays JSON.
        self.number &= (value.is_i64() || value.is_f64()) && !is_long(json);
        self.text &= value.is_string();
    }

    /// The narrowest type that loses nothing of any value; text also where only JSON is left.
    pub(super) fn data_type(self) -> DataType {
        if self.boolean {
            DataType::Boolean
        } else if self.integer {
            DataType::Int64
        } else if self.number {
            DataType::Float64
        } else {
            DataType::Utf8
        }
    }

    /// Values, given as JSON, as an array of that type.
    pub(super) fn array(self, texts: &[Option<String>]) -> ArrayRef {
        let values = || {
            texts
                .iter()
                .map(|text| parse(text.as_deref().unwrap_or("null")))
        };
        match self.data_type() {
            DataType::Boolean => Arc::new(
                values()
                    .map(|value| value.as_bool())
                    .collect::<BooleanArray>(),
            ),
            DataType::Int64 => {
                Arc::new(values().map(|value| value.as_i64()).collect::<Int64Array>())
            }
            DataType::Float64 => Arc::new(
                values()
                    .map(|value| value.as_f64())
                    .collect::<Float64Array>(),
            ),
            _ if self.text => {
                let text = |value: Value| value.as_str().map(str::to_owned);
                Arc::new(values().map(text).collect::<StringArray>())
            }
            _ => Arc::new(StringArray::from(texts.to_vec())),
        }
    }
}

/// What JSON allows and no string can hold is no string: it stays JSON.
fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::Array(Vec::new()))
}

/// An integer of more digits than a floating-point number keeps.
fn is_long(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > 15 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The values in an object by their dotted names, as JSON with the digits served. `None` for
/// anything but an object.
pub(super) fn flattened(json: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let object: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json).ok()?;
    flatten(object, "", LEVELS, &mut found);
    Some(found)
}

fn flatten(
    object: BTreeMap<String, Box<RawValue>>,
    prefix: &str,
    levels: usize,
    found: &mut Vec<(String, String)>,
) {
    for (name, value) in object {
        let name = format!("{prefix}{name}");
        match serde_json::from_str(value.get()) {
            Ok(inner) if levels > 1 => flatten(inner, &format!("{name}."), levels - 1, found),
            _ => found.push((name, value.get().to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(texts: &[&str]) -> (DataType, String) {
        let mut kind = Kind::default();
        texts.iter().for_each(|text| kind.observe(text));
        let texts: Vec<_> = texts.iter().map(|text| Some((*text).to_owned())).collect();
        (kind.data_type(), format!("{:?}", kind.array(&texts)))
    }

    #[test]
    fn a_column_has_the_narrowest_type_that_loses_nothing() {
        assert_eq!(kind(&["true", "null"]).0, DataType::Boolean);
        assert_eq!(kind(&["1", "-2"]).0, DataType::Int64);
        assert_eq!(kind(&["1", "0.10"]).0, DataType::Float64);
        let (long, shown) = kind(&["12345678901234567", "0.5"]);
        assert_eq!(long, DataType::Utf8);
        assert!(shown.contains("12345678901234567"), "{shown}");
        let (text, shown) = kind(&["\"a\\n\"", "null"]);
        assert_eq!(text, DataType::Utf8);
        assert!(
            shown.contains("\"a\\n\"") && shown.contains("null"),
            "{shown}"
        );
        assert_eq!(kind(&["\"a\"", "1"]).0, DataType::Utf8);
        assert_eq!(kind(&["\"\\ud800\""]).0, DataType::Utf8);
    }

    #[test]
    fn objects_become_dotted_names_with_the_digits_served() {
        let found = flattened(r#"{"b":{"c":0.10,"d":[1, 2],"e":{}},"a":null}"#).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, [("a", "null"), ("b.c", "0.10"), ("b.d", "[1, 2]")]);
        assert_eq!(flattened("[1]"), None);
        let deep = ["{\"a\":".repeat(100), "1".to_owned(), "}".repeat(100)].concat();
        assert_eq!(flattened(&deep).unwrap()[0].0, ["a"; LEVELS].join("."));
    }
}
