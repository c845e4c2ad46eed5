//! A service with a clock that the test moves, over a source that the test scripts.

mod fake_source;

use std::sync::Arc;

use asset_service::source::MarketDataSource;
use asset_service::source::simulated::Simulated;
use asset_service::source::upstream::CallBook;
use asset_service::{AssetConfig, AssetService, TABLE, router};
use axum::Router;
use domain::{CustomerId, Ticker};
use jiff::SignedDuration;
use service_kit::Clock;
use service_kit::testing::{TestApp, TestIssuer, TestResponse};
use store::{Store, Table};
use tempfile::TempDir;

pub(crate) use self::fake_source::{FakeSource, down};

/// A Tuesday on which every simulated market but Asia's is open.
pub(crate) const NOW: &str = "2026-03-10T15:00:00Z";

pub(crate) fn ticker(symbol: &str) -> Ticker {
    Ticker::parse(symbol).unwrap()
}

pub(crate) fn seconds(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

pub(crate) fn clock() -> Clock {
    Clock::manual(NOW.parse().unwrap())
}

pub(crate) fn customer_id(number: u128) -> CustomerId {
    let id = format!("00000000-0000-7000-8000-{number:012}");
    id.parse().unwrap()
}

/// A running service and everything a test may want to reach behind it.
pub(crate) struct Market {
    pub(crate) app: TestApp,
    pub(crate) router: Router,
    pub(crate) service: AssetService,
    pub(crate) clock: Clock,
    pub(crate) storage: Storage,
    issuer: TestIssuer,
}

/// A data directory that outlives a restart.
pub(crate) struct Storage {
    directory: TempDir,
    store: Store,
}

impl Storage {
    pub(crate) async fn new() -> Self {
        Self::open(TempDir::new().unwrap()).await
    }

    async fn open(directory: TempDir) -> Self {
        let store = Store::open_embedded(directory.path(), &[TABLE])
            .await
            .unwrap();
        Self { directory, store }
    }

    pub(crate) fn table(&self) -> Table {
        self.store.table(TABLE.name)
    }

    /// From now on the table answers nobody.
    pub(crate) async fn close(&self) {
        self.store.clone().close().await;
    }

    pub(crate) fn book(&self, clock: &Clock) -> CallBook {
        CallBook {
            table: self.table(),
            clock: clock.clone(),
        }
    }
}

impl Market {
    /// Over the simulated market.
    pub(crate) async fn simulated() -> Self {
        Self::over(Arc::new(Simulated::default())).await
    }

    pub(crate) async fn over(source: Arc<dyn MarketDataSource>) -> Self {
        let config = AssetConfig::default();
        Self::start(&config, source, Storage::new().await, clock()).await
    }

    pub(crate) async fn start(
        config: &AssetConfig,
        source: Arc<dyn MarketDataSource>,
        storage: Storage,
        clock: Clock,
    ) -> Self {
        let table = storage.table();
        let service = AssetService::with_sources(
            config,
            vec![source],
            table,
            TestIssuer::new(&clock).verifier(),
            clock.clone(),
        );
        Self::serve(service, storage, clock).await
    }

    /// With the source that the configuration names.
    pub(crate) async fn configured(config: &AssetConfig) -> Self {
        Self::open(config, Storage::new().await, clock()).await
    }

    /// The same over what an earlier process left.
    pub(crate) async fn open(config: &AssetConfig, storage: Storage, clock: Clock) -> Self {
        let service = AssetService::try_new(
            config,
            storage.table(),
            TestIssuer::new(&clock).verifier(),
            clock.clone(),
        )
        .unwrap();
        Self::serve(service, storage, clock).await
    }

    /// Over several sources, asked in this order.
    pub(crate) async fn over_all<S: MarketDataSource + 'static>(
        config: &AssetConfig,
        sources: Vec<Arc<S>>,
    ) -> Self {
        let sources = sources
            .into_iter()
            .map(|source| source as Arc<dyn MarketDataSource>);
        let (storage, clock, sources) = (Storage::new().await, clock(), sources.collect());
        let verifier = TestIssuer::new(&clock).verifier();
        let service =
            AssetService::with_sources(config, sources, storage.table(), verifier, clock.clone());
        Self::serve(service, storage, clock).await
    }

    async fn serve(service: AssetService, storage: Storage, clock: Clock) -> Self {
        let (router, _) = router(service.clone()).split_for_parts();
        Self {
            app: TestApp::start(router.clone()).await,
            router,
            service,
            issuer: TestIssuer::new(&clock),
            clock,
            storage,
        }
    }

    /// The token of a customer; the same customer for the same number.
    pub(crate) fn token(&self, customer: u128) -> String {
        self.issuer.token(customer_id(customer))
    }

    pub(crate) async fn get(&self, path: &str) -> TestResponse {
        self.app.get(path).send().await
    }

    pub(crate) async fn quote(&self, symbol: &str) -> TestResponse {
        let path = format!("/v1/instruments/{symbol}/quote");
        self.get(&path).await.expect(200)
    }

    /// Another process over the same table, with a source of its own.
    pub(crate) fn sibling(&self, source: Arc<dyn MarketDataSource>) -> AssetService {
        AssetService::with_sources(
            &AssetConfig::default(),
            vec![source],
            self.storage.table(),
            TestIssuer::new(&self.clock).verifier(),
            self.clock.clone(),
        )
    }

    /// Stops the process and gives back its data directory, opened again.
    pub(crate) async fn stop(self) -> Storage {
        self.service.settled().await;
        drop(self.app);
        self.storage.store.close().await;
        Storage::open(self.storage.directory).await
    }
}
