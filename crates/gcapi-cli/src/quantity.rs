//! Bytes and times as people type them.

use std::time::Duration;

/// `1000`, `500k`, `10M`, `1.5GB` in decimal units, `8MiB` in binary ones.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = unit.trim().to_ascii_lowercase();
    let binary = unit.ends_with("ib");
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    let power = match unit.trim_end_matches('b').trim_end_matches('i') {
        "" if !binary => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => {
            return Err(format!(
                "{text:?} is no number of bytes: 500k, 10M, 1.5G or 8MiB are"
            ));
        }
    };
    match number.parse::<f64>() {
        Ok(number) if number * base.powi(power) >= 1.0 && number * base.powi(power) < 1e18 => {
            Ok((number * base.powi(power)) as u64)
        }
        _ => Err(format!("{text:?} is no number of bytes above 0")),
    }
}

/// `90` or `90s`, `15m`, `3h30m`, `2d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time: 90, 90s, 15m, 3h30m and 2d are");
    let mut seconds: u64 = 0;
    let mut number = String::new();
    for character in text.chars() {
        let unit = match character {
            '0'..='9' => {
                number.push(character);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => return Err(wrong()),
        };
        let count: u64 = number.parse().map_err(|_| wrong())?;
        seconds = count
            .checked_mul(unit)
            .and_then(|more| seconds.checked_add(more))
            .ok_or_else(wrong)?;
        number.clear();
    }
    if !number.is_empty() {
        let count: u64 = number.parse().map_err(|_| wrong())?;
        seconds = seconds.checked_add(count).ok_or_else(wrong)?;
    }
    match seconds {
        1..=315_360_000 => Ok(Duration::from_secs(seconds)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_they_are_typed() {
        for (text, expected) in [
            ("1000", 1000),
            ("500k", 500_000),
            ("10M", 10_000_000),
            ("1.5GB", 1_500_000_000),
            ("8MiB", 8 << 20),
            ("2t", 2_000_000_000_000),
        ] {
            assert_eq!(bytes(text).unwrap(), expected, "{text}");
        }
        for text in ["", "0", "-1", "M", "1x", "1ib", "1e9", "9999999T"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        for (text, expected) in [
            ("90", 90),
            ("90s", 90),
            ("15m", 900),
            ("3h30m", 12_600),
            ("2d", 172_800),
            ("1h5", 3605),
        ] {
            assert_eq!(
                duration(text).unwrap(),
                Duration::from_secs(expected),
                "{text}"
            );
        }
        for text in ["", "0", "m", "1y", "-5", "1.5h", "99999999999999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
