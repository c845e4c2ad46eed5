//! One fetch: the table for years this process does not hold, the sources for what is missing.
//!
//! A fetch runs as a task of its own and goes on when nobody waits any more. Everybody is answered
//! before anything is stored: what a crash in between loses is fetched again.

use std::sync::Arc;
use std::time::Duration;

use domain::Ticker;
use jiff::SignedDuration;
use jiff::civil::Date;
use tokio::join;

use super::doubt::Evidence;
use super::inquiry::Inquiry;
use super::merge::{self, Told, joined, merged};
use super::{Held, Leader, Reason, Shared, Trouble, Wanted, Years};
use crate::source::{Ask, SourceError};
use crate::store::prices::{self, EarlyYears, PriceYear};
use crate::store::{quotes, read_within};
use crate::underway::Work;

/// A table that is slower than this is passed over.
const TABLE_LIMIT: Duration = Duration::from_secs(1);
/// When a close that should be there is asked for again.
const UNPUBLISHED_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// What a fetch found, for everybody who waits for it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) held: Held,
    pub(super) missing: Option<Reason>,
}

pub(super) struct Fetch {
    pub(super) shared: Arc<Shared>,
    pub(super) ticker: Ticker,
    wanted: Wanted,
    pub(super) held: Held,
    /// Years that are to be stored.
    brought: Vec<i16>,
    brought_early: bool,
    _work: Work,
}

impl Fetch {
    pub(super) fn new(shared: &Arc<Shared>, ticker: &Ticker, wanted: Wanted) -> Self {
        Self {
            _work: shared.fetches.begin(),
            held: shared.held(ticker, wanted),
            shared: Arc::clone(shared),
            ticker: ticker.clone(),
            wanted,
            brought: Vec::new(),
            brought_early: false,
        }
    }

    pub(super) async fn run(mut self, leader: Leader) {
        self.ask_table().await;
        let missing = match self.ask_sources().await {
            Ok(()) => None,
            Err(trouble) => {
                self.shared.troubles.insert(self.ticker.clone(), trouble);
                Some(trouble.why)
            }
        };
        let held = self.held.clone();
        leader.finish(Found { held, missing });
        self.store().await;
    }

    /// Brings back what an earlier process, or another one, has stored.
    async fn ask_table(&mut self) {
        let Some((from, to)) = self.wanted.missing(&self.held) else {
            return;
        };
        let (stored, early) = join!(self.stored(from.year(), to.year()), self.stored_early());
        if self.held.early.is_none()
            && let Some(early) = early
        {
            self.remember_early(Some(early));
        }
        for (year, stored) in stored {
            let held = self
                .held
                .years
                .get(&year)
                .and_then(|held| held.covered_to());
            if stored.covered_to() > held {
                self.remember(year, stored);
            }
        }
    }

    async fn stored(&self, first: i16, last: i16) -> Vec<(i16, PriceYear)> {
        let ticker = &self.ticker;
        let load = prices::load_years(&self.shared.table, ticker, first, last);
        let stored = read_within(TABLE_LIMIT, "a stored history", load).await;
        let counts = |(_, year): &(i16, PriceYear)| self.shared.counts(year);
        stored.into_iter().flatten().filter(counts).collect()
    }

    async fn stored_early(&self) -> Option<EarlyYears> {
        let load = prices::load_early(&self.shared.table, &self.ticker);
        // What cannot be read is asked for again.
        let early = read_within(TABLE_LIMIT, "the early years of a history", load).await??;
        let now = self.shared.clock.now();
        let counts = self.shared.chain.has(&early.0.source) && !early.is_forgotten(now);
        counts.then_some(early)
    }

    async fn ask_sources(&mut self) -> Result<(), Trouble> {
        let Some((from, to)) = self.wanted.missing(&self.held) else {
            return Ok(());
        };
        if let Some(why) = self.shared.trouble(&self.ticker, from) {
            let trouble = self.shared.troubles.get(&self.ticker);
            return Err(trouble.unwrap_or_else(|| self.shared.failed(why)));
        }
        let mut inquiry = self.inquiry(Ask::waiting(self.shared.clock.now())).await;
        if inquiry.evidence.is_empty() {
            inquiry.ask = Ask::discovering(inquiry.ask.now);
        }
        let told = inquiry.told(&|_| true, from, to).await.map_err(|error| {
            if error == SourceError::UnknownSymbol {
                tracing::debug!(ticker = %self.ticker, "{error}");
            } else {
                tracing::warn!(ticker = %self.ticker, "no history: {error}");
            }
            self.shared.failed(Reason::from(&error))
        })?;
        self.take_in(&told);
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

    pub(super) fn take_in(&mut self, told: &Told) {
        let known = if told.replaces {
            Years::new()
        } else {
            self.held.years.clone()
        };
        let mut closes = told.history.closes.iter();
        // Years with a close are not before the first one.
        let before = self.held.early.clone();
        let before = before.filter(|before| closes.all(|(date, _)| *date > before.0.to));
        let early = match (before, merge::early(&known, told)) {
            (Some(before), Some(newer)) => Some(joined(&before, newer)),
            (None, newer) => newer,
            (Some(before), None) => Some((*before).clone()),
        };
        for (year, known) in merged(&known, early.as_ref(), told) {
            self.bring(year, known);
        }
        self.bring_early(early);
    }

    pub(super) fn bring(&mut self, year: i16, known: PriceYear) {
        self.brought.push(year);
        self.remember(year, known);
    }

    pub(super) fn bring_early(&mut self, early: Option<EarlyYears>) {
        if early.as_ref() != self.held.early.as_deref() {
            self.brought_early = true;
            self.remember_early(early);
        }
    }

    pub(super) async fn inquiry(&self, ask: Ask) -> Inquiry<'_> {
        Inquiry {
            shared: &self.shared,
            ticker: &self.ticker,
            ask,
            completed: self.wanted.completed,
            evidence: self.evidence().await,
        }
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
        years.extend(self.held.years.clone());
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
        self.held.years.insert(year, known);
    }

    fn remember_early(&mut self, early: Option<EarlyYears>) {
        self.held.early = early.map(Arc::new);
        let (ticker, cache) = (self.ticker.clone(), &self.shared.early);
        match &self.held.early {
            Some(early) => cache.insert(ticker, Arc::clone(early)),
            None => cache.invalidate(&ticker),
        }
    }

    pub(super) async fn store(self) {
        let Self { shared, ticker, .. } = &self;
        let Held { years, early } = &self.held;
        let mut failed = None;
        let brought = self.brought.iter();
        for (year, known) in brought.filter_map(|year| years.get_key_value(year)) {
            let counts = |stored: &PriceYear| shared.counts(stored);
            let kept = prices::keep(&shared.table, ticker, *year, known, counts).await;
            failed = failed.or(kept.err());
        }
        if self.brought_early {
            let kept = prices::keep_early(&shared.table, ticker, early.as_deref()).await;
            failed = failed.or(kept.err());
        }
        if let Some(error) = failed {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, %ticker, "a history could not be stored");
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

    pub(super) fn after(&self, pause: SignedDuration) -> jiff::Timestamp {
        let now = self.clock.now();
        now.saturating_add(pause).unwrap_or(jiff::Timestamp::MAX)
    }
}
