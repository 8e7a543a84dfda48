//! What a run took.

use std::fmt;

use serde_json::Value;

/// Numbers of one run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) wall_seconds: f64,
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_bytes: f64,
    pub(crate) requests: u64,
    /// Bytes the platform's own store sent; nginx does not count them.
    pub(crate) sent_bytes: u64,
}

impl Measured {
    /// From what `measure.py` prints.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(line.trim())
            .map_err(|error| format!("the measurement is malformed: {error}: {line:?}"))?;
        let number = |key: &str| {
            value
                .get(key)
                .and_then(Value::as_f64)
                .ok_or_else(|| format!("no {key} in {line:?}"))
        };
        let code = number("exit_code")?;
        let wall_seconds = number("wall_seconds")?;
        if code != 0.0 {
            return Err(format!(
                "fails after {wall_seconds:.1} s with exit code {code}"
            ));
        }
        Ok(Self {
            wall_seconds,
            cpu_seconds: number("cpu_seconds")?,
            peak_bytes: number("peak_bytes")?,
            requests: 0,
            sent_bytes: 0,
        })
    }

    /// The median of each number by itself.
    pub(crate) fn median(all: &[Self]) -> Self {
        let middle = |number: fn(&Self) -> f64| {
            let mut numbers: Vec<f64> = all.iter().map(number).collect();
            numbers.sort_by(f64::total_cmp);
            numbers.get(numbers.len() / 2).copied().unwrap_or_default()
        };
        let counted = |count: fn(&Self) -> u64| {
            let mut counts: Vec<u64> = all.iter().map(count).collect();
            counts.sort_unstable();
            counts.get(counts.len() / 2).copied().unwrap_or_default()
        };
        Self {
            wall_seconds: middle(|one| one.wall_seconds),
            cpu_seconds: middle(|one| one.cpu_seconds),
            peak_bytes: middle(|one| one.peak_bytes),
            requests: counted(|one| one.requests),
            sent_bytes: counted(|one| one.sent_bytes),
        }
    }

    /// The peak of memory in MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        self.peak_bytes / f64::from(1 << 20)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:.2} s, {:.2} s of CPU, {:.0} MiB, {} requests",
            self.wall_seconds,
            self.cpu_seconds,
            self.peak_mib(),
            self.requests
        )
    }
}
