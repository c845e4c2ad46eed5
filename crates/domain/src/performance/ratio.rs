//! Where exact amounts end and statistics begin.

use std::fmt;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use thiserror::Error;

use crate::decimal;

/// A statistic: a return, a volatility, a drawdown. 0.05 is five per cent.
///
/// | Operation | Result | Rounding |
/// |---|---|---|
/// | `Ratio::of(part, whole)` | `part ÷ whole` | to the nearest binary float (53 bits) |
/// | `Ratio::written()` | `Decimal` | half to even, eight decimal places |
///
/// Statistics are binary floats, on purpose and only here: they are estimates
/// of something, they need roots and powers, and no amount is ever made from
/// one. A chain of ten years of daily returns is right to about twelve digits;
/// eight places are shown, which is a millionth of a percent.
///
/// There is no way back from a ratio to money.
///
/// Invariant: finite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Ratio(f64);

/// Decimal places of a written ratio.
pub const RATIO_PLACES: usize = 8;

impl Ratio {
    pub const ZERO: Self = Self(0.0);

    /// A result that is no number, or too large for one, is out of range.
    pub(super) fn try_new(value: f64) -> Result<Self, NoFigure> {
        if value.is_finite() {
            Ok(Self(value))
        } else {
            Err(NoFigure::OutOfRange)
        }
    }

    /// # Errors
    ///
    /// `NothingInvested` where the whole is zero.
    pub fn of(part: Decimal, whole: Decimal) -> Result<Self, NoFigure> {
        if whole.is_zero() {
            return Err(NoFigure::NothingInvested);
        }
        Self::try_new(float(part) / float(whole))
    }

    pub const fn value(self) -> f64 {
        self.0
    }

    /// The ratio as it is written down: half to even, eight decimal places.
    ///
    /// # Errors
    ///
    /// `OutOfRange` for more than 28 digits.
    pub fn written(self) -> Result<Decimal, NoFigure> {
        let places = RATIO_PLACES;
        let text = format!("{:.places$}", self.0);
        decimal::parse(&text)
            .map(|ratio| ratio.normalize())
            .map_err(|_| NoFigure::OutOfRange)
    }
}

/// In per cent, for people.
impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} %", self.0 * 100.0)
    }
}

/// The nearest float. Every decimal has one.
pub(super) fn float(value: Decimal) -> f64 {
    value.to_f64().unwrap_or(f64::NAN)
}

/// Why there is no figure although nothing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoFigure {
    #[error("there was never any money in it")]
    NothingInvested,
    /// A return on less than nothing says nothing.
    #[error("the value was below zero on {date}")]
    BelowZero { date: Date },
    #[error("a return of less than a year is not annualised")]
    UnderOneYear,
    #[error("too few trading days")]
    TooFewDays,
    #[error("there are no cash flows")]
    NoFlows,
    #[error("there is only one cash flow")]
    OneFlow,
    #[error("all cash flows are on one day")]
    AllOnOneDay,
    #[error("all cash flows have the same sign")]
    AllOneSign,
    #[error("no rate makes the cash flows worth nothing")]
    NoRoot,
    #[error("is too large or too small to be shown")]
    OutOfRange,
}

impl NoFigure {
    /// The stable word clients may branch on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingInvested => "NOTHING_INVESTED",
            Self::BelowZero { .. } => "VALUE_BELOW_ZERO",
            Self::UnderOneYear => "UNDER_ONE_YEAR",
            Self::TooFewDays => "TOO_FEW_DAYS",
            Self::NoFlows => "NO_FLOWS",
            Self::OneFlow => "ONE_FLOW",
            Self::AllOnOneDay => "ALL_ON_ONE_DAY",
            Self::AllOneSign => "ALL_ONE_SIGN",
            Self::NoRoot => "NO_ROOT",
            Self::OutOfRange => "OUT_OF_RANGE",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: f64) -> String {
        Ratio::try_new(value)
            .unwrap()
            .written()
            .unwrap()
            .to_string()
    }

    #[test]
    fn ratios_are_written_with_eight_places_and_no_zeros_after_them() {
        assert_eq!(written(0.373_362_534), "0.37336253");
        assert_eq!(written(0.05), "0.05");
        assert_eq!(written(-0.0), "0");
        assert_eq!(written(-0.000_000_001), "0");
        assert_eq!(written(1_234_567.0), "1234567");
    }

    #[test]
    fn ties_go_to_the_even_digit() {
        // Both are exact in binary: 1.5 and 2.5 times 2 to the power of -8, with nine places.
        assert_eq!(written(0.001_953_125), "0.00195312");
        assert_eq!(written(0.005_859_375), "0.00585938");
    }

    #[test]
    fn what_is_no_number_is_no_ratio() {
        assert_eq!(Ratio::try_new(f64::NAN), Err(NoFigure::OutOfRange));
        assert_eq!(Ratio::try_new(f64::INFINITY), Err(NoFigure::OutOfRange));
        assert_eq!(
            Ratio::of(Decimal::ONE, Decimal::ZERO),
            Err(NoFigure::NothingInvested)
        );
        assert_eq!(
            Ratio::try_new(1e300).unwrap().written(),
            Err(NoFigure::OutOfRange)
        );
    }

    #[test]
    fn people_read_per_cent() {
        assert_eq!(Ratio::try_new(0.1084).unwrap().to_string(), "10.84 %");
        let below = NoFigure::BelowZero {
            date: Date::constant(2024, 10, 4),
        };
        assert_eq!(below.to_string(), "the value was below zero on 2024-10-04");
        assert_eq!(below.code(), "VALUE_BELOW_ZERO");
    }

    proptest! {
        #[test]
        fn a_decimal_becomes_its_nearest_float(mantissa in any::<i64>(), scale in 0u32..=28) {
            let value = Decimal::new(mantissa, scale);
            let nearest: f64 = value.to_string().parse().unwrap();
            prop_assert!((float(value) - nearest).abs() <= nearest.abs() * 1e-15);
        }
    }
}
