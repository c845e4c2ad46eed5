use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use api::client::AssetClient;
use axum::extract::FromRef;
use domain::PortfolioId;
use serde::{Deserialize, Serialize};
use service_kit::{Clock, TokenVerifier};
use store::Table;
use tokio::sync::{Mutex, MutexGuard};

use crate::apart::ApartConfig;
use crate::histories::Histories;
use crate::performance::Memory;
use crate::prices::Prices;
use crate::store::ledger::LedgerCache;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PortfolioConfig {
    /// How long a price may be reused before the Asset service is asked again.
    pub price_reuse_milliseconds: u64,
    /// How many lots and entries the decoded ledgers kept in memory may have together.
    pub cached_lots: u64,
    /// How long daily closes may be reused before the Asset service is asked again.
    pub history_reuse_seconds: u64,
    /// How many daily closes may be kept in memory.
    pub cached_closes: u64,
    pub apart: ApartConfig,
}

impl Default for PortfolioConfig {
    fn default() -> Self {
        Self {
            price_reuse_milliseconds: 1000,
            cached_lots: 200_000,
            history_reuse_seconds: 60,
            cached_closes: 2_000_000,
            apart: ApartConfig::default(),
        }
    }
}

/// What the handlers share.
#[derive(Debug, Clone)]
pub struct PortfolioService {
    pub(crate) table: Table,
    pub(crate) prices: Prices,
    pub(crate) histories: Histories,
    pub(crate) ledgers: LedgerCache,
    pub(crate) performances: Memory,
    pub(crate) clock: Clock,
    turns: Turns,
    verifier: TokenVerifier,
}

impl PortfolioService {
    pub fn new(
        config: &PortfolioConfig,
        table: Table,
        asset: AssetClient,
        verifier: TokenVerifier,
        clock: Clock,
    ) -> Self {
        let history_reuse = Duration::from_secs(config.history_reuse_seconds);
        let histories = Histories::new(asset.clone(), config.cached_closes, history_reuse);
        Self {
            table,
            prices: Prices::new(asset, histories.clone(), config.price_reuse_milliseconds),
            histories,
            ledgers: LedgerCache::new(config.cached_lots),
            performances: Memory::new(config.cached_lots, history_reuse),
            clock,
            turns: Turns::default(),
            verifier,
        }
    }

    /// Waits until no other request of this process changes either portfolio.
    pub(crate) async fn turns(&self, portfolios: [PortfolioId; 2]) -> Vec<MutexGuard<'_, ()>> {
        // In one order for everybody, and each once: two portfolios may share a lock.
        let places: BTreeSet<usize> = portfolios.map(place_of).into();
        let mut turns = Vec::with_capacity(2);
        for place in places {
            turns.push(self.turns.0[place].lock().await);
        }
        turns
    }

    /// Waits until no other request of this process changes the portfolio.
    ///
    /// Only a courtesy that saves retries: what keeps two writers apart is the
    /// portfolio's version in the table.
    pub(crate) async fn turn(&self, portfolio: PortfolioId) -> MutexGuard<'_, ()> {
        self.turns.0[place_of(portfolio)].lock().await
    }
}

fn place_of(portfolio: PortfolioId) -> usize {
    let mut hasher = DefaultHasher::new();
    portfolio.hash(&mut hasher);
    usize::try_from(hasher.finish() % TURNS as u64).unwrap_or(0)
}

impl FromRef<PortfolioService> for TokenVerifier {
    fn from_ref(service: &PortfolioService) -> Self {
        service.verifier.clone()
    }
}

const TURNS: usize = 256;

#[derive(Debug, Clone)]
struct Turns(Arc<[Mutex<()>; TURNS]>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Mutex::new(()))))
    }
}
