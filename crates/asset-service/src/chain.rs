//! The sources in their configured order, asked one after the other until one answers.
//!
//! A symbol that the first source cannot price is asked of the next that can; the answer says whose
//! it is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::{Currency, Price, Ticker};
use futures::future::join_all;
use futures::stream::{self, BoxStream, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::timeout;

use crate::source::upstream::unavailable;
use crate::source::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
};

/// Every configured source. Clones share them.
#[derive(Clone)]
pub struct Chain {
    sources: Arc<[Arc<dyn MarketDataSource>]>,
}

/// An answer and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributed<T> {
    /// For a rate crossed from the rates of two sources, both: `ecb+finnhub`.
    pub source: String,
    pub value: T,
}

/// What a search found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub instruments: Vec<Attributed<SourceInstrument>>,
    /// Why some source is not among them.
    pub trouble: Option<SourceError>,
}

/// A ticker whose price is wanted, and the last price it is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub ticker: Ticker,
    pub last: Option<LastPrice>,
}

/// What a ticker cost when it was last asked, from whatever source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastPrice {
    pub price: Price,
    pub currency: Currency,
    pub as_of: Timestamp,
}

/// One answer of the chain.
pub type Priced = (Ticker, Result<Attributed<SourceQuote>, SourceError>);

impl Chain {
    pub fn new(sources: Vec<Arc<dyn MarketDataSource>>) -> Self {
        let sources = sources.into();
        Self { sources }
    }

    /// Whether a stored price of this source may be shown.
    pub fn has(&self, source: &str) -> bool {
        let is_known = |part| self.sources.iter().any(|known| known.name() == part);
        source.split('+').all(is_known)
    }

    /// Exactly one answer for each ticker, in any order, as they arrive.
    pub fn quotes(&self, ask: Ask, wanted: Vec<Wanted>) -> BoxStream<'_, Priced> {
        stream::once(self.asked_in_turn(ask, wanted))
            .flat_map(stream::iter)
            .boxed()
    }

    async fn asked_in_turn(&self, ask: Ask, wanted: Vec<Wanted>) -> Vec<Priced> {
        let mut found = Vec::new();
        let mut left: BTreeMap<Ticker, SourceError> = wanted
            .into_iter()
            .map(|wanted| (wanted.ticker, SourceError::UnknownSymbol))
            .collect();
        for source in &*self.sources {
            let asked: Vec<Ticker> = left
                .keys()
                .filter(|ticker| source.answers(Question::Quote, ticker))
                .cloned()
                .collect();
            let mut answers = source.quotes(ask, &asked);
            while let Some((ticker, answer)) = answers.next().await {
                match answer {
                    Ok(value) => {
                        left.remove(&ticker);
                        found.push((ticker, Ok(attributed(source, value))));
                    }
                    Err(error) => {
                        left.insert(ticker, error);
                    }
                }
            }
        }
        found.extend(left.into_iter().map(|(ticker, error)| (ticker, Err(error))));
        found
    }

    /// What the ticker stands for, from the first source that knows.
    ///
    /// # Errors
    ///
    /// `UnknownSymbol` when every source that could be asked says so.
    pub async fn instrument(
        &self,
        ask: Ask,
        ticker: &Ticker,
    ) -> Result<Attributed<SourceInstrument>, SourceError> {
        let mut error = SourceError::UnknownSymbol;
        for source in self.answering(Question::Instrument, ticker) {
            match source.instrument(ask, ticker).await {
                Ok(value) => return Ok(attributed(source, value)),
                Err(trouble) => error = trouble,
            }
        }
        Err(error)
    }

    /// Daily closes from the first source that has them.
    ///
    /// # Errors
    ///
    /// As for [`instrument`](Self::instrument).
    pub async fn history(
        &self,
        ask: Ask,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<Attributed<SourceHistory>, SourceError> {
        let mut error = SourceError::UnknownSymbol;
        for source in self.answering(Question::History, ticker) {
            match source.history(ask, ticker, from, to).await {
                Ok(value) => return Ok(attributed(source, value)),
                Err(trouble) => error = trouble,
            }
        }
        Err(error)
    }

    /// What every source that can search finds, all asked at once; none is waited for longer than
    /// `limit`.
    pub async fn search(&self, ask: Ask, text: &str, limit: Duration) -> Found {
        let asked = self.sources.iter().filter(|source| source.can_search());
        let answers = join_all(asked.map(async |source| {
            let answer = timeout(limit, source.search(ask, text)).await;
            (
                source,
                answer.unwrap_or_else(|_| Err(unavailable("it took too long"))),
            )
        }));
        let mut found = Found::default();
        for (source, answer) in answers.await {
            match answer {
                Ok(instruments) => {
                    let instruments = instruments.into_iter();
                    let instruments = instruments.map(|value| attributed(source, value));
                    found.instruments.extend(instruments);
                }
                Err(error) => found.trouble = Some(error),
            }
        }
        found
    }

    fn answering<'a>(
        &'a self,
        question: Question,
        ticker: &'a Ticker,
    ) -> impl Iterator<Item = &'a Arc<dyn MarketDataSource>> {
        self.sources
            .iter()
            .filter(move |source| source.answers(question, ticker))
    }
}

fn attributed<T>(source: &Arc<dyn MarketDataSource>, value: T) -> Attributed<T> {
    let source = source.name().to_owned();
    Attributed { source, value }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.sources.iter().map(|source| source.name()))
            .finish()
    }
}
