//! Addresses and texts with their credentials masked.
//!
//! A signed address *is* a credential: whoever holds it can fetch the object. Errors and log lines
//! therefore only ever hold what this module returns.

use url::Url;

const MASK: &str = "***";

/// Query parameters that are credentials whatever surrounds them, in lower case.
const SECRET_NAMES: &[&str] = &[
    "signature",
    "key-pair-id",
    "policy",
    "awsaccesskeyid",
    "sig",
];

/// Parts of a parameter's name that give it away as a credential, in lower case.
const SECRET_PARTS: &[&str] = &[
    "token",
    "secret",
    "password",
    "credential",
    "authorization",
    "api_key",
    "apikey",
];

/// Marks in running text after which a credential follows, in lower case.
const SECRET_MARKS: &[&str] = &[
    "signature=",
    "credential=",
    "policy=",
    "key-pair-id=",
    "security-token=",
    "security-token\":\"",
    "bearer ",
];

/// The address as text, with every credential in it masked.
///
/// Masked are the values of query parameters such as `X-Amz-*`, `Signature`, `Key-Pair-Id` and
/// `Policy`, anything that looks like a token, and a user name or password. The fragment is
/// dropped.
///
/// ```
/// let url = url::Url::parse("https://store.example/a.mha?Expires=1&Signature=abc").unwrap();
/// assert_eq!(gcapi::redact(&url), "https://store.example/a.mha?Expires=1&Signature=***");
/// ```
#[must_use]
pub fn redact(url: &Url) -> String {
    let mut text = String::with_capacity(url.as_str().len());
    if url.has_host() {
        text.push_str(url.scheme());
        text.push_str("://");
        if !url.username().is_empty() || url.password().is_some() {
            text.push_str(MASK);
            text.push('@');
        }
        text.push_str(url.host_str().unwrap_or_default());
        if let Some(port) = url.port() {
            text.push_str(&format!(":{port}"));
        }
    } else {
        text.push_str(url.scheme());
        text.push(':');
    }
    text.push_str(url.path());
    if let Some(query) = url.query() {
        text.push('?');
        for (index, pair) in query.split('&').enumerate() {
            if index > 0 {
                text.push('&');
            }
            match pair.split_once('=') {
                Some((name, _value)) if is_secret_name(name) => {
                    text.push_str(name);
                    text.push('=');
                    text.push_str(MASK);
                }
                _ => text.push_str(pair),
            }
        }
    }
    text
}

/// The same for text that may not be an address at all.
pub(crate) fn redact_text(text: &str) -> String {
    match Url::parse(text) {
        // A garbled address may read as one whose path has the password.
        Ok(url) => shorten(&mask_user(&redact(&url)), 500),
        Err(_) => tidy(text, 200),
    }
}

/// Text of a foreign hand made fit for one line of an error: credentials masked, control
/// characters and runs of blanks collapsed, at most `limit` characters.
pub(crate) fn tidy(text: &str, limit: usize) -> String {
    let spaced: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    let words: Vec<String> = spaced.split_whitespace().map(mask_user).collect();
    shorten(&mask_marks(&words.join(" ")), limit)
}

/// The value of the query parameter or header is a credential.
fn is_secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("x-amz-")
        || SECRET_NAMES.contains(&lower.as_str())
        || SECRET_PARTS.iter().any(|part| lower.contains(part))
}

/// A word with the `user:password@` of an address masked, however garbled the address is.
fn mask_user(word: &str) -> String {
    let Some((before, after)) = word.rsplit_once('@') else {
        return word.to_owned();
    };
    // Up to the slashes or what is left of them, the whole word otherwise.
    let start = before.find('/').map_or(0, |slash| {
        let rest = before.get(slash..).unwrap_or_default();
        before.len() - rest.trim_start_matches(['/', '\\']).len()
    });
    match before.get(start..) {
        Some(user) if user.contains(':') => {
            let scheme = before.get(..start).unwrap_or_default();
            format!("{scheme}{MASK}@{after}")
        }
        _ => word.to_owned(),
    }
}

fn mask_marks(text: &str) -> String {
    // ASCII lower-casing keeps every byte offset.
    let lower = text.to_ascii_lowercase();
    let mut masked = String::with_capacity(text.len());
    let mut position = 0;
    while position < text.len() {
        let rest = lower.get(position..).unwrap_or_default();
        let found = SECRET_MARKS
            .iter()
            .filter_map(|mark| rest.find(mark).map(|at| at + mark.len()))
            .min();
        let Some(after_mark) = found else { break };
        let value_start = position + after_mark;
        let value = text.get(value_start..).unwrap_or_default();
        let length = value
            .find(|character: char| {
                character.is_whitespace() || matches!(character, '"' | '\'' | '&' | ',' | '<' | ')')
            })
            .unwrap_or(value.len());
        masked.push_str(text.get(position..value_start).unwrap_or_default());
        if length > 0 {
            masked.push_str(MASK);
        }
        position = value_start + length;
    }
    masked.push_str(text.get(position..).unwrap_or_default());
    masked
}

fn shorten(text: &str, limit: usize) -> String {
    let mut characters = text.chars();
    let mut short: String = characters.by_ref().take(limit).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_addresses_are_masked() {
        for (text, expected) in [
            (
                "https://a.example/b?limit=2&offset=3",
                "https://a.example/b?limit=2&offset=3",
            ),
            (
                "https://a.example:9443/b?X-Amz-Credential=k%2Fz&X-Amz-Signature=5830d5&x=1",
                "https://a.example:9443/b?X-Amz-Credential=***&X-Amz-Signature=***&x=1",
            ),
            (
                "https://a.example/b?Expires=9&Signature=s~&Key-Pair-Id=K&Policy=P",
                "https://a.example/b?Expires=9&Signature=***&Key-Pair-Id=***&Policy=***",
            ),
            ("https://u:p@a.example/", "https://***@a.example/"),
            (
                "https://a.example/?access_token=q#frag",
                "https://a.example/?access_token=***",
            ),
            ("https://a.example/?flag", "https://a.example/?flag"),
            ("data:text/plain", "data:text/plain"),
        ] {
            assert_eq!(redact(&Url::parse(text).unwrap()), expected);
        }
    }

    #[test]
    fn credentials_in_text_are_masked() {
        assert_eq!(
            tidy(
                "\"AWS4 Credential=k/z, SignedHeaders=host, Signature=abc\"\n\u{1b}x",
                300
            ),
            "\"AWS4 Credential=***, SignedHeaders=host, Signature=***\" x"
        );
        assert_eq!(tidy("Bearer abc", 300), "Bearer ***");
        assert_eq!(
            tidy("https://x/?a=1&X-Amz-Signature=5&b", 300),
            "https://x/?a=1&X-Amz-Signature=***&b"
        );
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(tidy("éééé", 3), "ééé…");
    }

    #[test]
    fn a_password_is_masked_in_an_address_nobody_can_read() {
        for garbled in [
            "https:/\u{cc}x/user:s3cret@host/a",
            "https://user:s3cret@host:bad port",
            "user:s3cret@host",
            "https://user:s3/cret@host:99999999/",
        ] {
            let shown = redact_text(garbled);
            assert!(!shown.contains("cret"), "{shown}");
        }
        assert_eq!(
            redact_text("ask help@platform.invalid"),
            "ask help@platform.invalid"
        );
    }
}
