//! Decoders of others, which hostile files make panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::Problem;

/// Runs a decoder; a panic in it is the file's fault.
///
/// The state the decoder worked on must not be used after an error.
pub(crate) fn guarded<T>(
    decoder: &str,
    decode: impl FnOnce() -> Result<T, Problem>,
) -> Result<T, Problem> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
        Err(Problem::malformed(format!(
            "the decoder of {decoder} gave up on it"
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let bytes: Vec<u8> = Vec::new();
        let result = guarded("nothing", || Ok(bytes[0]));
        assert!(matches!(result, Err(Problem::Malformed(_))));
    }
}
