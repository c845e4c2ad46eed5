//! Searching and describing instruments.

use service_kit::testing::TestResponse;

use crate::support::{FakeSource, Market};

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
