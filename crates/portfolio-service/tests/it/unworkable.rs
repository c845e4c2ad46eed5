//! Entries that cannot be part of a ledger: the exact answer, and that nothing was written.

use crate::world::{World, buy, field_errors, sell};

/// A body, and the pointer and code of the one mistake in it. The last day that
/// has begun anywhere on earth is 2026-03-11.
const FIELDS: [(&str, &str, &str); 30] = [
    (r#"{"trade_date":"2026-01-05"}"#, "/type", "REQUIRED"),
    (
        r#"{"type":"GIFT","trade_date":"2026-01-05"}"#,
        "/type",
        "MALFORMED",
    ),
    (
        r#"{"type":"DEPOSIT","amount":1}"#,
        "/trade_date",
        "REQUIRED",
    ),
    (
        r#"{"type":"DEPOSIT","amount":1,"trade_date":"2026-03-12"}"#,
        "/trade_date",
        "IN_THE_FUTURE",
    ),
    (
        r#"{"type":"DEPOSIT","amount":1,"trade_date":"1899-12-31"}"#,
        "/trade_date",
        "TOO_EARLY",
    ),
    (
        r#"{"type":"DEPOSIT","trade_date":"2026-01-05"}"#,
        "/amount",
        "REQUIRED",
    ),
    (
        r#"{"type":"DEPOSIT","amount":0,"trade_date":"2026-01-05"}"#,
        "/amount",
        "ZERO",
    ),
    (
        r#"{"type":"WITHDRAWAL","amount":-5,"trade_date":"2026-01-05"}"#,
        "/amount",
        "NOT_POSITIVE",
    ),
    (
        r#"{"type":"DEPOSIT","amount":1,"currency":"XXQ","trade_date":"2026-01-05"}"#,
        "/currency",
        "UNKNOWN_CURRENCY",
    ),
    (
        r#"{"type":"DEPOSIT","amount":1,"fx_rate":0,"trade_date":"2026-01-05"}"#,
        "/fx_rate",
        "NOT_POSITIVE",
    ),
    (
        r#"{"type":"DEPOSIT","amount":1,"fee":1,"trade_date":"2026-01-05"}"#,
        "/fee",
        "NOT_TAKEN",
    ),
    (
        r#"{"type":"DEPOSIT","amount":1,"ticker_symbol":"AAPL","trade_date":"2026-01-05"}"#,
        "/ticker_symbol",
        "NOT_TAKEN",
    ),
    (
        r#"{"type":"DEPOSIT","amount":1,"colour":"red","trade_date":"2026-01-05"}"#,
        "/colour",
        "UNKNOWN_FIELD",
    ),
    (
        r#"{"type":"SPLIT","ticker_symbol":"AAPL","trade_date":"2026-01-05"}"#,
        "/ratio",
        "REQUIRED",
    ),
    (
        r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":2,"trade_date":"2026-01-05"}"#,
        "/ratio",
        "WRONG_TYPE",
    ),
    (
        r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":2},"trade_date":"2026-01-05"}"#,
        "/ratio/old",
        "REQUIRED",
    ),
    (
        r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":0,"old":1},"trade_date":"2026-01-05"}"#,
        "/ratio/new",
        "NOT_POSITIVE",
    ),
    (
        r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":1,"old":0},"trade_date":"2026-01-05"}"#,
        "/ratio/old",
        "NOT_POSITIVE",
    ),
    (
        r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":-2,"old":1},"trade_date":"2026-01-05"}"#,
        "/ratio/new",
        "NOT_POSITIVE",
    ),
    (
        r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":2,"old":1},"quantity":1,"trade_date":"2026-01-05"}"#,
        "/quantity",
        "NOT_TAKEN",
    ),
    (
        r#"{"type":"BUY","ticker_symbol":"AAPL","quantity":1,"trade_date":"2026-01-05"}"#,
        "/price",
        "REQUIRED",
    ),
    (
        r#"{"type":"BUY","ticker_symbol":"AAPL","quantity":1,"price":1,"amount":1,"trade_date":"2026-01-05"}"#,
        "/amount",
        "NOT_TAKEN",
    ),
    (
        r#"{"type":"SELL","ticker_symbol":"AAPL","quantity":0,"price":1,"trade_date":"2026-01-05"}"#,
        "/quantity",
        "NOT_POSITIVE",
    ),
    (
        r#"{"type":"SELL","ticker_symbol":"AAPL","quantity":1,"price":1,"fee":-1,"trade_date":"2026-01-05"}"#,
        "/fee",
        "NEGATIVE",
    ),
    (
        r#"{"type":"SELL","ticker_symbol":"AAPL","quantity":1,"price":1,"lots":[],"trade_date":"2026-01-05"}"#,
        "/lots",
        "EMPTY",
    ),
    (
        r#"{"type":"SELL","ticker_symbol":"AAPL","quantity":1,"price":1,"lots":[{"quantity":1}],"trade_date":"2026-01-05"}"#,
        "/lots/0/investment_id",
        "REQUIRED",
    ),
    (
        r#"{"type":"TRANSFER_IN","ticker_symbol":"AAPL","trade_date":"2026-01-05"}"#,
        "/lots",
        "REQUIRED",
    ),
    (
        r#"{"type":"TRANSFER_IN","ticker_symbol":"AAPL","lots":[{"quantity":1,"cost":1,"purchase_date":"2026-01-06"}],"trade_date":"2026-01-05"}"#,
        "/lots/0/purchase_date",
        "AFTER_TRADE_DATE",
    ),
    (
        r#"{"type":"TRANSFER_IN","ticker_symbol":"AAPL","lots":[{"quantity":1,"purchase_date":"2026-01-05"}],"trade_date":"2026-01-05"}"#,
        "/lots/0/cost",
        "REQUIRED",
    ),
    (
        r#"{"type":"DIVIDEND","ticker_symbol":"AAPL","amount":1,"note":"a\u0000b","trade_date":"2026-01-05"}"#,
        "/note",
        "CONTROL_CHARACTER",
    ),
];

#[tokio::test]
async fn a_bad_field_is_named_with_its_reason_and_nothing_is_written() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    for (body, pointer, code) in FIELDS {
        let refused = world.try_enter(&portfolio, body).await.expect(422);
        assert_eq!(
            field_errors(&refused),
            [(pointer.to_owned(), code.to_owned())],
            "{body}"
        );
    }
    assert_entries(&world, &portfolio, 0, &etag).await;
}

#[tokio::test]
async fn selling_more_than_is_held_is_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .enter(&portfolio, &buy("AAPL", "10", "1", "2026-01-05"))
        .await;
    let etag = world.etag(&portfolio).await;
    for body in [
        sell("AAPL", "10.0000000001", "1", "2026-01-06"),
        sell("AAPL", "1", "1", "2026-01-04"),
        sell("MSFT", "1", "1", "2026-01-06"),
        r#"{"type":"TRANSFER_OUT","ticker_symbol":"AAPL","quantity":11,"trade_date":"2026-01-06"}"#
            .to_owned(),
    ] {
        let refused = world.try_enter(&portfolio, &body).await.expect(409);
        let problem = refused.problem();
        assert_eq!(problem.code, "OVERSOLD", "{body}");
        assert_eq!(problem.errors[0].pointer, "/quantity");
        assert_eq!(problem.errors[0].code, "OVERSOLD");
    }
    assert_entries(&world, &portfolio, 1, &etag).await;
}

#[tokio::test]
async fn what_a_later_sale_needs_is_kept_and_the_sale_named() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let purchase = world
        .enter(&portfolio, &buy("AAPL", "10", "1", "2026-01-05"))
        .await;
    let sale = world
        .enter(&portfolio, &sell("AAPL", "6", "1", "2026-01-08"))
        .await;
    let sale = sale.rsplit('/').next().unwrap();
    let etag = world.etag(&portfolio).await;
    let amend = |body: &str| world.patch(&purchase, body);
    let investment = purchase.replace("transactions", "investments");
    let split = r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":1,"old":2},"trade_date":"2026-01-07"}"#;
    let list = format!("{portfolio}/transactions");
    for request in [
        amend(r#"{"quantity":5}"#),
        amend(r#"{"trade_date":"2026-01-09"}"#),
        amend(r#"{"ticker_symbol":"MSFT"}"#),
        world.delete(&purchase),
        world.patch(&investment, r#"{"purchase_date":"2026-01-09"}"#),
        world.delete(&investment),
        world.post(&list, split),
        world.post(&list, &sell("AAPL", "5", "1", "2026-01-06")),
    ] {
        let problem = request.send().await.expect(409).problem();
        assert_eq!(problem.code, "OVERSOLD");
        assert!(problem.detail.contains(sale), "{}", problem.detail);
        assert!(problem.detail.contains("2026-01-08"), "{}", problem.detail);
        assert_eq!(problem.errors, []);
    }
    assert_entries(&world, &portfolio, 2, &etag).await;
    amend(r#"{"quantity":6}"#).send().await.expect(200);
}

#[tokio::test]
async fn a_split_that_leaves_nothing_is_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .enter(&portfolio, &buy("AAPL", "1", "1", "2026-01-05"))
        .await;
    let etag = world.etag(&portfolio).await;
    let split = r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":1,"old":999999999999},"trade_date":"2026-01-07"}"#;
    let refused = world.try_enter(&portfolio, split).await.expect(409);
    let problem = refused.problem();
    assert_eq!(problem.code, "LEAVES_NOTHING");
    assert_eq!(problem.errors[0].pointer, "/ratio");
    assert_entries(&world, &portfolio, 1, &etag).await;
}

#[tokio::test]
async fn figures_beyond_counting_are_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    let body = buy(
        "AAPL",
        "9999999999999.123456789",
        "999999999999.123456789",
        "2026-01-05",
    );
    let refused = world.try_enter(&portfolio, &body).await.expect(422);
    assert_eq!(
        field_errors(&refused),
        [("/quantity".to_owned(), "OUT_OF_RANGE".to_owned())]
    );
    assert_entries(&world, &portfolio, 0, &etag).await;
}

async fn assert_entries(world: &World, portfolio: &str, count: usize, etag: &str) {
    let list = world.read(&format!("{portfolio}/transactions")).await;
    assert_eq!(list.count("/items"), count);
    assert_eq!(world.etag(portfolio).await, etag);
}
