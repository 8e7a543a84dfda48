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
        if number("exit_code")? != 0.0 {
            return Err(format!("the program failed: {line}"));
        }
        Ok(Self {
            wall_seconds: number("wall_seconds")?,
            cpu_seconds: number("cpu_seconds")?,
            peak_bytes: number("peak_bytes")?,
            requests: 0,
        })
    }

    /// The run with the median wall time.
    pub(crate) fn median(mut all: Vec<Self>) -> Self {
        all.sort_by(|one, other| one.wall_seconds.total_cmp(&other.wall_seconds));
        all.get(all.len() / 2).copied().unwrap_or_default()
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:.2} s, {:.2} s of CPU, {:.0} MiB, {} requests",
            self.wall_seconds,
            self.cpu_seconds,
            self.peak_bytes / f64::from(1 << 20),
            self.requests
        )
    }
}
