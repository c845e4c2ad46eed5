use std::sync::Arc;

use service_kit::Clock;
use store::Table;

use crate::config::{AssetConfig, SourceName};
use crate::instruments::Instruments;
use crate::quotes::Quotes;
use crate::source::MarketDataSource;
use crate::source::simulated::Simulated;
use crate::source::yahoo::{Yahoo, YahooError};

/// The state of the Asset service. Clones share it.
#[derive(Debug, Clone)]
pub struct AssetService {
    pub(crate) quotes: Quotes,
    pub(crate) instruments: Instruments,
}

/// A service that cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Yahoo(#[from] YahooError),
}

impl AssetService {
    /// # Errors
    ///
    /// The source's settings cannot be used.
    pub fn try_new(config: &AssetConfig, table: Table, clock: Clock) -> Result<Self, StartError> {
        let source: Arc<dyn MarketDataSource> = match config.source {
            SourceName::Simulated => Arc::new(Simulated::default()),
            SourceName::Yahoo => Arc::new(Yahoo::try_new(&config.yahoo)?),
        };
        Ok(Self::with_source(config, source, table, clock))
    }

    /// With a source of the caller's making.
    pub fn with_source(
        config: &AssetConfig,
        source: Arc<dyn MarketDataSource>,
        table: Table,
        clock: Clock,
    ) -> Self {
        Self {
            quotes: Quotes::new(config, Arc::clone(&source), table.clone(), clock.clone()),
            instruments: Instruments::new(config, source, table, clock),
        }
    }

    /// Waits until nothing is being fetched and everything fetched has been stored. Call it before
    /// the store is closed.
    pub async fn settled(&self) {
        self.quotes.settled().await;
        self.instruments.settled().await;
    }
}
