//! Exchange rates.

use crate::support::{FakeSource, Market};

#[tokio::test]
async fn a_rate_is_the_quote_of_the_pair() {
    let market = Market::simulated().await;
    let rate = market.get("/v1/fx/eur/USD").await.expect(200);
    assert_eq!(rate.at("/base"), "EUR");
    assert_eq!(rate.at("/quote"), "USD");
    assert_eq!(
        rate.at("/rate"),
        market.quote("EURUSD=X").await.at("/price")
    );
    assert_eq!(rate.at("/source"), "simulated");
    assert_eq!(rate.at("/staleness"), "fresh");
}

#[tokio::test]
async fn a_currency_costs_exactly_one_of_itself_whoever_is_down() {
    let market = Market::over(FakeSource::new()).await;
    let rate = market.get("/v1/fx/JPY/jpy").await.expect(200);
    assert_eq!(rate.at("/rate"), "1");
    assert_eq!(rate.at("/staleness"), "fresh");
}

#[tokio::test]
async fn a_rate_nobody_has_is_null_and_never_one() {
    let market = Market::over(FakeSource::new()).await;
    let rate = market.get("/v1/fx/EUR/USD").await.expect(200);
    assert_eq!(rate.at("/rate"), "null");
    assert_eq!(rate.at("/staleness"), "unavailable");
    assert_eq!(rate.at("/reason"), "UNKNOWN_SYMBOL");
}

#[tokio::test]
async fn what_is_no_currency_is_not_found() {
    let market = Market::simulated().await;
    for path in [
        "/v1/fx/EUR/BTC",
        "/v1/fx/DOLLAR/USD",
        "/v1/fx/%00/USD",
        "/v1/fx/%FF/USD",
    ] {
        let problem = market.get(path).await.expect(404).problem();
        assert_eq!(problem.code, "CURRENCY_NOT_FOUND", "{path}");
    }
}
