//! What lots are worth: one lot, all lots of an instrument, a whole portfolio.
//!
//! A price that is missing stays missing. It never becomes zero and it never
//! makes a total look complete: every total names what it lacks.
//!
//! A price is converted with the rate of the valuation day, a cost with that of
//! the day it was paid on: the purchase's own, or else the market's. What a gain
//! owes to the rate alone is told apart.
//!
//! `total.rs` adds up, `worth.rs` adds the cash, `needs.rs` says what to look up first.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod needs;
mod total;
mod worth;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::ledger::{Lot, Position};
use crate::money::ArithmeticError;
use crate::performance::Series;
use crate::{Currency, InstrumentType, Money, Price, Quantity, Rate, Ticker};

pub use self::needs::{PastNeeds, needs, past_needs, rates_of_marks};
pub use self::total::Total;
pub use self::worth::{CashValue, Worth};

/// A price seen in the market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub price: Price,
    pub currency: Currency,
    /// The closing price of the session before the one `price` belongs to.
    pub previous_close: Option<Price>,
    pub as_of: Timestamp,
}

/// Something a figure needed and did not get.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    Price(Ticker),
    Rate {
        base: Currency,
        quote: Currency,
    },
    /// The rate of a past day.
    RateOn {
        base: Currency,
        quote: Currency,
        date: Date,
    },
}

/// Whether a figure covers everything it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing is missing.
    Ok,
    /// Some parts are missing and left out.
    Partial,
    /// Nothing could be valued.
    Unavailable,
}

/// Everything a valuation looks up: prices by ticker, rates by pair.
#[derive(Debug, Clone, Default)]
pub struct Market {
    pub marks: BTreeMap<Ticker, Mark>,
    pub rates: BTreeMap<(Currency, Currency), Rate>,
    /// Rates of past days, by pair.
    pub past: BTreeMap<(Currency, Currency), Series>,
}

impl Market {
    fn mark(&self, ticker: &Ticker) -> Result<&Mark, Missing> {
        self.marks
            .get(ticker)
            .ok_or_else(|| Missing::Price(ticker.clone()))
    }

    fn rate(&self, base: Currency, quote: Currency) -> Result<Rate, Missing> {
        if base == quote {
            return Ok(Rate::ONE);
        }
        self.rates
            .get(&(base, quote))
            .copied()
            .ok_or(Missing::Rate { base, quote })
    }

    /// The rate a lot was paid at.
    fn rate_paid(&self, lot: &Lot, quote: Currency) -> Result<Rate, Missing> {
        let (base, date) = (lot.currency, lot.purchase_date);
        if base == quote {
            return Ok(Rate::ONE);
        }
        if let Some(date) = lot.lacks_rate_of {
            return Err(Missing::RateOn { base, quote, date });
        }
        let of_market = || {
            let seen = self.past.get(&(base, quote))?.on(date)?;
            Rate::try_new(seen.value).ok()
        };
        lot.fx_rate
            .or_else(of_market)
            .ok_or(Missing::RateOn { base, quote, date })
    }
}

/// One lot, every amount in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotValue {
    pub quantity: Quantity,
    pub cost_basis: Result<Money, Missing>,
    pub current: Result<CurrentValue, Missing>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentValue {
    pub price: Price,
    pub market_value: Money,
    /// `None` where the cost is missing.
    pub unrealized_gain: Option<Money>,
    /// Of it, what the rate did: the cost at today's rate less the cost at the
    /// rate it was paid at.
    pub currency_gain: Result<Money, Missing>,
    /// What the value moved by since the previous close, or since the purchase
    /// for a lot bought on the day of the price or after it. `None` where what
    /// it moved from is unknown.
    pub day_change: Option<Money>,
}

impl LotValue {
    /// Values a lot in `to`: its own currency, or that of the portfolio, in
    /// which the purchase may state its rate.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn of(
        ticker: &Ticker,
        lot: &Lot,
        to: Currency,
        market: &Market,
    ) -> Result<Self, ArithmeticError> {
        let cost_rate = market.rate_paid(lot, to);
        let basis = lot.cost_basis()?;
        let cost_basis = match &cost_rate {
            Ok(rate) => Ok(basis.convert(*rate, to)?),
            Err(missing) => Err(missing.clone()),
        };
        let currency_gain = match (&cost_basis, market.rate(lot.currency, to)) {
            (Ok(_), Ok(_)) if lot.currency == to => Ok(Money::zero(to)),
            (Ok(paid), Ok(rate)) => Ok(basis.convert(rate, to)?.try_sub(*paid)?),
            (Err(missing), _) => Err(missing.clone()),
            (_, Err(missing)) => Err(missing),
        };
        let found = market
            .mark(ticker)
            .and_then(|mark| Ok((mark, market.rate(mark.currency, to)?)));
        let current = match found {
            Err(missing) => Err(missing),
            Ok((mark, rate)) => {
                let price = mark.price.convert(rate)?;
                let market_value = price.cost_of(lot.quantity, to)?;
                let since = value_before(lot, mark, cost_rate.ok(), rate, to)?;
                let gain = |cost: &Money| market_value.try_sub(*cost);
                Ok(CurrentValue {
                    price,
                    market_value,
                    unrealized_gain: cost_basis.as_ref().ok().map(gain).transpose()?,
                    currency_gain,
                    day_change: since
                        .map(|before| market_value.try_sub(before))
                        .transpose()?,
                })
            }
        };
        Ok(Self {
            quantity: lot.quantity,
            cost_basis,
            current,
        })
    }
}

/// What the day's change is counted from: what the lot cost if it was bought on
/// the day of the price or after it, else its value at the previous close.
fn value_before(
    lot: &Lot,
    mark: &Mark,
    cost_rate: Option<Rate>,
    mark_rate: Rate,
    to: Currency,
) -> Result<Option<Money>, ArithmeticError> {
    let session: Date = mark.as_of.to_zoned(jiff::tz::TimeZone::UTC).date();
    if lot.purchase_date >= session {
        return cost_rate.map(|rate| lot.cost.convert(rate, to)).transpose();
    }
    let at_close = |close: Price| close.convert(mark_rate)?.cost_of(lot.quantity, to);
    mark.previous_close.map(at_close).transpose()
}

/// All open lots of one instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    pub ticker: Ticker,
    pub instrument_type: InstrumentType,
    pub quantity: Quantity,
    /// In the currency of the lots, or in the portfolio's where they differ.
    pub total: Total,
    /// The price of one unit in the currency of `total`.
    pub price: Option<Price>,
    /// In the portfolio's currency.
    pub base: Total,
    /// Part of the portfolio's value; `None` where either is unknown.
    pub weight: Option<Decimal>,
}

/// A portfolio at its current prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valuation {
    pub total: Total,
    pub holdings: Vec<Holding>,
    /// By instrument type, largest value first.
    pub by_type: Vec<(InstrumentType, Total, Option<Decimal>)>,
}

impl Valuation {
    /// Values every position in `base`.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn of<'a>(
        positions: impl IntoIterator<Item = &'a Position>,
        base: Currency,
        market: &Market,
    ) -> Result<Self, ArithmeticError> {
        let mut total = Total::zero(base);
        let mut types: BTreeMap<InstrumentType, Total> = BTreeMap::new();
        let mut holdings = Vec::new();
        for position in positions
            .into_iter()
            .filter(|position| !position.lots().is_empty())
        {
            let mut in_base = Total::zero(base);
            let same_type = |one: &Lot, other: &Lot| one.instrument_type == other.instrument_type;
            for lots in position.lots().chunk_by(same_type) {
                let part = Total::of(&position.ticker, lots, base, market)?;
                in_base.merge(&part)?;
                if let Some(lot) = lots.first() {
                    types
                        .entry(lot.instrument_type.clone())
                        .or_insert_with(|| Total::zero(base))
                        .merge(&part)?;
                }
            }
            total.merge(&in_base)?;
            let currency = common_currency(position).unwrap_or(base);
            let own = if currency == base {
                in_base.clone()
            } else {
                Total::of(&position.ticker, position.lots(), currency, market)?
            };
            let quantity = position.quantity()?;
            holdings.push(Holding {
                ticker: position.ticker.clone(),
                instrument_type: latest_type(position),
                quantity,
                price: price_in(currency, &position.ticker, market)?,
                total: own,
                base: in_base,
                weight: None,
            });
        }
        for holding in &mut holdings {
            holding.weight = weight(&holding.base, &total);
        }
        let mut by_type: Vec<_> = types
            .into_iter()
            .map(|(kind, sum)| {
                let weight = weight(&sum, &total);
                (kind, sum, weight)
            })
            .collect();
        by_type.sort_by_key(|(_, sum, _)| std::cmp::Reverse(sum.market_value().map(Money::amount)));
        Ok(Self {
            total,
            holdings,
            by_type,
        })
    }
}

fn price_in(
    currency: Currency,
    ticker: &Ticker,
    market: &Market,
) -> Result<Option<Price>, ArithmeticError> {
    let Some(mark) = market.marks.get(ticker) else {
        return Ok(None);
    };
    let rate = market.rate(mark.currency, currency).ok();
    rate.map(|rate| mark.price.convert(rate)).transpose()
}

fn weight(part: &Total, total: &Total) -> Option<Decimal> {
    part.market_value()?.share_of(total.market_value()?).ok()
}

fn common_currency(position: &Position) -> Option<Currency> {
    let first = position.lots().first()?.currency;
    position
        .lots()
        .iter()
        .all(|lot| lot.currency == first)
        .then_some(first)
}

fn latest_type(position: &Position) -> InstrumentType {
    position
        .lots()
        .iter()
        .max_by_key(|lot| lot.updated_at)
        .map_or_else(InstrumentType::other, |lot| lot.instrument_type.clone())
}

#[cfg(test)]
mod tests;
