//! How many batches of a hundred cached quotes the router answers in a second.
//!
//! `cargo bench -p asset-service --bench batch`. No sockets: the figure is what this service does
//! for a request, not what the network does.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on should say where, and it reports to people"
)]

use std::time::{Duration, Instant};

use asset_service::{AssetConfig, AssetService, TABLE, router};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use service_kit::Clock;
use service_kit::testing::TestIssuer;
use store::Store;
use tower::ServiceExt;

const MEASURED: Duration = Duration::from_secs(5);

fn main() {
    for threads in [1, 2] {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .unwrap();
        let (batches, bytes) = runtime.block_on(measured(threads));
        println!("{threads} threads: {batches} batches a second, {bytes} bytes each");
    }
}

async fn measured(tasks: usize) -> (u128, usize) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open_embedded(directory.path(), &[TABLE])
        .await
        .unwrap();
    // The clock stands still, so that every quote stays fresh.
    let clock = Clock::manual("2026-03-10T15:00:00Z".parse().unwrap());
    let table = store.table(TABLE.name);
    let verifier = TestIssuer::new(&clock).verifier();
    let service = AssetService::try_new(&AssetConfig::default(), table, verifier, clock).unwrap();
    let (router, _) = router(service.clone()).split_for_parts();
    let path = path(&router).await;
    let bytes = answered(router.clone(), &path).await.len();
    service.settled().await;

    let started = Instant::now();
    let counts = (0..tasks).map(|_| tokio::spawn(repeated(router.clone(), path.clone(), started)));
    let mut answers = 0;
    for count in counts.collect::<Vec<_>>() {
        answers += count.await.unwrap();
    }
    (answers * 1_000 / started.elapsed().as_millis(), bytes)
}

/// A hundred symbols: all that are listed, and pairs of currencies.
async fn path(router: &Router) -> String {
    #[derive(serde::Deserialize)]
    struct Listed {
        items: Vec<Symbol>,
    }
    #[derive(serde::Deserialize)]
    struct Symbol {
        ticker_symbol: String,
    }
    let listed = answered(router.clone(), "/v1/instruments?page_size=200").await;
    let listed: Listed = serde_json::from_slice(&listed).unwrap();
    let codes = ["EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "SEK"];
    let pairs = codes
        .iter()
        .flat_map(|base| codes.iter().map(move |quote| format!("{base}{quote}%3DX")));
    let symbols = listed.items.into_iter().map(|item| item.ticker_symbol);
    let symbols: Vec<String> = symbols.chain(pairs).take(100).collect();
    format!("/v1/quotes?symbols={}", symbols.join(","))
}

async fn repeated(router: Router, path: String, started: Instant) -> u128 {
    let mut answers = 0;
    while started.elapsed() < MEASURED {
        for _ in 0..100 {
            answered(router.clone(), &path).await;
            answers += 1;
        }
        tokio::task::yield_now().await;
    }
    answers
}

async fn answered(router: Router, path: &str) -> axum::body::Bytes {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert!(response.status().is_success());
    axum::body::to_bytes(response.into_body(), usize::MAX)
        .await
        .unwrap()
}
