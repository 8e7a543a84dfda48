//! The `Range` header.

/// The part of a file that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// All of it. A header that is not understood is overlooked.
    Whole,
    /// One part, never empty.
    Part {
        /// The first byte.
        start: u64,
        /// The last byte.
        last: u64,
    },
    /// Nothing that is there.
    Unsatisfiable,
}

impl Range {
    /// Reads a header for a file of a size. Object stores give one part only.
    pub(super) fn parse(header: &str, size: u64) -> Self {
        let Some((first, last)) = header
            .trim()
            .strip_prefix("bytes=")
            .and_then(|ranges| ranges.split_once('-'))
        else {
            return Self::Whole;
        };
        match (number(first), number(last)) {
            (Bound::At(start), Bound::At(last)) if start > last => Self::Whole,
            (Bound::At(start), Bound::At(_) | Bound::Open) if start >= size => Self::Unsatisfiable,
            (Bound::At(start), Bound::At(last)) => Self::Part {
                start,
                last: last.min(size.saturating_sub(1)),
            },
            (Bound::At(start), Bound::Open) => Self::Part {
                start,
                last: size.saturating_sub(1),
            },
            (Bound::Open, Bound::At(length)) if length == 0 || size == 0 => Self::Unsatisfiable,
            (Bound::Open, Bound::At(length)) => Self::Part {
                start: size.saturating_sub(length),
                last: size.saturating_sub(1),
            },
            _ => Self::Whole,
        }
    }
}

enum Bound {
    At(u64),
    Open,
    Junk,
}

fn number(text: &str) -> Bound {
    let text = text.trim();
    if text.is_empty() {
        Bound::Open
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits lies behind every file.
        Bound::At(text.parse().unwrap_or(u64::MAX))
    } else {
        Bound::Junk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let part = |start, last| Range::Part { start, last };
        for (header, size, expected) in [
            ("bytes=0-9", 100, part(0, 9)),
            ("bytes=90-200", 100, part(90, 99)),
            ("bytes=90-", 100, part(90, 99)),
            ("bytes=-10", 100, part(90, 99)),
            ("bytes=-1000", 100, part(0, 99)),
            ("bytes=99-99", 100, part(99, 99)),
            ("bytes=0-99999999999999999999999", 100, part(0, 99)),
            ("bytes=100-", 100, Range::Unsatisfiable),
            ("bytes=99999999999999999999999-", 100, Range::Unsatisfiable),
            ("bytes=-0", 100, Range::Unsatisfiable),
            ("bytes=0-", 0, Range::Unsatisfiable),
            ("bytes=-5", 0, Range::Unsatisfiable),
            ("bytes=9-0", 100, Range::Whole),
            ("bytes=0-1,3-4", 100, Range::Whole),
            ("bytes=a-b", 100, Range::Whole),
            ("bytes=-", 100, Range::Whole),
            ("lines=0-9", 100, Range::Whole),
            ("", 100, Range::Whole),
        ] {
            assert_eq!(Range::parse(header, size), expected, "{header}");
        }
    }
}
