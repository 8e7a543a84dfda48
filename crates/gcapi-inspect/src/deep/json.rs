//! Whether a file is JSON (RFC 8259), read to its end without keeping it.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use serde::Deserialize as _;
use serde::de::IgnoredAny;

use super::Trouble;

/// Bytes read from the file at a time.
const BUFFER: usize = 256 << 10;

const EXPECTED: &str = "JSON in UTF-8";

/// Reads a file to its end.
pub(super) fn check(path: &Path) -> Result<(), Trouble> {
    let file = File::open(path)?;
    let reader = BufReader::with_capacity(BUFFER, Utf8::new(file));
    let mut parser = serde_json::Deserializer::from_reader(reader);
    let parsed = IgnoredAny::deserialize(&mut parser).and_then(|_| parser.end());
    match parsed {
        Ok(()) => Ok(()),
        Err(error) => match error.io_error_kind() {
            Some(kind) if kind != io::ErrorKind::InvalidData => {
                Err(Trouble::Unreadable(error.to_string()))
            }
            _ => Err(Trouble::defect(EXPECTED, error.to_string())),
        },
    }
}

/// Lets nothing through that is not UTF-8: the parser skips over the bytes of strings.
struct Utf8<R> {
    inner: R,
    /// The beginning of a character whose end was not read yet.
    begun: Vec<u8>,
    position: u64,
}

impl<R> Utf8<R> {
    fn new(inner: R) -> Self {
        Self {
            inner,
            begun: Vec::new(),
            position: 0,
        }
    }

    fn check(&mut self, bytes: &[u8], is_end: bool) -> io::Result<()> {
        let begun = std::mem::take(&mut self.begun);
        let joined;
        let text = if begun.is_empty() {
            bytes
        } else {
            joined = [begun.as_slice(), bytes].concat();
            &joined
        };
        let Err(error) = std::str::from_utf8(text) else {
            return Ok(());
        };
        let rest = text.get(error.valid_up_to()..).unwrap_or_default();
        if error.error_len().is_none() && !is_end {
            self.begun = rest.to_vec();
            return Ok(());
        }
        let place = self.position - begun.len() as u64 + error.valid_up_to() as u64;
        let message = format!("bytes that are not UTF-8 at position {place}");
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.check(buffer.get(..read).unwrap_or_default(), read == 0)?;
        self.position += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value.json");
        std::fs::write(&path, bytes).unwrap();
        check(&path).map_err(|trouble| format!("{trouble:?}"))
    }

    #[test]
    fn json_is_accepted_as_it_may_come() {
        for good in [
            &b"null"[..],
            b" {\"a\": [1e400, 0.10, \"\\ud800\"]}\n",
            "[\"é😀\"]".as_bytes(),
        ] {
            assert_eq!(found(good), Ok(()));
        }
        // Nesting costs a byte a level and no stack.
        let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
        assert_eq!(found(deep.as_bytes()), Ok(()));
        // A character on the border of two reads.
        let long = format!("[\"{}é\"]", "x".repeat(BUFFER - 3));
        assert_eq!(found(long.as_bytes()), Ok(()));
    }

    #[test]
    fn everything_else_is_named() {
        for (bad, says) in [
            (&b""[..], "EOF"),
            (b"{\"a\": 1", "EOF"),
            (b"{} {}", "trailing"),
            (b"[NaN]", "expected"),
            (b"[\"\xff\"]", "not UTF-8 at position 2"),
            (b"[\"\xc3", "not UTF-8 at position 2"),
        ] {
            let found = found(bad).unwrap_err();
            assert!(found.contains("Defect") && found.contains(says), "{found}");
        }
    }
}
