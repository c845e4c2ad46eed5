//! What a valuation is given: quantities, prices, rates and money that moved.
//!
//! These are plain columns, made by whoever knows the ledger and the market.
//! One portfolio, one holding and all portfolios of a customer are the same
//! kind of [`Book`] with more or fewer tracks.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::range::{Range, date_of, day_of};
use super::series::{Observed, Point, Series};
use crate::money::ArithmeticError;
use crate::valuation::Missing;
use crate::{Currency, Money, Quantity, Rate, Ticker};

/// Everything whose value is followed.
#[derive(Debug, Clone, Default)]
pub struct Book<'a> {
    pub tracks: Vec<Track<'a>>,
    /// Empty without cash tracking.
    pub cash: Vec<CashTrack<'a>>,
    /// Money that came from outside or left, beyond the flows of the tracks:
    /// deposits, withdrawals and transfers of cash; without cash tracking also fees,
    /// taxes and interest that belong to no instrument.
    pub flows: Vec<Flow>,
    /// Whether what a track costs and brings is paid from and into `cash`.
    /// Without cash tracking the flows of the tracks are money from outside.
    pub cash_tracking: bool,
}

/// One instrument.
#[derive(Debug, Clone)]
pub struct Track<'a> {
    pub ticker: &'a Ticker,
    /// The currency of `prices`.
    pub currency: Currency,
    /// Units held at each close, as they were counted on that day.
    pub quantities: &'a Series,
    /// Closing prices as they were traded, not adjusted for splits.
    pub prices: &'a Series,
    /// In any order. Their effect on `quantities` is already there; they are
    /// needed where a price is carried over a split.
    pub splits: &'a [Split],
    /// Money put into the instrument (a purchase with its fees) and got out of
    /// it (the proceeds of a sale after fees, dividends after tax).
    pub flows: &'a [Flow],
    /// Units that came from or went to another portfolio, at what they were
    /// worth. Money from or to the outside even with cash tracking.
    pub transfers: &'a [Flow],
}

/// One currency.
#[derive(Debug, Clone)]
pub struct CashTrack<'a> {
    pub currency: Currency,
    pub balances: &'a Series,
}

/// Money that moved on a day: into the portfolio is positive, out of it negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flow {
    pub date: Date,
    pub amount: Money,
    /// What the entry itself says one unit of its currency cost. Without it
    /// the market's rate of the day counts.
    pub rate: Option<Rate>,
}

/// From `date` on, what was `old` units is `new` units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    pub date: Date,
    pub new: Quantity,
    pub old: Quantity,
}

/// Rates into one currency.
#[derive(Debug, Clone)]
pub struct Rates<'a> {
    pub base: Currency,
    series: BTreeMap<Currency, &'a Series>,
}

/// Something that was needed and not known, and the days it was needed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub what: Missing,
    pub from: Date,
    pub to: Date,
}

/// Why an amount cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unvalued {
    #[error("prices or rates are missing")]
    Missing(Vec<Gap>),
    #[error(transparent)]
    Overflow(#[from] ArithmeticError),
}

impl Track<'_> {
    /// The price of a day, the last one known carried forward and divided by
    /// the splits since.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn price_on(&self, date: Date) -> Result<Option<Observed>, ArithmeticError> {
        let Some(seen) = self.prices.on(date) else {
            return Ok(None);
        };
        let mut value = seen.value;
        for split in self.splits {
            if seen.date < split.date && split.date <= date {
                let scaled = times(value, split.old.value())?.checked_div(split.new.value());
                value = scaled.ok_or(ArithmeticError::Overflow)?;
            }
        }
        Ok(Some(Observed { value, ..seen }))
    }
}

impl<'a> Rates<'a> {
    /// `series` gives, for each currency, the price of one unit of it in `base`.
    pub fn into(base: Currency, series: impl IntoIterator<Item = (Currency, &'a Series)>) -> Self {
        Self {
            base,
            series: series.into_iter().collect(),
        }
    }

    /// The rate of a day, the last one known carried forward. One for `base`
    /// itself; a rate that is not known is named, never one.
    pub(super) fn at(&self, currency: Currency, day: i32) -> Result<Point, Missing> {
        if currency == self.base {
            return Ok(Point {
                day,
                value: Decimal::ONE,
            });
        }
        let series = self.series.get(&currency);
        series
            .and_then(|series| series.at(day))
            .ok_or_else(|| self.missing(currency))
    }

    /// The rate that an amount of a day is converted with: its own, or else the market's.
    pub fn of_day(&self, currency: Currency, own: Option<Rate>, date: Date) -> Option<Observed> {
        let day = day_of(date);
        let own = own.filter(|_| currency != self.base);
        let point = match own {
            Some(rate) => Point {
                day,
                value: rate.value(),
            },
            None => self.at(currency, day).ok()?,
        };
        Some(point.seen_on(day))
    }

    /// None for the base itself and for what is not known at all.
    pub(super) fn series(&self, currency: Currency) -> Option<&'a Series> {
        self.series
            .get(&currency)
            .copied()
            .filter(|_| currency != self.base)
    }

    pub(super) fn missing(&self, currency: Currency) -> Missing {
        Missing::Rate {
            base: currency,
            quote: self.base,
        }
    }

    /// The first day on which an amount of this currency has a value in `base`.
    pub(super) fn known_from(&self, currency: Currency) -> i32 {
        if currency == self.base {
            i32::MIN
        } else {
            let first = self.series(currency).and_then(Series::first_day);
            first.unwrap_or(i32::MAX)
        }
    }

    /// An amount in `base` on a day, at its own rate if it has one.
    pub(super) fn amount(
        &self,
        amount: Money,
        own: Option<Rate>,
        day: i32,
    ) -> Result<Result<Decimal, Missing>, ArithmeticError> {
        let rate = match own {
            Some(rate) if amount.currency() != self.base => rate.value(),
            _ => match self.at(amount.currency(), day) {
                Ok(point) => point.value,
                Err(missing) => return Ok(Err(missing)),
            },
        };
        times(amount.amount(), rate).map(Ok)
    }
}

/// What is missing, each with the first and the last day it was needed on.
#[derive(Debug, Default)]
pub(super) struct Gaps(BTreeMap<Missing, (i32, i32)>);

impl Gaps {
    pub(super) fn add(&mut self, what: Missing, from: i32, to: i32) {
        self.0
            .entry(what)
            .and_modify(|known| *known = (known.0.min(from), known.1.max(to)))
            .or_insert((from, to));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_vec(self) -> Vec<Gap> {
        let gap = |(what, (from, to))| Gap {
            what,
            from: date_of(from),
            to: date_of(to),
        };
        self.0.into_iter().map(gap).collect()
    }
}

impl<'a> Book<'a> {
    /// The book of one holding: what is put into it and got out of it is its only money.
    pub fn of_one(track: Track<'a>) -> Self {
        Self {
            tracks: vec![track],
            ..Self::default()
        }
    }

    /// Everything that moved from or to the outside in the range, in `base`.
    ///
    /// # Errors
    ///
    /// `Missing` names the rates without which a flow has no amount; `Overflow`.
    pub fn external_flows(
        &self,
        rates: &Rates<'_>,
        range: Range,
    ) -> Result<Vec<(Date, Decimal)>, Unvalued> {
        let bought = |track: &Track<'a>| if self.cash_tracking { &[] } else { track.flows };
        let of_tracks = self
            .tracks
            .iter()
            .flat_map(|track| bought(track).iter().chain(track.transfers));
        let mut gaps = Gaps::default();
        let mut flows = Vec::new();
        for flow in self.flows.iter().chain(of_tracks) {
            let day = day_of(flow.date);
            if !range.covers(day) {
                continue;
            }
            match rates.amount(flow.amount, flow.rate, day)? {
                Ok(amount) => flows.push((flow.date, amount)),
                Err(missing) => gaps.add(missing, day, day),
            }
        }
        if gaps.is_empty() {
            Ok(flows)
        } else {
            Err(Unvalued::Missing(gaps.into_vec()))
        }
    }
}

#[inline]
pub(super) fn plus(left: Decimal, right: Decimal) -> Result<Decimal, ArithmeticError> {
    left.checked_add(right).ok_or(ArithmeticError::Overflow)
}

#[inline]
pub(super) fn minus(left: Decimal, right: Decimal) -> Result<Decimal, ArithmeticError> {
    left.checked_sub(right).ok_or(ArithmeticError::Overflow)
}

#[inline]
pub(super) fn times(left: Decimal, right: Decimal) -> Result<Decimal, ArithmeticError> {
    left.checked_mul(right).ok_or(ArithmeticError::Overflow)
}
