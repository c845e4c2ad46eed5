//! What all portfolios are worth together.

use jiff::SignedDuration;

use crate::summary::two_currencies;
use crate::world::{World, assert_figures, bought};

#[tokio::test]
async fn all_portfolios_are_summed_and_each_has_its_line() {
    let world = World::new().await;
    let first = world.portfolio().await;
    two_currencies(&world, &first).await;
    let alone = world.read(&format!("{first}/summary")).await;
    world.clock.advance(SignedDuration::from_secs(1));
    let second = world.open(r#"{"name":"Rest","type":"IRA"}"#).await;
    world
        .record(&second, &bought("AAPL", "5", "100", "2026-02-10"))
        .await;
    world.clock.advance(SignedDuration::from_secs(1));
    let third = world.open(r#"{"name":"Empty","type":"IRA"}"#).await;
    let found = world.read("/v1/summary").await;
    assert_figures(
        &found,
        &[
            ("/currency", "USD"),
            ("/market_value", "5125"),
            ("/status", "ok"),
            ("/missing", "[]"),
            ("/holdings_count", "2"),
            ("/investments_count", "4"),
            ("/portfolios/0/market_value", "4125"),
            ("/portfolios/0/weight", "0.804878"),
            ("/portfolios/0/cost_basis", &alone.at("/cost_basis")),
            ("/portfolios/0/day_change", &alone.at("/day_change")),
            ("/portfolios/1/name", "Rest"),
            ("/portfolios/1/type", "IRA"),
            ("/portfolios/1/market_value", "1000"),
            ("/portfolios/1/unrealized_gain", "500"),
            ("/portfolios/2/market_value", "0"),
            ("/portfolios/2/weight", "0"),
            ("/allocation/0/market_value", "4000"),
        ],
    );
    assert!(third.ends_with(&found.at("/portfolios/2/portfolio_id")));
}

#[tokio::test]
async fn portfolios_that_differ_are_summed_in_dollars_or_in_what_is_asked_for() {
    let world = World::new().await;
    world.market.price("ACME", "20", "EUR");
    world.market.rate("EUR", "USD", "1.5");
    world.market.rate("EUR", "GBP", "0.9");
    world
        .market
        .closes("EURUSD=X", "USD", &[("2026-01-05", "1.25")]);
    world
        .market
        .closes("EURGBP=X", "GBP", &[("2026-01-05", "0.8")]);
    let euro = bought("ACME", "10", "10", "2026-01-05").replace("USD", "EUR");
    for base in ["GBP", "EUR"] {
        let open = format!(r#"{{"name":"A","type":"IRA","base_currency":"{base}"}}"#);
        let portfolio = world.open(&open).await;
        world.record(&portfolio, &euro).await;
    }
    assert_figures(
        &world.read("/v1/summary").await,
        &[
            ("/currency", "USD"),
            ("/market_value", "600"),
            ("/cost_basis", "250"),
            ("/portfolios/1/unrealized_gain", "175"),
        ],
    );
    assert_figures(
        &world.read("/v1/summary?currency=GBP").await,
        &[("/market_value", "360"), ("/cost_basis", "160")],
    );
    assert_figures(
        &world.read("/v1/summary?currency=JPY").await,
        &[
            ("/market_value", "null"),
            ("/status", "unavailable"),
            ("/missing/0/symbol", "EURJPY=X"),
        ],
    );
}

#[tokio::test]
async fn whoever_has_no_portfolio_has_nothing() {
    let world = World::new().await;
    world.portfolio().await;
    let stranger = world.stranger();
    let found = world.app.get("/v1/summary").bearer(&stranger).send().await;
    assert_figures(
        &found.expect(200),
        &[
            ("/market_value", "0"),
            ("/portfolios", "[]"),
            ("/currency", "USD"),
        ],
    );
    let refused = world.get("/v1/summary?currency=EURO").send().await;
    refused.expect(422);
}
