//! One fetch: the table for years this process does not hold, the sources for what is missing.
//!
//! A fetch runs as a task of its own and goes on when nobody waits any more. Everybody is answered
//! before anything is stored: what a crash in between loses is fetched again.

use std::sync::Arc;
use std::time::Duration;

use domain::Ticker;
use jiff::SignedDuration;
use jiff::civil::Date;
use tokio::time::timeout;

use super::doubt::Evidence;
use super::flight::Departure;
use super::inquiry::Inquiry;
use super::merge::{Told, merged};
use super::{Reason, Shared, Trouble, Wanted, Years};
use crate::source::{Ask, SourceError};
use crate::store::prices::{self, PriceYear};
use crate::store::quotes;
use crate::underway::Work;

/// A table that is slower than this is passed over.
const TABLE_LIMIT: Duration = Duration::from_secs(1);
/// When a close that should be there is asked for again.
const UNPUBLISHED_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// What a fetch found, for everybody who waits for it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) years: Years,
    pub(super) missing: Option<Reason>,
}

pub(super) fn spawn(shared: Arc<Shared>, ticker: Ticker, wanted: Wanted, departure: Departure) {
    let fetch = Fetch {
        _work: shared.fetches.begin(),
        years: shared.held(&ticker, wanted),
        shared,
        ticker,
        wanted,
        brought: Vec::new(),
    };
    tokio::spawn(fetch.run(departure));
}

struct Fetch {
    shared: Arc<Shared>,
    ticker: Ticker,
    wanted: Wanted,
    years: Years,
    /// Years that are to be stored.
    brought: Vec<i16>,
    _work: Work,
}

impl Fetch {
    async fn run(mut self, departure: Departure) {
        self.ask_table().await;
        let missing = match self.ask_sources().await {
            Ok(()) => None,
            Err(trouble) => {
                self.shared.troubles.insert(self.ticker.clone(), trouble);
                Some(trouble.why)
            }
        };
        let years = self.years.clone();
        departure.land(Found { years, missing });
        self.store().await;
    }

    /// Brings back what an earlier process, or another one, has stored.
    async fn ask_table(&mut self) {
        let Some((from, to)) = self.wanted.missing(&self.years) else {
            return;
        };
        let stored = self.stored(from.year(), to.year()).await;
        for (year, stored) in stored {
            let held = self.years.get(&year).and_then(|held| held.covered_to());
            if stored.covered_to() > held {
                self.remember(year, stored);
            }
        }
    }

    async fn stored(&self, first: i16, last: i16) -> Vec<(i16, PriceYear)> {
        let ticker = &self.ticker;
        let load = prices::load_years(&self.shared.table, ticker, first, last);
        match timeout(TABLE_LIMIT, load).await {
            Ok(Ok(stored)) => {
                let counts = |(_, year): &(i16, PriceYear)| self.shared.counts(year);
                stored.into_iter().filter(counts).collect()
            }
            Ok(Err(error)) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, %ticker, "a stored history could not be read");
                Vec::new()
            }
            Err(_) => {
                tracing::warn!(%ticker, "reading a stored history took too long");
                Vec::new()
            }
        }
    }

    async fn ask_sources(&mut self) -> Result<(), Trouble> {
        let Some((from, to)) = self.wanted.missing(&self.years) else {
            return Ok(());
        };
        if let Some(why) = self.shared.trouble(&self.ticker, from) {
            let trouble = self.shared.troubles.get(&self.ticker);
            return Err(trouble.unwrap_or_else(|| self.shared.failed(why)));
        }
        let told = self.told(from, to).await.map_err(|error| {
            if error == SourceError::UnknownSymbol {
                tracing::debug!(ticker = %self.ticker, "{error}");
            } else {
                tracing::warn!(ticker = %self.ticker, "no history: {error}");
            }
            self.shared.failed(Reason::from(&error))
        })?;
        let known = Years::new();
        let known = if told.replaces { &known } else { &self.years };
        for (year, known) in merged(known, &told) {
            self.brought.push(year);
            self.remember(year, known);
        }
        if told.to < to {
            return Err(Trouble {
                why: told.why_short,
                from: super::day_after(told.to),
                until: self.shared.after(UNPUBLISHED_PAUSE),
            });
        }
        self.shared.troubles.invalidate(&self.ticker);
        Ok(())
    }

    async fn told(&self, from: Date, to: Date) -> Result<Told, SourceError> {
        let (now, evidence) = (self.shared.clock.now(), self.evidence().await);
        let is_new = evidence.quote.is_none() && evidence.years.is_empty();
        let inquiry = Inquiry {
            shared: &self.shared,
            ticker: &self.ticker,
            ask: if is_new {
                Ask::discovering(now)
            } else {
                Ask::waiting(now)
            },
            completed: self.wanted.completed,
            evidence,
        };
        inquiry.told(&|_| true, from, to).await
    }

    async fn evidence(&self) -> Evidence {
        let ticker = &self.ticker;
        let stored = self.stored(0, Date::MAX.year()).await.into_iter();
        let mut years: Years = stored
            .map(|(year, stored)| (year, Arc::new(stored)))
            .collect();
        // What is in memory may not be stored yet.
        let kept = |year: i16| Some((year, self.shared.years.get(&(ticker.clone(), year))?));
        let beside = self.wanted.from.year() - 1..=self.wanted.to.year() + 1;
        years.extend(beside.filter_map(kept));
        years.extend(self.years.clone());
        let quoted = quotes::load_many(&self.shared.table, std::slice::from_ref(ticker)).await;
        let quote = quoted.ok().and_then(|mut quotes| quotes.pop());
        let quote = quote.map(|(_, quote)| quote);
        Evidence {
            named: ticker.quoted_in(),
            years,
            quote: quote.filter(|quote| self.shared.chain.has(&quote.source)),
        }
    }

    fn remember(&mut self, year: i16, known: PriceYear) {
        let known = Arc::new(known);
        self.shared
            .years
            .insert((self.ticker.clone(), year), Arc::clone(&known));
        self.years.insert(year, known);
    }

    async fn store(self) {
        let Self {
            shared,
            ticker,
            years,
            brought,
            ..
        } = &self;
        for (year, known) in brought.iter().filter_map(|year| years.get_key_value(year)) {
            let counts = |stored: &PriceYear| shared.counts(stored);
            if let Err(error) = prices::keep(&shared.table, ticker, *year, known, counts).await {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, %ticker, year, "a history could not be stored");
            }
        }
    }
}

impl Shared {
    /// Whether a stored year may be shown: prices of sources no longer asked, above all simulated
    /// ones, never stand in.
    fn counts(&self, stored: &PriceYear) -> bool {
        let is_ours = stored.spans.iter().all(|span| self.chain.has(&span.source));
        is_ours && !stored.is_forgotten(self.clock.now()) && stored.closes.closes().is_ok()
    }

    fn failed(&self, why: Reason) -> Trouble {
        let pause = match why {
            Reason::UnknownSymbol => self.unknown,
            _ => self.failure_pause,
        };
        let until = self.after(pause);
        let from = Date::MIN;
        Trouble { why, from, until }
    }

    fn after(&self, pause: SignedDuration) -> jiff::Timestamp {
        let now = self.clock.now();
        now.saturating_add(pause).unwrap_or(jiff::Timestamp::MAX)
    }
}
