//! The read path of descriptions: memory, then the sources, then what was stored.
//!
//! | To find | Read |
//! |---|---|
//! | one instrument, and whose word about its currency counts | `describe` |
//! | a text, in the table and at the sources | `search` |
//!
//! What was found is remembered for an hour, what was not for a shorter time. Invariant: whatever
//! asks the sources is a task of its own that everybody waits for, so a client that hangs up is no
//! failure of a source; and nobody waits longer than the deadline.

mod describe;
mod search;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::Ticker;
use jiff::{SignedDuration, Timestamp};
use service_kit::Clock;
use store::Table;

use self::describe::Known;
use self::search::Found;
use crate::chain::{Attributed, Chain};
use crate::config::{Ages, AssetConfig};
use crate::quotes::Quotes;
use crate::single_flight::SingleFlight;
use crate::source::SourceInstrument;
use crate::store::instruments::Description;
use crate::underway::Underway;

const FOUND_FOR: SignedDuration = SignedDuration::from_hours(1);
const REMEMBERED_SEARCHES: u64 = 2_000;

/// The descriptions of every instrument.
#[derive(Clone)]
pub(crate) struct Instruments(Arc<Shared>);

struct Shared {
    chain: Chain,
    quotes: Quotes,
    table: Table,
    clock: Clock,
    deadline: Duration,
    ages: Ages,
    known: moka::sync::Cache<Ticker, Arc<Known>>,
    describing: SingleFlight<Ticker, Arc<Known>>,
    /// By text, what the sources found.
    found: moka::sync::Cache<String, Arc<Found>>,
    searching: SingleFlight<String, Arc<Found>>,
    /// Questions to the sources, storing their answers included.
    fetches: Underway,
}

impl Instruments {
    pub(crate) fn new(
        config: &AssetConfig,
        chain: Chain,
        quotes: Quotes,
        table: Table,
        clock: Clock,
    ) -> Self {
        Self(Arc::new(Shared {
            chain,
            quotes,
            table,
            clock,
            deadline: config.deadline(),
            ages: config.ages(),
            known: moka::sync::Cache::new(config.cached_symbols.into()),
            describing: SingleFlight::default(),
            found: moka::sync::Cache::new(REMEMBERED_SEARCHES),
            searching: SingleFlight::default(),
            fetches: Underway::default(),
        }))
    }

    /// Waits until no source is being asked and everything described has been stored.
    pub(crate) async fn settled(&self) {
        self.0.fetches.settled().await;
    }
}

impl Shared {
    fn after(&self, pause: SignedDuration) -> Timestamp {
        let now = self.clock.now();
        now.saturating_add(pause).unwrap_or(Timestamp::MAX)
    }
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
