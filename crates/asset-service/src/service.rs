use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use service_kit::config::ConfigError;
use service_kit::{Clock, TokenVerifier};
use store::Table;

use crate::chain::Chain;
use crate::config::{AssetConfig, SourceName};
use crate::history::History;
use crate::instruments::Instruments;
use crate::quotes::Quotes;
use crate::refresher::Refresher;
use crate::source::MarketDataSource;
use crate::source::coingecko::CoinGecko;
use crate::source::ecb::Ecb;
use crate::source::finnhub::Finnhub;
use crate::source::frankfurter::Frankfurter;
use crate::source::simulated::Simulated;
use crate::source::twelve_data::TwelveData;
use crate::source::upstream::CallBook;
use crate::source::yahoo::Yahoo;

/// The state of the Asset service. Clones share it.
#[derive(Debug, Clone)]
pub struct AssetService {
    pub(crate) chain: Chain,
    pub(crate) quotes: Quotes,
    pub(crate) history: History,
    pub(crate) instruments: Instruments,
    pub(crate) table: Table,
    pub(crate) clock: Clock,
    refresh_every: Duration,
    verifier: TokenVerifier,
}

impl AssetService {
    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn try_new(
        config: &AssetConfig,
        table: Table,
        verifier: TokenVerifier,
        clock: Clock,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let book = CallBook {
            table: table.clone(),
            clock: clock.clone(),
        };
        let sources = sources(config, &book)?;
        Ok(Self::with_sources(config, sources, table, verifier, clock))
    }

    /// With sources of the caller's making.
    pub fn with_sources(
        config: &AssetConfig,
        sources: Vec<Arc<dyn MarketDataSource>>,
        table: Table,
        verifier: TokenVerifier,
        clock: Clock,
    ) -> Self {
        let chain = Chain::new(config, sources);
        let quotes = Quotes::new(config, chain.clone(), table.clone(), clock.clone());
        Self {
            chain: chain.clone(),
            quotes: quotes.clone(),
            history: History::new(config, chain.clone(), table.clone(), clock.clone()),
            instruments: Instruments::new(config, chain, quotes, table.clone(), clock.clone()),
            table,
            clock,
            refresh_every: config.refresh_every(),
            verifier,
        }
    }

    /// The work that keeps tracked symbols warm. Each process has one; run it beside the routes.
    pub fn refresher(&self) -> Refresher {
        let Self {
            quotes,
            table,
            clock,
            ..
        } = self.clone();
        Refresher::new(quotes, table, clock, self.refresh_every)
    }

    /// Waits until nothing is being fetched and everything fetched has been stored. Call it before
    /// the store is closed.
    pub async fn settled(&self) {
        self.quotes.settled().await;
        self.instruments.settled().await;
        self.history.settled().await;
    }
}

impl FromRef<AssetService> for TokenVerifier {
    fn from_ref(service: &AssetService) -> Self {
        service.verifier.clone()
    }
}

fn sources(
    config: &AssetConfig,
    book: &CallBook,
) -> Result<Vec<Arc<dyn MarketDataSource>>, ConfigError> {
    let at = |problem: &str| ConfigError::at("asset.sources", problem);
    if config.sources.is_empty() {
        return Err(at("must name at least one source"));
    }
    for (place, name) in config.sources.iter().enumerate() {
        if config.sources[..place].contains(name) {
            // It would confirm itself, and be asked twice as often as it allows.
            return Err(at(&format!("must not name {} twice", name.as_str())));
        }
    }
    let is_simulated = config.sources.contains(&SourceName::Simulated);
    if is_simulated && config.sources.len() > 1 {
        return Err(at("simulated prices cannot be mixed with real ones"));
    }
    config
        .sources
        .iter()
        .map(|name| -> Result<Arc<dyn MarketDataSource>, ConfigError> {
            Ok(match name {
                SourceName::Simulated => Arc::new(Simulated::default()),
                SourceName::Yahoo => Arc::new(Yahoo::try_new(&config.yahoo, book)?),
                SourceName::Finnhub => Arc::new(Finnhub::try_new(&config.finnhub, book)?),
                SourceName::TwelveData => Arc::new(TwelveData::try_new(&config.twelvedata, book)?),
                SourceName::CoinGecko => Arc::new(CoinGecko::try_new(&config.coingecko, book)?),
                SourceName::Frankfurter => {
                    Arc::new(Frankfurter::try_new(&config.frankfurter, book)?)
                }
                SourceName::Ecb => Arc::new(Ecb::try_new(&config.ecb, book)?),
            })
        })
        .collect()
}
