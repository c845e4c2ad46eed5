//! The read path of descriptions: cache, then source, then what was stored.
//!
//! A description is asked for again after an hour at most, and so is a symbol nobody knows. The
//! table only answers when the source does not, which is the other way round than for prices: a
//! description does not age, and a source that answers knows better.
//!
//! A search asks both: what was described before is found in the table, and what the sources find
//! is remembered for an hour for each text.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::Ticker;
use jiff::{SignedDuration, Timestamp};
use service_kit::Clock;
use store::Table;
use tokio::join;
use tokio::time::timeout;

use crate::chain::{Attributed, Chain};
use crate::config::AssetConfig;
use crate::search::{Rank, lookup_word};
use crate::source::{Ask, SourceError, SourceInstrument};
use crate::store::instruments::{self, Description};
use crate::underway::Underway;

const HOUR_SECONDS: i64 = 3_600;
const FOUND_FOR: SignedDuration = SignedDuration::from_hours(1);
const NOTHING_FOUND_FOR: SignedDuration = SignedDuration::from_mins(10);
const REMEMBERED_SEARCHES: u64 = 2_000;

/// The descriptions of every instrument.
#[derive(Clone)]
pub(crate) struct Instruments(Arc<Shared>);

struct Shared {
    chain: Chain,
    table: Table,
    clock: Clock,
    deadline: Duration,
    /// By symbol and hour; `None` is a symbol that the source does not know.
    known: moka::future::Cache<(Ticker, i64), Option<Arc<Description>>>,
    /// By text, what the sources found.
    searches: moka::future::Cache<String, Arc<Found>>,
    failure_pause: SignedDuration,
    /// Descriptions being stored.
    writes: Underway,
}

/// What a search found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) instruments: Vec<Description>,
    /// Whether some source gave no answer.
    pub(crate) is_partial: bool,
    /// From then on the sources are asked again.
    until: Timestamp,
}

impl Instruments {
    pub(crate) fn new(config: &AssetConfig, chain: Chain, table: Table, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            chain,
            table,
            clock,
            deadline: config.deadline(),
            known: moka::future::Cache::new(config.cached_symbols.into()),
            searches: moka::future::Cache::new(REMEMBERED_SEARCHES),
            failure_pause: config.ages().failure_pause,
            writes: Underway::default(),
        }))
    }

    /// What the ticker stands for, or nothing if no source knows it.
    ///
    /// # Errors
    ///
    /// The source gives no answer, and none was stored.
    pub(crate) async fn describe(
        &self,
        ticker: &Ticker,
    ) -> Result<Option<Arc<Description>>, SourceError> {
        let hour = self.0.clock.now().as_second().div_euclid(HOUR_SECONDS);
        let asked = self
            .0
            .known
            .try_get_with((ticker.clone(), hour), self.ask(ticker));
        match asked.await {
            Ok(found) => Ok(found),
            Err(error) => {
                tracing::warn!(%ticker, "{error}");
                let stored = self.stored(ticker).await;
                stored.map(Some).ok_or_else(|| SourceError::clone(&error))
            }
        }
    }

    /// Instruments that resemble the text, each once, in no order: those described before, and
    /// those that the sources find.
    pub(crate) async fn search(&self, text: &str) -> Found {
        let text = text.trim().to_lowercase();
        let (stored, found) = join!(self.find_stored(&text), self.find_at_sources(&text));
        let mut seen = HashSet::new();
        let mut instruments = found.instruments.clone();
        instruments.extend(stored);
        instruments.retain(|found| seen.insert(found.ticker_symbol.clone()));
        Found {
            instruments,
            ..*found
        }
    }

    async fn find_stored(&self, text: &str) -> Vec<Description> {
        let word = lookup_word(text);
        // Nothing but marks begins no word, and must not find everything.
        if word.is_empty() && !text.is_empty() {
            return Vec::new();
        }
        let found = timeout(self.0.deadline, instruments::find(&self.0.table, &word)).await;
        let found = match found {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, "the search index could not be read");
                return Vec::new();
            }
            Err(_) => {
                tracing::warn!("reading the search index took too long");
                return Vec::new();
            }
        };
        let fits = |found: &Description| {
            self.0.chain.has(&found.source)
                && Rank::of(text, &found.ticker_symbol, &found.name) != Rank::Elsewhere
        };
        found.into_iter().filter(fits).collect()
    }

    /// One question for all who search for the same text at the same time.
    async fn find_at_sources(&self, text: &str) -> Arc<Found> {
        let now = self.0.clock.now();
        let entry = self.0.searches.entry_by_ref(text);
        let entry = entry.or_insert_with_if(self.ask_for(text, now), |known| known.until <= now);
        entry.await.into_value()
    }

    async fn ask_for(&self, text: &str, now: Timestamp) -> Arc<Found> {
        let ask = Ask::discovering(now);
        let found = self.0.chain.search(ask, text, self.0.deadline).await;
        if let Some(error) = &found.trouble {
            tracing::warn!("{error}");
        }
        let kept_for = match &found {
            found if found.trouble.is_some() => self.0.failure_pause,
            found if found.instruments.is_empty() => NOTHING_FOUND_FOR,
            _ => FOUND_FOR,
        };
        let mut seen = HashSet::new();
        let mut instruments: Vec<_> = found.instruments.into_iter().map(described).collect();
        instruments.retain(|found| seen.insert(found.ticker_symbol.clone()));
        Arc::new(Found {
            instruments,
            is_partial: found.trouble.is_some(),
            until: now.saturating_add(kept_for).unwrap_or(Timestamp::MAX),
        })
    }

    /// Waits until everything described has been stored.
    pub(crate) async fn settled(&self) {
        self.0.writes.settled().await;
    }

    async fn ask(&self, ticker: &Ticker) -> Result<Option<Arc<Description>>, SourceError> {
        let ask = Ask::waiting(self.0.clock.now());
        let answer = timeout(self.0.deadline, self.0.chain.instrument(ask, ticker)).await;
        match answer.unwrap_or_else(|_| Err(too_slow())) {
            Ok(found) => {
                let description = Arc::new(described(found));
                self.keep(Arc::clone(&description));
                Ok(Some(description))
            }
            Err(SourceError::UnknownSymbol) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores a description behind the scenes.
    fn keep(&self, description: Arc<Description>) {
        let shared = Arc::clone(&self.0);
        let work = shared.writes.begin();
        tokio::spawn(async move {
            let _work = work;
            if let Err(error) = instruments::keep(&shared.table, &description).await {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, "a description could not be stored");
            }
        });
    }

    async fn stored(&self, ticker: &Ticker) -> Option<Arc<Description>> {
        let stored = timeout(self.0.deadline, instruments::load(&self.0.table, ticker)).await;
        match stored.ok()? {
            // A source no longer asked may mean another thing by the same symbol.
            Ok(stored) => stored
                .filter(|stored| self.0.chain.has(&stored.source))
                .map(Arc::new),
            Err(error) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, %ticker, "a stored description could not be read");
                None
            }
        }
    }
}

fn too_slow() -> SourceError {
    SourceError::Unavailable("it took too long".to_owned())
}

fn described(found: Attributed<SourceInstrument>) -> Description {
    let instrument = found.value;
    Description {
        ticker_symbol: instrument.ticker,
        name: instrument.name,
        exchange: instrument.exchange,
        instrument_type: instrument.instrument_type,
        sector: instrument.sector,
        currency: instrument.currency,
        source: found.source,
        indexed_under: BTreeSet::new(),
    }
}

impl fmt::Debug for Instruments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruments")
            .field("chain", &self.0.chain)
            .finish_non_exhaustive()
    }
}
