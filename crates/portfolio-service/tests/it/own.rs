//! Instruments of a customer's own: valued with their prices, and with nobody else's.

use domain::CustomerId;

use crate::world::{World, assert_figures, bought};

const HOUSE: &str = "MY:HOUSE";

#[tokio::test]
async fn an_own_instrument_is_valued_with_its_owners_price() {
    let world = World::new().await;
    world.market.price("AAPL", "10", "USD");
    world.market.rate("EUR", "USD", "1.25");
    world.market.own_price(&world.token, HOUSE, "450000", "EUR");
    let portfolio = world.portfolio().await;
    let house = world
        .record(&portfolio, &bought(HOUSE, "1", "500000", "2026-01-05"))
        .await;
    let _ = world
        .record(&portfolio, &bought("AAPL", "2", "9", "2026-01-05"))
        .await;
    let read = world.read(&house).await;
    assert_eq!(read.at("/source"), "manual");
    assert_figures(
        &read,
        &[("/market_value", "562500"), ("/unrealized_gain", "62500")],
    );
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(&summary, &[("/market_value", "562520")]);
    assert_eq!(summary.at("/status"), "ok");
    assert_eq!(summary.at("/sources/0"), "manual");
}

#[tokio::test]
async fn two_customers_with_the_same_symbol_see_each_their_own_price() {
    let mut world = World::keeping_prices().await;
    let ada = world.customer;
    world.market.own_price(&world.token, HOUSE, "100", "USD");
    let adas = world.portfolio().await;
    let _ = world
        .record(&adas, &bought(HOUSE, "1", "1", "2026-01-05"))
        .await;
    let adas_token = world.token.clone();

    world.become_customer(CustomerId::from_uuid(world.clock.new_id()));
    world.market.own_price(&world.token, HOUSE, "7", "USD");
    let bobs = world.portfolio().await;
    let _ = world
        .record(&bobs, &bought(HOUSE, "1", "1", "2026-01-05"))
        .await;
    let read = world.read(&format!("{bobs}/summary")).await;
    assert_figures(&read, &[("/market_value", "7")]);
    world.become_customer(CustomerId::from_uuid(world.clock.new_id()));
    let nobodys = world.portfolio().await;
    let _ = world
        .record(&nobodys, &bought(HOUSE, "1", "1", "2026-01-05"))
        .await;
    let read = world.read(&format!("{nobodys}/holdings")).await;
    assert_eq!(read.at("/items/0/current_price"), "null");
    assert_eq!(read.at("/items/0/missing/0/reason"), "UNKNOWN_SYMBOL");

    world.customer = ada;
    world.token = adas_token;
    let read = world.read(&format!("{adas}/holdings")).await;
    assert_figures(&read, &[("/items/0/current_price", "100")]);
    // A price just entered is the price shown.
    world.market.own_price(&world.token, HOUSE, "101", "USD");
    let read = world.read(&format!("{adas}/holdings")).await;
    assert_figures(&read, &[("/items/0/current_price", "101")]);
}

#[tokio::test]
async fn the_token_goes_with_own_instruments_alone() {
    let world = World::new().await;
    world.market.price("AAPL", "10", "USD");
    world.market.own_price(&world.token, HOUSE, "5", "USD");
    let portfolio = world.portfolio().await;
    for ticker in ["AAPL", HOUSE] {
        let _ = world
            .record(&portfolio, &bought(ticker, "1", "1", "2026-01-05"))
            .await;
    }
    let _ = world.read(&format!("{portfolio}/summary")).await;
    let token = format!("Bearer {}", world.token);
    for (symbols, authorization) in world.market.batches() {
        let expected = symbols.contains("MY:").then(|| token.clone());
        assert_eq!(authorization, expected, "{symbols}");
        assert!(symbols == HOUSE || !symbols.contains(HOUSE), "{symbols}");
    }
}
