//! Counts tests from what their runners print.

use std::fmt;
use std::ops::AddAssign;

/// How many tests did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

impl Counts {
    /// From the `test result:` lines of `cargo test`.
    pub(crate) fn of_cargo(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output
            .lines()
            .filter(|line| line.starts_with("test result:"))
        {
            counts.passed += before(line, "passed");
            counts.failed += before(line, "failed");
            counts.skipped += before(line, "ignored");
        }
        counts
    }

    /// From the last line of pytest, as `==== 3 passed, 1 skipped in 2s ====`.
    pub(crate) fn of_pytest(output: &str) -> Self {
        let line = output
            .lines()
            .rev()
            .find(|line| line.starts_with("==") && line.contains(" in "))
            .unwrap_or_default();
        Self {
            passed: before(line, "passed") + before(line, "xpassed"),
            failed: before(line, "failed") + before(line, "error") + before(line, "errors"),
            skipped: before(line, "skipped") + before(line, "xfailed"),
        }
    }
}

/// The tests and examples that `cargo test` was told to leave out, with or
/// without a reason.
pub(crate) fn ignored(output: &str) -> Vec<&str> {
    output
        .lines()
        .filter(|line| line.starts_with("test ") && line.contains(" ... ignored"))
        .collect()
}

/// The number before a word.
fn before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .filter(|w| !w.is_empty())
        .collect();
    words
        .windows(2)
        .find_map(|pair| match pair {
            [number, found] if *found == word => number.parse().ok(),
            _ => None,
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_runners_are_understood() {
        let cargo = "test a ... ok\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
            test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        let counts = Counts::of_cargo(cargo);
        assert_eq!(counts.to_string(), "4 passed, 2 failed, 1 skipped");
        let pytest = "tests/x.py ...\n==== 1 failed, 3 passed, 2 skipped, 1 error in 0.12s ====\n";
        let counts = Counts::of_pytest(pytest);
        assert_eq!(counts.to_string(), "3 passed, 2 failed, 2 skipped");
        assert_eq!(Counts::of_pytest("nothing"), Counts::default());
    }

    #[test]
    fn whatever_is_ignored_is_found() {
        let output = "test one ... ok\n\
            test two ... ignored\n\
            test three ... ignored, takes too long\n\
            test src/lib.rs - four (line 3) ... ignored\n\
            test result: ok. 1 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(ignored(output).len(), 3);
    }
}
