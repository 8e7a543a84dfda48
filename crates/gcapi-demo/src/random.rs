//! Chance that comes out the same on every machine.
//!
//! Nothing here or in [`crate::wave`] calls the mathematics library of the
//! platform, whose sines differ in the last bit from one system to the next:
//! the archive has the same bytes everywhere.

/// Mixes the bits of a number (the finaliser of SplitMix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A stream of numbers that is given by its seed.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// The stream of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: mix(seed) }
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// The next number in [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        unit(self.bits())
    }

    /// The next number in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}

/// A number in [0, 1) from the upper 32 bits.
fn unit(bits: u64) -> f64 {
    let upper = u32::try_from(bits >> 32).unwrap_or(u32::MAX);
    f64::from(upper) / 4_294_967_296.0
}

/// Smooth noise: random values on the points of a grid, blended in between
/// ("value noise").
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise {
    seed: u64,
}

impl Noise {
    /// The noise field of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed: mix(seed) }
    }

    /// The value in [-1, 1) at a point, in units of the grid.
    pub(crate) fn at(self, [x, y, z]: [f64; 3]) -> f64 {
        let ((x, fx), (y, fy), (z, fz)) = (split(x), split(y), split(z));
        let plane = |z: i32| {
            let line = |y: i32| blend(self.corner(x, y, z), self.corner(x + 1, y, z), fx);
            blend(line(y), line(y + 1), fy)
        };
        if fz == 0.0 {
            return plane(z);
        }
        blend(plane(z), plane(z + 1), fz)
    }

    /// The value in [-1, 1) at a point of a plane.
    pub(crate) fn at_plane(self, x: f64, y: f64) -> f64 {
        self.at([x, y, 0.0])
    }

    /// Three octaves of the plane's noise, in about [-1, 1].
    pub(crate) fn cloud(self, x: f64, y: f64) -> f64 {
        (self.at_plane(x, y)
            + 0.5 * self.at_plane(2.0 * x + 17.0, 2.0 * y)
            + 0.25 * self.at_plane(4.0 * x, 4.0 * y + 31.0))
            / 1.75
    }

    fn corner(self, x: i32, y: i32, z: i32) -> f64 {
        let place = u64::from(x.cast_unsigned())
            ^ (u64::from(y.cast_unsigned()) << 21)
            ^ (u64::from(z.cast_unsigned()) << 42);
        2.0 * unit(mix(place ^ self.seed)) - 1.0
    }
}

/// The grid point below a coordinate, and how far beyond it that is.
fn split(coordinate: f64) -> (i32, f64) {
    let below = coordinate.floor();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a saturating cast; coordinates are small"
    )]
    let cell = below as i32;
    (cell, coordinate - below)
}

/// From `a` to `b` with no kink at either end.
fn blend(a: f64, b: f64, fraction: f64) -> f64 {
    let smooth = fraction * fraction * (3.0 - 2.0 * fraction);
    a + (b - a) * smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_given_by_its_seed_and_spreads_evenly() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (0..4000).map(|_| random.unit()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let mean = draw(7).iter().sum::<f64>() / 4000.0;
        assert!((mean - 0.5).abs() < 0.03, "{mean}");
    }

    #[test]
    fn noise_is_continuous_and_bounded() {
        let noise = Noise::new(3);
        let mut before = noise.at([0.0, 0.3, 0.7]);
        for step in 1..2000 {
            let value = noise.at([f64::from(step) * 0.005, 0.3, 0.7]);
            assert!((-1.0..=1.0).contains(&value));
            assert!((value - before).abs() < 0.05);
            before = value;
        }
    }
}
