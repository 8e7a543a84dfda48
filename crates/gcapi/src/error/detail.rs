//! The server's own words about a refusal, as one line.

use serde_json::Value;

use crate::redact::tidy;

/// How much of a server's text an error repeats.
pub(crate) const SNIPPET_CHARACTERS: usize = 300;

/// The text of an error response of the API.
///
/// Validation errors come as an object of lists, nested objects, or a bare list; anything the web
/// servers in front answer is HTML.
pub(super) fn of_api(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(object)) if object.len() == 1 && object.contains_key("detail") => {
            let mut parts = Vec::new();
            flatten("", object.get("detail").unwrap_or(&Value::Null), &mut parts);
            tidy(&parts.join("; "), SNIPPET_CHARACTERS)
        }
        Ok(value) => {
            let mut parts = Vec::new();
            flatten("", &value, &mut parts);
            tidy(&parts.join("; "), SNIPPET_CHARACTERS)
        }
        Err(_) => of_markup(&text),
    }
}

/// The error code and message of an object store's XML, whichever of them there is.
pub(super) fn of_store(body: &[u8]) -> (Option<String>, String) {
    let text = String::from_utf8_lossy(body);
    let code = element(&text, "Code").map(|code| tidy(code, 100));
    let message = match element(&text, "Message") {
        Some(message) => tidy(message, SNIPPET_CHARACTERS),
        None if code.is_some() => String::new(),
        None => of_markup(&text),
    };
    (code, message)
}

fn of_markup(text: &str) -> String {
    if !text.trim_start().starts_with('<') {
        return tidy(text, SNIPPET_CHARACTERS);
    }
    match element(text, "title") {
        Some(title) => format!("an HTML page titled {:?}", tidy(title, 100)),
        None => "a page that is not JSON".to_owned(),
    }
}

/// The text of the first `<name>…</name>`. Error documents are flat, so this needs no parser.
fn element<'text>(text: &'text str, name: &str) -> Option<&'text str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (content, _) = rest.split_once(&format!("</{name}>"))?;
    Some(content)
}

fn flatten(place: &str, value: &Value, parts: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                let deeper = if name == "non_field_errors" {
                    place.to_owned()
                } else if place.is_empty() {
                    name.clone()
                } else {
                    format!("{place}.{name}")
                };
                flatten(&deeper, inner, parts);
            }
        }
        Value::Array(list) => {
            for inner in list {
                flatten(place, inner, parts);
            }
        }
        Value::Null => {}
        scalar => {
            let text = match scalar {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            parts.push(if place.is_empty() {
                text
            } else {
                format!("{place}: {text}")
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_refusal_becomes_one_line() {
        for (body, expected) in [
            (r#"{"detail":"Invalid token."}"#, "Invalid token."),
            (
                r#"{"archive":["“abc” is not a valid UUID."]}"#,
                "archive: “abc” is not a valid UUID.",
            ),
            (r#"{"non_field_errors":["a","b"]}"#, "a; b"),
            (
                r#"{"values":[{"interface":["no x"]},{}]}"#,
                "values.interface: no x",
            ),
            (
                r#"["Values can only be added via update"]"#,
                "Values can only be added via update",
            ),
            (
                "<!doctype html><title>Not\n found</title>",
                "an HTML page titled \"Not found\"",
            ),
            ("<html></html>", "a page that is not JSON"),
            ("plain\u{1b}[31m", "plain [31m"),
            ("", ""),
        ] {
            assert_eq!(of_api(body.as_bytes()), expected);
        }
    }

    #[test]
    fn the_words_of_a_store_are_read() {
        let body = b"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        assert_eq!(
            of_store(body),
            (
                Some("AccessDenied".to_owned()),
                "Request has expired".to_owned()
            )
        );
        assert_eq!(of_store(b""), (None, String::new()));
    }
}
