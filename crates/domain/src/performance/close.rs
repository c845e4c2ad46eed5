//! A book at one close, line by line: what a figure is made of.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::book::{Book, Gap, Gaps, Rates, plus, times};
use super::marked::Marked;
use super::range::day_of;
use super::series::{Observed, Point};
use super::{CashTrack, Track};
use crate::money::ArithmeticError;
use crate::valuation::{Missing, Status};
use crate::{Currency, Ticker};

/// Every holding and balance at one close, with the price and rate used, the
/// day each is of, and its age.
///
/// It says of one day what [`Daily`](super::Daily) says of every day, and is
/// computed apart from it, one line at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    pub date: Date,
    /// What is held, in the order of the book.
    pub lines: Vec<Line>,
    /// Balances that are not zero.
    pub cash: Vec<CashLine>,
    /// What the totals do not cover.
    pub missing: Vec<Gap>,
}

/// One holding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub ticker: Ticker,
    pub quantity: Decimal,
    /// The currency of `price`.
    pub currency: Currency,
    /// As traded; divided by the splits since, where it is carried over them.
    pub price: Option<Observed>,
    pub rate: Option<Observed>,
    /// In the base currency; none without a price and a rate.
    pub value: Option<Decimal>,
}

/// One balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashLine {
    pub currency: Currency,
    pub balance: Decimal,
    pub rate: Option<Observed>,
    /// In the base currency; none without a rate.
    pub value: Option<Decimal>,
}

impl Close {
    /// # Errors
    ///
    /// `Overflow`.
    pub fn of(book: &Book<'_>, rates: &Rates<'_>, date: Date) -> Result<Self, ArithmeticError> {
        let day = day_of(date);
        let mut gaps = Gaps::default();
        let mut lines = Vec::new();
        for track in &book.tracks {
            lines.extend(line(track, rates, day, &mut gaps)?);
        }
        let mut cash = Vec::new();
        for track in &book.cash {
            cash.extend(cash_line(track, rates, day, &mut gaps)?);
        }
        Ok(Self {
            date,
            lines,
            cash,
            missing: gaps.into_vec(),
        })
    }

    /// What the holdings are worth, as far as they have a value.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn securities(&self) -> Result<Decimal, ArithmeticError> {
        self.lines
            .iter()
            .filter_map(|line| line.value)
            .try_fold(Decimal::ZERO, plus)
    }

    /// Holdings and balances, as far as they have a value.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn value(&self) -> Result<Decimal, ArithmeticError> {
        let mut cash = self.cash.iter().filter_map(|line| line.value);
        cash.try_fold(self.securities()?, plus)
    }

    pub fn status(&self) -> Status {
        let valued = self.lines.iter().any(|line| line.value.is_some())
            || self.cash.iter().any(|line| line.value.is_some());
        match (self.missing.is_empty(), valued) {
            (true, _) => Status::Ok,
            (false, true) => Status::Partial,
            (false, false) => Status::Unavailable,
        }
    }
}

fn line(
    track: &Track<'_>,
    rates: &Rates<'_>,
    day: i32,
    gaps: &mut Gaps,
) -> Result<Option<Line>, ArithmeticError> {
    let mut marked = Marked::of(track);
    marked.advance(day)?;
    if !marked.is_held() {
        return Ok(None);
    }
    let price = marked.price();
    if price.is_none() {
        gaps.add(Missing::Price(track.ticker.clone()), day, day);
    }
    let rate = rate_at(track.currency, rates, day, gaps);
    let value = match (price, rate) {
        (Some(_), Some(rate)) => Some(times(marked.value(), rate.value)?),
        _ => None,
    };
    Ok(Some(Line {
        ticker: track.ticker.clone(),
        quantity: marked.quantity(),
        currency: track.currency,
        price: price.map(|point| point.seen_on(day)),
        rate: rate.map(|point| point.seen_on(day)),
        value,
    }))
}

fn cash_line(
    track: &CashTrack<'_>,
    rates: &Rates<'_>,
    day: i32,
    gaps: &mut Gaps,
) -> Result<Option<CashLine>, ArithmeticError> {
    let balance = track.balances.level(day);
    if balance.is_zero() {
        return Ok(None);
    }
    let rate = rate_at(track.currency, rates, day, gaps);
    Ok(Some(CashLine {
        currency: track.currency,
        balance,
        rate: rate.map(|point| point.seen_on(day)),
        value: rate.map(|rate| times(balance, rate.value)).transpose()?,
    }))
}

fn rate_at(currency: Currency, rates: &Rates<'_>, day: i32, gaps: &mut Gaps) -> Option<Point> {
    let found = rates.at(currency, day);
    found.map_err(|missing| gaps.add(missing, day, day)).ok()
}

#[cfg(test)]
mod tests;
