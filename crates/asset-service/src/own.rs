//! What manual prices make of a customer's own instrument: its last price, and its quote.
//!
//! Plain values only; keys and writes are in `store/own.rs`, routes in `http/own.rs`.
//! Invariant: `LastPrice` is always that of the latest day that has a price.

use std::collections::{BTreeMap, BTreeSet};

use api::asset::{Close, HistoryStatus, Instrument, PriceHistory, Quote, Segment, Staleness};
use domain::{Price, Ticker};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::history;
use crate::history::daily::{Daily, as_traded};
use crate::history::series::{Asked, every};
use crate::quotes::{Reason, unavailable};
use crate::store::own::{OwnInstrument, decade_of};

/// The `source` of what a customer entered.
pub(crate) const MANUAL: &str = "manual";
/// A price that is older is no longer today's.
const FRESH_DAYS: i64 = 31;

/// A price that was entered by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entered {
    pub(crate) price: Price,
    pub(crate) entered_at: Timestamp,
}

/// The price of the latest day that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastPrice {
    pub(crate) date: Date,
    pub(crate) price: Price,
    pub(crate) entered_at: Timestamp,
    /// The price of the latest day before.
    pub(crate) before: Option<Price>,
}

/// The prices of one instrument as far as they were read, and which of them were changed since.
#[derive(Debug, Clone, Default)]
pub(crate) struct ManualPrices {
    by_date: BTreeMap<Date, Entered>,
    changed: BTreeSet<Date>,
}

impl ManualPrices {
    pub(crate) fn new(prices: impl IntoIterator<Item = (Date, Entered)>) -> Self {
        Self {
            by_date: prices.into_iter().collect(),
            changed: BTreeSet::new(),
        }
    }

    /// Adds prices that were read later, except those that were changed meanwhile.
    pub(crate) fn add_stored(&mut self, prices: BTreeMap<Date, Entered>) {
        let unchanged = prices
            .into_iter()
            .filter(|(date, _)| !self.changed.contains(date));
        self.by_date.extend(unchanged);
    }

    /// Enters a price in place of the day's earlier one, which is given back.
    pub(crate) fn enter(&mut self, date: Date, price: Entered) -> Option<Entered> {
        self.changed.insert(date);
        self.by_date.insert(date, price)
    }

    pub(crate) fn remove(&mut self, date: Date) -> Option<Entered> {
        self.changed.insert(date);
        self.by_date.remove(&date)
    }

    /// The last price among those of a decade and of later ones; among all without a decade.
    pub(crate) fn last_since(&self, decade: Option<i16>) -> Option<LastPrice> {
        let counts = |date: &Date| decade.is_none_or(|decade| decade <= decade_of(*date));
        let mut latest = self.by_date.iter().rev().filter(|(date, _)| counts(date));
        let (date, last) = latest.next()?;
        Some(LastPrice {
            date: *date,
            price: last.price,
            entered_at: last.entered_at,
            before: latest.next().map(|(_, before)| before.price),
        })
    }

    pub(crate) fn changed_decades(&self) -> impl Iterator<Item = i16> {
        let decades: BTreeSet<i16> = self.changed.iter().copied().map(decade_of).collect();
        decades.into_iter()
    }

    pub(crate) fn of_decade(&self, decade: i16) -> impl Iterator<Item = (Date, Entered)> {
        let prices = self.by_date.iter().map(|(date, price)| (*date, *price));
        prices.filter(move |(date, _)| decade_of(*date) == decade)
    }
}

/// The latest quote of an own instrument.
///
/// A manual price is as of the start of its day in UTC, or of the moment it was entered if that is
/// earlier, so that it is never from the future. It holds until the next one: on every later day
/// the previous close is the price itself.
pub(crate) fn quote(instrument: &OwnInstrument, now: Timestamp) -> Quote {
    let Some(last) = &instrument.last_price else {
        return unavailable(instrument.ticker_symbol.as_str(), Reason::NoPrice);
    };
    let today = now.to_zoned(TimeZone::UTC).date();
    let is_old = last.date.saturating_add(FRESH_DAYS.days()) < today;
    let previous_close = if last.date < today {
        Some(last.price)
    } else {
        last.before
    };
    Quote {
        ticker_symbol: instrument.ticker_symbol.to_string(),
        price: Some(last.price.value().into()),
        currency: Some(instrument.currency.code().to_owned()),
        previous_close: previous_close.map(|price| price.value().into()),
        as_of: Some(start_of(last.date).min(last.entered_at)),
        fetched_at: Some(last.entered_at),
        source: Some(MANUAL.to_owned()),
        crossed_through: None,
        staleness: if is_old {
            Staleness::Stale
        } else {
            Staleness::Fresh
        },
        reason: is_old.then(|| Reason::OldPrice.word().to_owned()),
    }
}

/// The manual prices of a range of days, of all until its end. They hold until the next one, so that
/// no day between two of them is a gap, and nothing adjusts them.
pub(crate) fn history(
    instrument: &OwnInstrument,
    prices: &BTreeMap<Date, Entered>,
    asked: Asked,
) -> PriceHistory {
    let is_held = prices.range(..asked.from).next_back().is_some();
    let reason = match (&instrument.last_price, prices.range(asked.from..).next()) {
        (_, Some(_)) => None,
        (None, None) => Some(Reason::NoPrice.word()),
        (Some(_), None) if is_held => Some("EARLIER_PRICE_HOLDS"),
        (Some(_), None) => Some(history::Reason::BeforeFirstClose.word()),
    };
    let prices = || prices.range(asked.from..);
    let closes = prices().map(|(date, entered)| (*date, entered.price));
    let closes = every(asked.interval, closes.collect());
    let entered_at = prices().map(|(_, entered)| entered.entered_at).max();
    let days = prices().next().zip(prices().next_back());
    let segment = days
        .zip(entered_at)
        .map(|(((from, _), (to, _)), fetched_at)| Segment {
            from: *from,
            to: *to,
            source: MANUAL.to_owned(),
            fetched_at,
            staleness: Staleness::Fresh,
            crossed_through: None,
        });
    let has_price = segment.is_some() || is_held;
    PriceHistory {
        ticker_symbol: instrument.ticker_symbol.to_string(),
        currency: has_price.then(|| instrument.currency.code().to_owned()),
        interval: asked.interval,
        adjusted: asked.adjusted,
        from: asked.from,
        to: asked.to,
        items: closes
            .into_iter()
            .map(|(date, close)| Close {
                date,
                close: close.value().into(),
            })
            .collect(),
        gaps: Vec::new(),
        segments: segment.into_iter().collect(),
        status: if has_price {
            HistoryStatus::Ok
        } else {
            HistoryStatus::Unavailable
        },
        reason: reason.map(str::to_owned),
    }
}

/// The manual prices of a range of days, of all until its end, with the one that holds on the first.
pub(crate) fn daily(
    instrument: &OwnInstrument,
    mut prices: BTreeMap<Date, Entered>,
    (from, to): (Date, Date),
) -> Daily {
    let last_before = prices.range(..from).next_back().map(|(date, _)| *date);
    let first = last_before.unwrap_or(from);
    prices.retain(|date, _| *date >= first);
    let history = history(instrument, &prices, as_traded(first, to));
    let closes = prices.iter().map(|(date, entered)| (*date, entered.price));
    Daily {
        ticker_symbol: history.ticker_symbol,
        currency: history.currency,
        status: history.status,
        reason: history.reason,
        segments: history.segments,
        closes: closes.collect(),
        splits: Some(Vec::new()),
    }
}

/// The quote of an own symbol for whoever has no such instrument.
pub(crate) fn unknown(ticker: &Ticker) -> Quote {
    unavailable(ticker.as_str(), Reason::UnknownSymbol)
}

/// The quote of an own instrument that cannot be read now.
pub(crate) fn unreadable(ticker: &Ticker) -> Quote {
    unavailable(ticker.as_str(), Reason::SourceUnavailable)
}

fn start_of(date: Date) -> Timestamp {
    let start = date.to_zoned(TimeZone::UTC);
    start.map_or(Timestamp::MAX, |start| start.timestamp())
}

impl From<&OwnInstrument> for Instrument {
    fn from(own: &OwnInstrument) -> Self {
        Self {
            ticker_symbol: own.ticker_symbol.to_string(),
            name: own.name.to_string(),
            exchange: None,
            instrument_type: own.instrument_type.to_string(),
            sector: own.sector.as_ref().map(ToString::to_string),
            currency: own.currency.code().to_owned(),
            source: MANUAL.to_owned(),
        }
    }
}
