//! Whose turn it is, and for how long.

use std::time::Duration;

use domain::Ticker;
use futures::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::{Attributed, Chain, attributed, too_slow, worse};
use crate::source::{MarketDataSource, Question, SourceError};

/// Less than this is no time to answer in.
const SHORTEST_SHARE: Duration = Duration::from_millis(300);
/// For how long after the deadline an answer is of use to those who come later.
pub(super) const OVERTIME: Duration = Duration::from_secs(8);

/// Which of the sources may be asked.
pub(crate) type Among<'a> = &'a (dyn Fn(&dyn MarketDataSource) -> bool + Sync);

pub(super) fn anyone(_: &dyn MarketDataSource) -> bool {
    true
}

/// The sources that cover one ticker.
pub(super) struct Turns<'a> {
    sources: Vec<&'a dyn MarketDataSource>,
    deadline: Instant,
}

impl<'a> Turns<'a> {
    pub(super) fn new(
        chain: &'a Chain,
        question: Question,
        ticker: &Ticker,
        deadline: Instant,
    ) -> Self {
        let covers = |source: &&dyn MarketDataSource| source.answers(question, ticker);
        Self {
            sources: chain.sources().filter(covers).collect(),
            deadline,
        }
    }

    pub(super) fn among(mut self, among: Among<'_>) -> Self {
        self.sources.retain(|source| among(*source));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// The first answer.
    pub(super) async fn ask<T>(
        &self,
        question: impl Fn(&'a dyn MarketDataSource) -> BoxFuture<'a, Result<T, SourceError>>,
    ) -> Result<Attributed<T>, SourceError> {
        self.ask_until(question, |_| true).await
    }

    /// The first answer that says something. That there is nothing is believed once every source
    /// has said so, or does not know the symbol.
    pub(super) async fn ask_until<T>(
        &self,
        question: impl Fn(&'a dyn MarketDataSource) -> BoxFuture<'a, Result<T, SourceError>>,
        says_something: impl Fn(&T) -> bool,
    ) -> Result<Attributed<T>, SourceError> {
        let mut nothing = None;
        let mut why = SourceError::UnknownSymbol;
        for (turn, source) in self.sources.iter().enumerate() {
            let until = end_of_turn(&self.sources[turn..], self.deadline);
            let answer = timeout_at(until, question(*source)).await;
            match answer.unwrap_or_else(|_| Err(too_slow())) {
                Ok(value) if says_something(&value) => return Ok(attributed(*source, value)),
                Ok(value) => nothing = nothing.or(Some(attributed(*source, value))),
                Err(error) => why = worse(why, error),
            }
        }
        match (nothing, why) {
            (Some(nothing), SourceError::UnknownSymbol) => Ok(nothing),
            (_, why) => Err(why),
        }
    }
}

/// When the first of these must have answered: it shares the time left with those after it, except
/// those that are left alone and will not need any. The last one need not hurry: whoever waits goes
/// away at the deadline, and what comes later is kept.
pub(super) fn end_of_turn(sources: &[&dyn MarketDataSource], deadline: Instant) -> Instant {
    let now = Instant::now();
    let later = sources.iter().skip(1).filter(|source| {
        let upstream = source.upstream();
        upstream.is_none_or(|upstream| !upstream.is_left_alone())
    });
    let later = u32::try_from(later.count()).unwrap_or(u32::MAX);
    if later == 0 {
        return deadline + OVERTIME;
    }
    let share = deadline.saturating_duration_since(now) / later.saturating_add(1);
    deadline.min(now + share.max(SHORTEST_SHARE))
}
