//! Ranges of bytes, as HTTP writes them.

use std::fmt;

/// The bytes to ask for. Both ends are *inclusive*, as in HTTP: `0..=9` are ten bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    /// The position of the first byte.
    pub start: u64,
    /// The position of the last byte; `None` is the end of the object.
    pub end: Option<u64>,
}

impl ByteRange {
    /// Everything from a position on.
    #[must_use]
    pub fn from_start(start: u64) -> Self {
        Self { start, end: None }
    }

    /// The value of the `Range` header.
    pub(crate) fn header_text(self) -> String {
        format!("bytes={self}")
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            Some(end) => write!(formatter, "{}-{end}", self.start),
            None => write!(formatter, "{}-", self.start),
        }
    }
}

/// The bytes that came: `Content-Range: bytes <start>-<end>/<total>`, both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContentRange {
    /// The position of the first byte.
    pub start: u64,
    /// The position of the last byte.
    pub end: u64,
    /// The length of the whole object, when the server tells.
    pub total: Option<u64>,
}

impl ContentRange {
    /// Reads the header. `None` when it is not of this form or makes no sense.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (range, total) = rest.trim().split_once('/')?;
        let (start, end) = range.split_once('-')?;
        let start = number(start)?;
        let end = number(end)?;
        let total = match total.trim() {
            "*" => None,
            total => Some(number(total)?),
        };
        let sensible = start <= end && total.is_none_or(|total| end < total);
        sensible.then_some(Self { start, end, total })
    }
}

/// Digits only: `parse` alone would accept a sign.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_read_or_refused() {
        let range = |start, end, total| Some(ContentRange { start, end, total });
        for (text, expected) in [
            ("bytes 100-199/7872", range(100, 199, Some(7872))),
            ("bytes 0-0/*", range(0, 0, None)),
            ("Bytes 0-9/10", range(0, 9, Some(10))),
            ("bytes 9-0/10", None),
            ("bytes 0-10/10", None),
            ("bytes */10", None),
            ("bytes +1-2/10", None),
            ("items 0-1/2", None),
            ("", None),
        ] {
            assert_eq!(ContentRange::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn ranges_are_written_inclusively() {
        assert_eq!(
            ByteRange {
                start: 5,
                end: Some(9)
            }
            .header_text(),
            "bytes=5-9"
        );
        assert_eq!(ByteRange::from_start(5).header_text(), "bytes=5-");
    }
}
