//! Holdings with numbers worked out by hand.

use rust_decimal::Decimal;

use crate::world::{World, assert_figures, bought};

#[tokio::test]
async fn the_lots_of_an_instrument_are_one_holding() {
    let mut world = World::new().await;
    world.market.price_after("AAPL", "200", "195", "USD");
    let portfolio = world.portfolio().await;
    let first = bought("AAPL", "10", "150", "2026-01-05").replace('}', r#","fees":5}"#);
    world.record(&portfolio, &first).await;
    world
        .record(&portfolio, &bought("AAPL", "5", "180", "2026-02-10"))
        .await;
    for _ in 0..2 {
        let holdings = world.read(&format!("{portfolio}/holdings")).await;
        assert_eq!(holdings.count("/items"), 1);
        for (field, value) in [
            ("ticker_symbol", "AAPL"),
            ("instrument_type", "Stock"),
            ("quantity", "15"),
            ("average_cost", "160.3333333333"),
            ("cost_basis", "2405"),
            ("current_price", "200"),
            ("market_value", "3000"),
            ("unrealized_gain", "595"),
            ("realized_gain", "0"),
            ("income", "0"),
            ("day_change", "75"),
            ("weight", "1"),
            ("currency", "USD"),
            ("status", "ok"),
            ("missing", "[]"),
            ("as_of", "2026-03-10T20:45:00Z"),
            ("source", "test market"),
            ("staleness", "fresh"),
        ] {
            assert_figures(&holdings, &[(&format!("/items/0/{field}"), value)]);
        }
        world.restart().await;
    }
}

#[tokio::test]
async fn a_holding_is_in_its_own_currency_and_weighed_in_the_portfolios() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    crate::summary::two_currencies(&world, &portfolio).await;
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    for (place, field, value) in [
        (0, "ticker_symbol", "AAPL"),
        (0, "weight", "0.727273"),
        (1, "ticker_symbol", "VOD.L"),
        (1, "currency", "GBP"),
        (1, "cost_basis", "810.00"),
        (1, "market_value", "900.0"),
        (1, "unrealized_gain", "90.00"),
        (1, "day_change", "20.00"),
        (1, "average_cost", "0.81"),
        (1, "weight", "0.272727"),
    ] {
        assert_figures(&holdings, &[(&format!("/items/{place}/{field}"), value)]);
    }
}

#[tokio::test]
async fn what_was_bought_today_has_moved_since_its_purchase_and_not_since_yesterday() {
    let world = World::new().await;
    world.market.price_after("AAPL", "200", "150", "USD");
    let portfolio = world.portfolio().await;
    world
        .record(&portfolio, &bought("AAPL", "2", "190", "2026-03-10"))
        .await;
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    assert_figures(&holdings, &[("/items/0/day_change", "20")]);
}

#[tokio::test]
async fn without_the_previous_close_nobody_knows_the_days_change() {
    let world = World::new().await;
    world.market.price("AAPL", "200", "USD");
    let portfolio = world.portfolio().await;
    world
        .record(&portfolio, &bought("AAPL", "2", "190", "2026-03-09"))
        .await;
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    assert_eq!(holdings.at("/items/0/day_change"), "null");
    assert_eq!(holdings.at("/items/0/status"), "ok");
}

#[tokio::test]
async fn lots_bought_in_two_currencies_are_held_in_the_portfolios() {
    let world = World::new().await;
    world.market.price("AAPL", "200", "USD");
    world.market.rate("USD", "EUR", "0.8");
    world.market.rate("EUR", "USD", "1.25");
    let portfolio = world.portfolio().await;
    let in_dollars = bought("AAPL", "1", "150", "2026-01-05");
    let in_euros = bought("AAPL", "1", "100", "2026-01-05").replace("USD", "EUR");
    world.record(&portfolio, &in_dollars).await;
    world.record(&portfolio, &in_euros).await;
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    for (field, value) in [
        ("cost_basis", "275"),
        ("market_value", "400"),
        ("unrealized_gain", "125"),
    ] {
        assert_figures(&holdings, &[(&format!("/items/0/{field}"), value)]);
    }
    assert_eq!(holdings.at("/items/0/currency"), "USD");
    assert_figures(&holdings, &[("/items/0/current_price", "200")]);
}

#[tokio::test]
async fn a_holding_without_a_price_keeps_its_cost_and_says_what_is_missing() {
    let world = World::new().await;
    world.market.price("AAPL", "200", "USD");
    let portfolio = world.portfolio().await;
    for ticker in ["AAPL", "NOBODY"] {
        world
            .record(&portfolio, &bought(ticker, "2", "100", "2026-01-05"))
            .await;
    }
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    for (field, value) in [
        ("ticker_symbol", "NOBODY"),
        ("cost_basis", "200"),
        ("current_price", "null"),
        ("market_value", "null"),
        ("unrealized_gain", "null"),
        ("day_change", "null"),
        ("weight", "null"),
        ("status", "unavailable"),
        ("missing/0/symbol", "NOBODY"),
        ("missing/0/reason", "UNKNOWN_SYMBOL"),
        ("staleness", "unavailable"),
    ] {
        assert_figures(&holdings, &[(&format!("/items/1/{field}"), value)]);
    }
    assert_figures(&holdings, &[("/items/0/weight", "1")]);
}

#[tokio::test]
async fn paging_reaches_every_holding_once_with_its_weight_in_the_whole() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let tickers = ["AAPL", "BRK-B", "GOOG", "MSFT", "NVDA"];
    for ticker in tickers.iter().rev() {
        world.market.price(ticker, "10", "USD");
        world
            .record(&portfolio, &bought(ticker, "2", "5", "2026-01-05"))
            .await;
    }
    let list = format!("{portfolio}/holdings");
    for page_size in [1, 2, 5, 200] {
        assert_eq!(world.all(&list, page_size, "ticker_symbol").await, tickers);
        let weights = world.all(&list, page_size, "weight").await;
        let fifth = |weight: &String| domain::decimal::parse(weight) == Ok(Decimal::new(2, 1));
        assert!(weights.iter().all(fifth), "{weights:?}");
    }
}

#[tokio::test]
async fn more_instruments_than_a_batch_of_quotes_are_all_priced() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for number in 0..120 {
        let ticker = format!("T{number}");
        world.market.price(&ticker, "3", "USD");
        world
            .record(&portfolio, &bought(&ticker, "1", "1", "2026-01-05"))
            .await;
    }
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(&summary, &[("/market_value", "360")]);
    assert_eq!(summary.at("/holdings_count"), "120");
    assert_eq!(summary.at("/status"), "ok");
}
