//! The API token, kept where it cannot be printed by accident.

use std::fmt;

use reqwest::header::HeaderValue;

use crate::error::Error;

/// A token of the platform.
///
/// It has no `Display`, and its `Debug` form never shows the secret. It leaves this crate only as
/// the `Authorization` header of a request to the API's own origin.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    secret: String,
}

impl Token {
    /// Reads a token as people paste it: `abc`, `Bearer abc` and `BEARER abc` are all accepted,
    /// with blanks around them.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] when nothing is left, or when the rest holds blanks, control
    /// characters or characters outside ASCII. The message never repeats the text.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let trimmed = text.trim();
        let mut words = trimmed.splitn(2, char::is_whitespace);
        let secret = match (words.next(), words.next()) {
            (Some(scheme), Some(rest)) if scheme.eq_ignore_ascii_case("bearer") => rest.trim(),
            (Some(scheme), None) if scheme.eq_ignore_ascii_case("bearer") => "",
            _ => trimmed,
        };
        let problem = if secret.is_empty() {
            "the API token is empty"
        } else if secret.chars().any(char::is_whitespace) {
            "the API token holds a blank; expected the bare token or \"Bearer <token>\""
        } else if !secret.chars().all(|character| character.is_ascii_graphic()) {
            "the API token holds characters that no token has"
        } else {
            return Ok(Self {
                secret: secret.to_owned(),
            });
        };
        Err(Error::Configuration {
            message: problem.to_owned(),
        })
    }

    /// The value of the `Authorization` header, marked so that HTTP libraries do not log it.
    pub(crate) fn header(&self) -> Result<HeaderValue, Error> {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", self.secret)).map_err(|_invalid| {
                Error::Configuration {
                    message: "the API token holds characters that no token has".to_owned(),
                }
            })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_people_paste_it() {
        for text in ["abc", "Bearer abc", "BEARER abc", "bearer   abc", "  abc\n"] {
            let token = Token::parse(text).unwrap();
            assert_eq!(token.header().unwrap(), "Bearer abc", "{text:?}");
            assert!(token.header().unwrap().is_sensitive());
        }
    }

    #[test]
    fn nonsense_is_refused_without_repeating_it() {
        for text in [
            "",
            "  ",
            "Bearer",
            "Bearer  ",
            "a secret",
            "Token s3cr3t",
            "s3cr3t\u{7}",
            "s3cr3té",
        ] {
            let error = Token::parse(text).unwrap_err();
            assert!(matches!(error, Error::Configuration { .. }), "{text:?}");
            assert!(!error.to_string().contains("s3cr3t"), "{error}");
        }
    }

    #[test]
    fn debug_hides_the_token() {
        assert_eq!(format!("{:?}", Token::parse("abc").unwrap()), "Token(***)");
    }
}
