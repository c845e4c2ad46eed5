//! The read path of descriptions: cache, then source, then what was stored.
//!
//! A description is asked for again after an hour at most, and so is a symbol nobody knows. The
//! table only answers when the source does not, which is the other way round than for prices: a
//! description does not age, and a source that answers knows better.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::Ticker;
use service_kit::Clock;
use store::Table;
use tokio::time::timeout;

use crate::chain::{Attributed, Chain};
use crate::config::AssetConfig;
use crate::source::{Ask, SourceError, SourceInstrument};
use crate::store::instruments::{self, Description};
use crate::underway::Underway;

const HOUR_SECONDS: i64 = 3_600;

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
    /// Descriptions being stored.
    writes: Underway,
}

impl Instruments {
    pub(crate) fn new(config: &AssetConfig, chain: Chain, table: Table, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            chain,
            table,
            clock,
            deadline: config.deadline(),
            known: moka::future::Cache::new(config.cached_symbols.into()),
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

    /// Instruments that resemble the text, in no order.
    ///
    /// # Errors
    ///
    /// The source gives no answer.
    pub(crate) async fn search(&self, text: &str) -> Result<Vec<Description>, SourceError> {
        let ask = Ask::waiting(self.0.clock.now());
        let found = timeout(self.0.deadline, self.0.chain.search(ask, text)).await;
        let found = found.unwrap_or_else(|_| Err(too_slow()));
        let found = found.inspect_err(|error| tracing::warn!("{error}"))?;
        Ok(found.into_iter().map(described).collect())
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
    }
}

impl fmt::Debug for Instruments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruments")
            .field("chain", &self.0.chain)
            .finish_non_exhaustive()
    }
}
