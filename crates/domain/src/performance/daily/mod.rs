//! What a book was worth at every close, and the money that moved between.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod build;

use jiff::civil::Date;
use rust_decimal::Decimal;

use self::build::Build;
use super::book::{Book, Gap, Rates, Unvalued, minus, plus};
use super::range::{Range, date_of};
use crate::money::ArithmeticError;
use crate::valuation::Status;

/// A value and its flows for every day of a range, in one currency.
///
/// `value = Σ quantity × price × rate + Σ balance × rate`, each price and rate
/// of the day or the last one before it. Sums and products are exact up to 28
/// significant digits; amounts of one currency are summed before they are
/// converted.
///
/// Money that comes in counts from the start of its day, money that goes out
/// until the end of its day. That is the daily form of the method the GIPS
/// standards call a true time-weighted return.
///
/// **What has no value yet.** A price or rate that is not known before some
/// day leaves the instrument out until that day, together with its own flows,
/// and [`Daily::missing`] names it: the figures then cover the rest. It joins
/// on the first day it has a value, as money that came at the close of that
/// day, and so moves no return. A flow or a cash balance without a rate leaves
/// nothing to compute with: then there is no [`Daily`] at all.
///
/// Invariant: every column has one row for the opening and one for each day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daily {
    range: Range,
    pub(super) value: Vec<Decimal>,
    /// What came in. Zero at the opening.
    pub(super) at_start: Vec<Decimal>,
    /// What went out, as negative amounts, and what joined.
    pub(super) at_end: Vec<Decimal>,
    /// Whether something held has a price, or foreign cash a rate, of this very day.
    pub(super) fresh: Vec<bool>,
    /// The age in days of the oldest price or rate in the value.
    age: Vec<i32>,
    missing: Vec<Gap>,
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub date: Date,
    /// At the close.
    pub value: Decimal,
    /// What came in less what went out.
    pub net_flow: Decimal,
    /// The age in days of the oldest price or rate in the value.
    pub oldest_price: u32,
}

impl Daily {
    /// Values a book over a range.
    ///
    /// # Errors
    ///
    /// `Missing` where a flow or a cash balance has no rate, and where nothing
    /// of what was held ever has a value; `Overflow`.
    pub fn of(book: &Book<'_>, rates: &Rates<'_>, range: Range) -> Result<Self, Unvalued> {
        Build::new(rates, range).all(book)
    }

    pub fn range(&self) -> Range {
        self.range
    }

    /// The value at the close of the day before the range.
    pub fn opening_value(&self) -> Decimal {
        self.value.first().copied().unwrap_or_default()
    }

    pub fn closing_value(&self) -> Decimal {
        self.value.last().copied().unwrap_or_default()
    }

    /// Every day of the range, without the opening.
    pub fn days(&self) -> impl Iterator<Item = Day> {
        let flows = self.at_start.iter().zip(&self.at_end);
        let rows = self.range.days().zip(&self.value).zip(flows).zip(&self.age);
        rows.skip(1).map(|(((day, value), (came, went)), age)| Day {
            date: date_of(day),
            value: *value,
            // The sum was found countable when the columns were made.
            net_flow: came.checked_add(*went).unwrap_or_default(),
            oldest_price: u32::try_from(*age).unwrap_or(0),
        })
    }

    /// What the value and the figures do not cover, and on which days.
    pub fn missing(&self) -> &[Gap] {
        &self.missing
    }

    pub fn status(&self) -> Status {
        if self.missing.is_empty() {
            Status::Ok
        } else {
            Status::Partial
        }
    }

    /// What the book earned: closing less opening value less the net flows.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn gain(&self) -> Result<Decimal, ArithmeticError> {
        let grown = minus(self.closing_value(), self.opening_value())?;
        let flows = self.at_start.iter().chain(&self.at_end);
        flows.copied().try_fold(grown, minus)
    }

    /// The opening value and all the money that came in.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn put_in(&self) -> Result<Decimal, ArithmeticError> {
        let came = self.at_start.iter().chain(&self.at_end).copied();
        came.filter(|amount| *amount > Decimal::ZERO)
            .try_fold(self.opening_value(), plus)
    }
}

#[cfg(test)]
mod tests;
