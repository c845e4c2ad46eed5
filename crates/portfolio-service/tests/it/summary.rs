//! Summaries with numbers worked out by hand.

use crate::world::{World, assert_figures, bought};

/// Two lots of a stock in dollars and one of a fund in pounds, in a portfolio in dollars.
///
/// | | AAPL | VOD.L | in dollars at 1.25 |
/// |---|---|---|---|
/// | cost | 10 × 150 + 5 + 5 × 180 = 2405 USD | 1000 × 0.80 + 10 = 810 GBP | 2405 + 1012.50 = 3417.50 |
/// | value | 15 × 200 = 3000 USD | 1000 × 0.90 = 900 GBP | 3000 + 1125 = 4125 |
/// | day | 15 × 5 = 75 USD | 1000 × 0.02 = 20 GBP | 75 + 25 = 100 |
pub(crate) async fn two_currencies(world: &World, portfolio: &str) {
    world.market.price_after("AAPL", "200", "195", "USD");
    world.market.price_after("VOD.L", "0.90", "0.88", "GBP");
    world.market.rate("GBP", "USD", "1.25");
    let with_fees = |body: String, fees: &str| body.replace('}', &format!(r#","fees":{fees}}}"#));
    let first = with_fees(bought("AAPL", "10", "150", "2026-01-05"), "5");
    let second = bought("AAPL", "5", "180", "2026-02-10");
    let fund = with_fees(bought("VOD.L", "1000", "0.80", "2026-02-10"), "10");
    let fund = fund.replace("USD", "GBP").replace("Stock", "ETF");
    for body in [first, second, fund] {
        world.record(portfolio, &body).await;
    }
}

#[tokio::test]
async fn a_portfolio_is_summed_in_its_own_currency() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    two_currencies(&world, &portfolio).await;
    for _ in 0..2 {
        let summary = world.read(&format!("{portfolio}/summary")).await;
        assert_figures(
            &summary,
            &[
                (
                    "/portfolio_id",
                    portfolio.trim_start_matches("/v1/portfolios/"),
                ),
                ("/currency", "USD"),
                ("/market_value", "4125"),
                ("/cost_basis", "3417.5"),
                ("/unrealized_gain", "707.5"),
                ("/day_change", "100"),
                ("/status", "ok"),
                ("/missing", "[]"),
                ("/allocation/0/instrument_type", "Stock"),
                ("/allocation/0/market_value", "3000"),
                ("/allocation/0/cost_basis", "2405"),
                ("/allocation/0/unrealized_gain", "595"),
                ("/allocation/0/weight", "0.727273"),
                ("/allocation/1/instrument_type", "ETF"),
                ("/allocation/1/market_value", "1125"),
                ("/allocation/1/cost_basis", "1012.5"),
                ("/allocation/1/unrealized_gain", "112.5"),
                ("/allocation/1/weight", "0.272727"),
                ("/rates/0/base", "GBP"),
                ("/rates/0/quote", "USD"),
                ("/rates/0/rate", "1.25"),
                ("/rates/0/source", "test market"),
                ("/as_of", "2026-03-10T20:45:00Z"),
                ("/staleness", "fresh"),
                ("/sources", r#"["test market"]"#),
                ("/holdings_count", "2"),
                ("/investments_count", "3"),
            ],
        );
        world.restart().await;
    }
}

#[tokio::test]
async fn another_base_currency_changes_every_total() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    two_currencies(&world, &portfolio).await;
    world.market.rate("USD", "GBP", "0.8");
    world
        .patch(&portfolio, r#"{"base_currency":"GBP"}"#)
        .send()
        .await
        .expect(200);
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(
        &summary,
        &[
            ("/currency", "GBP"),
            ("/market_value", "3300"),
            ("/cost_basis", "2734"),
            ("/unrealized_gain", "566"),
            ("/day_change", "80"),
        ],
    );
}

#[tokio::test]
async fn an_empty_portfolio_is_worth_nothing_for_certain() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(
        &summary,
        &[
            ("/market_value", "0"),
            ("/cost_basis", "0"),
            ("/unrealized_gain", "0"),
            ("/day_change", "0"),
            ("/status", "ok"),
            ("/missing", "[]"),
            ("/allocation", "[]"),
            ("/rates", "[]"),
            ("/as_of", "null"),
            ("/holdings_count", "0"),
            ("/investments_count", "0"),
        ],
    );
}

#[tokio::test]
async fn one_missing_price_makes_the_total_partial_and_is_named() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    two_currencies(&world, &portfolio).await;
    world
        .record(&portfolio, &bought("NOBODY", "1", "100", "2026-01-05"))
        .await;
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(
        &summary,
        &[
            ("/market_value", "4125"),
            ("/cost_basis", "3517.5"),
            ("/unrealized_gain", "707.5"),
            ("/status", "partial"),
            ("/missing/0/symbol", "NOBODY"),
            ("/missing/0/reason", "UNKNOWN_SYMBOL"),
            ("/allocation/0/instrument_type", "Stock"),
            ("/allocation/0/status", "partial"),
            ("/allocation/1/status", "ok"),
            ("/staleness", "unavailable"),
            ("/investments_count", "4"),
        ],
    );
    assert_eq!(summary.count("/missing"), 1);
}

#[tokio::test]
async fn without_any_price_the_value_is_unknown_and_not_zero() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .record(&portfolio, &bought("NOBODY", "1", "100", "2026-01-05"))
        .await;
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(
        &summary,
        &[
            ("/market_value", "null"),
            ("/cost_basis", "100"),
            ("/unrealized_gain", "null"),
            ("/day_change", "null"),
            ("/status", "unavailable"),
            ("/allocation/0/market_value", "null"),
            ("/allocation/0/weight", "null"),
            ("/allocation/0/status", "unavailable"),
            ("/as_of", "null"),
        ],
    );
}

#[tokio::test]
async fn a_missing_rate_is_named_as_its_pair_and_never_one_to_one() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    two_currencies(&world, &portfolio).await;
    world.market.no_price("GBPUSD=X", "SOURCE_UNAVAILABLE");
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(
        &summary,
        &[
            ("/market_value", "3000"),
            ("/unrealized_gain", "595"),
            ("/status", "partial"),
            ("/missing/0/symbol", "GBPUSD=X"),
            ("/missing/0/reason", "SOURCE_UNAVAILABLE"),
            ("/rates", "[]"),
            ("/allocation/1/instrument_type", "ETF"),
            ("/allocation/1/market_value", "null"),
            ("/allocation/1/status", "unavailable"),
        ],
    );
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    assert_figures(
        &holdings,
        &[
            ("/items/1/market_value", "900"),
            ("/items/1/currency", "GBP"),
            ("/items/1/weight", "null"),
        ],
    );
}
