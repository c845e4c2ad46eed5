//! Keeps the symbols that people ask for fresh, so that hardly anybody waits for a source.
//!
//! The symbols are tracked in the table, in shards. Whoever holds the lease of a shard refreshes
//! what is due in it; the processes that take part hold about as many shards each, and the shards
//! of one that died are free once its leases lapse. Not here: when a quote is due, and how one is
//! fetched, which [`Quotes`] decides as it does for requests.
//!
//! Invariant: the work grows with the symbols, not with the customers or the processes. A lease only
//! spares work: should two hold the same shard for a moment, some quotes are fetched twice.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use service_kit::Clock;
use store::{Item, Table, WriteError};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::quotes::Quotes;
use crate::store::leases::{self, Lease};
use crate::store::tracked::{self, SHARDS};

/// A lease lasts for this many cycles, and is renewed when less than half of it is left: a write
/// for every five cycles, and a slow cycle does not lose it.
const LEASE_CYCLES: i32 = 8;

/// One process's share of the refreshing.
pub struct Refresher {
    quotes: Quotes,
    table: Table,
    clock: Clock,
    every: Duration,
    holder: String,
    /// Where it begins to look for shards, so that processes that start together do not race for the
    /// same.
    first: u8,
    held: BTreeMap<u8, Item<Lease>>,
    /// Until when the others count on it.
    takes_part_until: Timestamp,
}

impl Refresher {
    pub(crate) fn new(quotes: Quotes, table: Table, clock: Clock, every: Duration) -> Self {
        let id = clock.new_id();
        Self {
            quotes,
            table,
            every,
            holder: id.to_string(),
            first: id.as_bytes()[15] % SHARDS,
            clock,
            held: BTreeMap::new(),
            takes_part_until: Timestamp::MIN,
        }
    }

    /// Refreshes, cycle after cycle, until told to stop; then gives its leases back.
    pub async fn run_until(mut self, mut stop: watch::Receiver<bool>) {
        let mut every = interval(self.every);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let cycle = async {
                every.tick().await;
                self.cycle().await;
            };
            tokio::select! {
                () = cycle => {}
                // A sender that is gone will not say so any more.
                _ = stop.wait_for(|stopped| *stopped) => break,
            }
        }
        self.stop().await;
    }

    /// Takes a fair share of the shards and refreshes what is due in them.
    pub async fn cycle(&mut self) {
        if let Err(error) = self.hold_share().await {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, "leases of the refresher could not be taken");
        }
        let mut due = Vec::new();
        for &shard in self.held.keys() {
            match tracked::list(&self.table, shard, self.clock.now()).await {
                Ok(tickers) => due.extend(tickers),
                Err(error) => {
                    let error = &error as &(dyn std::error::Error + 'static);
                    tracing::warn!(error, shard, "tracked symbols could not be read");
                }
            }
        }
        self.quotes.refresh(&due).await;
    }

    /// Lets others take over at once.
    pub async fn stop(mut self) {
        let now = self.clock.now();
        let leases = std::mem::take(&mut self.held);
        for held in leases.into_values() {
            log_failure(leases::give_back(&self.table, held, now).await);
        }
        log_failure(leases::leave(&self.table, &self.holder).await);
    }

    /// Renews what lapses soon, gives back what is more than its share, takes what is free of the rest.
    async fn hold_share(&mut self) -> Result<(), WriteError> {
        let now = self.clock.now();
        self.held.retain(|_, lease| now < lease.value.until);
        if self.is_due(self.takes_part_until, now) {
            let part = self.lease(now);
            leases::take_part(&self.table, &part).await?;
            self.takes_part_until = part.until;
        }
        let parts = leases::count_parts(&self.table, now).await?;
        let share = usize::from(SHARDS).div_ceil(parts.max(1));
        while self.held.len() > share {
            if let Some((_, extra)) = self.held.pop_last() {
                log_failure(leases::give_back(&self.table, extra, now).await);
            }
        }
        for shard in self.shards() {
            match self.held.get(&shard) {
                Some(held) if self.is_due(held.value.until, now) => {
                    let held = Some(held.clone());
                    self.take(shard, held, now).await?;
                }
                None if self.held.len() < share => {
                    let before = leases::find(&self.table, shard).await?;
                    let is_free = |lease: &Lease| lease.until <= now || lease.holder == self.holder;
                    if before.as_ref().is_none_or(|lease| is_free(&lease.value)) {
                        self.take(shard, before, now).await?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Its own first, then the others.
    fn shards(&self) -> Vec<u8> {
        let others = (0..SHARDS).map(|shard| (self.first + shard) % SHARDS);
        let held = self.held.keys().copied();
        held.chain(others.filter(|shard| !self.held.contains_key(shard)))
            .collect()
    }

    /// A lease whose renewal fails is kept until it lapses. One that was written though the answer
    /// got lost looks like somebody else's, and is found to be its own in the next cycle.
    async fn take(
        &mut self,
        shard: u8,
        before: Option<Item<Lease>>,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        match leases::take(&self.table, shard, before.as_ref(), self.lease(now)).await {
            Ok(held) => {
                self.held.insert(shard, held);
                Ok(())
            }
            // Somebody else was faster.
            Err(WriteError::ConditionFailed { .. }) => {
                self.held.remove(&shard);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn lease(&self, now: Timestamp) -> Lease {
        Lease {
            holder: self.holder.clone(),
            until: now
                .saturating_add(self.cycles(LEASE_CYCLES))
                .unwrap_or(Timestamp::MAX),
        }
    }

    fn is_due(&self, until: Timestamp, now: Timestamp) -> bool {
        until.duration_since(now) < self.cycles(LEASE_CYCLES / 2)
    }

    fn cycles(&self, cycles: i32) -> SignedDuration {
        let cycle = SignedDuration::try_from(self.every).unwrap_or(SignedDuration::MAX);
        cycle.checked_mul(cycles).unwrap_or(cycle)
    }
}

/// What is not given back lapses.
fn log_failure(given_back: Result<(), WriteError>) {
    if let Err(error) = given_back {
        let error = &error as &(dyn std::error::Error + 'static);
        tracing::debug!(error, "a lease could not be given back");
    }
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher")
            .field("holder", &self.holder)
            .field("shards", &self.held.keys())
            .finish_non_exhaustive()
    }
}
