//! Yahoo Finance over its chart endpoint: one request for each symbol, and only a few at a time,
//! however many ask.
//!
//! The endpoint is public but unofficial, so nothing it says is taken on trust: every number is
//! read from its JSON token and checked ([`chart`]), and a 429 silences this source for a while
//! ([`gate`]). There are no retries here: the read path asks again when the time has come.

mod chart;
mod gate;
mod search;

use std::time::Duration;

use domain::Ticker;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, Url, header};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use self::chart::Meta;
use self::gate::Gate;
use super::{MarketDataSource, SourceError, SourceInstrument, SourceQuote};

pub const NAME: &str = "yahoo";

/// Answers are a few kilobytes; whatever is longer is no answer.
const LONGEST_BODY: usize = 1024 * 1024;

/// Every request of a batch waits for its permit at once.
const LARGEST_BATCH: usize = 100;

/// How to reach Yahoo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct YahooConfig {
    pub base_url: String,
    pub connect_timeout_ms: u64,
    /// One request, from connecting to the last byte. Keep it below the deadline of a quote.
    pub timeout_ms: u64,
    /// How many requests are under way at once, for all clients together.
    pub concurrent_requests: usize,
    pub user_agent: String,
}

impl Default for YahooConfig {
    fn default() -> Self {
        Self {
            base_url: "https://query1.finance.yahoo.com".into(),
            connect_timeout_ms: 1_000,
            timeout_ms: 1_500,
            concurrent_requests: 8,
            user_agent: "Mozilla/5.0 (compatible; Folio)".into(),
        }
    }
}

/// A source that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum YahooError {
    #[error("asset.yahoo.base_url {0:?} is not an http or https address")]
    BaseUrl(String),
    #[error("the HTTP client could not be built")]
    Client(#[from] reqwest::Error),
}

/// The Yahoo Finance source.
#[derive(Debug)]
pub struct Yahoo {
    client: Client,
    base_url: Url,
    permits: Semaphore,
    user_agent: String,
    gate: Gate,
}

impl Yahoo {
    /// # Errors
    ///
    /// The base address is no address, or the platform's certificates cannot be loaded.
    pub fn try_new(config: &YahooConfig) -> Result<Self, YahooError> {
        let base_url = Url::parse(&config.base_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| YahooError::BaseUrl(config.base_url.clone()))?;
        let client = service_kit::transport::client(
            Duration::from_millis(config.connect_timeout_ms),
            Duration::from_millis(config.timeout_ms),
        )?;
        Ok(Self {
            client,
            base_url,
            permits: Semaphore::new(config.concurrent_requests.clamp(1, Semaphore::MAX_PERMITS)),
            user_agent: config.user_agent.clone(),
            gate: Gate::default(),
        })
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    async fn meta(&self, now: Timestamp, ticker: &Ticker) -> Result<Meta, SourceError> {
        let path = ["v8", "finance", "chart", ticker.as_str()];
        let url = self.url(&path, &[("range", "1d"), ("interval", "1d")]);
        let (status, body) = self.fetch(now, url).await?;
        match status {
            StatusCode::OK => chart::read(&body, ticker),
            StatusCode::NOT_FOUND if chart::says_not_found(&body) => {
                Err(SourceError::UnknownSymbol)
            }
            status => Err(unavailable(format!("it answered {status}"))),
        }
    }

    async fn fetch(&self, now: Timestamp, url: Url) -> Result<(StatusCode, Vec<u8>), SourceError> {
        let permit = self.permits.acquire().await;
        let _permit = permit.map_err(|_| unavailable("it is closed"))?;
        self.gate.check(now)?;
        let request = self
            .client
            .get(url)
            .header(header::USER_AGENT, &self.user_agent)
            .header(header::ACCEPT, "application/json");
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry_after = response.headers().get(header::RETRY_AFTER);
            self.gate
                .close(now, retry_after.and_then(|v| v.to_str().ok()));
            return Err(unavailable("it asks for fewer requests"));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_BODY {
                return Err(unavailable("its answer is too long"));
            }
        }
        self.gate.open();
        Ok((status, body))
    }
}

impl MarketDataSource for Yahoo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn quotes<'a>(
        &'a self,
        now: Timestamp,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        stream::iter(tickers)
            .map(move |ticker| async move {
                let meta = self.meta(now, ticker).await;
                (ticker.clone(), meta.and_then(|meta| meta.quote(now)))
            })
            .buffer_unordered(LARGEST_BATCH)
            .boxed()
    }

    fn instrument<'a>(
        &'a self,
        now: Timestamp,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        async move { self.meta(now, ticker).await?.instrument(ticker.clone()) }.boxed()
    }

    /// A hit does not say its currency, so each one costs a chart request more.
    fn search<'a>(
        &'a self,
        now: Timestamp,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        async move {
            if text.trim().is_empty() {
                return Ok(Vec::new());
            }
            let path = ["v1", "finance", "search"];
            let query = [("q", text), ("quotesCount", "8"), ("newsCount", "0")];
            let (status, body) = self.fetch(now, self.url(&path, &query)).await?;
            if status != StatusCode::OK {
                return Err(unavailable(format!("it answered {status}")));
            }
            let described = stream::iter(search::read(&body)?)
                .map(async |hit| {
                    let found = self.instrument(now, &hit.ticker).await.ok()?;
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

fn unavailable(why: impl Into<String>) -> SourceError {
    SourceError::Unavailable(why.into())
}

fn unreachable(error: reqwest::Error) -> SourceError {
    let why = if error.is_timeout() {
        "it took too long"
    } else if error.is_connect() {
        "it cannot be reached"
    } else {
        "the connection broke"
    };
    tracing::debug!(
        error = &error.without_url() as &(dyn std::error::Error + 'static),
        why
    );
    unavailable(why)
}
