//! Describing one instrument, and whose word about its currency counts.
//!
//! The table only answers when no source does, which is the other way round than for prices: a
//! description does not age, and a source that answers knows better. Except about the currency.
//! One description is one unconfirmed voice, and an investment recorded without a currency takes it
//! from there.
//! Invariant: what is shown and stored is in the currency of the last price that was believed. Before
//! there was any, it is in the one described before; a source that contradicts that leaves the
//! instrument without a description until a price decides.

use std::pin::pin;
use std::sync::Arc;

use domain::{Currency, Ticker};
use jiff::Timestamp;
use tokio::join;
use tokio::time::{Instant, timeout_at};

use super::{FOUND_FOR, Instruments, Shared, described};
use crate::chain::{Attributed, too_slow};
use crate::single_flight::Leader;
use crate::source::upstream::unavailable;
use crate::source::{Ask, Refusal, SourceError, SourceInstrument};
use crate::store::instruments::{self, Description};
use crate::store::read_within;

type Answer = Result<Option<Arc<Description>>, SourceError>;
type Asked = Result<Attributed<SourceInstrument>, SourceError>;

/// What is known of one instrument.
#[derive(Debug)]
pub(super) struct Known {
    /// No description is a symbol that no source knows.
    answer: Answer,
    /// From then on the sources are asked again.
    until: Timestamp,
}

/// What was known before the sources are asked.
struct Before {
    /// The currency that the symbol names, or that of the last price.
    confirmed: Option<Currency>,
    /// In that currency, if it is known.
    stored: Option<Arc<Description>>,
}

impl Instruments {
    /// What the ticker stands for, or nothing if no source knows it.
    ///
    /// # Errors
    ///
    /// The sources give no answer or contradict what is known, and nothing that was stored can
    /// stand in.
    pub(crate) async fn describe(&self, ticker: &Ticker) -> Answer {
        let deadline = Instant::now() + self.0.deadline;
        let known = || {
            let priced_in = self.0.quotes.known_currency(ticker);
            let known = self.0.known.get(ticker);
            known.filter(|known| known.holds(self.0.clock.now(), priced_in))
        };
        if let Some(known) = known() {
            return known.answer.clone();
        }
        let (flight, leader) = self.0.describing.join(ticker, known);
        if let Some(leader) = leader {
            let shared = Arc::clone(&self.0);
            let work = shared.fetches.begin();
            tokio::spawn(async move {
                let _work = work;
                shared.describe(leader, deadline).await;
            });
        }
        match flight.await {
            Ok(known) => known.answer.clone(),
            Err(_) => Err(unavailable("the question broke off")),
        }
    }
}

impl Known {
    fn holds(&self, now: Timestamp, priced_in: Option<Currency>) -> bool {
        let contradicts = |description: &Arc<Description>| {
            priced_in.is_some_and(|priced_in| priced_in != description.currency)
        };
        let found = self.answer.as_ref().ok().and_then(Option::as_ref);
        now < self.until && !found.is_some_and(contradicts)
    }
}

impl Shared {
    /// Answers everybody by the deadline. What the sources say later is of use to those who come
    /// later.
    async fn describe(&self, leader: Leader<Ticker, Arc<Known>>, deadline: Instant) {
        let ticker = leader.key().clone();
        let Ok(before) = timeout_at(deadline, self.before(&ticker)).await else {
            return;
        };
        let now = self.clock.now();
        let ask = match before.currency() {
            Some(_) => Ask::waiting(now),
            None => Ask::discovering(now),
        };
        let mut asked = pin!(self.chain.instrument(ask, &ticker, before.currency()));
        let known = if let Ok(asked) = timeout_at(deadline, &mut asked).await {
            let known = self.conclude(&ticker, asked, &before);
            leader.finish(Arc::clone(&known));
            known
        } else {
            leader.finish(self.conclude(&ticker, Err(too_slow()), &before));
            let Ok(late) = asked.await else { return };
            self.conclude(&ticker, Ok(late), &before)
        };
        if let Ok(Some(description)) = &known.answer {
            self.keep(description).await;
        }
    }

    async fn before(&self, ticker: &Ticker) -> Before {
        let load = instruments::load(&self.table, ticker);
        let (priced_in, stored) = join!(
            self.quotes.currency(ticker),
            read_within(self.deadline / 4, "a stored description", load),
        );
        let confirmed = ticker.quoted_in().or(priced_in);
        let agrees = |stored: &Description| confirmed.is_none_or(|known| known == stored.currency);
        // A source no longer asked may mean another thing by the same symbol.
        let stands_in = |stored: &Description| self.chain.has(&stored.source) && agrees(stored);
        let stored = stored.flatten().filter(stands_in).map(Arc::new);
        Before { confirmed, stored }
    }

    fn conclude(&self, ticker: &Ticker, asked: Asked, before: &Before) -> Arc<Known> {
        let (answer, kept_for) = match asked {
            Ok(found) => (Ok(Some(Arc::new(described(found)))), FOUND_FOR),
            Err(SourceError::UnknownSymbol) => (Ok(None), self.ages.unknown),
            Err(error) => {
                tracing::warn!(%ticker, "no description: {error}");
                (before.instead_of(error), self.ages.failure_pause)
            }
        };
        let until = self.after(kept_for);
        let known = Arc::new(Known { answer, until });
        self.known.insert(ticker.clone(), Arc::clone(&known));
        known
    }

    async fn keep(&self, description: &Description) {
        if let Err(error) = instruments::keep(&self.table, description).await {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, "a description could not be stored");
        }
    }
}

impl Before {
    fn currency(&self) -> Option<Currency> {
        let stored = self.stored.as_ref().map(|stored| stored.currency);
        self.confirmed.or(stored)
    }

    /// What was stored stands in, unless all that speaks for its currency has been contradicted.
    fn instead_of(&self, error: SourceError) -> Answer {
        let is_contradicted = self.confirmed.is_none()
            && matches!(
                error,
                SourceError::Refused {
                    reason: Refusal::WrongCurrency,
                    ..
                }
            );
        let stored = self.stored.clone().filter(|_| !is_contradicted);
        stored.map(Some).ok_or(error)
    }
}
