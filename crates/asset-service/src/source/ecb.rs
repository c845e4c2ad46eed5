//! The reference rates of the European Central Bank: the euro against some thirty currencies, once
//! a working day, as XML without a key.
//!
//! A rate is of 14:10 Central European Time, when the central banks agree on it, and is published
//! at about 16:00. It is always delayed. The files are asked for whole, so a table of history is
//! kept for a while and serves every pair. A file is fetched by a task of its own: who gives up
//! waiting for a large one finds it when they ask again. Pairs without the euro are not answered
//! here: the chain crosses them.
//!
//! Invariant: what is given as so much for a euro is exact; the other way round it is rounded once,
//! to twelve significant digits ([`checked::inverse`]).

mod file;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Currency, Price, Ticker};
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use reqwest::header;
use service_kit::config::ConfigError;

use self::file::File;
use self::table::Table;
use super::upstream::{CallBook, Upstream, UpstreamConfig};
use super::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
    checked, pairs,
};

pub const NAME: &str = "ecb";

/// What the bank lists, and what it listed until it was given up for the euro or suspended.
#[rustfmt::skip]
const LISTED: &[&str] = &[
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "GBP", "HKD", "HUF", "IDR", "ILS", "INR", "ISK", "JPY",
    "KRW", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "USD", "ZAR",
];
const FORMERLY_LISTED: &[&str] = &["BGN", "HRK", "RUB"];

/// The file of 90 days, with a margin for the bank's days off.
const RECENT_DAYS: i64 = 80;
/// The whole history is several megabytes.
const BULK_TIMEOUT: Duration = Duration::from_mins(1);

/// The European Central Bank.
#[derive(Debug)]
pub struct Ecb {
    upstream: Arc<Upstream>,
    daily: Arc<File>,
    recent: Arc<File>,
    whole: Arc<File>,
}

impl Ecb {
    pub fn defaults() -> UpstreamConfig {
        UpstreamConfig {
            concurrent_requests: 2,
            ..UpstreamConfig::at("https://www.ecb.europa.eu")
        }
    }

    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn try_new(config: &UpstreamConfig, book: &CallBook) -> Result<Self, ConfigError> {
        let mut upstream = Upstream::try_new(NAME, config, None, book)?;
        upstream.set_header(header::ACCEPT, "application/xml");
        Ok(Self {
            upstream: Arc::new(upstream),
            daily: Arc::new(File::new("eurofxref-daily.xml", 10, None)),
            recent: Arc::new(File::new("eurofxref-hist-90d.xml", 60, None)),
            whole: Arc::new(File::new("eurofxref-hist.xml", 12 * 60, Some(BULK_TIMEOUT))),
        })
    }

    async fn closes(
        &self,
        ask: Ask,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<SourceHistory, SourceError> {
        let pair = Pair::parse(ticker).ok_or(SourceError::UnknownSymbol)?;
        let recent = self.recent.table(&self.upstream, ask).await?;
        let mut days = BTreeMap::new();
        let age = table::fixed_at(from).map(|then| ask.now.duration_since(then));
        if age.is_none_or(|age| age > SignedDuration::from_hours(24 * RECENT_DAYS)) {
            let whole = self.whole.table(&self.upstream, ask).await?;
            days.extend(whole.days(pair.other));
        }
        // After the other, because it is asked for more often and knows the last days.
        days.extend(recent.days(pair.other));
        if days.is_empty() {
            return Err(SourceError::UnknownSymbol);
        }
        let days = days.into_iter();
        let days = days.map(|(date, rate)| (date, rate.and_then(|rate| pair.turned(rate))));
        Ok(SourceHistory {
            currency: pair.quote,
            closes: checked::closes(days, ask.now, |date| (from..=to).contains(&date))?,
            actions: Some(Vec::new()),
            crossed_through: None,
            since: None,
        })
    }
}

/// A pair with the euro on one side.
#[derive(Debug, Clone, Copy)]
struct Pair {
    quote: Currency,
    /// The side that is not the euro.
    other: Currency,
    is_inverse: bool,
}

impl Pair {
    fn parse(ticker: &Ticker) -> Option<Self> {
        let (base, quote) = pairs::parse(ticker)?;
        let is_inverse = quote == Currency::EUR;
        let other = if is_inverse { base } else { quote };
        (is_inverse || base == Currency::EUR).then_some(Self {
            quote,
            other,
            is_inverse,
        })
    }

    /// The bank's rate in the direction of the pair.
    fn turned(self, rate: Price) -> Result<Price, SourceError> {
        if self.is_inverse {
            checked::inverse(rate)
        } else {
            Ok(rate)
        }
    }

    fn quote(self, ask: Ask, table: &Table) -> Result<SourceQuote, SourceError> {
        let (date, rate) = table.latest(self.other)?;
        Ok(SourceQuote {
            price: self.turned(rate)?,
            currency: self.quote,
            previous_close: None,
            as_of: checked::time(table::fixed_at(date), ask.now)?,
            is_delayed: true,
            crossed_through: None,
        })
    }
}

impl MarketDataSource for Ecb {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answers(&self, question: Question, ticker: &Ticker) -> bool {
        Pair::parse(ticker).is_some_and(|pair| {
            let code = pair.other.code();
            let was_listed = question == Question::History && FORMERLY_LISTED.contains(&code);
            LISTED.contains(&code) || was_listed
        })
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
        stream::once(self.daily.table(&self.upstream, ask))
            .flat_map(move |table| {
                stream::iter(tickers).map(move |ticker| {
                    let quote = table.as_ref().map_err(SourceError::clone);
                    let quote = quote.and_then(|table| {
                        let pair = Pair::parse(ticker).ok_or(SourceError::UnknownSymbol)?;
                        pair.quote(ask, table)
                    });
                    (ticker.clone(), quote)
                })
            })
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
