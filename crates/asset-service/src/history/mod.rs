//! The read path of histories: cache, then table, then the sources for what is missing.
//!
//! | To find | Read |
//! |---|---|
//! | how a year is packed | `packed` |
//! | which days have a close, and are over | `days` |
//! | that one fetch serves everybody | `flight` |
//! | a fetch: table, source, merging, storing | `fetch`, [`merge`] |
//! | which answers are believed | `inquiry`, [`doubt`] |
//! | gaps, segments, weeks and months | `series` |
//! | splits and dividends taken out of closes | [`adjust`] |
//!
//! Whole years are fetched, and afterwards only the missing tail. Invariant: a close is what a
//! source said of a session that is over; a day without one stays a gap.

mod adjust;
pub(crate) mod days;
mod doubt;
mod fetch;
mod flight;
mod inquiry;
mod merge;
mod packed;
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
use self::flight::Flights;
pub(crate) use self::packed::Packed;
use crate::chain::Chain;
use crate::config::AssetConfig;
use crate::source::SourceError;
use crate::store::prices::PriceYear;
use crate::underway::Underway;

/// What a year takes in memory besides its packed closes, the cache's own entry among it: measured
/// with `benches/history.rs`.
const ENTRY_BYTES: usize = 860;
const ACTION_BYTES: usize = 64;

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
    /// What the sources are not asked again for the time being.
    troubles: moka::sync::Cache<Ticker, Trouble>,
    flights: Arc<Flights>,
    fetches: Underway,
}

/// Years that are known.
pub(crate) type Years = BTreeMap<i16, Arc<PriceYear>>;

/// What is known of a range of days.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) years: Years,
    /// The last session that is over.
    pub(crate) completed: Date,
    /// Why something up to there is missing.
    pub(crate) missing: Option<Reason>,
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
    fn missing(self, years: &Years) -> Option<(Date, Date)> {
        let first_missing = |year: i16| {
            let covered = years.get(&year).and_then(|known| known.covered_to());
            let end = end_of(year);
            match covered {
                Some(covered) if covered >= end.min(self.to) => None,
                Some(covered) => Some(day_after(covered)),
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
            troubles: moka::sync::Cache::new(config.cached_symbols.into()),
            flights: Arc::default(),
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
        let known = |years: Years, why: Option<Reason>| {
            let missing = wanted.missing(&years).and(why);
            Known {
                years,
                completed,
                missing,
            }
        };
        loop {
            let years = self.0.held(ticker, wanted);
            let Some((first_missing, _)) = wanted.missing(&years) else {
                return known(years, None);
            };
            // Years that are not in memory may still be in the table.
            let is_all_held = wanted.years().all(|year| years.contains_key(&year));
            if let Some(trouble) = self
                .0
                .trouble(ticker, first_missing)
                .filter(|_| is_all_held)
            {
                return known(years, Some(trouble));
            }
            let (flight, departure) = self.0.flights.board(ticker);
            let is_own = departure.is_some();
            if let Some(departure) = departure {
                fetch::spawn(Arc::clone(&self.0), ticker.clone(), wanted, departure);
            }
            match timeout_at(deadline, flight).await {
                Ok(Ok(found)) if is_own => return known(found.years, found.missing),
                // Somebody else's fetch may have been for other days.
                Ok(Ok(_)) => {}
                Ok(Err(_)) => {
                    return known(self.0.held(ticker, wanted), Some(Reason::SourceUnavailable));
                }
                Err(_) => return known(self.0.held(ticker, wanted), Some(Reason::StillFetching)),
            }
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
    fn held(&self, ticker: &Ticker, wanted: Wanted) -> Years {
        wanted
            .years()
            .filter_map(|year| Some((year, self.years.get(&(ticker.clone(), year))?)))
            .filter(|(_, known)| !known.is_forgotten(self.clock.now()))
            .collect()
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
