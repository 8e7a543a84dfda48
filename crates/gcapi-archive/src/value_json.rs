//! Writes the value of a socket as Python's `json.dump(value, f, indent=2)`
//! would, with one difference: numbers keep the digits that were served.

use std::fmt::Write as _;

/// Indents JSON text by two spaces and escapes everything but ASCII, in the
/// key order given and with every digit as given (`1.0`, `1e3` and integers
/// of any length stay what they are).
///
/// The text must be valid JSON, as `serde_json::value::RawValue` holds it;
/// white space is not kept. Nothing else is checked, and nothing can panic.
///
/// ```
/// assert_eq!(
///     gcapi_archive::indented(r#"{"größe":[1.0,{}]}"#),
///     "{\n  \"gr\\u00f6\\u00dfe\": [\n    1.0,\n    {}\n  ]\n}",
/// );
/// ```
#[must_use]
pub fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 4);
    let mut depth = 0_usize;
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => copy_string(&mut characters, &mut out),
            '{' | '[' => {
                out.push(character);
                while characters
                    .next_if(|next| next.is_ascii_whitespace())
                    .is_some()
                {}
                let closing = if character == '{' { '}' } else { ']' };
                if characters.next_if_eq(&closing).is_some() {
                    out.push(closing);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ if character.is_ascii_whitespace() => {}
            _ => out.push(character),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Copies a string token after its opening quote, with Python's choice of
/// escapes. Working on the text instead of decoding it keeps lone surrogates,
/// which JSON allows and no Rust string can hold.
fn copy_string(characters: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    out.push('"');
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => match characters.next() {
                Some('/') => out.push('/'),
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    match u16::from_str_radix(&digits, 16) {
                        Ok(unit) => push_unit(out, unit),
                        // Not valid JSON; kept as it came.
                        Err(_) => {
                            out.push_str("\\u");
                            out.push_str(&digits);
                        }
                    }
                }
                Some(escaped) => {
                    out.push('\\');
                    out.push(escaped);
                }
                None => out.push('\\'),
            },
            _ => {
                let mut units = [0_u16; 2];
                for unit in character.encode_utf16(&mut units) {
                    push_unit(out, *unit);
                }
            }
        }
    }
    out.push('"');
}

/// One UTF-16 unit of a string, as Python's encoder with `ensure_ascii` has it.
fn push_unit(out: &mut String, unit: u16) {
    match unit {
        0x08 => out.push_str("\\b"),
        0x09 => out.push_str("\\t"),
        0x0a => out.push_str("\\n"),
        0x0c => out.push_str("\\f"),
        0x0d => out.push_str("\\r"),
        0x22 => out.push_str("\\\""),
        0x5c => out.push_str("\\\\"),
        0x20..=0x7f => out.push(char::from(u8::try_from(unit).unwrap_or(b'?'))),
        _ => {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_is_written_as_python_does() {
        for (served, written) in [
            ("null", "null"),
            ("0", "0"),
            ("false", "false"),
            ("\"\"", "\"\""),
            ("[]", "[]"),
            ("{ }", "{}"),
            ("[[],{}]", "[\n  [],\n  {}\n]"),
            (
                r#"{"b":1,"a":{"c":[1,2.0]}}"#,
                "{\n  \"b\": 1,\n  \"a\": {\n    \"c\": [\n      1,\n      2.0\n    ]\n  }\n}",
            ),
            (
                r#""é😀\/\u00e9\n\u007f""#,
                "\"\\u00e9\\ud83d\\ude00/\\u00e9\\n\u{7f}\"",
            ),
            (r#""\ud800""#, r#""\ud800""#),
            (r#""a, b: {c}""#, r#""a, b: {c}""#),
        ] {
            assert_eq!(indented(served), written);
        }
    }

    #[test]
    fn digits_stay_as_served() {
        for number in [
            "1.0",
            "1e3",
            "0.10",
            "1180591620717411303424",
            "-0",
            "1E-400",
        ] {
            assert_eq!(indented(number), number);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_string_reads_back(text in ".*") {
            let served = serde_json::to_string(&text).unwrap();
            let written = indented(&served);
            assert!(written.is_ascii());
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
