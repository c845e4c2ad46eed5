//! What people ask for is kept fresh behind the scenes, by whichever process holds its lease.

use std::sync::Arc;

use api::client::AssetClient;
use asset_service::{AssetConfig, AssetService};
use futures::poll;
use serde::{Deserialize, Serialize};
use service_kit::Clock;
use service_kit::testing::TestIssuer;
use service_kit::transport::in_process;
use store::{Key, Record};

use crate::support::{FakeSource, Market, Storage, clock, seconds, ticker};

const CYCLE: i64 = 20;
/// A lease outlives eight cycles, and is renewed before half of it is over for a cycle.
const LEASE: i64 = 8 * CYCLE;
const DAY: i64 = 24 * 60 * 60;
const SYMBOLS: usize = 40;

/// Forty symbols, known to each of two sources, asked for once through the process of the first.
async fn asked_for() -> (Market, [Arc<FakeSource>; 2]) {
    let symbols: Vec<String> = (0..SYMBOLS).map(|number| format!("S{number}")).collect();
    let sources = [FakeSource::new(), FakeSource::new()];
    for source in &sources {
        for symbol in &symbols {
            source.price(symbol, "10");
        }
    }
    let market = Market::over(sources[0].clone()).await;
    let path = format!("/v1/quotes?symbols={}", symbols.join(","));
    market.get(&path).await.expect(200);
    market.service.settled().await;
    assert_eq!(sources[0].times_asked(), SYMBOLS);
    (market, sources)
}

async fn at(now: &str, source: Arc<FakeSource>) -> Market {
    let clock = Clock::manual(now.parse().unwrap());
    let storage = Storage::new().await;
    Market::start(&AssetConfig::default(), source, storage, clock).await
}

#[tokio::test]
async fn what_was_asked_for_is_fresh_before_it_is_asked_for_again() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    let mut refresher = market.service.refresher();
    market.quote("ACME").await;
    market.service.settled().await;
    refresher.cycle().await;
    assert_eq!(source.times_asked(), 1, "it was fresh");

    source.price("ACME", "11");
    market.clock.advance(seconds(CYCLE));
    refresher.cycle().await;
    let quote = market.quote("ACME").await;
    assert_eq!(
        (quote.at("/price"), quote.at("/staleness")),
        ("11".into(), "fresh".into())
    );
    assert_eq!(source.times_asked(), 2);
}

#[tokio::test]
async fn work_behind_the_scenes_that_is_refused_says_nothing_against_a_price() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    let mut refresher = market.service.refresher();
    market.quote("ACME").await;
    market.service.settled().await;

    source.fail("ACME");
    market.clock.advance(seconds(CYCLE));
    refresher.cycle().await;
    assert_eq!(source.times_asked(), 2);
    let quote = market.quote("ACME").await;
    assert_eq!(
        (quote.at("/price"), quote.at("/staleness")),
        ("10".into(), "fresh".into())
    );
}

#[tokio::test]
async fn whoever_joins_work_behind_the_scenes_that_is_refused_asks_for_themselves() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    let mut refresher = market.service.refresher();
    market.quote("ACME").await;
    market.service.settled().await;

    source.price("ACME", "11");
    source.refuse_background();
    source.hold();
    market.clock.advance(seconds(2 * CYCLE));
    let refreshing = tokio::spawn(async move { refresher.cycle().await });
    source.asked_times(2).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let symbols = [ticker("ACME")];
    let mut request = Box::pin(client.list_quotes(&symbols));
    assert!(poll!(&mut request).is_pending());
    source.release();
    assert_eq!(request.await.unwrap()[0].price.unwrap().to_string(), "11");
    refreshing.await.unwrap();
    assert_eq!(source.times_asked(), 3);
}

#[tokio::test]
async fn two_processes_over_one_table_share_the_symbols() {
    let (market, [mine, others]) = asked_for().await;
    let sibling = market.sibling(others.clone());
    let (mut first, mut second) = (market.service.refresher(), sibling.refresher());
    // The first has everything until it hears of the second, which then takes its share.
    for _ in 0..2 {
        first.cycle().await;
        second.cycle().await;
    }
    for cycle in 1..=3 {
        market.clock.advance(seconds(CYCLE));
        first.cycle().await;
        second.cycle().await;
        let (mine, others) = (mine.times_asked() - SYMBOLS, others.times_asked());
        assert_eq!(mine + others, cycle * SYMBOLS, "each symbol once a cycle");
        assert!(mine > cycle * 10 && others > cycle * 10, "{mine} {others}");
    }
}

#[tokio::test]
async fn leases_are_kept_without_a_write_in_each_cycle() {
    let (market, [mine, others]) = asked_for().await;
    let sibling = market.sibling(others.clone());
    let (mut first, mut second) = (market.service.refresher(), sibling.refresher());
    for _ in 0..40 {
        first.cycle().await;
        market.clock.advance(seconds(CYCLE));
    }
    assert_eq!(
        mine.times_asked(),
        40 * SYMBOLS,
        "in every cycle but the first"
    );
    second.cycle().await;
    assert_eq!(others.times_asked(), 0, "they are the other's");
    let storage = market.stop().await;
    for shard in 0..16 {
        let lease = Key::new(format!("LEASE#refresh#{shard}"), "R");
        let lease = storage.table().get::<GoldenLease>(&lease).await;
        let lease = lease.unwrap().unwrap();
        assert!(lease.version <= 9, "{} writes", lease.version);
    }
}

#[tokio::test]
async fn a_refresher_slower_than_quotes_lapse_stops_the_start() {
    let started = |refresh_seconds| {
        let config = AssetConfig {
            refresh_seconds,
            ..AssetConfig::default()
        };
        async move {
            let (storage, clock) = (Storage::new().await, clock());
            let verifier = TestIssuer::new(&clock).verifier();
            AssetService::try_new(&config, storage.table(), verifier, clock)
        }
    };
    assert!(started(29).await.is_ok());
    for refresh_seconds in [0, 30, 3_600] {
        let refused = started(refresh_seconds).await.unwrap_err().to_string();
        assert!(refused.contains("asset.refresh_seconds"), "{refused}");
        assert!(refused.contains("less than the 30"), "{refused}");
    }
}

#[tokio::test]
async fn the_shards_of_a_process_that_died_are_taken_over_when_its_leases_lapse() {
    let (market, [_, others]) = asked_for().await;
    let sibling = market.sibling(others.clone());
    let (mut first, mut second) = (market.service.refresher(), sibling.refresher());
    first.cycle().await;
    drop(first);
    market.clock.advance(seconds(LEASE - 1));
    second.cycle().await;
    assert_eq!(others.times_asked(), 0, "they are the other's");
    market.clock.advance(seconds(1));
    second.cycle().await;
    assert_eq!(others.times_asked(), SYMBOLS);
}

#[tokio::test]
async fn a_lease_whose_renewal_was_written_and_not_answered_is_taken_up_again() {
    let (market, [mine, _]) = asked_for().await;
    let mut refresher = market.service.refresher();
    refresher.cycle().await;
    let storage = &market.storage;
    for shard in 0..16 {
        let key = Key::new(format!("LEASE#refresh#{shard}"), "R");
        let lease = storage.table().get::<GoldenLease>(&key).await;
        let lease = lease.unwrap().unwrap();
        let write = storage.table().write();
        let write = write.replace(&key, lease.version, &lease.value);
        write.commit().await.unwrap();
    }
    // The renewal, half of the lease later, meets an item that it has not seen.
    market.clock.advance(seconds(LEASE / 2 + 1));
    refresher.cycle().await;
    market.clock.advance(seconds(CYCLE));
    refresher.cycle().await;
    let asked = mine.times_asked();
    market.clock.advance(seconds(CYCLE));
    refresher.cycle().await;
    assert_eq!(mine.times_asked() - asked, SYMBOLS);
}

#[tokio::test]
async fn a_process_that_stops_hands_over_at_once() {
    let (market, [_, others]) = asked_for().await;
    let sibling = market.sibling(others.clone());
    let (mut first, mut second) = (market.service.refresher(), sibling.refresher());
    first.cycle().await;
    first.stop().await;
    market.clock.advance(seconds(CYCLE));
    second.cycle().await;
    assert_eq!(others.times_asked(), SYMBOLS);
}

#[tokio::test]
async fn a_refresher_told_to_stop_ends_and_hands_over_even_amid_a_cycle() {
    let (market, [mine, others]) = asked_for().await;
    market.clock.advance(seconds(CYCLE));
    mine.hold();
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let running = tokio::spawn(market.service.refresher().run_until(stopping));
    mine.asked_times(SYMBOLS + 1).await;
    stop.send_replace(true);
    running.await.unwrap();
    let mut second = market.sibling(others.clone()).refresher();
    second.cycle().await;
    assert_eq!(others.times_asked(), SYMBOLS);
    mine.release();
}

#[tokio::test]
async fn nothing_is_fetched_for_markets_that_are_closed() {
    // A Saturday.
    let source = FakeSource::new();
    for symbol in ["ACME", "VOD.L", "EURUSD=X", "BTC-USD"] {
        source.price(symbol, "10");
    }
    let market = at("2026-03-14T15:00:00Z", source.clone()).await;
    let mut refresher = market.service.refresher();
    let path = "/v1/quotes?symbols=ACME,VOD.L,EURUSD=X,BTC-USD";
    market.get(path).await.expect(200);
    market.service.settled().await;
    for _ in 0..20 {
        market.clock.advance(seconds(CYCLE));
        refresher.cycle().await;
    }
    assert_eq!(source.times_asked(), 4 + 20, "coins never rest");
}

#[tokio::test]
async fn what_nobody_asked_for_in_a_week_is_let_go() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    market.service.settled().await;
    market.clock.advance(seconds(7 * DAY - 1));
    market.service.refresher().cycle().await;
    assert_eq!(source.times_asked(), 2, "kept so far");
    market.clock.advance(seconds(CYCLE));
    market.service.refresher().cycle().await;
    assert_eq!(source.times_asked(), 2);
}

#[tokio::test]
async fn a_symbol_that_nobody_knows_is_not_kept_warm() {
    let source = FakeSource::new();
    let market = Market::over(source.clone()).await;
    market.get("/v1/instruments/NOPE/quote").await.expect(404);
    market.service.settled().await;
    market.clock.advance(seconds(DAY));
    market.service.refresher().cycle().await;
    assert_eq!(source.times_asked(), 1);
}

/// An item as an earlier version wrote it.
macro_rules! golden {
    ($name:ident, $kind:literal, $file:literal) => {
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct $name(serde_json::Value);

        impl Record for $name {
            const KIND: &'static str = $kind;
        }

        impl $name {
            fn read() -> Self {
                Self(serde_json::from_str(include_str!($file)).unwrap())
            }
        }
    };
}

golden!(GoldenTracked, "tracked", "golden/tracked_schema_1.json");
golden!(GoldenLease, "lease", "golden/lease_schema_1.json");

#[tokio::test]
async fn tracked_symbols_and_leases_stored_by_schema_1_are_read() {
    let storage = Storage::new().await;
    let table = storage.table();
    let tracked = Key::new("TRACK#15", "ACME");
    let write = table.write().put(&tracked, &GoldenTracked::read());
    write.commit().await.unwrap();
    for shard in 0..16 {
        let lease = Key::new(format!("LEASE#refresh#{shard}"), "R");
        let write = table.write().put(&lease, &GoldenLease::read());
        write.commit().await.unwrap();
    }
    let source = FakeSource::pricing("ACME", "10");
    let config = AssetConfig::default();
    let market = Market::start(&config, source.clone(), storage, clock()).await;
    let mut refresher = market.service.refresher();
    refresher.cycle().await;
    assert_eq!(source.times_asked(), 0, "somebody holds every lease");
    market.clock.advance(seconds(61));
    refresher.cycle().await;
    assert_eq!(source.times_asked(), 1);
}
