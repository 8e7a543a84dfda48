//! The token a client has to bring.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A bearer token: 64 hexadecimal digits, as the platform hands them out.
///
/// Its `Debug` form does not show it; [`ServerToken::expose`] does.
#[derive(Clone)]
pub struct ServerToken(String);

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has 64 hexadecimal digits")]
pub struct InvalidToken;

impl ServerToken {
    /// A new token from the system's source of randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self(hex(&random_bytes()))
    }

    /// Takes a token as it was written down.
    ///
    /// # Errors
    /// [`InvalidToken`] if it is not 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(InvalidToken)
        }
    }

    /// The digits, for the one place that shows them to their owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a client brought this token. Takes as long for a wrong token
    /// as for the right one; like the platform it does not mind the case.
    pub(crate) fn is(&self, brought: &str) -> bool {
        let Ok(brought) = Self::parse(brought) else {
            return false;
        };
        let difference = self
            .0
            .bytes()
            .zip(brought.0.bytes())
            .fold(0, |difference, (ours, theirs)| difference | (ours ^ theirs));
        std::hint::black_box(difference) == 0
    }
}

impl fmt::Debug for ServerToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ServerToken(****)")
    }
}

/// 32 bytes nobody can guess.
pub(crate) fn random_bytes() -> [u8; 32] {
    // A random UUID has 122 bits from the system's generator; the hash hides
    // its fixed bits.
    let mut hasher = Sha256::new();
    hasher.update(Uuid::new_v4().as_bytes());
    hasher.update(Uuid::new_v4().as_bytes());
    hasher.finalize().into()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_shown_by_accident() {
        let token = ServerToken::generate();
        assert!(!format!("{token:?}").contains(token.expose()));
        assert!(!format!("{token:#?}").contains(token.expose()));
    }

    #[test]
    fn only_the_token_itself_is_taken() {
        let token = ServerToken::parse(&"b".repeat(64)).unwrap();
        assert!(token.is(&"b".repeat(64)));
        assert!(token.is(&"B".repeat(64)));
        for wrong in ["", "b", "not-hex", &"b".repeat(63), &"f".repeat(64)] {
            assert!(!token.is(wrong));
        }
        assert_ne!(
            ServerToken::generate().expose(),
            ServerToken::generate().expose()
        );
        assert_eq!(
            ServerToken::parse(&"x".repeat(64)).unwrap_err(),
            InvalidToken
        );
    }
}
