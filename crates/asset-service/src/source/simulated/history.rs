//! What the simulated market cost when each session ended: the price path at its closing times, so
//! that the history and the quotes are one market.

use domain::{Currency, Price, Ticker};
use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::catalogue::Listing;
use super::{Simulated, currencies, events, price};
use crate::exchanges::Exchange;
use crate::history::days::days;
use crate::source::{SourceError, SourceHistory};

/// Nothing was listed before.
const FIRST: Date = date(2000, 1, 1);

impl Simulated {
    /// The closes of `from` to `to` whose sessions are over at `now`.
    ///
    /// # Errors
    ///
    /// `UnknownSymbol`.
    pub fn closes(
        &self,
        now: Timestamp,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<SourceHistory, SourceError> {
        let from = from.max(FIRST);
        let exchange = Exchange::of(ticker);
        if let Some((base, quote)) = ticker.as_fx_pair() {
            currencies::rate(base, quote, now).ok_or(SourceError::UnknownSymbol)?;
            let rate = |at| currencies::rate(base, quote, at);
            return Ok(history(quote, exchange, now, (from, to), rate));
        }
        let (instrument, listing) = self
            .listings
            .get(ticker)
            .ok_or(SourceError::UnknownSymbol)?;
        let currency = instrument.currency;
        let close = |at| price(listing, at, at);
        Ok(SourceHistory {
            actions: Some(told(exchange, listing, currency, now, (from, to))),
            ..history(currency, exchange, now, (from, to), close)
        })
    }
}

fn history(
    currency: Currency,
    exchange: &Exchange,
    now: Timestamp,
    (from, to): (Date, Date),
    price: impl Fn(Timestamp) -> Option<Price>,
) -> SourceHistory {
    let closes = days(from, to)
        .map_while(|date| {
            Some((date, exchange.session(date).map(|session| session.close)))
                .filter(|(_, at)| at.is_none_or(|at| at <= now))
        })
        .filter_map(|(date, at)| Some((date, price(at?)?)));
    SourceHistory {
        currency,
        closes: closes.collect(),
        actions: Some(Vec::new()),
        crossed_through: None,
        since: None,
    }
}

fn told(
    exchange: &Exchange,
    listing: &Listing,
    currency: Currency,
    now: Timestamp,
    (from, to): (Date, Date),
) -> Vec<crate::source::Action> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    events::actions(exchange, listing, currency, from, to.min(today))
}
