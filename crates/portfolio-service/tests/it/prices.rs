//! What an investment shows of its price, and of the lack of one.

use api::asset::Staleness;
use api::client::AssetClient;
use axum::Router;
use service_kit::testing::TestApp;
use service_kit::transport;

use crate::market::Market;
use crate::world::{World, assert_figures, bought};

const NO_PRICE: [&str; 6] = [
    "/current_price",
    "/market_value",
    "/unrealized_gain",
    "/last_updated",
    "/as_of",
    "/source",
];

#[tokio::test]
async fn a_missing_price_is_null_with_its_reason_and_never_zero() {
    let world = World::new().await;
    world.market.no_price("HALTED", "REFUSED_QUOTE");
    let portfolio = world.portfolio().await;
    for (ticker, reason) in [("HALTED", "REFUSED_QUOTE"), ("NOBODY", "UNKNOWN_SYMBOL")] {
        let path = world
            .record(&portfolio, &bought(ticker, "10", "5", "2026-01-05"))
            .await;
        let read = world.read(&path).await;
        for field in NO_PRICE {
            assert_eq!(read.at(field), "null", "{field}");
        }
        assert_eq!(read.at("/staleness"), "unavailable");
        assert_eq!(read.at("/price_unavailable_reason"), reason);
        assert_figures(&read, &[("/cost_basis", "50")]);
    }
}

#[tokio::test]
async fn an_asset_service_that_fails_hides_prices_and_nothing_else() {
    let world = World::new().await;
    world.market.price("AAPL", "7", "USD");
    world.market.break_down();
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "10", "5", "2026-01-05"))
        .await;
    for shown in [
        world.read(&path).await.body,
        world
            .read(&format!("{portfolio}/investments"))
            .await
            .at("/items/0"),
    ] {
        assert!(
            shown.contains(r#""price_unavailable_reason":"SOURCE_UNAVAILABLE""#),
            "{shown}"
        );
        assert!(shown.contains(r#""market_value":null"#), "{shown}");
    }
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_eq!(summary.at("/status"), "unavailable");
    assert_eq!(summary.at("/staleness"), "unavailable");
    assert_eq!(summary.at("/missing/0/symbol"), "AAPL");
    assert_eq!(summary.at("/missing/0/reason"), "SOURCE_UNAVAILABLE");
}

#[tokio::test]
async fn a_price_in_another_currency_is_converted_with_the_rate_of_the_pair() {
    let world = World::new().await;
    world.market.price("SAP.DE", "100", "EUR");
    world.market.rate("EUR", "USD", "1.25");
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("SAP.DE", "2", "110", "2026-01-05"))
        .await;
    let read = world.read(&path).await;
    assert_eq!(read.at("/currency"), "USD");
    assert_figures(
        &read,
        &[
            ("/current_price", "125"),
            ("/market_value", "250"),
            ("/unrealized_gain", "30"),
        ],
    );
}

#[tokio::test]
async fn without_the_rate_of_the_pair_there_is_no_price() {
    let world = World::new().await;
    world.market.price("SAP.DE", "100", "EUR");
    world.market.no_price("EURUSD=X", "SOURCE_UNAVAILABLE");
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("SAP.DE", "2", "110", "2026-01-05"))
        .await;
    let read = world.read(&path).await;
    for field in NO_PRICE {
        assert_eq!(read.at(field), "null", "{field}");
    }
    assert_eq!(read.at("/price_unavailable_reason"), "SOURCE_UNAVAILABLE");
}

#[tokio::test]
async fn a_price_that_can_be_no_price_is_as_good_as_none() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for (ticker, price, currency) in [
        ("ZERO", "0", "USD"),
        ("MINUS", "-1", "USD"),
        ("PENCE", "1", "GBX"),
    ] {
        world.market.price(ticker, price, currency);
        let path = world
            .record(&portfolio, &bought(ticker, "1", "5", "2026-01-05"))
            .await;
        let read = world.read(&path).await;
        assert_eq!(read.at("/market_value"), "null", "{ticker}");
        assert_eq!(read.at("/staleness"), "unavailable", "{ticker}");
        assert_ne!(read.at("/price_unavailable_reason"), "null", "{ticker}");
    }
}

#[tokio::test]
async fn how_old_a_price_is_is_shown_with_it() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for (staleness, shown) in [(Staleness::Delayed, "delayed"), (Staleness::Stale, "stale")] {
        world.market.price("AAPL", "7", "USD");
        world.market.quote("AAPL", |quote| {
            quote.price = Some(rust_decimal::Decimal::from(7).into());
            quote.currency = Some("USD".into());
            quote.staleness = staleness;
        });
        let path = world
            .record(&portfolio, &bought("AAPL", "1", "5", "2026-01-05"))
            .await;
        let read = world.read(&path).await;
        assert_eq!(read.at("/staleness"), shown);
        assert_eq!(read.at("/current_price"), "7");
        let summary = world.read(&format!("{portfolio}/summary")).await;
        assert_eq!(summary.at("/staleness"), shown);
    }
}

#[tokio::test]
async fn a_copy_is_current_only_as_long_as_its_price_is() {
    let world = World::new().await;
    world.market.price("AAPL", "7", "USD");
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "1", "5", "2026-01-05"))
        .await;
    let etag = world.etag(&path).await;
    let ask = || world.get(&path).header("if-none-match", &etag);
    ask().send().await.expect(304);
    world.market.price("AAPL", "8", "USD");
    assert_eq!(ask().send().await.expect(200).at("/current_price"), "8");
    world.market.no_price("AAPL", "SOURCE_UNAVAILABLE");
    assert_eq!(ask().send().await.expect(200).at("/current_price"), "null");
}

#[tokio::test]
async fn an_asset_service_across_the_network_gives_the_same_answers() {
    let market = Market::default();
    let asset = TestApp::start(market.router()).await;
    let far = transport::http(&asset.url()).unwrap();
    let near = transport::in_process(market.router());
    market.price("AAPL", "200.5", "USD");
    market.price("^GSPC", "5000", "USD");
    market.price("VOD.L", "0.75", "GBP");
    market.rate("GBP", "USD", "1.25");
    market.instrument("VOD.L", "Stock", "GBP");

    let mut shown = Vec::new();
    for transport in [far, near] {
        let world = World::with_asset_service(market.clone(), transport).await;
        let portfolio = world.portfolio().await;
        for ticker in ["AAPL", "^GSPC", "NOBODY", "M&M.NS"] {
            world
                .record(&portfolio, &bought(ticker, "3", "1.5", "2026-01-05"))
                .await;
        }
        let body = r#"{"ticker_symbol":"VOD.L","quantity":1,"purchase_price":2,"purchase_date":"2026-01-05"}"#;
        world.record(&portfolio, body).await;
        let holdings = world
            .read(&format!("{portfolio}/holdings"))
            .await
            .at("/items");
        let summary = world.read(&format!("{portfolio}/summary")).await;
        shown.push((
            holdings,
            summary.at("/market_value"),
            summary.at("/missing"),
        ));
    }
    assert_eq!(shown[0], shown[1]);
}

#[tokio::test]
async fn an_asset_service_that_cannot_be_reached_hides_prices_and_nothing_else() {
    let asset = TestApp::start(Router::new()).await;
    let far = transport::http(&asset.url()).unwrap();
    drop(asset);
    let world = World::with_asset_service(Market::default(), far.clone()).await;
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "10", "5", "2026-01-05"))
        .await;
    let read = world.read(&path).await;
    assert_eq!(read.at("/price_unavailable_reason"), "SOURCE_UNAVAILABLE");
    let ticker = domain::Ticker::parse("AAPL").unwrap();
    AssetClient::new(far)
        .list_quotes(&[ticker])
        .await
        .unwrap_err();
}
