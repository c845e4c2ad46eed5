//! Searching what was described before, at the sources, and among one's own.

use std::sync::Arc;

use asset_service::AssetConfig;
use service_kit::testing::TestResponse;
use store::{Key, Record};

use crate::own::{ADA, BOB, HOUSE};
use crate::support::{FakeSource, Market, Storage, clock, seconds};

fn symbols(page: &TestResponse) -> Vec<String> {
    (0..page.count("/items"))
        .map(|place| page.at(&format!("/items/{place}/ticker_symbol")))
        .collect()
}

/// A market whose source described some instruments, and does not search.
async fn described(symbols: &[&str]) -> (Market, Arc<FakeSource>) {
    let source = FakeSource::new();
    for symbol in symbols {
        source.price(symbol, "1");
    }
    let market = Market::over(source.clone()).await;
    for symbol in symbols {
        let _ = market
            .get(&format!("/v1/instruments/{symbol}"))
            .await
            .expect(200);
    }
    market.service.settled().await;
    (market, source)
}

#[tokio::test]
async fn what_was_described_before_is_found_while_the_sources_are_down() {
    let (market, _) = described(&["ACME", "ACORN", "BRK-B"]).await;
    let page = market.get("/v1/instruments?query=ac").await.expect(200);
    assert_eq!(symbols(&page), ["ACME", "ACORN"]);
    assert_eq!(page.at("/partial"), "true");
    assert_eq!(page.at("/reason"), "SOURCE_UNAVAILABLE");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let page = market
        .get("/v1/instruments?query=inc%20acorn")
        .await
        .expect(200);
    assert_eq!(symbols(&page), ["ACORN"]);
    let page = market.get("/v1/instruments?query=brk").await.expect(200);
    assert_eq!(symbols(&page), ["BRK-B"]);
    let page = market.get("/v1/instruments").await.expect(200);
    assert_eq!(symbols(&page), ["ACME", "ACORN", "BRK-B"]);
    let none = market.get("/v1/instruments?query=zzz").await.expect(503);
    assert_eq!(none.problem().code, "UNAVAILABLE");
    assert_eq!(market.get("/v1/instruments?query=%23").await.status, 503);
}

#[tokio::test]
async fn pages_of_a_search_follow_each_other_while_more_becomes_known() {
    let (market, source) = described(&["AA", "AC", "AE", "AG"]).await;
    let first = market
        .get("/v1/instruments?query=a&page_size=2")
        .await
        .expect(200);
    assert_eq!(symbols(&first), ["AA", "AC"]);
    for symbol in ["AB", "AD", "AF"] {
        source.price(symbol, "1");
        let _ = market
            .get(&format!("/v1/instruments/{symbol}"))
            .await
            .expect(200);
    }
    market.service.settled().await;
    let token = first.at("/next_page_token");
    let path = format!("/v1/instruments?query=A&page_size=3&page_token={token}");
    let second = market.get(&path).await.expect(200);
    assert_eq!(symbols(&second), ["AD", "AE", "AF"]);
}

#[tokio::test]
async fn a_source_that_is_slow_does_not_hold_back_what_is_known() {
    let (market, _) = described(&["ACME"]).await;
    let clock = market.clock.clone();
    let storage = market.stop().await;
    let hanging = FakeSource::new();
    hanging.hold();
    let config = AssetConfig {
        quote_deadline_ms: 1_000,
        ..AssetConfig::default()
    };
    let market = Market::start(&config, hanging, storage, clock).await;
    let page = market.get("/v1/instruments?query=acme").await.expect(200);
    assert_eq!(symbols(&page), ["ACME"]);
    assert_eq!(page.at("/partial"), "true");
}

#[tokio::test]
async fn what_a_source_finds_too_late_is_kept_for_whoever_comes_next() {
    let source = FakeSource::new();
    source.list(&["ACME"]);
    source.hold();
    let config = AssetConfig {
        quote_deadline_ms: 300,
        ..AssetConfig::default()
    };
    let market = Market::start(&config, source.clone(), Storage::new().await, clock()).await;
    assert_eq!(market.get("/v1/instruments?query=acme").await.status, 503);
    source.release();
    market.service.settled().await;
    let page = market.get("/v1/instruments?query=acme").await.expect(200);
    assert_eq!(symbols(&page), ["ACME"]);
    assert_eq!(page.at("/partial"), "false");
    assert_eq!(source.times_searched(), 1);
}

#[tokio::test]
async fn a_text_is_asked_of_the_sources_once_an_hour() {
    let source = FakeSource::new();
    source.list(&["ACME"]);
    let market = Market::over(source.clone()).await;
    for query in ["acm", "ACM", "%20acm%20"] {
        let page = market
            .get(&format!("/v1/instruments?query={query}"))
            .await
            .expect(200);
        assert_eq!(symbols(&page), ["ACME"]);
        assert_eq!(page.at("/partial"), "false");
        assert_eq!(page.header("cache-control"), Some("public, max-age=300"));
    }
    assert_eq!(source.times_searched(), 1);
    market.clock.advance(seconds(3_600));
    let _ = market.get("/v1/instruments?query=acm").await.expect(200);
    assert_eq!(source.times_searched(), 2);
}

#[tokio::test]
async fn many_who_search_for_the_same_text_ask_once() {
    let source = FakeSource::new();
    source.list(&["ACME"]);
    source.hold();
    let market = Market::over(source.clone()).await;
    let searches = (0..50).map(|_| market.get("/v1/instruments?query=acme"));
    let release = async {
        while source.times_searched() == 0 {
            tokio::task::yield_now().await;
        }
        source.release();
    };
    let (pages, ()) = tokio::join!(futures::future::join_all(searches), release);
    assert!(pages.iter().all(|page| symbols(page) == ["ACME"]));
    assert_eq!(source.times_searched(), 1);
}

#[tokio::test]
async fn nothing_found_is_forgotten_sooner_and_a_failure_at_once() {
    let source = FakeSource::new();
    source.list(&[]);
    let market = Market::over(source.clone()).await;
    for (pause, asked) in [(0, 1), (599, 1), (1, 2)] {
        market.clock.advance(seconds(pause));
        let page = market.get("/v1/instruments?query=new").await.expect(200);
        assert!(symbols(&page).is_empty());
        assert_eq!(source.times_searched(), asked);
    }
    let down = FakeSource::new();
    let market = Market::over(down.clone()).await;
    for (pause, asked) in [(0, 1), (4, 1), (1, 2)] {
        market.clock.advance(seconds(pause));
        assert_eq!(market.get("/v1/instruments?query=new").await.status, 503);
        assert_eq!(down.times_searched(), asked);
    }
}

#[tokio::test]
async fn no_source_hears_what_a_customer_calls_their_own() {
    let source = FakeSource::new();
    source.list(&["ACME"]);
    let market = Market::over(source.clone()).await;
    let _ = market.add(ADA, HOUSE).await.expect(201);
    let page = market
        .get_as(ADA, "/v1/instruments?query=%20my:House")
        .await;
    assert_eq!(symbols(&page.expect(200)), ["MY:HOUSE"]);
    let page = market
        .get("/v1/instruments?query=MY:HOUSE")
        .await
        .expect(200);
    assert!(symbols(&page).is_empty());
    assert_eq!(page.at("/partial"), "false");
    assert_eq!(source.times_searched(), 0);
}

#[tokio::test]
async fn ones_own_instruments_are_found_by_nobody_else() {
    let market = Market::simulated().await;
    let _ = market.add(ADA, HOUSE).await.expect(201);
    let path = "/v1/instruments?query=HOUSE";
    let page = market.get_as(ADA, path).await.expect(200);
    assert_eq!(symbols(&page), ["MY:HOUSE"]);
    assert_eq!(page.at("/items/0/source"), "manual");
    assert_eq!(page.header("cache-control"), Some("private, no-store"));
    assert_eq!(page.header("vary"), Some("authorization"));
    assert!(symbols(&market.get(path).await).is_empty());
    assert!(symbols(&market.get_as(BOB, path).await).is_empty());
    assert_eq!(market.app.get(path).bearer("x").send().await.status, 401);
    let all = market
        .get_as(ADA, "/v1/instruments?page_size=200")
        .await
        .expect(200);
    let all = symbols(&all);
    assert!(all.contains(&"MY:HOUSE".to_owned()) && all.contains(&"AAPL".to_owned()));
    assert!(all.is_sorted());
}

#[tokio::test]
async fn a_page_token_of_ones_own_list_is_no_good_for_others() {
    let market = Market::simulated().await;
    let page = market
        .get_as(ADA, "/v1/instruments?page_size=2")
        .await
        .expect(200);
    let path = format!(
        "/v1/instruments?page_size=2&page_token={}",
        page.at("/next_page_token")
    );
    assert_eq!(market.get(&path).await.status, 422);
    assert_eq!(market.get_as(BOB, &path).await.status, 422);
    let next = market.get_as(ADA, &path).await.expect(200);
    assert!(symbols(&next)[0] > symbols(&page)[1]);
}

#[tokio::test]
async fn instruments_of_a_source_no_longer_asked_are_not_found() {
    let market = Market::simulated().await;
    let _ = market.get("/v1/instruments/AAPL").await.expect(200);
    let clock = market.clock.clone();
    let storage = market.stop().await;
    let source = FakeSource::new();
    let market = Market::start(&AssetConfig::default(), source, storage, clock).await;
    assert_eq!(market.get("/v1/instruments?query=apple").await.status, 503);
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
struct GoldenHit(serde_json::Value);

impl Record for GoldenHit {
    const KIND: &'static str = "search_hit";
}

#[tokio::test]
async fn a_search_hit_stored_by_schema_1_is_found_without_its_accent() {
    let golden = serde_json::from_str(include_str!("golden/search_hit_schema_1.json")).unwrap();
    let storage = Storage::new().await;
    let golden = GoldenHit(golden);
    let write = storage.table().write();
    write
        .put(&Key::new("SEARCH#a", "acme#ACME"), &golden)
        .put(&Key::new("SEARCH#w", "widgets#ACME"), &golden)
        .commit()
        .await
        .unwrap();
    let market = Market::start(&AssetConfig::default(), FakeSource::new(), storage, clock()).await;
    for query in ["acme", "ACM%C3%89", "acme%20widgets"] {
        let page = market
            .get(&format!("/v1/instruments?query={query}"))
            .await
            .expect(200);
        assert_eq!(page.at("/items/0/name"), "Acmé Widgets AG");
        assert_eq!(page.at("/items/0/exchange"), "XETRA");
    }
}

#[tokio::test]
async fn a_new_name_is_found_and_the_old_one_is_not() {
    let source = FakeSource::pricing("ACME", "1");
    let market = Market::over(source.clone()).await;
    let _ = market.get("/v1/instruments/ACME").await.expect(200);
    market.service.settled().await;
    let found = market.get("/v1/instruments?query=inc").await.expect(200);
    assert_eq!(symbols(&found), ["ACME"]);
    source.rename("Zenith Holdings");
    market.clock.advance(seconds(3_600));
    let _ = market.get("/v1/instruments/ACME").await.expect(200);
    market.service.settled().await;
    let found = market.get("/v1/instruments?query=zenith").await.expect(200);
    assert_eq!(found.at("/items/0/name"), "Zenith Holdings");
    assert_eq!(market.get("/v1/instruments?query=inc").await.status, 503);
}
