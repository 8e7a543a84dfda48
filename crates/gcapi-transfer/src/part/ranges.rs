//! Which bytes of a file are there.

use std::collections::BTreeMap;
use std::ops::Range;

/// A set of bytes, as ranges that neither overlap nor touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranges {
    /// End of each range, by its start.
    ends: BTreeMap<u64, u64>,
}

impl Ranges {
    /// Adds a range.
    pub(crate) fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let Range { mut start, mut end } = range;
        // Ranges that overlap or touch this one become part of it.
        while let Some((&other_start, &other_end)) = self.ends.range(..=end).next_back() {
            if other_end < start {
                break;
            }
            start = start.min(other_start);
            end = end.max(other_end);
            self.ends.remove(&other_start);
        }
        self.ends.insert(start, end);
    }

    /// How many bytes there are.
    pub(crate) fn len(&self) -> u64 {
        self.ends.iter().map(|(start, end)| end - start).sum()
    }

    /// How far it reaches from the first byte on without a gap.
    pub(crate) fn unbroken(&self) -> u64 {
        self.ends.get(&0).copied().unwrap_or_default()
    }

    /// What is missing of a file of some length, in pieces of at most `most`
    /// bytes.
    pub(crate) fn missing(&self, length: u64, most: u64) -> Vec<Range<u64>> {
        let mut missing = Vec::new();
        let mut at = 0;
        let gaps = self
            .ends
            .iter()
            .map(|(start, end)| (*start, *end))
            .chain([(length, length)]);
        for (start, end) in gaps {
            let gap_end = start.min(length);
            while at < gap_end {
                let piece_end = gap_end.min(at.saturating_add(most.max(1)));
                missing.push(at..piece_end);
                at = piece_end;
            }
            at = at.max(end);
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn gaps_are_cut_into_pieces() {
        let mut ranges = Ranges::default();
        ranges.insert(4..6);
        ranges.insert(6..8);
        assert_eq!(ranges.missing(20, 5), [0..4, 8..13, 13..18, 18..20]);
        assert_eq!(Ranges::default().missing(0, 5), []);
        assert_eq!(ranges.missing(5, 100), vec![0..4]);
    }

    proptest! {
        #[test]
        fn it_is_a_set_of_bytes(inserted in prop::collection::vec((0_u64..60, 0_u64..20), 0..20)) {
            let mut ranges = Ranges::default();
            let mut bytes = [false; 64];
            for (start, length) in inserted {
                let end = (start + length).min(64);
                ranges.insert(start..end);
                for byte in start..end {
                    bytes[usize::try_from(byte).unwrap()] = true;
                }
            }
            prop_assert_eq!(ranges.len(), bytes.iter().filter(|byte| **byte).count() as u64);
            let missing: Vec<u64> = ranges.missing(64, 7).into_iter().flatten().collect();
            let expected: Vec<u64> =
                (0..64).filter(|byte| !bytes[usize::try_from(*byte).unwrap()]).collect();
            prop_assert_eq!(missing, expected);
        }
    }
}
