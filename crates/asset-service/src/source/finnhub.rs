//! Finnhub: shares listed in the United States, with a key.
//!
//! A quote names neither its symbol nor its currency. What is listed in the United States is
//! quoted in dollars, and nothing else is asked. The currency of a company's profile is that of
//! its filings, which for a foreign company is another one, so it is not read. A symbol that
//! Finnhub does not know costs zero since 1970 there. Daily history is not in the free plan.

use domain::{Currency, InstrumentType, Ticker};
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::Date;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use service_kit::config::ConfigError;

use super::upstream::{Call, CallBook, Upstream, UpstreamConfig, unavailable};
use super::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
    checked, symbols,
};

pub const NAME: &str = "finnhub";

const MOST_AT_ONCE: usize = 100;
const MOST_HITS: usize = 8;

/// What may come in a 200, instead of everything else.
#[derive(Debug, Deserialize)]
struct Trouble {
    error: Option<String>,
}

/// `/quote`: current, previous close, time.
#[derive(Debug, Deserialize)]
struct Quote {
    c: Option<Box<RawValue>>,
    pc: Option<Box<RawValue>>,
    t: Option<Box<RawValue>>,
}

/// `/stock/profile2`. Empty for a symbol it does not know, and for funds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    ticker: Option<String>,
    name: Option<String>,
    exchange: Option<String>,
    finnhub_industry: Option<String>,
}

/// `/search`.
#[derive(Debug, Deserialize)]
struct Found {
    #[serde(default)]
    result: Vec<Hit>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hit {
    symbol: Option<String>,
    description: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// The Finnhub source.
#[derive(Debug)]
pub struct Finnhub {
    upstream: Upstream,
}

impl Finnhub {
    /// With the limits of the free plan.
    pub fn defaults() -> UpstreamConfig {
        UpstreamConfig {
            calls_per_minute: 60,
            ..UpstreamConfig::at("https://finnhub.io")
        }
    }

    /// # Errors
    ///
    /// A setting cannot be used, or there is no key.
    pub fn try_new(config: &UpstreamConfig, book: &CallBook) -> Result<Self, ConfigError> {
        let key_header = Some(("x-finnhub-token", ""));
        let upstream = Upstream::try_new(NAME, config.with_key(NAME)?, key_header, book)?;
        Ok(Self { upstream })
    }

    async fn get<T: DeserializeOwned>(
        &self,
        ask: Ask,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, SourceError> {
        let path = [&["api", "v1"], path].concat();
        let answered = self.upstream.get(ask, &Call::new(&path, query)).await?;
        match answered.status {
            // Of this symbol, not of the key.
            StatusCode::FORBIDDEN => Err(unavailable("the plan does not include the symbol")),
            _ => answered.read(read),
        }
    }

    async fn quote(&self, ask: Ask, ticker: &Ticker) -> Result<SourceQuote, SourceError> {
        let symbol = symbols::finnhub(ticker).ok_or(SourceError::UnknownSymbol)?;
        let quote: Quote = self.get(ask, &["quote"], &[("symbol", &symbol)]).await?;
        quote.read(ask)
    }

    async fn profile(&self, ask: Ask, ticker: &Ticker) -> Result<SourceInstrument, SourceError> {
        let symbol = symbols::finnhub(ticker).ok_or(SourceError::UnknownSymbol)?;
        let query = [("symbol", symbol.as_str())];
        let profile: Profile = self.get(ask, &["stock", "profile2"], &query).await?;
        let Some(name) = profile.name.filter(|name| !name.trim().is_empty()) else {
            let found = self.hits(ask, &symbol).await?.into_iter();
            let mut found = found.filter(|hit| hit.ticker == *ticker);
            return found.next().ok_or(SourceError::UnknownSymbol);
        };
        match profile.ticker {
            Some(said) if said != symbol => Err(checked::other_symbol(ticker, Some(&said))),
            _ => Ok(SourceInstrument {
                ticker: ticker.clone(),
                name,
                exchange: profile.exchange,
                instrument_type: instrument_type("Common Stock"),
                sector: profile.finnhub_industry,
                currency: Currency::USD,
            }),
        }
    }

    async fn hits(&self, ask: Ask, text: &str) -> Result<Vec<SourceInstrument>, SourceError> {
        let query = [("q", text), ("exchange", "US")];
        let found: Found = self.get(ask, &["search"], &query).await?;
        let hits = found.result.into_iter().filter_map(Hit::instrument);
        Ok(hits.take(MOST_HITS).collect())
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SourceError> {
    match checked::json(body) {
        Ok(Trouble { error: Some(_) }) => Err(unavailable("it answered with an error")),
        _ => checked::json(body),
    }
}

impl Quote {
    fn read(&self, ask: Ask) -> Result<SourceQuote, SourceError> {
        let (price, time) = (checked::number(self.c.as_deref()), self.t.as_deref());
        let is_nothing = |token: &RawValue| token.get() == "0";
        if price.is_some_and(|price| price.is_zero()) && time.is_some_and(is_nothing) {
            return Err(SourceError::UnknownSymbol);
        }
        let dollars = checked::unit(Some(Currency::USD.code()))?;
        let previous_close = checked::number(self.pc.as_deref());
        Ok(SourceQuote {
            price: checked::price(dollars, price)?,
            currency: dollars.currency,
            previous_close: checked::price(dollars, previous_close).ok(),
            as_of: checked::time(checked::second(time), ask.now)?,
            is_delayed: false,
            crossed_through: None,
        })
    }
}

impl Hit {
    fn instrument(self) -> Option<SourceInstrument> {
        let ticker = symbols::from_finnhub(&self.symbol?)?;
        let name = self.description.filter(|name| !name.trim().is_empty());
        Some(SourceInstrument {
            name: name.unwrap_or_else(|| ticker.to_string()),
            ticker,
            exchange: None,
            instrument_type: instrument_type(self.kind.as_deref().unwrap_or_default()),
            sector: None,
            currency: Currency::USD,
        })
    }
}

fn instrument_type(theirs: &str) -> InstrumentType {
    let ours = match theirs {
        "Common Stock" | "ADR" | "REIT" | "GDR" | "NY Reg Shrs" => "Stock",
        "ETP" => "ETF",
        "Open-End Fund" | "Closed-End Fund" => "Mutual Fund",
        _ => "Other",
    };
    InstrumentType::parse(ours).unwrap_or_else(|_| InstrumentType::other())
}

impl MarketDataSource for Finnhub {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answers(&self, question: Question, ticker: &Ticker) -> bool {
        question != Question::History && symbols::finnhub(ticker).is_some()
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
        stream::iter(tickers)
            .map(move |ticker| async move { (ticker.clone(), self.quote(ask, ticker).await) })
            .buffer_unordered(MOST_AT_ONCE)
            .boxed()
    }

    fn instrument<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        self.profile(ask, ticker).boxed()
    }

    fn history<'a>(
        &'a self,
        _: Ask,
        _: &'a Ticker,
        _: Date,
        _: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        future::ready(Err(unavailable("history is not asked of it"))).boxed()
    }

    fn search<'a>(
        &'a self,
        ask: Ask,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        async move {
            match text.trim() {
                "" => Ok(Vec::new()),
                text => self.hits(ask, text).await,
            }
        }
        .boxed()
    }
}
