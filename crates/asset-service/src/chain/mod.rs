//! The sources in their configured order, asked one after the other until one answers.
//!
//! A symbol goes to the first source that covers it and, if that one fails, to the next. Each gets a
//! fair share of the time left ([`turns`]), so that one that hangs leaves time for the others. What
//! they say about a price is weighed ([`doubt`]) before it is believed. A currency pair that nobody
//! quotes is crossed from two that somebody does ([`crossing`]).
//!
//! Not here: which source can be asked at present. Every source's upstream answers at once when it
//! is left alone or its calls are spent.
//!
//! Invariant: a symbol is unknown only if every source that covers it says so; when one of them
//! failed otherwise, it is unavailable.

mod batch;
mod crossing;
mod doubt;
mod doubts;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::{Currency, Price, Ticker};
use futures::channel::mpsc;
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, FuturesUnordered, StreamExt};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::{Instant, timeout_at};

use self::batch::Batch;
pub(crate) use self::doubt::{is_close, is_jump};
use self::doubts::Doubts;
pub(crate) use self::turns::Among;
use self::turns::Turns;
use crate::config::AssetConfig;
use crate::source::upstream::unavailable;
use crate::source::{
    Ask, MarketDataSource, Purpose, Question, Refusal, SourceError, SourceHistory,
    SourceInstrument, SourceQuote,
};

/// How long work behind the scenes waits for an answer: nobody is kept waiting by it.
const BACKGROUND: Duration = Duration::from_secs(10);

/// Every configured source. Clones share them.
#[derive(Clone)]
pub struct Chain(Arc<Shared>);

struct Shared {
    sources: Vec<Arc<dyn MarketDataSource>>,
    deadline: Duration,
    /// The currencies through which a rate may be crossed, first to last.
    bases: Vec<Currency>,
    doubts: Doubts,
}

/// An answer and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributed<T> {
    /// For a rate crossed from the rates of two sources, both: `ecb+finnhub`.
    pub source: String,
    pub value: T,
}

/// What one source finds.
pub(crate) type Searched = Result<Vec<Attributed<SourceInstrument>>, SourceError>;

/// A ticker whose price is wanted, and what its price is measured against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub ticker: Ticker,
    pub last: Option<LastPrice>,
    /// Of the last price, however old, or else of the instrument's description.
    pub currency: Option<Currency>,
}

/// What a ticker cost when it was last asked, from whatever source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastPrice {
    pub price: Price,
    pub as_of: Timestamp,
}

/// One answer of the chain.
pub type Priced = (Ticker, Result<Attributed<SourceQuote>, SourceError>);

impl Chain {
    pub fn new(config: &AssetConfig, sources: Vec<Arc<dyn MarketDataSource>>) -> Self {
        Self(Arc::new(Shared {
            sources,
            deadline: config.deadline(),
            bases: config.fx_bases.clone(),
            doubts: Doubts::default(),
        }))
    }

    /// Whether a stored price of this source may be shown.
    pub fn has(&self, source: &str) -> bool {
        let is_known = |part| self.sources().any(|known| known.name() == part);
        source.split('+').all(is_known)
    }

    /// When there will be something newer than a quote, where every source that it is from and every
    /// one that covers the symbol says so at set times only.
    pub(crate) fn next_publication(
        &self,
        ticker: &Ticker,
        source: &str,
        as_of: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let concerns = |known: &&dyn MarketDataSource| {
            source.split('+').any(|part| part == known.name())
                || known.answers(Question::Quote, ticker)
        };
        let concerned = self.sources().filter(concerns);
        let next = concerned.map(|source| source.next_publication(as_of, now));
        next.collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = &dyn MarketDataSource> {
        self.0.sources.iter().map(|source| &**source)
    }

    /// Counts and logs that something a source said was not believed.
    pub(crate) fn refuse(&self, ticker: &Ticker, source: &str, reason: Refusal, detail: &str) {
        self.0.doubts.refuse(ticker, source, reason, detail);
    }

    /// How often prices of a source were refused since the process began.
    pub(crate) fn refusals(&self, source: &str) -> Vec<(Refusal, u64)> {
        self.0.doubts.refusals(source)
    }

    /// Exactly one answer for each ticker, in any order, as they arrive.
    pub fn quotes(&self, ask: Ask, wanted: Vec<Wanted>) -> BoxStream<'_, Priced> {
        let (found, answers) = mpsc::unbounded();
        let work = Batch::new(self, ask, found).run(wanted).into_stream();
        stream::select(answers, work.filter_map(|()| future::ready(None))).boxed()
    }

    /// What the ticker stands for, from the first source that knows. A source that says it is in
    /// another currency than is known is not believed.
    ///
    /// # Errors
    ///
    /// `UnknownSymbol` when every source that covers it says so, `Refused` when one is not believed.
    pub async fn instrument(
        &self,
        ask: Ask,
        ticker: &Ticker,
        known_in: Option<Currency>,
    ) -> Result<Attributed<SourceInstrument>, SourceError> {
        let turns = Turns::new(self, Question::Instrument, ticker, self.deadline(ask));
        turns
            .ask(|source| {
                async move {
                    let found = source.instrument(ask, ticker).await?;
                    match known_in.filter(|known| *known != found.currency) {
                        Some(known) => Err(self.refuse_description(source, &found, known)),
                        None => Ok(found),
                    }
                }
                .boxed()
            })
            .await
    }

    fn refuse_description(
        &self,
        source: &dyn MarketDataSource,
        found: &SourceInstrument,
        known: Currency,
    ) -> SourceError {
        let detail = format!("it is described in {} and not in {known}", found.currency);
        let reason = Refusal::WrongCurrency;
        self.refuse(&found.ticker, source.name(), reason, &detail);
        SourceError::refused(reason, detail)
    }

    /// Daily closes from the first source that has them. Those of a pair that nobody has are crossed.
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
        self.history_from(&turns::anyone, ask, ticker, from, to)
            .await
    }

    /// As [`history`](Self::history), from those sources only.
    ///
    /// # Errors
    ///
    /// As for [`history`](Self::history), and `Unavailable` when none is left.
    pub(crate) async fn history_from(
        &self,
        among: Among<'_>,
        ask: Ask,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<Attributed<SourceHistory>, SourceError> {
        let deadline = self.deadline(ask);
        let days = crossing::Days {
            among,
            ask,
            from,
            to,
            deadline,
        };
        match (days.direct(self, ticker).await, ticker.as_fx_pair()) {
            (Err(SourceError::UnknownSymbol), Some(pair)) => days.crossed(self, pair).await,
            (answer, _) => answer,
        }
    }

    /// What every source that can search finds, all asked at once: the answers as they come, each with
    /// the place of its source. Whoever waits goes away at the deadline, and what comes later is kept.
    pub(crate) fn search<'a>(
        &'a self,
        ask: Ask,
        text: &'a str,
    ) -> FuturesUnordered<BoxFuture<'a, (usize, Searched)>> {
        let until = self.deadline(ask) + turns::OVERTIME;
        let sources = self.sources().enumerate();
        let asked = sources.filter(|(_, source)| source.can_search());
        let answers = asked.map(|(place, source)| {
            async move {
                let answer = timeout_at(until, source.search(ask, text)).await;
                let found = answer.unwrap_or_else(|_| Err(too_slow()))?;
                let found = found.into_iter();
                Ok(found.map(|value| attributed(source, value)).collect())
            }
            .map(move |answer| (place, answer))
            .boxed()
        });
        answers.collect()
    }

    fn deadline(&self, ask: Ask) -> Instant {
        Instant::now()
            + match ask.purpose {
                Purpose::Request | Purpose::Discovery => self.0.deadline,
                Purpose::Background => BACKGROUND.max(self.0.deadline),
            }
    }
}

fn attributed<T>(source: &dyn MarketDataSource, value: T) -> Attributed<T> {
    let source = source.name().to_owned();
    Attributed { source, value }
}

pub(crate) fn too_slow() -> SourceError {
    unavailable("it took too long")
}

/// What several sources that gave no answer amount to. That one of them failed says more than that
/// another does not know the symbol, and what one of them said wrong says more than either.
fn worse(known: SourceError, other: SourceError) -> SourceError {
    let weight = |error: &SourceError| match error {
        SourceError::UnknownSymbol => 0,
        SourceError::Unavailable(_) => 1,
        SourceError::Refused { .. } => 2,
    };
    if weight(&other) > weight(&known) {
        other
    } else {
        known
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.sources().map(MarketDataSource::name))
            .finish()
    }
}
