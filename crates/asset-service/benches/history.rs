//! How fast histories come from the table, and how much memory they take.
//!
//! `cargo bench -p asset-service --bench history`. The figures are printed, not held to anything.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where, and it reports to people"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use asset_service::source::{
    Ask, MarketDataSource, Question, SourceError, SourceHistory, SourceInstrument, SourceQuote,
};
use asset_service::{AssetConfig, AssetService, TABLE, router};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use domain::{Currency, Price, Ticker};
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::{Date, Weekday};
use rust_decimal::Decimal;
use service_kit::Clock;
use service_kit::testing::TestIssuer;
use store::{Store, Table};
use tower::ServiceExt;

/// As in the program: what counts is the memory it takes there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SYMBOLS: usize = 10_000;
const WATCHED: usize = 25;
const ROUNDS: usize = 40;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measured());
}

async fn measured() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open_embedded(directory.path(), &[TABLE])
        .await
        .unwrap();
    let table = store.table(TABLE.name);

    fetch_one_by_one(&table, WATCHED, "from=2025-03-10").await;
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push(from_the_table(&table).await);
    }
    rounds.sort();
    let (median, worst) = (rounds[ROUNDS / 2], rounds[ROUNDS - 1]);
    println!(
        "a year of {WATCHED} symbols from the table: {median:?} median, {worst:?} worst of {ROUNDS}"
    );

    let (router, service) = serve(&table);
    let path = "/v1/instruments/S0/prices?from=2016-03-10";
    answered(&router, path).await;
    let started = Instant::now();
    let bytes = answered(&router, path).await.len();
    println!(
        "ten years of one symbol from memory: {:?}, {bytes} bytes",
        started.elapsed()
    );
    service.settled().await;
    drop((router, service));

    let before = resident_kib();
    let started = Instant::now();
    let (router, service) = serve(&table);
    for symbol in 0..SYMBOLS {
        let path = format!("/v1/instruments/S{symbol}/prices?from=2016-03-10&interval=1mo");
        answered(&router, &path).await;
        if symbol % 100 == 0 {
            service.settled().await;
        }
    }
    service.settled().await;
    println!(
        "ten years of {SYMBOLS} symbols on demand: {} MiB resident, {} MiB before, in {:?}",
        resident_kib() / 1_024,
        before / 1_024,
        started.elapsed()
    );
}

/// A year of each symbol, by a process that knows nothing yet.
async fn from_the_table(table: &Table) -> Duration {
    let (router, _) = serve(table);
    let started = Instant::now();
    let paths = (0..WATCHED).map(|symbol| format!("/v1/instruments/S{symbol}/prices"));
    let asked = paths.map(|path| {
        let router = router.clone();
        async move { answered(&router, &path).await }
    });
    future::join_all(asked).await;
    started.elapsed()
}

async fn fetch_one_by_one(table: &Table, symbols: usize, query: &str) {
    let (router, service) = serve(table);
    for symbol in 0..symbols {
        answered(
            &router,
            &format!("/v1/instruments/S{symbol}/prices?{query}"),
        )
        .await;
    }
    service.settled().await;
}

fn serve(table: &Table) -> (Router, AssetService) {
    let clock = Clock::manual("2026-03-10T15:00:00Z".parse().unwrap());
    let verifier = TestIssuer::new(&clock).verifier();
    let sources: Vec<Arc<dyn MarketDataSource>> = vec![Arc::new(Generated)];
    let config = AssetConfig::default();
    let service = AssetService::with_sources(&config, sources, table.clone(), verifier, clock);
    let (router, _) = router(service.clone()).split_for_parts();
    (router, service)
}

async fn answered(router: &Router, path: &str) -> Bytes {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert!(response.status().is_success());
    axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap()
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.unwrap().parse().unwrap()
}

/// A source that makes closes up as it goes: they move by up to two percent a day.
struct Generated;

impl MarketDataSource for Generated {
    fn name(&self) -> &'static str {
        "generated"
    }

    fn answers(&self, question: Question, _: &Ticker) -> bool {
        question == Question::History
    }

    fn can_search(&self) -> bool {
        false
    }

    fn quotes<'a>(
        &'a self,
        _: Ask,
        _: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)> {
        stream::empty().boxed()
    }

    fn instrument<'a>(
        &'a self,
        _: Ask,
        _: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>> {
        future::ready(Err(SourceError::UnknownSymbol)).boxed()
    }

    fn history<'a>(
        &'a self,
        _: Ask,
        ticker: &'a Ticker,
        from: Date,
        to: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>> {
        let mut state = ticker
            .as_str()
            .bytes()
            .fold(1_u64, |hash, byte| hash * 31 + u64::from(byte));
        let mut cents = 15_000_i64;
        let days = from
            .series(jiff::Span::new().days(1))
            .take_while(|day| *day <= to);
        let closes = days
            .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
            .map(|day| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let per_mille = i64::try_from((state >> 33) % 41).unwrap() - 20;
                cents = (cents + cents * per_mille / 1_000).max(100);
                (day, Price::try_new(Decimal::new(cents, 2)).unwrap())
            });
        let history = SourceHistory {
            currency: Currency::USD,
            closes: closes.collect(),
            actions: Some(Vec::new()),
            crossed_through: None,
            since: None,
        };
        future::ready(Ok(history)).boxed()
    }

    fn search<'a>(
        &'a self,
        _: Ask,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        future::ready(Ok(Vec::new())).boxed()
    }
}
