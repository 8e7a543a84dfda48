//! Sine and cosine by additions and multiplications only, so that they are
//! the same to the last bit on every machine. Angles are in turns.

/// The sine of an angle in turns (1 is the full circle). Off by less than 1e-6.
pub(crate) fn sine(turns: f64) -> f64 {
    // To [-0.5, 0.5), then to the quarter around zero, by symmetry.
    let mut angle = turns - (turns + 0.5).floor();
    if angle > 0.25 {
        angle = 0.5 - angle;
    } else if angle < -0.25 {
        angle = -0.5 - angle;
    }
    let x = angle * std::f64::consts::TAU;
    let square = x * x;
    // Taylor's series up to the eleventh power.
    let mut sum = 1.0 - square / 110.0;
    sum = 1.0 - square / 72.0 * sum;
    sum = 1.0 - square / 42.0 * sum;
    sum = 1.0 - square / 20.0 * sum;
    sum = 1.0 - square / 6.0 * sum;
    x * sum
}

/// The cosine of an angle in turns.
pub(crate) fn cosine(turns: f64) -> f64 {
    sine(turns + 0.25)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_mathematics_library() {
        for step in -1000..1000 {
            let turns = f64::from(step) / 300.0;
            let angle = turns * std::f64::consts::TAU;
            assert!((sine(turns) - angle.sin()).abs() < 1e-6, "{turns}");
            assert!((cosine(turns) - angle.cos()).abs() < 1e-6, "{turns}");
        }
    }
}
