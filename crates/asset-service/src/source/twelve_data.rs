//! Twelve Data: shares, funds, pairs and coins of many exchanges, with a key.
//!
//! Every symbol of a batch is a call of its own in the plan's count, so a batch is as large as half
//! of what a minute allows: one that does not fit is not lost for a whole minute. Prices abroad are
//! taken for delayed. Dividends and splits cost twenty calls a symbol and are not asked for.

mod answer;

use domain::Ticker;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Span;
use jiff::civil::Date;
use serde_json::value::RawValue;
use service_kit::config::ConfigError;

use self::answer::{Failure, Found, Quote, Series};
use super::upstream::{Answered, Call, CallBook, Upstream, UpstreamConfig, unavailable};
use super::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
    pairs, symbols,
};

pub const NAME: &str = "twelvedata";

const LARGEST_BATCH: u32 = 50;
const MOST_HITS: &str = "8";
/// Twenty years of days.
const MOST_DAYS: usize = 5_000;

/// The Twelve Data source.
#[derive(Debug)]
pub struct TwelveData {
    upstream: Upstream,
    batch: usize,
}

impl TwelveData {
    /// With the limits of the free plan.
    pub fn defaults() -> UpstreamConfig {
        UpstreamConfig {
            calls_per_minute: 8,
            calls_per_day: 800,
            ..UpstreamConfig::at("https://api.twelvedata.com")
        }
    }

    /// # Errors
    ///
    /// A setting cannot be used, or there is no key.
    pub fn try_new(config: &UpstreamConfig, book: &CallBook) -> Result<Self, ConfigError> {
        let key_header = Some(("authorization", "apikey "));
        let upstream = Upstream::try_new(NAME, config.with_key(NAME)?, key_header, book)?;
        let batch = match config.calls_per_minute {
            0 => LARGEST_BATCH,
            calls => (calls / 2).clamp(1, LARGEST_BATCH),
        };
        let batch = usize::try_from(batch).unwrap_or(1);
        Ok(Self { upstream, batch })
    }

    async fn get(
        &self,
        ask: Ask,
        path: &str,
        query: &[(&str, &str)],
        cost: u32,
    ) -> Result<Answered, SourceError> {
        let path = [path];
        let call = Call {
            cost,
            ..Call::new(&path, query)
        };
        self.upstream.get(ask, &call).await
    }

    fn error_of(&self, failure: Failure) -> SourceError {
        match failure {
            Failure::UnknownSymbol => SourceError::UnknownSymbol,
            Failure::TooManyCalls => self.upstream.was_asked_for_a_pause(),
            Failure::NotForUs => unavailable("it does not have that for us"),
            Failure::Other(error) => error,
        }
    }

    async fn batch(
        &self,
        ask: Ask,
        tickers: &[Ticker],
    ) -> Vec<(Ticker, Result<SourceQuote, SourceError>)> {
        let asked: Vec<(Ticker, String)> = tickers
            .iter()
            .filter_map(|ticker| Some((ticker.clone(), symbols::twelve_data(ticker)?)))
            .collect();
        let spelled: Vec<&str> = asked.iter().map(|(_, symbol)| symbol.as_str()).collect();
        let query = [("symbol", spelled.join(","))];
        let query = query.each_ref().map(|(key, value)| (*key, value.as_str()));
        let cost = u32::try_from(asked.len()).unwrap_or(u32::MAX);
        let answers = match self.get(ask, "quote", &query, cost).await {
            Ok(answered) => {
                let answers = answer::quotes(&answered, &asked);
                answers.map_err(|failure| self.error_of(failure))
            }
            Err(error) => Err(error),
        };
        let answers = answers.as_ref();
        let found = asked.iter().map(|(ticker, symbol)| {
            let answer = answers.map_err(SourceError::clone);
            let token = answer.map(|answers| answers.get(symbol).map(Box::as_ref));
            let quote = token.and_then(|token| self.quote(ask, ticker, token));
            (ticker.clone(), quote)
        });
        found.collect()
    }

    fn quote(
        &self,
        ask: Ask,
        ticker: &Ticker,
        token: Option<&RawValue>,
    ) -> Result<SourceQuote, SourceError> {
        let token = token.ok_or_else(|| unavailable("its answer leaves the symbol out"))?;
        let quote = Quote::read(token, ask, ticker);
        quote.map_err(|failure| self.error_of(failure))
    }

    async fn closes(
        &self,
        ask: Ask,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<SourceHistory, SourceError> {
        let symbol = symbols::twelve_data(ticker).ok_or(SourceError::UnknownSymbol)?;
        // A range without a trading day is an error there, and its end may not be included.
        let first = from.saturating_sub(Span::new().days(10)).to_string();
        let last = to.saturating_add(Span::new().days(1)).to_string();
        let query = [
            ("symbol", symbol.as_str()),
            ("interval", "1day"),
            ("start_date", &first),
            ("end_date", &last),
            ("adjust", "none"),
            ("outputsize", &MOST_DAYS.to_string()),
        ];
        let answered = self.get(ask, "time_series", &query, 1).await?;
        let series: Series = answer::read(&answered).map_err(|failure| self.error_of(failure))?;
        series.history(ask, ticker, from, to)
    }

    async fn hits(&self, ask: Ask, text: &str) -> Result<Vec<SourceInstrument>, SourceError> {
        let query = [("symbol", text), ("outputsize", MOST_HITS)];
        let answered = self.get(ask, "symbol_search", &query, 1).await?;
        let found: Found = answer::read(&answered).map_err(|failure| self.error_of(failure))?;
        let hits = found.data.into_iter();
        Ok(hits.filter_map(answer::Hit::instrument).collect())
    }

    async fn described(&self, ask: Ask, ticker: &Ticker) -> Result<SourceInstrument, SourceError> {
        if ticker.as_fx_pair().is_some() {
            return pairs::describe(ticker);
        }
        let spelled = symbols::twelve_data(ticker).ok_or(SourceError::UnknownSymbol)?;
        let local = spelled.split(':').next().unwrap_or_default();
        let hits = self.hits(ask, local).await?.into_iter();
        let mut same = hits.filter(|hit| hit.ticker == *ticker);
        same.next().ok_or(SourceError::UnknownSymbol)
    }
}

impl MarketDataSource for TwelveData {
    fn name(&self) -> &'static str {
        NAME
    }

    fn answers(&self, _: Question, ticker: &Ticker) -> bool {
        symbols::twelve_data(ticker).is_some()
    }

    fn upstream(&self) -> Option<&Upstream> {
        Some(&self.upstream)
    }

    fn tells_actions(&self) -> bool {
        false
    }

    fn can_search(&self) -> bool {
        true
    }

    fn quotes<'a>(
        &'a self,
        ask: Ask,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        stream::iter(tickers.chunks(self.batch))
            .map(move |tickers| self.batch(ask, tickers))
            .buffer_unordered(tickers.len().max(1))
            .flat_map(stream::iter)
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
        self.closes(ask, ticker, from, to).boxed()
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
