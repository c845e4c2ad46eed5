//! What outlives a restart.

use std::collections::BTreeSet;

use asset_service::AssetConfig;
use serde::{Deserialize, Serialize};
use store::{Key, Record};

use crate::support::{FakeSource, Market, Storage, clock, seconds};

async fn restarted(market: Market, source: std::sync::Arc<FakeSource>) -> Market {
    let clock = market.clock.clone();
    let storage = market.stop().await;
    Market::start(&AssetConfig::default(), source, storage, clock).await
}

#[tokio::test]
async fn after_a_restart_with_a_dead_source_the_last_quote_is_still_there() {
    let market = Market::over(FakeSource::pricing("ACME", "10.50")).await;
    market.quote("ACME").await;
    market.clock.advance(seconds(3_600));
    let dead = FakeSource::new();
    dead.fail("ACME");
    let market = restarted(market, dead).await;
    let quote = market.quote("ACME").await;
    assert_eq!(quote.at("/price"), "10.5");
    assert_eq!(quote.at("/staleness"), "stale");
    assert_eq!(quote.at("/reason"), "SOURCE_UNAVAILABLE");
    assert_eq!(quote.at("/fetched_at"), "2026-03-10T15:00:00Z");
}

#[tokio::test]
async fn after_a_quick_restart_the_source_is_not_asked_again() {
    let market = Market::over(FakeSource::pricing("ACME", "10")).await;
    market.quote("ACME").await;
    market.clock.advance(seconds(10));
    let source = FakeSource::pricing("ACME", "11");
    let market = restarted(market, source.clone()).await;
    let quote = market.quote("ACME").await;
    assert_eq!(
        (quote.at("/price"), quote.at("/staleness")),
        ("10".into(), "fresh".into())
    );
    assert_eq!(source.times_asked(), 0);
}

#[tokio::test]
async fn a_source_that_hangs_after_a_restart_does_not_hide_the_stored_quote() {
    let market = Market::over(FakeSource::pricing("ACME", "10")).await;
    market.quote("ACME").await;
    market.clock.advance(seconds(3_600));
    let hanging = FakeSource::new();
    hanging.hold();
    let clock = market.clock.clone();
    let storage = market.stop().await;
    let market = Market::start(&AssetConfig::default(), hanging, storage, clock).await;
    let quote = market.quote("ACME").await;
    assert_eq!(
        (quote.at("/price"), quote.at("/staleness")),
        ("10".into(), "stale".into())
    );
}

#[tokio::test]
async fn simulated_prices_never_stand_in_for_those_of_another_source() {
    let market = Market::simulated().await;
    market.quote("AAPL").await;
    let dead = FakeSource::new();
    dead.fail("AAPL");
    let market = restarted(market, dead).await;
    assert_eq!(market.quote("AAPL").await.at("/price"), "null");
}

#[tokio::test]
async fn a_description_is_kept_for_when_the_source_is_down() {
    let market = Market::over(FakeSource::pricing("ACME", "10")).await;
    assert_eq!(market.get("/v1/instruments/ACME").await.status, 200);
    let dead = FakeSource::new();
    dead.fail("ACME");
    dead.fail("OTHER");
    let market = restarted(market, dead).await;
    let instrument = market.get("/v1/instruments/acme").await.expect(200);
    assert_eq!(instrument.at("/name"), "ACME Inc.");
    assert_eq!(instrument.at("/source"), "fake");
    let response = market.get("/v1/instruments/OTHER").await.expect(503);
    assert_eq!(response.header("retry-after"), Some("5"));
}

/// An item as an earlier version wrote it: any JSON under the kind it had.
macro_rules! golden {
    ($name:ident, $kind:literal) => {
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct $name(serde_json::Value);

        impl Record for $name {
            const KIND: &'static str = $kind;
        }
    };
}

golden!(GoldenQuote, "quote");
golden!(GoldenInstrument, "instrument");

#[tokio::test]
async fn a_quote_stored_by_schema_1_is_read_and_written_back_without_loss() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("golden/quote_schema_1.json")).unwrap();
    let storage = Storage::new().await;
    let key = Key::new("INST#ACME", "QUOTE");
    let write = storage.table().write();
    write
        .put(&key, &GoldenQuote(golden.clone()))
        .commit()
        .await
        .unwrap();

    let source = FakeSource::new();
    source.fail("ACME");
    let market = Market::start(&AssetConfig::default(), source, storage, clock()).await;
    let quote = market.quote("ACME").await;
    assert_eq!(quote.at("/price"), "187.25");
    assert_eq!(quote.at("/currency"), "EUR");
    assert_eq!(quote.at("/previous_close"), "186.5");
    assert_eq!(quote.at("/as_of"), "2026-03-10T14:29:58Z");
    assert_eq!(quote.at("/fetched_at"), "2026-03-10T14:30:00.125Z");
    assert_eq!(quote.at("/staleness"), "stale");
}

#[tokio::test]
async fn what_is_stored_today_has_the_fields_of_schema_1() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("golden/quote_schema_1.json")).unwrap();
    let market = Market::over(FakeSource::pricing("ACME", "187.25")).await;
    market.quote("ACME").await;
    let storage = market.stop().await;
    let key = Key::new("INST#ACME", "QUOTE");
    let stored = storage
        .table()
        .get::<GoldenQuote>(&key)
        .await
        .unwrap()
        .unwrap();
    let fields = |value: &serde_json::Value| -> BTreeSet<String> {
        let fields = value.as_object().unwrap();
        fields
            .keys()
            .filter(|name| *name != "previous_close")
            .cloned()
            .collect()
    };
    assert_eq!(fields(&stored.value.0), fields(&golden));
    assert_eq!(stored.value.0["price"], "187.25");
}

#[tokio::test]
async fn a_description_stored_by_schema_1_is_read() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("golden/instrument_schema_1.json")).unwrap();
    let storage = Storage::new().await;
    let key = Key::new("INST#ACME", "META");
    let write = storage.table().write();
    write
        .put(&key, &GoldenInstrument(golden))
        .commit()
        .await
        .unwrap();

    let source = FakeSource::new();
    source.fail("ACME");
    let market = Market::start(&AssetConfig::default(), source, storage, clock()).await;
    let instrument = market.get("/v1/instruments/ACME").await.expect(200);
    assert_eq!(instrument.at("/name"), "Acme Widgets AG");
    assert_eq!(instrument.at("/instrument_type"), "Stock");
    assert_eq!(instrument.at("/sector"), "Industrials");
    assert_eq!(instrument.at("/currency"), "EUR");
}
