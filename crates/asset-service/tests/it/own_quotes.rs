//! The quote of an own instrument: its last manual price, with its age.

use crate::own::{ADA, BOB, HOUSE};
use crate::support::{FakeSource, Market, seconds};

const QUOTE: &str = "/v1/instruments/MY:HOUSE/quote";
const DAY: i64 = 24 * 60 * 60;

async fn with_prices(rows: &[(&str, &str)]) -> Market {
    let market = Market::simulated().await;
    price(&market, ADA, rows).await;
    market
}

async fn price(market: &Market, customer: u128, rows: &[(&str, &str)]) {
    let _ = market.add(customer, HOUSE).await.expect(201);
    let rows: Vec<_> = rows
        .iter()
        .map(|(date, price)| format!(r#"{{"date":"{date}","price":{price}}}"#))
        .collect();
    let body = format!(r#"{{"items":[{}]}}"#, rows.join(","));
    let path = "/v1/instruments/MY:HOUSE/prices";
    let _ = market.post_as(customer, path, &body).await.expect(200);
}

#[tokio::test]
async fn the_last_manual_price_is_the_quote() {
    let market = with_prices(&[("2026-02-20", "450000"), ("2026-01-01", "440000")]).await;
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/ticker_symbol"), "MY:HOUSE");
    assert_eq!(quote.at("/price"), "450000");
    assert_eq!(quote.at("/currency"), "EUR");
    assert_eq!(quote.at("/source"), "manual");
    assert_eq!(quote.at("/as_of"), "2026-02-20T00:00:00Z");
    assert_eq!(quote.at("/fetched_at"), "2026-03-10T15:00:00Z");
    assert_eq!(quote.at("/staleness"), "fresh");
    assert_eq!(quote.at("/reason"), "null");
    // It has held since, so nothing moved today.
    assert_eq!(quote.at("/previous_close"), "450000");
    assert_eq!(quote.header("cache-control"), Some("private, no-store"));
}

#[tokio::test]
async fn on_its_own_day_a_price_is_compared_with_the_one_before() {
    let market = with_prices(&[("2026-03-10", "450000"), ("2026-01-01", "440000")]).await;
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/previous_close"), "440000");
    assert_eq!(quote.at("/as_of"), "2026-03-10T00:00:00Z");
}

#[tokio::test]
async fn a_price_of_a_day_that_has_begun_only_elsewhere_is_not_from_the_future() {
    let market = with_prices(&[("2026-03-11", "450000")]).await;
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/as_of"), "2026-03-10T15:00:00Z");
}

#[tokio::test]
async fn after_31_days_a_price_is_stale() {
    let market = with_prices(&[("2026-03-01", "450000")]).await;
    market.clock.advance(seconds(22 * DAY));
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/staleness"), "fresh");
    market.clock.advance(seconds(DAY));
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/staleness"), "stale");
    assert_eq!(quote.at("/reason"), "OLD_PRICE");
    assert_eq!(quote.at("/price"), "450000");
}

#[tokio::test]
async fn without_a_price_there_is_none_with_a_reason() {
    let market = Market::simulated().await;
    let _ = market.add(ADA, HOUSE).await.expect(201);
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/price"), "null");
    assert_eq!(quote.at("/staleness"), "unavailable");
    assert_eq!(quote.at("/reason"), "NO_PRICE");
}

#[tokio::test]
async fn one_batch_has_public_and_own_quotes_in_the_order_asked() {
    let market = with_prices(&[("2026-03-01", "450000")]).await;
    price(&market, BOB, &[("2026-03-01", "9.5")]).await;
    let path = "/v1/quotes?symbols=AAPL,my:house,VTI,MY:BOAT,MY:A%20B,MSFT";
    let list = market.get_as(ADA, path).await.expect(200);
    let at = |list: &service_kit::testing::TestResponse, place: usize, field: &str| {
        list.at(&format!("/items/{place}/{field}"))
    };
    let symbols: Vec<_> = (0..6)
        .map(|place| at(&list, place, "ticker_symbol"))
        .collect();
    assert_eq!(
        symbols,
        ["AAPL", "MY:HOUSE", "VTI", "MY:BOAT", "MY:A B", "MSFT"]
    );
    assert_eq!(at(&list, 0, "source"), "simulated");
    assert_eq!(at(&list, 1, "price"), "450000");
    assert_eq!(at(&list, 3, "reason"), "UNKNOWN_SYMBOL");
    assert_eq!(at(&list, 4, "reason"), "INVALID_SYMBOL");
    assert_eq!(list.header("cache-control"), Some("private, no-store"));
    let bobs = market.get_as(BOB, path).await.expect(200);
    assert_eq!(at(&bobs, 1, "price"), "9.5");
    let public = market.get(path).await.expect(200);
    assert_eq!(at(&public, 1, "reason"), "UNKNOWN_SYMBOL");
    assert_eq!(at(&public, 1, "price"), "null");
    assert_eq!(at(&public, 0, "source"), "simulated");
    let bad = market.app.get(path).bearer("x").send().await;
    assert_eq!(bad.status, 401);
}

#[tokio::test]
async fn the_history_of_an_own_instrument_is_its_manual_prices() {
    let rows = [
        ("2019-12-31", "1"),
        ("2026-01-05", "2"),
        ("2026-01-20", "3.50"),
        ("2026-02-02", "4"),
    ];
    let market = with_prices(&rows).await;
    let path = "/v1/instruments/MY:HOUSE/prices?from=2019-12-31&to=2026-02-01";
    let all = market.get_as(ADA, path).await.expect(200);
    assert_eq!(all.count("/items"), 3);
    assert_eq!(all.at("/items/0/date"), "2019-12-31");
    assert_eq!(all.at("/items/2/close"), "3.5");
    assert_eq!(all.at("/currency"), "EUR");
    assert_eq!(
        (all.at("/status"), all.at("/reason")),
        ("ok".into(), "null".into())
    );
    assert_eq!(all.count("/gaps"), 0);
    assert_eq!(all.at("/segments/0/source"), "manual");
    assert_eq!(all.at("/segments/0/from"), "2019-12-31");
    assert_eq!(all.at("/segments/0/to"), "2026-01-20");
    assert_eq!(all.header("cache-control"), Some("private, no-store"));
    let monthly = market
        .get_as(ADA, &format!("{path}&interval=1mo"))
        .await
        .expect(200);
    assert_eq!(monthly.count("/items"), 2);
    assert_eq!(monthly.at("/items/1/date"), "2026-01-20");
    for (days, status, reason) in [
        (
            "from=1950-01-01&to=1951-01-01",
            "unavailable",
            "BEFORE_FIRST_CLOSE",
        ),
        ("from=2026-02-03", "ok", "EARLIER_PRICE_HOLDS"),
    ] {
        let path = format!("/v1/instruments/MY:HOUSE/prices?{days}");
        let none = market.get_as(ADA, &path).await.expect(200);
        let why = (none.at("/status"), none.at("/reason"));
        assert_eq!(
            (why, none.count("/items")),
            ((status.into(), reason.into()), 0)
        );
    }
    let actions = "/v1/instruments/MY:HOUSE/actions";
    let actions_of = market.get_as(ADA, actions).await.expect(200);
    assert_eq!(
        (actions_of.count("/items"), actions_of.at("/status")),
        (0, "ok".into())
    );
    for path in [path, actions] {
        assert_eq!(market.get(path).await.status, 404);
        assert_eq!(market.get_as(BOB, path).await.status, 404);
        assert_eq!(market.app.get(path).bearer("x").send().await.status, 401);
    }
}

#[tokio::test]
async fn own_prices_need_no_source() {
    let source = FakeSource::new();
    source.hold();
    let market = Market::over(source).await;
    price(&market, ADA, &[("2026-03-01", "450000")]).await;
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/price"), "450000");
}
