//! What sales gained: the lots a method takes, price and currency apart, previews, missing rates.

use crate::world::{World, assert_figures};

/// Records an entry and answers its id.
async fn record(world: &World, portfolio: &str, body: &str) -> String {
    let path = format!("{portfolio}/transactions");
    let recorded = world.post(&path, body).send().await.expect(201);
    recorded.at("/transaction_id")
}

fn buy(date: &str, quantity: &str, price: &str, fee: &str) -> String {
    format!(
        r#"{{"type":"BUY","trade_date":"{date}","ticker_symbol":"ACME","instrument_type":"Stock","quantity":{quantity},"price":{price},"fee":{fee},"currency":"USD"}}"#
    )
}

fn sell(date: &str, quantity: &str, price: &str, fee: &str) -> String {
    format!(
        r#"{{"type":"SELL","trade_date":"{date}","ticker_symbol":"ACME","quantity":{quantity},"price":{price},"fee":{fee},"currency":"USD"}}"#
    )
}

/// Ten at 30, ten at 50, ten at 40; fifteen sold at 60. The table of docs/ledger.md.
async fn three_lots_and_a_sale(world: &World) -> String {
    let portfolio = world.portfolio().await;
    for (date, price, fee) in [
        ("2025-01-06", "30", "1"),
        ("2025-02-03", "50", "2"),
        ("2025-03-03", "40", "3"),
    ] {
        record(world, &portfolio, &buy(date, "10", price, fee)).await;
    }
    record(world, &portfolio, &sell("2026-01-06", "15", "60", "6")).await;
    portfolio
}

#[tokio::test]
async fn each_method_sells_its_own_lots_and_a_preview_changes_nothing() {
    let world = World::new().await;
    let portfolio = three_lots_and_a_sale(&world).await;
    let etag = world.etag(&portfolio).await;
    for (method, cost, cost_with_fees) in [
        ("FIFO", "550", "552"),
        ("LIFO", "650", "654"),
        ("HIFO", "700", "703.5"),
        ("AVERAGE", "600", "603"),
    ] {
        let gains = world
            .read(&format!("{portfolio}/gains?method={method}"))
            .await;
        assert_figures(
            &gains,
            &[
                ("/method", method),
                ("/status", "ok"),
                ("/total/before_fees/cost", cost),
                ("/total/before_fees/proceeds", "900"),
                ("/total/after_fees/cost", cost_with_fees),
                ("/total/after_fees/proceeds", "894"),
            ],
        );
    }
    let own = world.read(&format!("{portfolio}/gains")).await;
    assert_figures(
        &own,
        &[
            ("/method", "FIFO"),
            ("/from", "2025-01-06"),
            ("/items/0/ticker_symbol", "ACME"),
            ("/items/0/lots/0/quantity", "10"),
            ("/items/0/lots/0/purchase_date", "2025-01-06"),
            ("/items/0/lots/0/held_days", "365"),
            ("/items/0/lots/1/quantity", "5"),
            ("/items/0/lots/1/cost", "250"),
            ("/items/0/gain/after_fees/gain", "342"),
        ],
    );
    assert_eq!(world.etag(&portfolio).await, etag);
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    assert_figures(
        &holdings,
        &[
            ("/items/0/quantity", "15"),
            ("/items/0/realized_gain", "342"),
            ("/items/0/totals/0/realized_gain_before_fees", "350"),
        ],
    );
}

#[tokio::test]
async fn a_foreign_gain_is_parted_into_price_and_currency() {
    let world = World::new().await;
    world.market.closes(
        "EURUSD=X",
        "USD",
        &[("2025-01-02", "1.10"), ("2025-06-02", "1.20")],
    );
    let portfolio = world.portfolio().await;
    let bought = r#"{"type":"BUY","trade_date":"2025-01-03","ticker_symbol":"EURO","instrument_type":"Stock","quantity":10,"price":100,"fee":5,"currency":"EUR"}"#;
    let sold = r#"{"type":"SELL","trade_date":"2025-06-02","ticker_symbol":"EURO","quantity":10,"price":120,"fee":6,"currency":"EUR"}"#;
    record(&world, &portfolio, bought).await;
    record(&world, &portfolio, sold).await;
    let gains = world.read(&format!("{portfolio}/gains")).await;
    assert_figures(
        &gains,
        &[
            ("/currency", "USD"),
            ("/total/before_fees/gain", "340"),
            ("/total/before_fees/price_gain", "240"),
            ("/total/before_fees/currency_gain", "100"),
            ("/total/after_fees/gain", "327.3"),
            ("/total/after_fees/price_gain", "226.8"),
            ("/total/after_fees/currency_gain", "100.5"),
            ("/items/0/lots/0/cost_currency", "EUR"),
            ("/items/0/lots/0/cost", "1000"),
        ],
    );
    let closed = world
        .read(&format!("{portfolio}/holdings?which=closed"))
        .await;
    assert_figures(
        &closed,
        &[
            ("/items/0/ticker_symbol", "EURO"),
            ("/items/0/quantity", "0"),
            ("/items/0/currency", "EUR"),
            ("/items/0/realized_gain", "189"),
        ],
    );
    let open = world.read(&format!("{portfolio}/holdings")).await;
    assert_eq!(open.count("/items"), 0);
}

#[tokio::test]
async fn a_missing_rate_is_named_with_its_day_and_never_one_to_one() {
    let world = World::new().await;
    world
        .market
        .closes("EURUSD=X", "USD", &[("2025-06-02", "1.20")]);
    let portfolio = world.portfolio().await;
    let entry = |kind: &str, date: &str, rest: &str| {
        format!(
            r#"{{"type":"{kind}","trade_date":"{date}","ticker_symbol":"EURO","quantity":10,"price":100,"currency":"EUR"{rest}}}"#
        )
    };
    let kind = r#","instrument_type":"Stock""#;
    record(&world, &portfolio, &entry("BUY", "2025-01-03", kind)).await;
    record(&world, &portfolio, &entry("SELL", "2025-06-02", "")).await;
    let gains = world.read(&format!("{portfolio}/gains")).await;
    assert_figures(
        &gains,
        &[
            ("/status", "unavailable"),
            ("/missing/0/symbol", "EURUSD=X"),
            ("/missing/0/date", "2025-01-03"),
            ("/total", "null"),
            ("/items/0/gain", "null"),
            ("/items/0/lots/0/missing/0/date", "2025-01-03"),
        ],
    );
    assert_eq!(gains.count("/missing"), 1);

    let stated = format!(r#"{kind},"fx_rate":1.1"#);
    record(&world, &portfolio, &entry("BUY", "2025-01-03", &stated)).await;
    record(&world, &portfolio, &entry("SELL", "2025-06-03", "")).await;
    let gains = world.read(&format!("{portfolio}/gains")).await;
    assert_eq!(gains.at("/status"), "partial");
    assert_figures(&gains, &[("/total/before_fees/currency_gain", "100")]);
}

#[tokio::test]
async fn an_average_pool_in_another_currency_takes_the_rates_of_its_purchases() {
    let world = World::new().await;
    world.market.closes(
        "EURUSD=X",
        "USD",
        &[
            ("2025-01-02", "1.00"),
            ("2025-02-03", "1.50"),
            ("2025-06-02", "2.00"),
        ],
    );
    let body = r#"{"name":"Pool","type":"Brokerage","cost_basis_method":"AVERAGE"}"#;
    let portfolio = world.open(body).await;
    let entry = |kind: &str, date: &str, quantity: &str, rest: &str| {
        format!(
            r#"{{"type":"{kind}","trade_date":"{date}","ticker_symbol":"EURO","quantity":{quantity},"price":10,"currency":"EUR"{rest}}}"#
        )
    };
    let kind = r#","instrument_type":"Stock""#;
    record(&world, &portfolio, &entry("BUY", "2025-01-02", "10", kind)).await;
    record(&world, &portfolio, &entry("BUY", "2025-02-03", "10", kind)).await;
    record(&world, &portfolio, &entry("SELL", "2025-06-02", "10", "")).await;
    let gains = world.read(&format!("{portfolio}/gains")).await;
    // The pool of €200 cost $250: ten units cost $125 and brought €100 at 2.00.
    assert_figures(
        &gains,
        &[
            ("/total/before_fees/cost", "125"),
            ("/total/before_fees/proceeds", "200"),
            ("/total/before_fees/currency_gain", "75"),
        ],
    );
}

#[tokio::test]
async fn gains_are_listed_by_period_and_page_and_totals_cover_the_period() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    record(&world, &portfolio, &buy("2025-01-06", "10", "1", "0")).await;
    for (day, price) in [
        ("2025-02-03", "2"),
        ("2025-03-03", "3"),
        ("2025-04-07", "4"),
    ] {
        record(&world, &portfolio, &sell(day, "1", price, "0")).await;
    }
    let list = format!("{portfolio}/gains?from=2025-02-04&page_size=1");
    let first = world.read(&list).await;
    assert_figures(
        &first,
        &[
            ("/total/after_fees/gain", "5"),
            ("/items/0/trade_date", "2025-04-07"),
        ],
    );
    let token = first.at("/next_page_token");
    let second = world.read(&format!("{list}&page_token={token}")).await;
    assert_figures(
        &second,
        &[
            ("/total/after_fees/gain", "5"),
            ("/items/0/trade_date", "2025-03-03"),
            ("/next_page_token", "null"),
        ],
    );
    let backwards = format!("{portfolio}/gains?from=2025-03-01&to=2025-02-01");
    let refused = world.get(&backwards).send().await.expect(422);
    assert_eq!(refused.problem().errors[0].pointer, "?from");
    let nothing = world
        .read(&format!("{portfolio}/gains?ticker_symbol=OTHER"))
        .await;
    assert_figures(
        &nothing,
        &[("/status", "ok"), ("/total/after_fees/gain", "0")],
    );
}

#[tokio::test]
async fn somebody_elses_gains_and_cash_are_not_found() {
    let world = World::new().await;
    let portfolio = three_lots_and_a_sale(&world).await;
    let stranger = world.stranger();
    for path in ["gains", "cash"] {
        let path = format!("{portfolio}/{path}");
        world.app.get(&path).send().await.expect(401);
        world
            .app
            .get(&path)
            .bearer(&stranger)
            .send()
            .await
            .expect(404);
    }
}
