//! Yahoo Finance over its chart endpoint: one request for each symbol, and only a few at a time,
//! however many ask.
//!
//! The endpoint is public but unofficial, so nothing it says is taken on trust: every number is
//! read from its JSON token and checked ([`chart`]).

mod chart;
mod search;

use domain::Ticker;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::Date;
use reqwest::{StatusCode, header};
use service_kit::config::ConfigError;

use self::chart::Meta;
use super::upstream::{Call, CallBook, Upstream, UpstreamConfig, unavailable};
use super::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
};

pub const NAME: &str = "yahoo";

/// Every request of a batch waits for its permit at once.
const LARGEST_BATCH: usize = 100;

/// The Yahoo Finance source.
#[derive(Debug)]
pub struct Yahoo {
    upstream: Upstream,
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
        Ok(Self { upstream })
    }

    async fn meta(&self, ask: Ask, ticker: &Ticker) -> Result<Meta, SourceError> {
        let path = ["v8", "finance", "chart", ticker.as_str()];
        let query = [("range", "1d"), ("interval", "1d")];
        let answered = self.upstream.get(ask, &Call::new(&path, &query)).await?;
        if answered.status == StatusCode::NOT_FOUND && chart::says_not_found(&answered.body) {
            return Err(SourceError::UnknownSymbol);
        }
        answered.read(|body| chart::read(body, ticker))
    }
}

impl MarketDataSource for Yahoo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answers(&self, question: Question, _: &Ticker) -> bool {
        question != Question::History
    }

    fn upstream(&self) -> Option<&Upstream> {
        Some(&self.upstream)
    }

    fn can_search(&self) -> bool {
        true
    }

    fn history<'a>(
        &'a self,
        _: Ask,
        _: &'a Ticker,
        _: Date,
        _: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        async { Err(unavailable("history is not asked of it")) }.boxed()
    }

    fn quotes<'a>(
        &'a self,
        ask: Ask,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        stream::iter(tickers)
            .map(move |ticker| async move {
                let meta = self.meta(ask, ticker).await;
                (ticker.clone(), meta.and_then(|meta| meta.quote(ask.now)))
            })
            .buffer_unordered(LARGEST_BATCH)
            .boxed()
    }

    fn instrument<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        async move { self.meta(ask, ticker).await?.instrument(ticker.clone()) }.boxed()
    }

    /// A hit does not say its currency, so each one costs a chart request more.
    fn search<'a>(
        &'a self,
        ask: Ask,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        async move {
            if text.trim().is_empty() {
                return Ok(Vec::new());
            }
            let path = ["v1", "finance", "search"];
            let query = [("q", text), ("quotesCount", "8"), ("newsCount", "0")];
            let answered = self.upstream.get(ask, &Call::new(&path, &query)).await?;
            let described = stream::iter(answered.read(search::read)?)
                .map(async |hit| {
                    let found = self.instrument(ask, &hit.ticker).await.ok()?;
                    Some(SourceInstrument {
                        sector: hit.sector,
                        ..found
                    })
                })
                .buffer_unordered(LARGEST_BATCH);
            Ok(described
                .filter_map(async |instrument| instrument)
                .collect()
                .await)
        }
        .boxed()
    }
}
