//! A market without a network: every price is a pure function of symbol and time.
//!
//! The same symbol at the same instant costs the same in every process and after every restart,
//! and any past day can be asked for. There are no floats: levels are integers ([`path`]), prices
//! have the decimal places of their venue ([`catalogue`]), markets keep the hours of their exchanges
//! ([`session`]), and currency pairs agree with each other ([`currencies`]). Closes are the same
//! prices when sessions end ([`history`]); some shares split, some pay ([`events`]).
//!
//! Nothing of this is market data. Every quote says that its source is `simulated`.

mod catalogue;
mod currencies;
mod events;
mod history;
mod path;
mod session;

use std::collections::BTreeMap;

use domain::{Currency, InstrumentType, Price, Ticker};
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use self::catalogue::{LISTINGS, Listing};
use self::path::{Course, WHOLE};
use self::session::{Session, session};
use super::{
    Ask, MarketDataSource, Question, Refusal, SourceError, SourceHistory, SourceInstrument,
    SourceQuote,
};
use crate::exchanges::Exchange;
use crate::search;

pub const NAME: &str = "simulated";

/// The simulated market.
#[derive(Debug)]
pub struct Simulated {
    listings: BTreeMap<Ticker, (SourceInstrument, Listing)>,
}

impl Default for Simulated {
    fn default() -> Self {
        let listings = LISTINGS
            .iter()
            .filter_map(|listing| {
                let instrument = described(listing)?;
                Some((instrument.ticker.clone(), (instrument, *listing)))
            })
            .collect();
        Self { listings }
    }
}

impl Simulated {
    /// The price of `ticker` at `now`.
    ///
    /// # Errors
    ///
    /// `UnknownSymbol`.
    pub fn quote(&self, now: Timestamp, ticker: &Ticker) -> Result<SourceQuote, SourceError> {
        let session = session(Exchange::of(ticker), now);
        let quote = match ticker.as_fx_pair() {
            Some((base, quote)) => rate(base, quote, session),
            None => self
                .listings
                .get(ticker)
                .and_then(|(instrument, listing)| trade(instrument.currency, listing, session)),
        };
        quote.ok_or(SourceError::UnknownSymbol)
    }

    fn describe(&self, now: Timestamp, ticker: &Ticker) -> Result<SourceInstrument, SourceError> {
        let Some((base, quote)) = ticker.as_fx_pair() else {
            let found = self
                .listings
                .get(ticker)
                .map(|(instrument, _)| instrument.clone());
            return found.ok_or(SourceError::UnknownSymbol);
        };
        currencies::rate(base, quote, now).ok_or(SourceError::UnknownSymbol)?;
        let instrument_type = InstrumentType::parse("Currency")
            .map_err(|error| SourceError::refused(Refusal::UnknownCurrency, error.to_string()))?;
        Ok(SourceInstrument {
            ticker: ticker.clone(),
            name: format!("{base}/{quote}"),
            exchange: Some("FX".to_owned()),
            instrument_type,
            sector: None,
            currency: quote,
        })
    }

    fn matching(&self, now: Timestamp, text: &str) -> Vec<SourceInstrument> {
        let pair = Ticker::parse(text)
            .ok()
            .filter(|ticker| ticker.as_fx_pair().is_some());
        let pair = pair.and_then(|ticker| self.describe(now, &ticker).ok());
        self.listings
            .values()
            .map(|(instrument, _)| instrument)
            .filter(|instrument| search::resembles(text, instrument))
            .cloned()
            .chain(pair)
            .collect()
    }
}

impl MarketDataSource for Simulated {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answers(&self, _: Question, _: &Ticker) -> bool {
        true
    }

    fn can_search(&self) -> bool {
        true
    }

    fn history<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
        from: Date,
        to: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        future::ready(self.closes(ask.now, ticker, from, to)).boxed()
    }

    fn quotes<'a>(
        &'a self,
        ask: Ask,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        let answers = tickers
            .iter()
            .map(move |ticker| (ticker.clone(), self.quote(ask.now, ticker)));
        stream::iter(answers).boxed()
    }

    fn instrument<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        future::ready(self.describe(ask.now, ticker)).boxed()
    }

    fn search<'a>(
        &'a self,
        ask: Ask,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        future::ready(Ok(self.matching(ask.now, text))).boxed()
    }
}

fn described(listing: &Listing) -> Option<SourceInstrument> {
    Some(SourceInstrument {
        ticker: Ticker::parse(listing.symbol).ok()?,
        name: listing.name.to_owned(),
        exchange: Some(listing.venue.name.to_owned()),
        instrument_type: InstrumentType::parse(listing.kind.name).ok()?,
        sector: Some(listing.sector.to_owned()),
        currency: Currency::parse(listing.venue.currency).ok()?,
    })
}

fn trade(currency: Currency, listing: &Listing, session: Session) -> Option<SourceQuote> {
    let last = session.last_trade;
    Some(SourceQuote {
        price: price(listing, last, last)?,
        currency,
        // On the shares of now, so that a split is no fall of the price.
        previous_close: price(listing, session.previous_close, last),
        as_of: last,
        is_delayed: false,
        crossed_through: None,
    })
}

/// The price at `at` of one of the shares there were at `shares_at`.
fn price(listing: &Listing, at: Timestamp, shares_at: Timestamp) -> Option<Price> {
    let places = listing.venue.places;
    // The least price is one step: nothing that trades is free.
    let steps = steps(listing, at, shares_at, places).max(1);
    let price = Decimal::try_from_i128_with_scale(steps, places).ok()?;
    Price::try_new(price).ok()
}

/// The same in units of the last decimal place.
fn steps(listing: &Listing, at: Timestamp, shares_at: Timestamp, places: u32) -> i128 {
    let kind = listing.kind;
    let course = Course::new(listing.symbol, kind.volatility_percent, kind.growth_percent);
    let (new, old) = events::shares(listing.symbol, shares_at);
    let thousandths = i128::from(listing.base) * course.level(at) * new;
    half_even(thousandths * 10_i128.pow(places), 1_000 * WHOLE * old)
}

fn rate(base: Currency, quote: Currency, session: Session) -> Option<SourceQuote> {
    Some(SourceQuote {
        price: currencies::rate(base, quote, session.last_trade)?,
        currency: quote,
        previous_close: currencies::rate(base, quote, session.previous_close),
        as_of: session.last_trade,
        is_delayed: false,
        crossed_through: None,
    })
}

/// Division of positive numbers, rounded half to even.
fn half_even(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    let up = match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => quotient % 2,
        std::cmp::Ordering::Greater => 1,
    };
    quotient + up
}

#[cfg(test)]
mod tests;
