//! The same money, put into something else.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use super::book::{Gaps, Rates, Unvalued, plus, times};
use super::range::date_of;
use super::ratio::{NoFigure, Ratio};
use super::{Daily, MoneyWeighted, Observed, Series};
use crate::money::{AVERAGE_COST_PLACES, ArithmeticError};
use crate::valuation::Missing;
use crate::{Currency, Ticker};

/// What a book would be worth, had all its money bought and sold one instrument.
///
/// The opening value buys at the close of the opening, every day's net flow
/// buys or sells at the close of its day, without costs:
/// `units = Σ flow ÷ (price × rate)`, each rounded half to even to ten places;
/// `value = units × price × rate`, exact up to 28 digits.
///
/// Prices must be adjusted for splits ([`Series::adjusted_for`]); dividends of
/// the benchmark count only if the prices hold them.
///
/// The units fall below zero where more was taken out than the benchmark had
/// earned. That is a debt in the benchmark, and [`Benchmark::short_from`] says
/// from when on.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    /// At the opening and at every close, in the currency of the book.
    pub values: Vec<(Date, Decimal)>,
    /// Price to price over the time there was money in the book.
    pub twr: Result<Ratio, NoFigure>,
    /// Over the same flows as the book's.
    pub mwr: Result<MoneyWeighted, NoFigure>,
    /// The first day on which less than nothing is left.
    pub short_from: Option<Date>,
    pub trades: Vec<Trade>,
}

/// What the money of a day bought of the benchmark, or sold where it is negative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    pub date: Date,
    pub amount: Decimal,
    pub price: Observed,
    pub rate: Observed,
    pub units: Decimal,
}

impl Benchmark {
    /// # Errors
    ///
    /// `Missing` names the price or rate without which some money has nothing
    /// to buy; `Overflow`.
    pub fn of(
        daily: &Daily,
        ticker: &Ticker,
        currency: Currency,
        prices: &Series,
        rates: &Rates<'_>,
    ) -> Result<Self, Unvalued> {
        let mut gaps = Gaps::default();
        let mut units = Decimal::ZERO;
        let mut values = Vec::with_capacity(daily.value.len());
        let mut first_close = None;
        let mut last_close = None;
        let mut short_from = None;
        let mut trades = Vec::new();
        let mut closes = prices.cursor();
        let mut moved = daily.opening_value();
        let flows = daily.at_start.iter().zip(&daily.at_end);
        for (day, (came, went)) in daily.range().days().zip(flows) {
            closes.advance(day);
            // The opening row has its value and no flows.
            moved = plus(moved, plus(*came, *went)?)?;
            let rate = rates.at(currency, day);
            let close = match (closes.current(), rate) {
                (Some(price), Ok(rate)) => Some((times(price.value, rate.value)?, price, rate)),
                (price, rate) => {
                    if !moved.is_zero() {
                        let no_price = price.is_none().then(|| Missing::Price(ticker.clone()));
                        no_price
                            .into_iter()
                            .chain(rate.err())
                            .for_each(|what| gaps.add(what, day, day));
                    }
                    None
                }
            };
            if let Some((close, price, rate)) = close {
                if !moved.is_zero() {
                    let bought = bought(moved, close)?;
                    units = plus(units, bought)?;
                    first_close = first_close.or(Some(close));
                    trades.push(Trade {
                        date: date_of(day),
                        amount: moved,
                        price: price.seen_on(day),
                        rate: rate.seen_on(day),
                        units: bought,
                    });
                }
                last_close = Some(close);
            }
            if units < Decimal::ZERO && short_from.is_none() {
                short_from = Some(date_of(day));
            }
            let close = close.map(|(close, ..)| close).unwrap_or_default();
            values.push((date_of(day), times(units, close)?));
            moved = Decimal::ZERO;
        }
        if !gaps.is_empty() {
            return Err(Unvalued::Missing(gaps.into_vec()));
        }
        let closing = values.last().map_or(Decimal::ZERO, |(_, value)| *value);
        Ok(Self {
            twr: price_return(first_close, last_close),
            mwr: MoneyWeighted::of_values(daily, daily.opening_value(), closing)?,
            values,
            short_from,
            trades,
        })
    }
}

fn bought(amount: Decimal, close: Decimal) -> Result<Decimal, ArithmeticError> {
    let units = amount.checked_div(close).ok_or(ArithmeticError::Overflow)?;
    Ok(units.round_dp_with_strategy(AVERAGE_COST_PLACES, RoundingStrategy::MidpointNearestEven))
}

fn price_return(first: Option<Decimal>, last: Option<Decimal>) -> Result<Ratio, NoFigure> {
    let (Some(first), Some(last)) = (first, last) else {
        return Err(NoFigure::NothingInvested);
    };
    let grown = last.checked_sub(first).ok_or(NoFigure::OutOfRange)?;
    Ratio::of(grown, first)
}

#[cfg(test)]
mod tests;
