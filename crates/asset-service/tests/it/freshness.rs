//! How old a price may be, and what is shown when its source fails.

use asset_service::AssetConfig;
use domain::Currency;

use crate::support::{FakeSource, Market, Storage, clock, seconds};

const HOUR: i64 = 3_600;

#[tokio::test]
async fn a_quote_says_where_and_when_it_is_from() {
    let market = Market::over(FakeSource::pricing("ACME", "10.50")).await;
    let quote = market.quote("acme").await;
    assert_eq!(quote.at("/ticker_symbol"), "ACME");
    assert_eq!(quote.at("/price"), "10.50");
    assert_eq!(quote.at("/currency"), "USD");
    assert_eq!(quote.at("/as_of"), "2026-03-10T15:00:00Z");
    assert_eq!(quote.at("/fetched_at"), "2026-03-10T15:00:00Z");
    assert_eq!(quote.at("/source"), "fake");
    assert_eq!(quote.at("/staleness"), "fresh");
    assert_eq!(quote.at("/reason"), "null");
    assert_eq!(quote.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn within_its_time_to_live_a_quote_is_not_fetched_again() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    source.price("ACME", "11");
    market.clock.advance(seconds(14));
    assert_eq!(market.quote("ACME").await.at("/price"), "10");
    assert_eq!(source.times_asked(), 1);
}

#[tokio::test]
async fn a_little_later_it_is_refreshed_without_anybody_waiting() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    source.price("ACME", "11");
    source.hold();
    market.clock.advance(seconds(16));
    assert_eq!(market.quote("ACME").await.at("/price"), "10");
    source.release();
    market.service.settled().await;
    assert_eq!(market.quote("ACME").await.at("/price"), "11");
    assert_eq!(source.times_asked(), 2);
}

#[tokio::test]
async fn much_later_the_new_price_is_waited_for() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    source.price("ACME", "11");
    market.clock.advance(seconds(HOUR));
    assert_eq!(market.quote("ACME").await.at("/price"), "11");
}

#[tokio::test]
async fn when_the_source_fails_the_last_price_is_shown_with_its_age() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    source.fail("ACME");
    market.clock.advance(seconds(HOUR));
    let quote = market.quote("ACME").await;
    assert_eq!(quote.at("/price"), "10");
    assert_eq!(quote.at("/staleness"), "stale");
    assert_eq!(quote.at("/reason"), "SOURCE_UNAVAILABLE");
    assert_eq!(quote.at("/fetched_at"), "2026-03-10T15:00:00Z");
}

#[tokio::test]
async fn a_failing_source_is_left_alone_for_a_while_and_then_asked_again() {
    let source = FakeSource::new();
    source.fail("ACME");
    let market = Market::over(source.clone()).await;
    for _ in 0..3 {
        let quote = market.quote("ACME").await;
        assert_eq!(quote.at("/price"), "null");
        assert_eq!(quote.at("/staleness"), "unavailable");
        assert_eq!(quote.at("/reason"), "SOURCE_UNAVAILABLE");
    }
    assert_eq!(source.times_asked(), 1);
    source.price("ACME", "10");
    market.clock.advance(seconds(5));
    assert_eq!(market.quote("ACME").await.at("/staleness"), "fresh");
}

#[tokio::test]
async fn once_the_source_is_back_a_stale_price_gives_way() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    source.fail("ACME");
    market.clock.advance(seconds(15 * 60));
    market.quote("ACME").await;
    source.price("ACME", "11");
    market.clock.advance(seconds(5));
    assert_eq!(market.quote("ACME").await.at("/staleness"), "stale");
    market.service.settled().await;
    let quote = market.quote("ACME").await;
    assert_eq!(
        (quote.at("/price"), quote.at("/staleness")),
        ("11".into(), "fresh".into())
    );
}

#[tokio::test]
async fn past_the_hard_age_there_is_no_price() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    source.fail("ACME");
    market.clock.advance(seconds(7 * 24 * HOUR + 1));
    let quote = market.quote("ACME").await;
    assert_eq!(quote.at("/price"), "null");
    assert_eq!(quote.at("/staleness"), "unavailable");
    assert_eq!(quote.at("/as_of"), "null");
}

#[tokio::test]
async fn a_source_that_hangs_holds_nobody_up() {
    assert_eq!(AssetConfig::default().quote_deadline_ms, 2_000);
    let config = AssetConfig {
        quote_deadline_ms: 50,
        ..AssetConfig::default()
    };
    let source = FakeSource::pricing("ACME", "10");
    source.hold();
    let market = Market::start(&config, source, Storage::new().await, clock()).await;
    let quote = market.quote("ACME").await;
    assert_eq!(quote.at("/staleness"), "unavailable");
    assert_eq!(quote.at("/reason"), "SOURCE_UNAVAILABLE");
}

#[tokio::test]
async fn a_symbol_nobody_knows_is_not_asked_for_again_soon() {
    let source = FakeSource::new();
    let market = Market::over(source.clone()).await;
    for _ in 0..3 {
        let response = market.get("/v1/instruments/NOPE/quote").await.expect(404);
        assert_eq!(response.problem().code, "INSTRUMENT_NOT_FOUND");
    }
    assert_eq!(source.times_asked(), 1);
}

#[tokio::test]
async fn a_quote_takes_no_parameters_and_no_other_method() {
    let market = Market::simulated().await;
    let response = market
        .get("/v1/instruments/AAPL/quote?x=1")
        .await
        .expect(422);
    assert_eq!(response.problem().errors[0].pointer, "?x");
    let response = market
        .app
        .post("/v1/instruments/AAPL/quote")
        .send()
        .await
        .expect(405);
    assert_eq!(response.problem().code, "METHOD_NOT_ALLOWED");
    assert!(response.header("allow").unwrap().contains("GET"));
}

#[tokio::test]
async fn a_currency_that_changes_for_good_is_believed_after_ten_minutes() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    source.price_in(Currency::EUR, "ACME", "9");
    for _ in 0..2 {
        market.clock.advance(seconds(5 * 60));
        let quote = market.quote("ACME").await;
        let (currency, why) = (quote.at("/currency"), quote.at("/reason"));
        assert_eq!((&*currency, &*why), ("USD", "REFUSED_QUOTE"), "still stale");
        market.service.settled().await;
    }
    market.clock.advance(seconds(5 * 60));
    market.quote("ACME").await;
    market.service.settled().await;
    let quote = market.quote("ACME").await;
    let (currency, price) = (quote.at("/currency"), quote.at("/price"));
    assert_eq!((&*currency, &*price), ("EUR", "9"));
    assert_eq!(quote.at("/staleness"), "fresh");
}

#[tokio::test]
async fn a_first_price_is_held_to_the_currency_its_instrument_is_described_in() {
    let source = FakeSource::new();
    source.price_in(Currency::EUR, "ACME", "9");
    let market = Market::over(source.clone()).await;
    market.get("/v1/instruments/ACME").await.expect(200);
    market.service.settled().await;
    source.price("ACME", "10");
    for _ in 0..2 {
        let quote = market.quote("ACME").await;
        assert_eq!(quote.at("/staleness"), "unavailable");
        assert_eq!(quote.at("/reason"), "REFUSED_QUOTE");
        market.clock.advance(seconds(5 * 60));
    }
    let quote = market.quote("ACME").await;
    assert_eq!(quote.at("/price"), "10");
    assert_eq!(quote.at("/currency"), "USD");
}
