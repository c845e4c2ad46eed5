//! Frankfurter: daily rates of some two hundred currencies, blended from what central banks
//! publish, without a key.
//!
//! A rate is of a day and not of a time of day: it counts as of the day's beginning, UTC, so that
//! it never looks younger than it is, and it is always delayed. One call answers every pair with
//! the same base. Rates that no bank publishes are computed there and rounded by it.

use std::collections::BTreeMap;

use domain::{Currency, Price, Ticker};
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use service_kit::config::ConfigError;

use super::upstream::{Call, CallBook, Upstream, UpstreamConfig};
use super::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
    checked, pairs,
};

pub const NAME: &str = "frankfurter";

/// One row of `/v2/rates`.
#[derive(Debug, Deserialize)]
struct Row {
    date: Option<Date>,
    base: Option<String>,
    quote: Option<String>,
    rate: Option<Box<RawValue>>,
}

impl Row {
    fn is_about(&self, base: Currency, quote: Currency) -> bool {
        let is = |said: &Option<String>, code| said.as_deref() == Some(code);
        is(&self.base, base.code()) && is(&self.quote, quote.code())
    }

    fn price(&self) -> Result<Price, SourceError> {
        checked::rate(checked::number(self.rate.as_deref()))
    }

    fn quote(&self, ask: Ask, currency: Currency) -> Result<SourceQuote, SourceError> {
        let day = self.date.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        Ok(SourceQuote {
            price: self.price()?,
            currency,
            previous_close: None,
            as_of: checked::time(day.map(|day| day.timestamp()), ask.now)?,
            is_delayed: true,
            crossed_through: None,
        })
    }
}

/// The Frankfurter source.
#[derive(Debug)]
pub struct Frankfurter {
    upstream: Upstream,
}

impl Frankfurter {
    pub fn defaults() -> UpstreamConfig {
        UpstreamConfig {
            concurrent_requests: 4,
            ..UpstreamConfig::at("https://api.frankfurter.dev")
        }
    }

    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn try_new(config: &UpstreamConfig, book: &CallBook) -> Result<Self, ConfigError> {
        let upstream = Upstream::try_new(NAME, config, None, book)?;
        Ok(Self { upstream })
    }

    async fn rates(&self, ask: Ask, query: &[(&str, &str)]) -> Result<Vec<Row>, SourceError> {
        let call = Call::new(&["v2", "rates"], query);
        let answered = self.upstream.get(ask, &call).await?;
        match answered.status {
            // A currency it does not list.
            StatusCode::UNPROCESSABLE_ENTITY => Err(SourceError::UnknownSymbol),
            _ => answered.read(checked::json),
        }
    }

    async fn with_base(
        &self,
        ask: Ask,
        base: Currency,
        pairs: Vec<(&Ticker, Currency)>,
    ) -> Vec<(Ticker, Result<SourceQuote, SourceError>)> {
        let quotes: Vec<&str> = pairs.iter().map(|(_, quote)| quote.code()).collect();
        let query = [("base", base.code()), ("quotes", &quotes.join(","))];
        let rows = self.rates(ask, &query).await;
        let answers = pairs.into_iter().map(|(ticker, quote)| {
            let rows = rows.as_ref().map_err(SourceError::clone);
            let answer = rows.and_then(|rows| {
                let row = rows.iter().find(|row| row.is_about(base, quote));
                row.ok_or(SourceError::UnknownSymbol)?.quote(ask, quote)
            });
            (ticker.clone(), answer)
        });
        answers.collect()
    }

    async fn closes(
        &self,
        ask: Ask,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<SourceHistory, SourceError> {
        let (base, quote) = pairs::parse(ticker).ok_or(SourceError::UnknownSymbol)?;
        let (first, last) = (from.to_string(), to.to_string());
        let query = [
            ("base", base.code()),
            ("quotes", quote.code()),
            ("from", &first),
            ("to", &last),
        ];
        let rows = self.rates(ask, &query).await?;
        let is_other = |row: &Row| !row.is_about(base, quote);
        if !rows.is_empty() && rows.iter().all(is_other) {
            return Err(checked::other_symbol(ticker, None));
        }
        // A range that begins on a day off is answered from the working day before.
        let days = rows
            .iter()
            .filter(|row| row.is_about(base, quote))
            .filter_map(|row| Some((row.date?, row.price())));
        let closes = checked::closes(days, ask.now, |date| (from..=to).contains(&date))?;
        Ok(SourceHistory {
            currency: quote,
            closes,
            actions: Some(Vec::new()),
            crossed_through: None,
            since: None,
        })
    }
}

impl MarketDataSource for Frankfurter {
    fn name(&self) -> &'static str {
        NAME
    }

    /// It lists more currencies than ISO 4217 has today.
    fn answers(&self, _: Question, ticker: &Ticker) -> bool {
        pairs::parse(ticker).is_some()
    }

    fn upstream(&self) -> Option<&Upstream> {
        Some(&self.upstream)
    }

    fn can_search(&self) -> bool {
        false
    }

    fn next_publication(&self, as_of: Timestamp, now: Timestamp) -> Option<Timestamp> {
        pairs::next_publication(as_of, now)
    }

    fn quotes<'a>(
        &'a self,
        ask: Ask,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        let mut bases: BTreeMap<Currency, Vec<_>> = BTreeMap::new();
        let mut others = Vec::new();
        for ticker in tickers {
            match pairs::parse(ticker) {
                Some((base, quote)) => bases.entry(base).or_default().push((ticker, quote)),
                None => others.push((ticker.clone(), Err(SourceError::UnknownSymbol))),
            }
        }
        let calls = bases.len().max(1);
        stream::iter(bases)
            .map(move |(base, pairs)| self.with_base(ask, base, pairs))
            .buffer_unordered(calls)
            .flat_map(stream::iter)
            .chain(stream::iter(others))
            .boxed()
    }

    fn instrument<'a>(
        &'a self,
        _: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        future::ready(pairs::describe(ticker)).boxed()
    }

    fn history<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
        from: Date,
        to: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        self.closes(ask, ticker, from, to).boxed()
    }
}
