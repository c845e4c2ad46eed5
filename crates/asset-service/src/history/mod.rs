//! The read path of histories: cache, then table, then the sources for what is missing.
//!
//! | To find | Read |
//! |---|---|
//! | how a year is packed | `packed` |
//! | which days have a close, and are over | `days` |
//! | that one fetch serves everybody | [`SingleFlight`] |
//! | a fetch: table, source, merging, storing | `fetch`, [`merge`] |
//! | which answers are believed | `inquiry`, [`doubt`], `insisting` |
//! | which dividends and splits cannot have been | [`actions`] |
//! | what is asked for again | [`renewal`] |
//! | gaps, segments, weeks and months | `series` |
//! | many histories as columns | `daily` |
//! | splits and dividends taken out of closes | [`adjust`] |
//!
//! Whole years are fetched, and afterwards only the missing tail. Invariant: a close is what a
//! source said of a session that is over; a day without one stays a gap.

mod actions;
mod adjust;
pub(crate) mod daily;
pub(crate) mod days;
mod doubt;
mod fetch;
mod inquiry;
mod insisting;
mod merge;
mod packed;
mod renewal;
pub(crate) mod series;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::Ticker;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use service_kit::Clock;
use store::Table;
use tokio::time::{Instant, timeout_at};

use self::days::{day_after, last_completed};
use self::fetch::{Fetch, Found};
pub(crate) use self::packed::Packed;
use crate::chain::Chain;
use crate::config::AssetConfig;
use crate::single_flight::{self, SingleFlight};
use crate::source::SourceError;
use crate::store::prices::{EarlyYears, PriceYear};
use crate::underway::Underway;

/// What a year takes in memory besides its packed closes, the cache's own entry among it: measured
/// with `benches/history.rs`.
const ENTRY_BYTES: usize = 860;
const ACTION_BYTES: usize = 64;

type Leader = single_flight::Leader<Ticker, Found>;

/// Every history. Clones share what is known.
#[derive(Clone)]
pub(crate) struct History(Arc<Shared>);

struct Shared {
    chain: Chain,
    table: Table,
    clock: Clock,
    deadline: Duration,
    failure_pause: SignedDuration,
    unknown: SignedDuration,
    years: moka::sync::Cache<(Ticker, i16), Arc<PriceYear>>,
    early: moka::sync::Cache<Ticker, Arc<EarlyYears>>,
    /// What the sources are not asked again for the time being.
    troubles: moka::sync::Cache<Ticker, Trouble>,
    /// Until when no known year is asked for again.
    renewals: moka::sync::Cache<Ticker, Timestamp>,
    flights: SingleFlight<Ticker, Found>,
    fetches: Underway,
}

/// Years that are known.
pub(crate) type Years = BTreeMap<i16, Arc<PriceYear>>;

/// What is known of the years that are wanted, and of those before the first close.
#[derive(Debug, Clone, Default)]
struct Held {
    years: Years,
    early: Option<Arc<EarlyYears>>,
}

/// What is known of a range of days.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) ticker: Ticker,
    pub(crate) years: Years,
    pub(crate) early: Option<Arc<EarlyYears>>,
    /// The last session that is over.
    pub(crate) completed: Date,
    /// Why something up to there is missing.
    pub(crate) missing: Option<Reason>,
}

impl Known {
    /// Years in another currency than the last one are not shown beside it.
    fn of(ticker: &Ticker, mut held: Held, wanted: Wanted, why: Option<Reason>) -> Self {
        let missing = wanted.missing(&held).and(why);
        let currency = held.years.values().next_back().map(|year| year.currency);
        let is_foreign = |year: &PriceYear| Some(year.currency) != currency;
        let foreign = held
            .years
            .extract_if(.., |_, year| is_foreign(year))
            .count();
        let refused = (foreign > 0).then_some(Reason::RefusedHistory);
        Self {
            ticker: ticker.clone(),
            years: held.years,
            early: held.early,
            completed: wanted.completed,
            missing: missing.or(refused),
        }
    }
}

/// Why a part of a history is missing. The words are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    UnknownSymbol,
    SourceUnavailable,
    RefusedHistory,
    /// The sources are being asked; nobody waits that long.
    StillFetching,
    /// The session is over, and no source has a close of it yet.
    NotYetPublished,
    ActionsUnknown,
    /// No source that answers reaches back so far.
    OutOfReach,
    /// The first close is later.
    BeforeFirstClose,
    /// There is none in these days, and none later.
    NoCloses,
    /// No session of these days is over.
    NoSessionYet,
}

impl Reason {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::UnknownSymbol => "UNKNOWN_SYMBOL",
            Self::SourceUnavailable => "SOURCE_UNAVAILABLE",
            Self::RefusedHistory => "REFUSED_HISTORY",
            Self::StillFetching => "STILL_FETCHING",
            Self::NotYetPublished => "NOT_YET_PUBLISHED",
            Self::ActionsUnknown => "ACTIONS_UNKNOWN",
            Self::OutOfReach => "OUT_OF_REACH",
            Self::BeforeFirstClose => "BEFORE_FIRST_CLOSE",
            Self::NoCloses => "NO_CLOSES",
            Self::NoSessionYet => "NO_SESSION_YET",
        }
    }
}

impl From<&SourceError> for Reason {
    fn from(error: &SourceError) -> Self {
        match error {
            SourceError::UnknownSymbol => Self::UnknownSymbol,
            SourceError::Unavailable(_) => Self::SourceUnavailable,
            SourceError::Refused { .. } => Self::RefusedHistory,
        }
    }
}

/// Days that were asked for in vain.
#[derive(Debug, Clone, Copy)]
struct Trouble {
    why: Reason,
    /// The first day concerned; everything before may still be asked for.
    from: Date,
    until: Timestamp,
}

/// The days that are wanted, up to the last session that is over.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    from: Date,
    to: Date,
    completed: Date,
}

impl Wanted {
    fn years(self) -> impl Iterator<Item = i16> {
        self.from.year()..=self.to.year()
    }

    /// The days to ask a source for: from the first missing one to the end of the last year that
    /// lacks something.
    fn missing(self, Held { years, early }: &Held) -> Option<(Date, Date)> {
        let first_missing = |year: i16| {
            let covered = years.get(&year).and_then(|known| known.covered_to());
            let end = end_of(year);
            match covered {
                Some(covered) if covered >= end.min(self.to) => None,
                Some(covered) => Some(day_after(covered)),
                None if early.as_ref().is_some_and(|early| early.has(year)) => None,
                None => Date::new(year, 1, 1).ok(),
            }
        };
        let mut lacking = self
            .years()
            .filter_map(|year| Some((year, first_missing(year)?)));
        let (first, from) = lacking.next()?;
        let last = lacking.last().map_or(first, |(last, _)| last);
        Some((from, end_of(last).min(self.completed)))
    }
}

fn end_of(year: i16) -> Date {
    Date::new(year, 12, 31).unwrap_or(Date::MAX)
}

impl History {
    pub(crate) fn new(config: &AssetConfig, chain: Chain, table: Table, clock: Clock) -> Self {
        let ages = config.ages();
        let years = moka::sync::Cache::builder()
            .max_capacity(u64::from(config.history_cache_mb) << 20)
            .weigher(|_, year: &Arc<PriceYear>| {
                let bytes = ENTRY_BYTES + year.closes.len() + ACTION_BYTES * year.actions.len();
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .build();
        Self(Arc::new(Shared {
            chain,
            table,
            clock,
            deadline: config.deadline(),
            failure_pause: ages.failure_pause,
            unknown: ages.unknown,
            years,
            early: moka::sync::Cache::new(config.cached_symbols.into()),
            troubles: moka::sync::Cache::new(config.cached_symbols.into()),
            renewals: moka::sync::Cache::new(config.cached_symbols.into()),
            flights: SingleFlight::default(),
            fetches: Underway::default(),
        }))
    }

    /// What is known of the days, within the deadline; all of it, if the sources answer.
    pub(crate) async fn read(&self, ticker: &Ticker, from: Date, to: Date) -> Known {
        let completed = last_completed(ticker, self.0.clock.now());
        let to = to.min(completed);
        let wanted = Wanted {
            from,
            to,
            completed,
        };
        let deadline = Instant::now() + self.0.deadline;
        let known = |held: Held, why: Option<Reason>| Known::of(ticker, held, wanted, why);
        loop {
            let held = self.0.held(ticker, wanted);
            let Some((first_missing, _)) = wanted.missing(&held) else {
                self.renew(ticker, &held, wanted);
                return known(held, None);
            };
            // Years that are not in memory may still be in the table.
            let is_all_held = wanted.years().all(|year| {
                let is_early = held.early.as_ref().is_some_and(|early| early.has(year));
                is_early || held.years.contains_key(&year)
            });
            if let Some(trouble) = self
                .0
                .trouble(ticker, first_missing)
                .filter(|_| is_all_held)
            {
                self.renew(ticker, &held, wanted);
                return known(held, Some(trouble));
            }
            let (flight, leader) = self.0.flights.join(ticker, || None);
            let is_own = leader.is_some();
            if let Some(leader) = leader {
                tokio::spawn(Fetch::new(&self.0, ticker, wanted).run(leader));
            }
            match timeout_at(deadline, flight).await {
                Ok(Ok(found)) if is_own => {
                    self.renew(ticker, &found.held, wanted);
                    return known(found.held, found.missing);
                }
                // Somebody else's fetch may have been for other days.
                Ok(Ok(_)) => {}
                Ok(Err(_)) => {
                    return known(self.0.held(ticker, wanted), Some(Reason::SourceUnavailable));
                }
                Err(_) => return known(self.0.held(ticker, wanted), Some(Reason::StillFetching)),
            }
        }
    }

    /// Asks again for known years whose time has come, and lets nobody wait for it.
    fn renew(&self, ticker: &Ticker, held: &Held, wanted: Wanted) {
        let shared = &self.0;
        let paused = shared.renewals.get(ticker);
        if paused.is_some_and(|until| shared.clock.now() < until) {
            return;
        }
        let Some(due) = shared.due(ticker, held, wanted) else {
            return;
        };
        if let (_, Some(leader)) = shared.flights.join(ticker, || None) {
            let until = shared.after(renewal::PAUSE);
            shared.renewals.insert(ticker.clone(), until);
            let wanted = Wanted {
                from: due.from,
                to: due.to,
                ..wanted
            };
            let fetch = Fetch::new(shared, ticker, wanted);
            tokio::spawn(fetch.renew(due, leader));
        }
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Waits until no fetch is under way and everything fetched has been stored.
    pub(crate) async fn settled(&self) {
        self.0.fetches.settled().await;
    }
}

impl Shared {
    /// The wanted years that are in memory.
    fn held(&self, ticker: &Ticker, wanted: Wanted) -> Held {
        let now = self.clock.now();
        let years = wanted
            .years()
            .filter_map(|year| Some((year, self.years.get(&(ticker.clone(), year))?)))
            .filter(|(_, known)| !known.is_forgotten(now));
        let early = self.early.get(ticker);
        Held {
            years: years.collect(),
            early: early.filter(|early| !early.is_forgotten(now)),
        }
    }

    /// Why the sources are not asked for these days now.
    fn trouble(&self, ticker: &Ticker, first_missing: Date) -> Option<Reason> {
        let trouble = self.troubles.get(ticker)?;
        let concerns = trouble.from <= first_missing && self.clock.now() < trouble.until;
        concerns.then_some(trouble.why)
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("chain", &self.0.chain)
            .finish_non_exhaustive()
    }
}
