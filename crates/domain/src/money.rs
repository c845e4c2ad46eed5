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
mod tests;
