//! The course of a simulated price: a number for every instant, from integers only.
//!
//! The course is a base level times a slow growth times noise. The noise is a sum of waves with
//! fixed random corners: from one corner to the next it runs straight. Slow waves are high, fast
//! ones low, which looks like a market; being a sum of bounded waves, it neither explodes nor
//! reaches zero, however far the clock is from today.
//!
//! Everything is counted in parts per billion (ppb) of the base.

use jiff::Timestamp;

/// One billion parts are the whole.
pub(super) const WHOLE: i128 = 1_000_000_000;
/// How often a price changes.
pub(super) const TICK_SECONDS: i64 = 15;
/// 2020-01-01T00:00:00Z, when growth is zero.
const ORIGIN: i64 = 1_577_836_800;
const YEAR_SECONDS: i128 = 31_556_952;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Seconds from corner to corner, and height in ppb, of each wave of a share's price. The heights
/// sum to less than 0.61, so that even a course of 150 % volatility stays above 0.08 of its base.
const WAVES: [(i64, i128); 9] = [
    (1_024 * DAY, 300_000_000),
    (256 * DAY, 150_000_000),
    (64 * DAY, 80_000_000),
    (16 * DAY, 40_000_000),
    (4 * DAY, 20_000_000),
    (DAY, 12_000_000),
    (HOUR, 2_500_000),
    (300, 600_000),
    (TICK_SECONDS, 150_000),
];

/// How one price moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    seed: u64,
    /// 100 moves like a share; at most 150.
    volatility_percent: i128,
    /// Growth in a year, as a part of the level of 2020.
    growth_percent: i128,
}

impl Course {
    pub(super) fn new(symbol: &str, volatility_percent: u8, growth_percent: u8) -> Self {
        Self {
            seed: symbol.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            }),
            volatility_percent: i128::from(volatility_percent.min(150)),
            growth_percent: i128::from(growth_percent),
        }
    }

    /// The level at `at`, in ppb of the base. Always greater than zero.
    pub(super) fn level(self, at: Timestamp) -> i128 {
        let second = tick(at);
        let noise: i128 = WAVES
            .iter()
            .zip(1..)
            .map(|(&(period, height), octave)| height * self.wave(octave, second, period) / WHOLE)
            .sum();
        let swing = WHOLE + noise * self.volatility_percent / 100;
        swing * self.growth(second) / WHOLE
    }

    /// One wave, from -1 to 1 in ppb.
    fn wave(self, octave: u64, second: i64, period: i64) -> i128 {
        let corner = second.div_euclid(period);
        let passed = i128::from(second.rem_euclid(period));
        let from = self.corner(octave, corner);
        let to = self.corner(octave, corner + 1);
        from + (to - from) * passed / i128::from(period)
    }

    /// The height of one corner, from -1 to 1 in ppb.
    fn corner(self, octave: u64, corner: i64) -> i128 {
        let hash = mix(self.seed ^ mix(octave ^ mix(corner.cast_unsigned())));
        i128::from(hash % 2_000_000_001) - WHOLE
    }

    /// Straight upwards after the origin; before it, the mirror image, which approaches zero.
    fn growth(self, second: i64) -> i128 {
        let years = i128::from(second - ORIGIN) * WHOLE / YEAR_SECONDS;
        let gained = WHOLE + years.abs() * self.growth_percent / 100;
        if years >= 0 {
            gained
        } else {
            WHOLE * WHOLE / gained
        }
    }
}

/// The last instant at which prices changed.
pub(super) fn tick(at: Timestamp) -> i64 {
    let second = at.as_second();
    second - second.rem_euclid(TICK_SECONDS)
}

/// The finaliser of `SplitMix64`, which spreads neighbouring numbers over all others.
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
