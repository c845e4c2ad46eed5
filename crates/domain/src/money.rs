//! Money, prices, quantities and rates, and what may be done with them.
//!
//! | Operation | Result | Can fail with |
//! |---|---|---|
//! | `Price::cost_of(Quantity, Currency)` | `Money` | `Overflow` |
//! | `Money::try_add(Money)`, `Money::try_sub(Money)` | `Money` | `CurrencyMismatch`, `Overflow` |
//! | `Money::convert(Rate, Currency)` | `Money` | `Overflow` |
//! | `Money::per(Quantity)` | `Price`-like `Decimal`, 10 places | `Overflow` (also for a quantity of zero) |
//! | `Money::unit_price(Quantity)` | `Price`, 10 places | `Overflow` (also for a quantity of zero) |
//! | `Money::share_of(Money)` | `Decimal`, 6 places | `CurrencyMismatch`, `Overflow` (also for a zero total) |
//! | `Quantity::try_add`, `Quantity::try_sub` | `Quantity` | `Overflow` (also below zero) |
//! | `Price::convert(Rate)` | `Price` | `Overflow` |
//! | `Rate::inverse()`, `Rate::cross(Rate)` | `Rate`, 12 significant digits | `Overflow` (also for what is too small to be held) |
//!
//! Sums and products are exact as long as they have at most 28 significant
//! digits; beyond that the last digit is rounded half to even. Only the
//! divisions and crossed rates round earlier, half to even, to what is named above.
//!
//! There are no `+`, `-`, `*` or `/` on these types on purpose: the operators
//! of the decimal beneath them panic on overflow. There is no conversion to or
//! from a float either.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Currency, ValueError, decimal};

/// Why two good values cannot be combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ArithmeticError {
    #[error("the result is too large to be held exactly")]
    Overflow,
    #[error("{left} and {right} cannot be combined without a rate")]
    CurrencyMismatch { left: Currency, right: Currency },
}

/// Decimal places of an average cost.
pub const AVERAGE_COST_PLACES: u32 = 10;
/// Decimal places of a weight.
pub const WEIGHT_PLACES: u32 = 6;
/// Significant digits of a rate that is derived from others.
pub const RATE_DIGITS: u32 = 12;

/// An amount of one currency, of either sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    #[serde(with = "decimal")]
    amount: Decimal,
    currency: Currency,
}

impl Money {
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self {
            amount: Decimal::ZERO,
            currency,
        }
    }

    pub const fn amount(self) -> Decimal {
        self.amount
    }

    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The amount as it is written down: every digit it has, no zeros after
    /// them, but never fewer decimals than the currency's minor unit.
    pub fn written(self) -> Decimal {
        let mut amount = self.amount.normalize();
        let minor_digits = self.currency.minor_digits();
        if amount.scale() < minor_digits {
            amount.rescale(minor_digits);
        }
        amount
    }

    /// # Errors
    ///
    /// `CurrencyMismatch`, `Overflow`.
    pub fn try_add(self, other: Self) -> Result<Self, ArithmeticError> {
        self.same_currency(other)?;
        let amount = self
            .amount
            .checked_add(other.amount)
            .ok_or(ArithmeticError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// # Errors
    ///
    /// `CurrencyMismatch`, `Overflow`.
    pub fn try_sub(self, other: Self) -> Result<Self, ArithmeticError> {
        self.same_currency(other)?;
        let amount = self
            .amount
            .checked_sub(other.amount)
            .ok_or(ArithmeticError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The same value in another currency, where `rate` is the price of one unit of this one.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn convert(self, rate: Rate, to: Currency) -> Result<Self, ArithmeticError> {
        let amount = self
            .amount
            .checked_mul(rate.0)
            .ok_or(ArithmeticError::Overflow)?;
        Ok(Self {
            amount,
            currency: to,
        })
    }

    /// This amount spread over a quantity, rounded half to even to ten places.
    ///
    /// # Errors
    ///
    /// `Overflow`, also when the quantity is zero.
    pub fn per(self, quantity: Quantity) -> Result<Decimal, ArithmeticError> {
        divide(self.amount, quantity.0, AVERAGE_COST_PLACES)
    }

    /// What one of `quantity` units cost, rounded half to even to ten places.
    /// Zero for units that cost nothing, or next to nothing.
    ///
    /// # Errors
    ///
    /// `Overflow`, also when the quantity is zero.
    pub fn unit_price(self, quantity: Quantity) -> Result<Price, ArithmeticError> {
        self.per(quantity).map(Price)
    }

    /// What part of `total` this amount is, rounded half to even to six places.
    ///
    /// # Errors
    ///
    /// `CurrencyMismatch`, and `Overflow` also when the total is zero.
    pub fn share_of(self, total: Self) -> Result<Decimal, ArithmeticError> {
        self.same_currency(total)?;
        divide(self.amount, total.amount, WEIGHT_PLACES)
    }

    fn same_currency(self, other: Self) -> Result<(), ArithmeticError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(ArithmeticError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            })
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

fn divide(dividend: Decimal, divisor: Decimal, places: u32) -> Result<Decimal, ArithmeticError> {
    let quotient = dividend
        .checked_div(divisor)
        .ok_or(ArithmeticError::Overflow)?;
    Ok(quotient.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven))
}

macro_rules! scalars {
    ($($(#[$doc:meta])* $name:ident, parse $check:ident, below $limit:literal = $text:literal);+ $(;)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(with = "decimal")] Decimal);

        impl $name {
            /// Reads the number and holds it to this type's range.
            ///
            /// # Errors
            ///
            /// Those of [`decimal::parse`], `NotPositive` or `Negative`, and `OutOfRange`.
            pub fn parse(text: &str) -> Result<Self, ValueError> {
                Self::try_new(decimal::parse(text)?)
            }

            /// # Errors
            ///
            /// `NotPositive` or `Negative`, and `OutOfRange`.
            pub fn try_new(value: Decimal) -> Result<Self, ValueError> {
                $check(value)?;
                if value.abs() >= Decimal::from($limit) {
                    return Err(ValueError::OutOfRange { limit: $text });
                }
                Ok(Self(value))
            }

            pub const fn value(self) -> Decimal {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

scalars! {
    /// What one unit costs, in a currency named beside it. Greater than zero;
    /// zero only as the result of a division.
    Price, parse positive, below 1_000_000_000_000_u64 = "below 1,000,000,000,000";
    /// How many units: shares, coins, ounces. Zero only as the result of a subtraction.
    Quantity, parse positive, below 10_000_000_000_000_u64 = "below 10,000,000,000,000";
    /// How many units of one currency one unit of another costs. Greater than zero.
    Rate, parse positive, below 1_000_000_000_u64 = "below 1,000,000,000";
    /// Money before its currency is known: more or less than zero, not zero itself.
    Amount, parse not_zero, below 1_000_000_000_000_u64 = "below 1,000,000,000,000";
    /// A fee or tax before its currency is known: zero or more.
    Charge, parse not_negative, below 1_000_000_000_000_u64 = "below 1,000,000,000,000";
}

fn not_zero(value: Decimal) -> Result<(), ValueError> {
    if value.is_zero() {
        Err(ValueError::Zero)
    } else {
        Ok(())
    }
}

fn positive(value: Decimal) -> Result<(), ValueError> {
    if value > Decimal::ZERO {
        Ok(())
    } else {
        Err(ValueError::NotPositive)
    }
}

fn not_negative(value: Decimal) -> Result<(), ValueError> {
    if value >= Decimal::ZERO {
        Ok(())
    } else {
        Err(ValueError::Negative)
    }
}

impl Price {
    /// What `quantity` units cost at this price.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn cost_of(self, quantity: Quantity, currency: Currency) -> Result<Money, ArithmeticError> {
        let amount = self
            .0
            .checked_mul(quantity.0)
            .ok_or(ArithmeticError::Overflow)?;
        Ok(Money::new(amount, currency))
    }

    /// The same price in another currency.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn convert(self, rate: Rate) -> Result<Self, ArithmeticError> {
        let price = self
            .0
            .checked_mul(rate.0)
            .ok_or(ArithmeticError::Overflow)?;
        // A product too small to be held is no price.
        Self::try_new(price).map_err(|_| ArithmeticError::Overflow)
    }
}

impl Quantity {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// # Errors
    ///
    /// `Overflow`.
    pub fn try_add(self, other: Self) -> Result<Self, ArithmeticError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(ArithmeticError::Overflow)
    }

    /// # Errors
    ///
    /// `Overflow`, also when less than nothing would be left.
    pub fn try_sub(self, other: Self) -> Result<Self, ArithmeticError> {
        self.0
            .checked_sub(other.0)
            .filter(|left| *left >= Decimal::ZERO)
            .map(Self)
            .ok_or(ArithmeticError::Overflow)
    }
}

impl Rate {
    /// The rate of a currency to itself.
    pub const ONE: Self = Self(Decimal::ONE);

    /// What one unit of the other currency costs in this one, rounded half to even to twelve
    /// significant digits.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn inverse(self) -> Result<Self, ArithmeticError> {
        Self::derived(Decimal::ONE.checked_div(self.0))
    }

    /// The rate of A to C, from this rate of A to B and one of B to C, rounded half to even to
    /// twelve significant digits.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn cross(self, other: Self) -> Result<Self, ArithmeticError> {
        Self::derived(self.0.checked_mul(other.0))
    }

    fn derived(value: Option<Decimal>) -> Result<Self, ArithmeticError> {
        let strategy = RoundingStrategy::MidpointNearestEven;
        let rounded = value.and_then(|value| value.round_sf_with_strategy(RATE_DIGITS, strategy));
        let rounded = rounded.ok_or(ArithmeticError::Overflow)?.normalize();
        Self::try_new(rounded).map_err(|_| ArithmeticError::Overflow)
    }
}

impl Amount {
    /// For what can only be paid or received.
    ///
    /// # Errors
    ///
    /// `NotPositive`.
    pub fn check_positive(self) -> Result<Self, ValueError> {
        positive(self.0).map(|()| self)
    }

    pub const fn in_currency(self, currency: Currency) -> Money {
        Money::new(self.0, currency)
    }
}

impl Charge {
    pub const ZERO: Self = Self(Decimal::ZERO);

    pub const fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    pub const fn in_currency(self, currency: Currency) -> Money {
        Money::new(self.0, currency)
    }
}

impl Default for Charge {
    fn default() -> Self {
        Self::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(text: &str) -> Money {
        Money::new(decimal::parse(text).unwrap(), Currency::USD)
    }

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    #[test]
    fn a_tenth_of_a_share_costs_exactly_a_tenth() {
        let cost = price("0.2")
            .cost_of(quantity("0.1"), Currency::USD)
            .unwrap();
        assert_eq!(cost.amount().to_string(), "0.02");
        assert_eq!(usd("0.1").try_add(usd("0.2")).unwrap(), usd("0.3"));
    }

    #[test]
    fn currencies_never_mix() {
        let eur = Money::zero(Currency::EUR);
        let mismatch = ArithmeticError::CurrencyMismatch {
            left: Currency::USD,
            right: Currency::EUR,
        };
        assert_eq!(usd("1").try_add(eur), Err(mismatch));
        assert_eq!(usd("1").try_sub(eur), Err(mismatch));
        assert_eq!(usd("1").share_of(eur), Err(mismatch));
    }

    #[test]
    fn divisions_round_half_to_even() {
        assert_eq!(
            usd("1").per(quantity("3")).unwrap().to_string(),
            "0.3333333333"
        );
        assert_eq!(
            usd("0.00000000005").per(quantity("1")).unwrap().to_string(),
            "0.0000000000"
        );
        assert_eq!(
            usd("0.00000000015").per(quantity("1")).unwrap().to_string(),
            "0.0000000002"
        );
        assert_eq!(
            usd("1").share_of(usd("8000000")).unwrap().to_string(),
            "0.000000"
        );
        assert_eq!(usd("2").share_of(usd("3")).unwrap().to_string(), "0.666667");
    }

    #[test]
    fn amounts_are_written_with_every_digit_and_at_least_the_minor_unit() {
        let written = |text: &str, currency| {
            Money::new(decimal::parse(text).unwrap(), currency)
                .written()
                .to_string()
        };
        assert_eq!(written("12621.792513000", Currency::USD), "12621.792513");
        assert_eq!(written("1500", Currency::USD), "1500.00");
        assert_eq!(written("0.0", Currency::USD), "0.00");
        assert_eq!(written("1500.0", Currency::parse("JPY").unwrap()), "1500");
        assert_eq!(
            Money::new(Decimal::MAX, Currency::USD).written(),
            Decimal::MAX
        );
    }

    #[test]
    fn dividing_by_nothing_is_an_error() {
        assert_eq!(usd("1").per(Quantity::ZERO), Err(ArithmeticError::Overflow));
        assert_eq!(usd("1").share_of(usd("0")), Err(ArithmeticError::Overflow));
    }

    #[test]
    fn overflow_is_an_error_and_no_panic() {
        let huge = Money::new(Decimal::MAX, Currency::USD);
        assert_eq!(huge.try_add(huge), Err(ArithmeticError::Overflow));
        assert_eq!(
            huge.convert(Rate::parse("10").unwrap(), Currency::EUR),
            Err(ArithmeticError::Overflow)
        );
    }

    #[test]
    fn products_beyond_28_digits_round_half_to_even() {
        let fine = price("1.00000000000005");
        let product = fine
            .cost_of(quantity("0.100000000000001"), Currency::USD)
            .unwrap();
        // Exactly 0.10000000000000600000000000005, which has 29 decimal places.
        assert_eq!(
            product.amount().to_string(),
            "0.1000000000000060000000000000"
        );
    }

    #[test]
    fn zero_negative_and_huge_inputs_are_refused() {
        assert_eq!(Price::parse("0"), Err(ValueError::NotPositive));
        assert_eq!(Quantity::parse("-1"), Err(ValueError::NotPositive));
        assert_eq!(Quantity::parse("-0"), Err(ValueError::NotPositive));
        assert_eq!(Charge::parse("-0.01"), Err(ValueError::Negative));
        assert!(matches!(
            Quantity::parse("1e13"),
            Err(ValueError::OutOfRange { .. })
        ));
        assert!(Charge::parse("0").is_ok());
    }

    #[test]
    fn an_amount_may_be_negative_and_is_never_nothing() {
        assert_eq!(Amount::parse("-12.5").unwrap().to_string(), "-12.5");
        assert_eq!(Amount::parse("-0.00"), Err(ValueError::Zero));
        let negative = Amount::parse("-1").unwrap();
        assert_eq!(negative.check_positive(), Err(ValueError::NotPositive));
        assert!(matches!(
            Amount::parse("-1e12"),
            Err(ValueError::OutOfRange { .. })
        ));
    }

    #[test]
    fn nothing_can_be_taken_from_nothing() {
        assert_eq!(quantity("1").try_sub(quantity("1")), Ok(Quantity::ZERO));
        assert_eq!(
            quantity("1").try_sub(quantity("2")),
            Err(ArithmeticError::Overflow)
        );
    }

    prop_compose! {
        fn cents()(minor in -1_000_000_000_000_i64..1_000_000_000_000) -> Money {
            Money::new(Decimal::new(minor, 2), Currency::USD)
        }
    }

    fn rate(text: &str) -> Rate {
        Rate::parse(text).unwrap()
    }

    #[test]
    fn derived_rates_have_twelve_significant_digits() {
        for (given, expected) in [
            ("0.8", "1.25"),
            ("3", "0.333333333333"),
            ("0.00006", "16666.6666667"),
            ("160.30", "0.00623830318153"),
        ] {
            assert_eq!(rate(given).inverse().unwrap().to_string(), expected);
        }
        let crossed = rate("1.0873").cross(rate("149.512")).unwrap();
        assert_eq!(crossed.to_string(), "162.5643976");
        // Exactly 1.500000000015 and 1.500000000045.
        let crossed = |text| rate("1.5").cross(rate(text)).unwrap().to_string();
        assert_eq!(crossed("1.00000000001"), "1.50000000002");
        assert_eq!(crossed("1.00000000003"), "1.50000000004");
    }

    #[test]
    fn a_derived_rate_too_small_or_too_large_to_be_held_is_an_error() {
        let least = rate("0.0000000000000000000000000001");
        assert_eq!(least.inverse(), Err(ArithmeticError::Overflow));
        assert_eq!(least.cross(least), Err(ArithmeticError::Overflow));
        let most = rate("999999999");
        assert_eq!(most.cross(most), Err(ArithmeticError::Overflow));
    }

    prop_compose! {
        fn any_rate()(digits in 1i64..1_000_000_000, scale in 0u32..9) -> Rate {
            Rate::try_new(Decimal::new(digits, scale)).unwrap()
        }
    }

    fn is_close(left: Decimal, right: Decimal) -> bool {
        let tolerance = right * Decimal::new(1, 10);
        (left - right).abs() <= tolerance
    }

    proptest! {
        #[test]
        fn the_inverse_of_an_inverse_is_the_rate_but_for_its_last_digits(given in any_rate()) {
            // What is below one billionth has an inverse that no rate may have.
            if let Ok(inverse) = given.inverse() {
                let again = inverse.inverse().unwrap();
                prop_assert!(is_close(again.value(), given.value()), "{given} {again}");
            }
        }

        #[test]
        fn crossing_there_and_back_is_nearly_one(given in any_rate()) {
            if let Ok(inverse) = given.inverse() {
                let one = given.cross(inverse).unwrap();
                prop_assert!(is_close(one.value(), Decimal::ONE), "{one}");
            }
        }

        #[test]
        fn the_order_of_crossing_does_not_matter(left in any_rate(), right in any_rate()) {
            prop_assert_eq!(left.cross(right), right.cross(left));
        }
    }

    proptest! {
        #[test]
        fn adding_and_taking_away_is_the_identity(a in cents(), b in cents()) {
            prop_assert_eq!(a.try_add(b).unwrap().try_sub(b).unwrap(), a);
        }

        #[test]
        fn the_order_of_a_sum_does_not_matter(a in cents(), b in cents(), c in cents()) {
            let left = a.try_add(b).unwrap().try_add(c).unwrap();
            let right = c.try_add(b).unwrap().try_add(a).unwrap();
            prop_assert_eq!(left, right);
        }

        #[test]
        fn a_product_equals_integer_arithmetic(p in 1i64..1_000_000_000, q in 1i64..1_000_000_000) {
            let price = Price::try_new(Decimal::new(p, 4)).unwrap();
            let quantity = Quantity::try_new(Decimal::new(q, 6)).unwrap();
            let cost = price.cost_of(quantity, Currency::USD).unwrap();
            let exact = i128::from(p) * i128::from(q);
            prop_assert_eq!(cost.amount(), Decimal::from_i128_with_scale(exact, 10));
        }

        #[test]
        fn stored_money_is_read_back_digit_for_digit_but_for_trailing_zeros(minor in any::<i64>(), scale in 0u32..=28) {
            let money = Money::new(Decimal::new(minor, scale), Currency::EUR);
            let stored = serde_json::to_string(&money).unwrap();
            let read: Money = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(read.amount().to_string(), money.amount().normalize().to_string());
        }
    }
}
