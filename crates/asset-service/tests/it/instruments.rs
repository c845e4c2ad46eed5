//! Searching and describing instruments.

use std::sync::Arc;

use asset_service::AssetConfig;
use domain::Currency;
use futures::poll;
use service_kit::testing::TestResponse;
use tower::ServiceExt;

use crate::support::{FakeSource, Market, seconds};

fn symbols(page: &TestResponse) -> Vec<String> {
    (0..page.count("/items"))
        .map(|place| page.at(&format!("/items/{place}/ticker_symbol")))
        .collect()
}

#[tokio::test]
async fn an_instrument_is_described_whatever_the_case_of_its_ticker() {
    let market = Market::simulated().await;
    let response = market.get("/v1/instruments/brk-b").await.expect(200);
    assert_eq!(response.at("/ticker_symbol"), "BRK-B");
    assert_eq!(response.at("/name"), "Berkshire Hathaway Inc. Class B");
    assert_eq!(response.at("/exchange"), "NYSE");
    assert_eq!(response.at("/instrument_type"), "Stock");
    assert_eq!(response.at("/sector"), "Financial Services");
    assert_eq!(response.at("/currency"), "USD");
    assert_eq!(response.at("/source"), "simulated");
    let pair = market.get("/v1/instruments/EURUSD%3DX").await.expect(200);
    assert_eq!(pair.at("/instrument_type"), "Currency");
}

#[tokio::test]
async fn what_nobody_knows_and_what_is_no_ticker_are_not_found() {
    let market = Market::simulated().await;
    for path in [
        "/v1/instruments/NOPE",
        "/v1/instruments/A%20B",
        "/v1/instruments/%FF",
        "/v1/instruments/..%2F..%2Fetc",
        "/v1/instruments/%E2%80%AE/quote",
        "/v1/instruments/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let problem = market.get(path).await.expect(404).problem();
        assert_eq!(problem.code, "INSTRUMENT_NOT_FOUND", "{path}");
    }
}

#[tokio::test]
async fn searching_ignores_case_and_puts_the_ticker_itself_first() {
    let market = Market::simulated().await;
    let page = market.get("/v1/instruments?query=v").await.expect(200);
    let found = symbols(&page);
    assert_eq!(&found[..4], ["V", "VEA", "VFIAX", "VNQ"]);
    assert!(found.contains(&"NVDA".to_owned()));
    let page = market.get("/v1/instruments?query=ApPlE").await.expect(200);
    assert_eq!(symbols(&page), ["AAPL"]);
    let page = market.get("/v1/instruments?query=zzzz").await.expect(200);
    assert!(symbols(&page).is_empty());
    assert_eq!(page.at("/next_page_token"), "null");
}

#[tokio::test]
async fn without_a_query_every_instrument_is_listed_once_by_ticker() {
    let market = Market::simulated().await;
    let whole = market
        .get("/v1/instruments?page_size=200")
        .await
        .expect(200);
    assert_eq!(whole.at("/next_page_token"), "null");
    let whole = symbols(&whole);
    assert!(whole.len() >= 60 && whole.is_sorted());

    let mut paged = Vec::new();
    let mut path = "/v1/instruments?page_size=7".to_owned();
    loop {
        let page = market.get(&path).await.expect(200);
        paged.extend(symbols(&page));
        let token = page.at("/next_page_token");
        if token == "null" {
            break;
        }
        path = format!("/v1/instruments?page_size=7&page_token={token}");
    }
    assert_eq!(paged, whole);
}

#[tokio::test]
async fn a_page_token_that_was_edited_or_belongs_to_another_query_is_refused() {
    let market = Market::simulated().await;
    let page = market
        .get("/v1/instruments?query=v&page_size=2")
        .await
        .expect(200);
    let token = page.at("/next_page_token");
    for path in [
        format!("/v1/instruments?query=x&page_token={token}"),
        format!("/v1/instruments?query=v&page_token={token}A"),
        format!("/v1/instruments?query=v&page_token=A{}", &token[1..]),
        "/v1/instruments?query=v&page_token=".to_owned(),
    ] {
        let problem = market.get(&path).await.expect(422).problem();
        assert_eq!(problem.errors[0].pointer, "?page_token", "{path}");
    }
    let same_query = format!("/v1/instruments?query=V&page_size=2&page_token={token}");
    let next = market.get(&same_query).await.expect(200);
    assert_eq!(symbols(&next), ["VFIAX", "VNQ"]);
}

#[tokio::test]
async fn every_bad_parameter_is_named() {
    let market = Market::simulated().await;
    let long = "x".repeat(101);
    let path = format!("/v1/instruments?query={long}&page_size=0&sort=name");
    let problem = market.get(&path).await.expect(422).problem();
    let pointers: Vec<_> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(pointers, ["?query", "?page_size", "?sort"]);
    for size in ["201", "-1", "1.5", "many", ""] {
        let path = format!("/v1/instruments?page_size={size}");
        assert_eq!(market.get(&path).await.status, 422);
    }
}

#[tokio::test]
async fn a_source_that_is_down_makes_search_unavailable_and_not_empty() {
    let market = Market::over(FakeSource::new()).await;
    let response = market.get("/v1/instruments?query=a").await.expect(503);
    assert_eq!(response.problem().code, "UNAVAILABLE");
    assert_eq!(response.header("retry-after"), Some("5"));
}

#[tokio::test]
async fn descriptions_may_be_kept_for_a_while() {
    let market = Market::simulated().await;
    let response = market.get("/v1/instruments/AAPL").await.expect(200);
    assert_eq!(
        response.header("cache-control"),
        Some("public, max-age=300")
    );
}

/// Somebody asks, and goes away before the source has answered.
async fn hang_up(market: &Market, path: &str) {
    let request = http::Request::get(path).body(axum::body::Body::empty());
    let mut impatient = Box::pin(market.router.clone().oneshot(request.unwrap()));
    assert!(poll!(&mut impatient).is_pending());
}

#[tokio::test]
async fn what_a_client_that_hung_up_asked_for_is_kept_for_the_next() {
    let source = FakeSource::pricing("ACME", "10");
    source.list(&["ACME"]);
    source.hold();
    let market = Market::over(source.clone()).await;
    hang_up(&market, "/v1/instruments/ACME").await;
    hang_up(&market, "/v1/instruments?query=acme").await;
    source.release();
    market.service.settled().await;
    source.fail("ACME");
    let instrument = market.get("/v1/instruments/ACME").await.expect(200);
    assert_eq!(instrument.at("/name"), "ACME Inc.");
    let page = market.get("/v1/instruments?query=acme").await.expect(200);
    assert_eq!(symbols(&page), ["ACME"]);
    assert_eq!(source.times_searched(), 1);
}

/// A process that has just started over what an earlier one stored.
async fn restarted(market: Market, source: Arc<FakeSource>) -> Market {
    let clock = market.clock.clone();
    let storage = market.stop().await;
    Market::start(&AssetConfig::default(), source, storage, clock).await
}

#[tokio::test]
async fn a_source_that_hangs_does_not_hide_what_was_described_before() {
    let market = Market::over(FakeSource::pricing("ACME", "10")).await;
    market.get("/v1/instruments/ACME").await.expect(200);
    let hanging = FakeSource::pricing("ACME", "10");
    hanging.hold();
    let market = restarted(market, hanging.clone()).await;
    let instrument = market.get("/v1/instruments/ACME").await.expect(200);
    assert_eq!(instrument.at("/name"), "ACME Inc.");
    hanging.rename("Acme Holdings");
    hanging.release();
    market.service.settled().await;
    let instrument = market.get("/v1/instruments/ACME").await.expect(200);
    assert_eq!(instrument.at("/name"), "Acme Holdings", "late, and kept");
}

async fn described_in(market: &Market) -> String {
    let instrument = market.get("/v1/instruments/ACME").await.expect(200);
    instrument.at("/currency")
}

#[tokio::test]
async fn a_description_in_another_currency_than_its_price_is_not_shown() {
    let source = FakeSource::new();
    source.price_in(Currency::EUR, "ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    source.price_in(Currency::USD, "ACME", "10");
    let refused = market.get("/v1/instruments/ACME").await.expect(503);
    assert!(refused.problem().detail.contains("contradicts"));
    market.service.settled().await;
    source.price_in(Currency::EUR, "ACME", "10");
    market.clock.advance(seconds(5));
    assert_eq!(described_in(&market).await, "EUR");
    market.service.settled().await;

    let usurper = FakeSource::pricing("ACME", "10");
    let market = restarted(market, usurper).await;
    assert_eq!(
        described_in(&market).await,
        "EUR",
        "the price and what was stored agree"
    );
}

#[tokio::test]
async fn of_two_descriptions_in_different_currencies_neither_is_shown_until_a_price_decides() {
    let source = FakeSource::new();
    source.price_in(Currency::EUR, "ACME", "10");
    let market = Market::over(source).await;
    assert_eq!(described_in(&market).await, "EUR");
    let source = FakeSource::pricing("ACME", "10");
    let market = restarted(market, source.clone()).await;
    market.get("/v1/instruments/ACME").await.expect(503);
    for _ in 0..3 {
        market.quote("ACME").await;
        market.clock.advance(seconds(5 * 60));
    }
    assert_eq!(market.quote("ACME").await.at("/currency"), "USD");
    assert_eq!(described_in(&market).await, "USD");
}

#[tokio::test]
async fn a_description_is_asked_for_again_when_a_price_contradicts_it() {
    let source = FakeSource::pricing("ACME", "10");
    let market = Market::over(source.clone()).await;
    market.quote("ACME").await;
    assert_eq!(described_in(&market).await, "USD");
    market.service.settled().await;
    source.price_in(Currency::EUR, "ACME", "10");
    for _ in 0..4 {
        market.clock.advance(seconds(5 * 60));
        market.quote("ACME").await;
        market.service.settled().await;
    }
    assert_eq!(market.quote("ACME").await.at("/currency"), "EUR");
    assert_eq!(described_in(&market).await, "EUR", "within the hour");
}
