//! The read path of prices: cache, then table, then source.
//!
//! A quote is fresh for a short time, then refreshed behind the scenes, then waited for. When the
//! source gives none, the last known quote is shown as stale up to a hard age, and after that the
//! symbol is unavailable with a reason. [`entry`] decides all this from the time alone, and
//! [`life`] from the hours of the market; [`SingleFlight`] keeps concurrent requests from asking
//! twice, [`gather`] lets those of one moment ask together, `fetch` asks.
//!
//! Invariant: an answer costs no more than the deadline, and a cached one does no I/O at all.

mod asked;
mod entry;
mod fetch;
mod gather;
mod life;
mod refresh;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api::asset::Quote;
use domain::{Currency, Ticker};
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use service_kit::Clock;
use store::Table;
use tokio::time::{Instant, timeout_at};

use self::asked::Asked;
use self::entry::{Entry, Step};
use self::gather::Gathering;
use crate::chain::Chain;
use crate::config::{Ages, AssetConfig};
use crate::single_flight::{self, Flight, SingleFlight};
use crate::store::quotes::LastQuote;
use crate::store::{quotes, read_within};
use crate::underway::Underway;

pub(crate) use self::entry::{Reason, unavailable};

/// A table that is slower than this is passed over.
const TABLE_LIMIT: Duration = Duration::from_millis(500);

type Leader = single_flight::Leader<Ticker, Arc<Entry>>;

/// The latest quotes of every symbol.
#[derive(Clone)]
pub(crate) struct Quotes(Arc<Shared>);

struct Shared {
    chain: Chain,
    table: Table,
    clock: Clock,
    ages: Ages,
    deadline: Duration,
    known: moka::sync::Cache<Ticker, Arc<Entry>>,
    coalesce: Duration,
    flights: SingleFlight<Ticker, Arc<Entry>>,
    gathering: Gathering,
    asked: Asked,
    /// Fetches, writing to the table included.
    fetches: Underway,
}

/// What is known of one symbol at the time it was asked for.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    symbol: &'a str,
    /// `None` for what cannot be a symbol.
    ticker: Option<Ticker>,
    entry: Option<Arc<Entry>>,
}

/// A place among the readings whose symbol must be fetched.
#[derive(Debug, Clone, Copy)]
struct Due {
    place: usize,
    /// Whether there is nothing to show meanwhile.
    must_wait: bool,
}

impl Quotes {
    pub(crate) fn new(config: &AssetConfig, chain: Chain, table: Table, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            chain,
            table,
            clock,
            ages: config.ages(),
            deadline: config.deadline(),
            known: moka::sync::Cache::new(config.cached_symbols.into()),
            coalesce: Duration::from_millis(config.coalesce_ms.into()),
            flights: SingleFlight::default(),
            gathering: Gathering::default(),
            asked: Asked::new(config),
            fetches: Underway::default(),
        }))
    }

    pub(crate) async fn latest(&self, ticker: &Ticker) -> Quote {
        let readings = self.readings(&[ticker.as_str()]).await;
        let now = self.0.clock.now();
        match readings.first() {
            Some(reading) => self.quote(reading, now),
            None => unavailable(ticker.as_str(), Reason::SourceUnavailable),
        }
    }

    /// What is known of each symbol, in the order asked, within the deadline.
    pub(crate) async fn readings<'a>(&self, symbols: &[&'a str]) -> Vec<Reading<'a>> {
        let now = self.0.clock.now();
        let mut due = Vec::new();
        let mut readings: Vec<Reading<'a>> = Vec::with_capacity(symbols.len());
        for (place, symbol) in symbols.iter().enumerate() {
            let ticker = Ticker::parse(symbol).ok();
            let entry = ticker.as_ref().and_then(|ticker| self.0.known.get(ticker));
            if ticker.is_some() {
                match self.0.step(entry.as_deref(), now) {
                    Step::Answer => {}
                    step => due.push(Due {
                        place,
                        must_wait: step == Step::Ask,
                    }),
                }
            }
            readings.push(Reading {
                symbol,
                ticker,
                entry,
            });
        }
        if !due.is_empty() {
            self.ask(now, &due, &mut readings).await;
        }
        readings
    }

    /// The answer as JSON: the finished one while it is fresh.
    pub(crate) fn json<'a>(
        &self,
        reading: &'a Reading<'_>,
        now: Timestamp,
    ) -> serde_json::Result<Cow<'a, RawValue>> {
        let fresh = reading
            .entry
            .as_deref()
            .and_then(|entry| entry.fresh_json(now));
        match fresh {
            Some(json) => Ok(Cow::Borrowed(json)),
            None => to_raw_value(&self.quote(reading, now)).map(Cow::Owned),
        }
    }

    /// The currency in which this process knows the ticker to be priced.
    pub(crate) fn known_currency(&self, ticker: &Ticker) -> Option<Currency> {
        let known = self.0.known.get(ticker)?;
        known.currency()
    }

    /// The same, also from what another process stored.
    pub(crate) async fn currency(&self, ticker: &Ticker) -> Option<Currency> {
        if let Some(known) = self.known_currency(ticker) {
            return Some(known);
        }
        let read = quotes::load_many(&self.0.table, std::slice::from_ref(ticker));
        let stored = read_within(TABLE_LIMIT, "a stored quote", read).await?;
        let is_ours = |(_, last): &(Ticker, LastQuote)| self.0.chain.has(&last.source);
        let (_, last) = stored.into_iter().find(is_ours)?;
        Some(last.currency)
    }

    /// Waits until no fetch is under way and everything fetched has been stored.
    pub(crate) async fn settled(&self) {
        self.0.fetches.settled().await;
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    fn quote(&self, reading: &Reading<'_>, now: Timestamp) -> Quote {
        match (&reading.ticker, &reading.entry) {
            (None, _) => unavailable(reading.symbol, Reason::InvalidSymbol),
            (Some(ticker), None) => unavailable(ticker.as_str(), Reason::SourceUnavailable),
            (Some(ticker), Some(entry)) => entry.quote(ticker, now, &self.0.ages),
        }
    }

    /// Fetches what is due, and waits where there is nothing to show meanwhile.
    async fn ask(&self, now: Timestamp, due: &[Due], readings: &mut [Reading<'_>]) {
        let deadline = Instant::now() + self.0.deadline;
        let (mut leaders, mut waiting) = (Vec::new(), Vec::new());
        for &Due { place, must_wait } in due {
            let Some(ticker) = &readings[place].ticker else {
                continue;
            };
            let (flight, leader) = self.0.join(ticker, now);
            let is_own = leader.is_some();
            leaders.extend(leader);
            if must_wait {
                waiting.push(async move {
                    let landed = self.landed(ticker, flight, is_own, now);
                    let entry = timeout_at(deadline, landed).await.ok().flatten();
                    // Too late or broken off: the table may have brought something meanwhile.
                    (place, entry.or_else(|| self.0.known.get(ticker)))
                });
            }
        }
        gather::fetch_soon(&self.0, leaders);
        for (place, entry) in join_all(waiting).await {
            readings[place].entry = entry;
        }
    }

    /// What a flight brings. One of somebody else's may have been refused as work behind the scenes;
    /// then this asks for itself, once.
    async fn landed(
        &self,
        ticker: &Ticker,
        flight: Flight<Arc<Entry>>,
        is_own: bool,
        now: Timestamp,
    ) -> Option<Arc<Entry>> {
        let entry = flight.await.ok()?;
        if is_own || self.0.step(Some(&entry), now) != Step::Ask {
            return Some(entry);
        }
        let (flight, leader) = self.0.join(ticker, now);
        gather::fetch_soon(&self.0, leader.into_iter().collect());
        flight.await.ok()
    }
}

impl Shared {
    /// Reference rates live until the next ones are published.
    fn ages_of(&self, ticker: &Ticker, last: &LastQuote) -> Ages {
        let (chain, now) = (&self.chain, last.fetched_at);
        let next = chain.next_publication(ticker, &last.source, last.as_of, now);
        let fresh = next.map_or(self.ages.fresh, |next| next.duration_since(now));
        Ages { fresh, ..self.ages }
    }

    fn step(&self, entry: Option<&Entry>, now: Timestamp) -> Step {
        entry.map_or(Step::Ask, |entry| entry.step(now, &self.ages))
    }

    /// The fetch of a ticker that is due, and the lead if nobody is fetching it.
    fn join(&self, ticker: &Ticker, now: Timestamp) -> (Flight<Arc<Entry>>, Option<Leader>) {
        self.flights.join(ticker, || {
            let known = self.known.get(ticker);
            known.filter(|entry| entry.step(now, &self.ages) == Step::Answer)
        })
    }
}

impl fmt::Debug for Quotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quotes")
            .field("chain", &self.0.chain)
            .finish_non_exhaustive()
    }
}
