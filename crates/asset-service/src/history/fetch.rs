//! One fetch: the table for years this process does not hold, the sources for what is missing.
//!
//! A fetch runs as a task of its own and goes on when nobody waits any more. Everybody is answered
//! before anything is stored: what a crash in between loses is fetched again.

use std::sync::Arc;
use std::time::Duration;

use domain::Ticker;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::join;

use super::doubt::Evidence;
use super::inquiry::Inquiry;
use super::merge::{self, Told, joined, merged};
use super::{Held, Leader, Reason, Shared, Trouble, Wanted, Years};
use crate::source::{Ask, SourceError};
use crate::store::prices::{self, EarlyYears, PriceYear};
use crate::store::{disputes, quotes, read_within};
use crate::underway::Work;

/// No price is older.
const EARLIEST_YEAR: i16 = 1900;
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
    /// Years that no longer count, as of when.
    replaced: Vec<(i16, Timestamp)>,
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
            replaced: Vec::new(),
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
        let (mut stored, early) = join!(self.stored(from.year(), to.year()), self.stored_early());
        let is_newer = |(year, stored): &(i16, PriceYear)| {
            let held = self.held.years.get(year);
            held.is_some_and(|held| stored.verified_at() > held.verified_at())
        };
        if stored.iter().any(is_newer) {
            // Another process has asked for it anew.
            let wanted = self.wanted;
            let anew = self.stored(wanted.from.year(), wanted.to.year()).await;
            if !anew.is_empty() {
                (EARLIEST_YEAR..=wanted.completed.year()).for_each(|year| self.forget(year));
                self.remember_early(None);
                stored = anew;
            }
        }
        if self.held.early.is_none()
            && let Some(early) = early
        {
            // A year that is known is not before the first close, whoever says so.
            let known = stored.iter().map(|(year, _)| *year);
            self.remember_early(early.before(known.chain(self.held.years.keys().copied())));
        }
        for (year, stored) in stored {
            let held = self.held.years.get(&year);
            if held.is_none_or(|held| stored.rank() > held.rank()) {
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
        let known = if told.replaced.is_empty() {
            self.held.years.clone()
        } else {
            Years::new()
        };
        let before = self.held.early.clone();
        let before = before.filter(|before| !merge::is_refuted(before, told));
        let early = match (before, merge::early(&known, told)) {
            (Some(before), Some(newer)) => Some(joined(&before, newer)),
            (None, newer) => newer,
            (Some(before), None) => Some((*before).clone()),
        };
        for (year, known) in merged(&known, early.as_ref(), told) {
            self.bring(year, known);
        }
        for year in told.replaced.iter().copied() {
            if !self.brought.contains(&year) {
                self.replaced.push((year, told.fetched_at));
                self.forget(year);
            }
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
        let held = self.held.years.clone();
        for (year, kept) in beside.filter_map(kept).chain(held) {
            if years
                .get(&year)
                .is_none_or(|stored| stored.rank() <= kept.rank())
            {
                years.insert(year, kept);
            }
        }
        let table = &self.shared.table;
        let load = quotes::load_many(table, std::slice::from_ref(ticker));
        let (quoted, disputed) = join!(
            read_within(TABLE_LIMIT, "a stored quote", load),
            read_within(TABLE_LIMIT, "a dispute", disputes::load(table, ticker)),
        );
        let quote = quoted.and_then(|mut quotes| quotes.pop());
        let quote = quote.map(|(_, quote)| quote);
        Evidence {
            named: ticker.quoted_in(),
            years,
            quote: quote.filter(|quote| self.shared.chain.has(&quote.source)),
            disputed: disputed.flatten(),
        }
    }

    fn remember(&mut self, year: i16, known: PriceYear) {
        let known = Arc::new(known);
        self.shared
            .years
            .insert((self.ticker.clone(), year), Arc::clone(&known));
        self.held.years.insert(year, known);
    }

    fn forget(&mut self, year: i16) {
        self.held.years.remove(&year);
        self.shared.years.invalidate(&(self.ticker.clone(), year));
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
        for (year, since) in &self.replaced {
            let dropped = prices::drop_older(&shared.table, ticker, *year, *since).await;
            failed = failed.or(dropped.err());
        }
        let counts = |stored: &PriceYear| shared.counts(stored);
        let brought = self.brought.iter();
        for (year, known) in brought.filter_map(|year| years.get_key_value(year)) {
            let kept = prices::keep(&shared.table, ticker, *year, known, counts).await;
            failed = failed.or(kept.err());
        }
        if self.brought_early {
            let kept = prices::keep_early(&shared.table, ticker, early.as_deref(), counts).await;
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

    pub(super) fn after(&self, pause: SignedDuration) -> Timestamp {
        let now = self.clock.now();
        now.saturating_add(pause).unwrap_or(Timestamp::MAX)
    }
}
