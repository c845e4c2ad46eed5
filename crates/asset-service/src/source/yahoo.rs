//! Yahoo Finance: the chart endpoint, one request for each symbol and only a few at a time, and the
//! quote endpoint for many symbols at once where it lets us in.
//!
//! The endpoints are public but unofficial, so nothing they say is taken on trust: every number is
//! read from its JSON token and checked ([`chart`], [`history`]). The quote endpoint mostly wants a
//! cookie and answers 401; it is then left alone for an hour, after any other failure for a few
//! minutes, and the charts are asked instead.

mod batch;
mod chart;
mod history;
mod search;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::Ticker;
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use reqwest::{StatusCode, header};
use service_kit::config::ConfigError;

use self::chart::{Meta, Series};
use super::upstream::{Call, CallBook, Unanswered, Upstream, UpstreamConfig};
use super::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
    checked,
};

pub const NAME: &str = "yahoo";

/// As many as one address can hold; every chart of a batch waits for its permit at once.
const LARGEST_BATCH: usize = 100;
const SHUT_OUT: SignedDuration = SignedDuration::from_hours(1);
const FAILED: SignedDuration = SignedDuration::from_mins(5);

/// The Yahoo Finance source.
#[derive(Debug)]
pub struct Yahoo {
    upstream: Upstream,
    /// The second from which the quote endpoint may be tried again.
    batches_from: AtomicI64,
}

impl Yahoo {
    pub fn defaults() -> UpstreamConfig {
        UpstreamConfig::at("https://query1.finance.yahoo.com")
    }

    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn try_new(config: &UpstreamConfig, book: &CallBook) -> Result<Self, ConfigError> {
        let mut upstream = Upstream::try_new(NAME, config, None, book)?;
        upstream.set_header(header::USER_AGENT, "Mozilla/5.0 (compatible; Folio)");
        let batches_from = AtomicI64::new(i64::MIN);
        Ok(Self {
            upstream,
            batches_from,
        })
    }

    async fn chart(
        &self,
        ask: Ask,
        ticker: &Ticker,
        query: &[(&str, &str)],
    ) -> Result<Series, SourceError> {
        let path = ["v8", "finance", "chart", ticker.as_str()];
        let answered = self.upstream.get(ask, &Call::new(&path, query)).await?;
        if answered.status == StatusCode::NOT_FOUND && chart::says_not_found(&answered.body) {
            return Err(SourceError::UnknownSymbol);
        }
        answered.read(|body| chart::read(body, ticker))
    }

    async fn meta(&self, ask: Ask, ticker: &Ticker) -> Result<Meta, SourceError> {
        let query = [("range", "1d"), ("interval", "1d")];
        Ok(self.chart(ask, ticker, &query).await?.meta)
    }

    /// What is known of each ticker now, in one request if it can be.
    fn metas(
        &self,
        ask: Ask,
        tickers: &[Ticker],
    ) -> BoxStream<'_, (Ticker, Result<Meta, SourceError>)> {
        let batches: Vec<Vec<Ticker>> = tickers.chunks(LARGEST_BATCH).map(<[_]>::to_vec).collect();
        stream::iter(batches)
            .then(move |batch| async move {
                let (found, left) = self.batch(ask, batch).await;
                stream::iter(found).chain(self.charts(ask, left))
            })
            .flatten()
            .boxed()
    }

    fn charts(
        &self,
        ask: Ask,
        tickers: Vec<Ticker>,
    ) -> impl futures::Stream<Item = (Ticker, Result<Meta, SourceError>)> {
        stream::iter(tickers)
            .map(move |ticker| async move {
                let meta = self.meta(ask, &ticker).await;
                (ticker, meta)
            })
            .buffer_unordered(LARGEST_BATCH)
    }

    /// What one request to the quote endpoint finds, and the tickers that it leaves to the charts,
    /// which alone can say that a symbol is unknown.
    async fn batch(
        &self,
        ask: Ask,
        tickers: Vec<Ticker>,
    ) -> (Vec<(Ticker, Result<Meta, SourceError>)>, Vec<Ticker>) {
        if tickers.len() < 2 || ask.now.as_second() < self.batches_from.load(Ordering::Relaxed) {
            return (Vec::new(), tickers);
        }
        let symbols: Vec<&str> = tickers.iter().map(Ticker::as_str).collect();
        let query = [("symbols", symbols.join(","))];
        let query = query.each_ref().map(|(key, value)| (*key, value.as_str()));
        let call = Call {
            // There must be time left for the charts.
            timeout: Some(self.upstream.timeout() / 2),
            ..Call::new(&["v7", "finance", "quote"], &query)
        };
        let metas = match self.upstream.try_get(ask, &call).await {
            Ok(answered) if answered.status != StatusCode::OK => Err(SHUT_OUT),
            Ok(answered) => answered.read(batch::read).map_err(|_| FAILED),
            Err(Unanswered::Failed(_)) => Err(FAILED),
            Err(Unanswered::NotSent(error)) => {
                let failed = |ticker| (ticker, Err(error.clone()));
                return (tickers.into_iter().map(failed).collect(), Vec::new());
            }
        };
        let mut metas = match metas {
            Ok(metas) => metas,
            Err(pause) => {
                let again = ask.now.as_second().saturating_add(pause.as_secs());
                self.batches_from.store(again, Ordering::Relaxed);
                return (Vec::new(), tickers);
            }
        };
        let (mut found, mut left) = (Vec::new(), Vec::new());
        for ticker in tickers {
            match metas.remove(ticker.as_str()) {
                Some(meta) => found.push((ticker, Ok(meta))),
                None => left.push(ticker),
            }
        }
        (found, left)
    }

    /// From a day before, for the time zones, to tomorrow, for the splits.
    async fn days(
        &self,
        ask: Ask,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<SourceHistory, SourceError> {
        let first = from
            .saturating_sub(Span::new().days(1))
            .to_zoned(TimeZone::UTC);
        let first = first
            .map_err(checked::unreadable)?
            .timestamp()
            .as_second()
            .to_string();
        let last = ask.now.saturating_add(SignedDuration::from_hours(24));
        let last = last.map_err(checked::unreadable)?.as_second().to_string();
        let query = [
            ("period1", first.as_str()),
            ("period2", &last),
            ("interval", "1d"),
            ("events", "div,splits"),
        ];
        let chart = self.chart(ask, ticker, &query).await?;
        chart.history(ask.now, from, to)
    }

    async fn hits(&self, ask: Ask, text: &str) -> Result<Vec<SourceInstrument>, SourceError> {
        let mut sectors = self.sectors(ask, text).await?;
        // A hit does not say its currency.
        let tickers: Vec<Ticker> = sectors.keys().cloned().collect();
        let mut metas = self.metas(ask, &tickers);
        let mut found = Vec::new();
        while let Some((ticker, meta)) = metas.next().await {
            let sector = sectors.remove(&ticker).flatten();
            let instrument = meta.and_then(|meta| meta.instrument(ticker));
            found.extend(instrument.map(|found| SourceInstrument { sector, ..found }));
        }
        Ok(found)
    }

    /// What a search finds, with the sectors, which neither charts nor quotes tell.
    async fn sectors(
        &self,
        ask: Ask,
        text: &str,
    ) -> Result<BTreeMap<Ticker, Option<String>>, SourceError> {
        let path = ["v1", "finance", "search"];
        let query = [("q", text), ("quotesCount", "8"), ("newsCount", "0")];
        let answered = self.upstream.get(ask, &Call::new(&path, &query)).await?;
        answered.read(search::read)
    }

    /// Without a sector where the search does not tell it.
    async fn described(&self, ask: Ask, ticker: &Ticker) -> Result<SourceInstrument, SourceError> {
        let sector = async {
            if ticker.as_fx_pair().is_some() || ticker.as_coin().is_some() {
                return None;
            }
            let mut sectors = self.sectors(ask, ticker.as_str()).await.ok()?;
            sectors.remove(ticker).flatten()
        };
        let (meta, sector) = future::join(self.meta(ask, ticker).boxed(), sector.boxed()).await;
        let described = meta?.instrument(ticker.clone())?;
        Ok(SourceInstrument {
            sector,
            ..described
        })
    }
}

impl MarketDataSource for Yahoo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answers(&self, _: Question, _: &Ticker) -> bool {
        true
    }

    fn upstream(&self) -> Option<&Upstream> {
        Some(&self.upstream)
    }

    fn can_search(&self) -> bool {
        true
    }

    fn quotes<'a>(
        &'a self,
        ask: Ask,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        self.metas(ask, tickers)
            .map(move |(ticker, meta)| (ticker, meta.and_then(|meta| meta.quote(ask.now))))
            .boxed()
    }

    fn instrument<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        self.described(ask, ticker).boxed()
    }

    fn history<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
        from: Date,
        to: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        self.days(ask, ticker, from, to).boxed()
    }

    fn search<'a>(
        &'a self,
        ask: Ask,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        async move {
            match text.trim() {
                "" => Ok(Vec::new()),
                _ => self.hits(ask, text).await,
            }
        }
        .boxed()
    }
}
