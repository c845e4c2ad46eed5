//! One track, marked to the market day by day.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use rust_decimal::Decimal;

use super::Track;
use super::book::times;
use super::range::day_of;
use super::series::{Cursor, Point};
use crate::money::ArithmeticError;

/// Walks a track forward and keeps what it is worth in the currency of its prices.
///
/// A price carried over a split is divided by it, `price × old ÷ new`, so that
/// the value does not jump when the units do; the quotient keeps up to 28
/// significant digits. The price of the split's own day is already the new one.
#[derive(Debug, Clone)]
pub(super) struct Marked<'a> {
    quantities: Cursor<'a>,
    prices: Cursor<'a>,
    /// Not yet reached, in order of days: day, old, new.
    splits: std::iter::Peekable<std::vec::IntoIter<(i32, Decimal, Decimal)>>,
    quantity: Decimal,
    price: Option<Point>,
    value: Decimal,
    age: i32,
}

impl<'a> Marked<'a> {
    pub(super) fn of(track: &Track<'a>) -> Self {
        let mut splits: Vec<_> = track
            .splits
            .iter()
            .map(|split| (day_of(split.date), split.old.value(), split.new.value()))
            .collect();
        splits.sort_by_key(|(day, ..)| *day);
        Self {
            quantities: track.quantities.cursor(),
            prices: track.prices.cursor(),
            splits: splits.into_iter().peekable(),
            quantity: Decimal::ZERO,
            price: None,
            value: Decimal::ZERO,
            age: 0,
        }
    }

    /// What the track is worth at one close.
    pub(super) fn on(track: &Track<'a>, day: i32) -> Result<Decimal, ArithmeticError> {
        let mut marked = Self::of(track);
        marked.advance(day)?;
        Ok(marked.value())
    }

    #[inline]
    pub(super) fn advance(&mut self, day: i32) -> Result<(), ArithmeticError> {
        let new_quantity = self.quantities.advance(day);
        let new_price = self.prices.advance(day);
        let split = self.splits.peek().is_some_and(|(on, ..)| *on <= day);
        if new_quantity || new_price || split {
            self.mark(new_price, day)?;
        }
        self.age = self.price.map_or(0, |price| day.saturating_sub(price.day));
        Ok(())
    }

    fn mark(&mut self, new_price: bool, day: i32) -> Result<(), ArithmeticError> {
        self.quantity = self
            .quantities
            .current()
            .map_or(Decimal::ZERO, |step| step.value);
        if new_price {
            self.price = self.prices.current();
        }
        while let Some((on, old, new)) = self.splits.next_if(|(on, ..)| *on <= day) {
            if let Some(price) = self.price.as_mut().filter(|price| price.day < on) {
                let scaled = times(price.value, old)?.checked_div(new);
                price.value = scaled.ok_or(ArithmeticError::Overflow)?;
            }
        }
        self.value = match self.price {
            Some(price) if !self.quantity.is_zero() => times(self.quantity, price.value)?,
            _ => Decimal::ZERO,
        };
        Ok(())
    }

    #[inline]
    pub(super) fn is_held(&self) -> bool {
        !self.quantity.is_zero()
    }

    pub(super) fn quantity(&self) -> Decimal {
        self.quantity
    }

    /// The price in the value, and the day it is of.
    pub(super) fn price(&self) -> Option<Point> {
        self.price
    }

    /// In the currency of the prices; zero without a price.
    #[inline]
    pub(super) fn value(&self) -> Decimal {
        self.value
    }

    /// How many days old the price is.
    #[inline]
    pub(super) fn age(&self) -> i32 {
        self.age
    }
}
