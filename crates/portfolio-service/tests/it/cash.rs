//! Cash: the balances entries leave, and the warning of an entry that leaves too little.

use service_kit::testing::TestResponse;

use crate::world::{World, assert_figures};

async fn answer(world: &World, portfolio: &str, body: &str) -> TestResponse {
    let path = format!("{portfolio}/transactions");
    world.post(&path, body).send().await.expect(201)
}

/// Ten at a price, and a fee of one.
fn buy(date: &str, price: &str) -> String {
    format!(
        r#"{{"type":"BUY","trade_date":"{date}","ticker_symbol":"ACME","instrument_type":"Stock","quantity":10,"price":{price},"fee":1,"currency":"USD"}}"#
    )
}

fn says_nothing(answer: &TestResponse) -> bool {
    !answer.body.contains("warnings")
}

#[tokio::test]
async fn every_entry_moves_the_cash_of_its_currency_and_a_negative_balance_is_said() {
    let world = World::new().await;
    let body = r#"{"name":"Broker","type":"Brokerage","cash_tracking":true}"#;
    let portfolio = world.open(body).await;
    answer(&world, &portfolio, &buy("2025-01-06", "30")).await;
    let deposit = r#"{"type":"DEPOSIT","trade_date":"2025-01-08","amount":"1000.50"}"#;
    answer(&world, &portfolio, deposit).await;
    let dividend = r#"{"type":"DIVIDEND","trade_date":"2025-03-03","ticker_symbol":"ACME","amount":20,"tax":3,"currency":"USD"}"#;
    answer(&world, &portfolio, dividend).await;
    let interest = r#"{"type":"INTEREST","trade_date":"2025-03-03","amount":7,"currency":"EUR"}"#;
    answer(&world, &portfolio, interest).await;
    let sale = r#"{"type":"SELL","trade_date":"2025-04-07","ticker_symbol":"ACME","quantity":5,"price":40,"fee":2,"currency":"USD"}"#;
    answer(&world, &portfolio, sale).await;
    let cash = world.read(&format!("{portfolio}/cash")).await;
    assert_figures(
        &cash,
        &[
            ("/cash_tracking", "true"),
            ("/items/0/currency", "EUR"),
            ("/items/0/balance", "7"),
            ("/items/0/is_negative", "false"),
            ("/items/0/first_negative", "null"),
            ("/items/1/currency", "USD"),
            // − 301 + 1000.50 + 17 + 198
            ("/items/1/balance", "914.5"),
            ("/items/1/is_negative", "false"),
            ("/items/1/first_negative", "2025-01-06"),
        ],
    );
    let before = world.read(&format!("{portfolio}/cash?at=2025-01-07")).await;
    assert_figures(
        &before,
        &[
            ("/items/0/balance", "-301"),
            ("/items/0/is_negative", "true"),
        ],
    );
    let untracked = world.portfolio().await;
    answer(&world, &untracked, deposit).await;
    let cash = world.read(&format!("{untracked}/cash")).await;
    assert_figures(&cash, &[("/cash_tracking", "false")]);
    assert_eq!(cash.count("/items"), 0);
}

#[tokio::test]
async fn what_takes_cash_below_zero_is_recorded_and_the_answer_warns() {
    let world = World::new().await;
    let body = r#"{"name":"Broker","type":"Brokerage","cash_tracking":true}"#;
    let portfolio = world.open(body).await;
    let deposit = r#"{"type":"DEPOSIT","trade_date":"2025-01-06","amount":"500"}"#;
    let deposited = answer(&world, &portfolio, deposit).await;
    assert!(says_nothing(&deposited));
    let bought = answer(&world, &portfolio, &buy("2025-01-10", "30")).await;
    assert!(says_nothing(&bought));
    // 500 − 250 on the 8th is enough; with the purchase of the 10th it is not.
    let withdrawal = r#"{"type":"WITHDRAWAL","trade_date":"2025-01-08","amount":"250"}"#;
    let withdrawn = answer(&world, &portfolio, withdrawal).await;
    let expected = [
        ("/warnings/0/code", "NEGATIVE_CASH"),
        ("/warnings/0/currency", "USD"),
        ("/warnings/0/date", "2025-01-10"),
        ("/warnings/0/balance", "-51"),
    ];
    assert_figures(&withdrawn, &expected);
    assert_eq!(withdrawn.count("/warnings"), 1);

    let less = r#"{"amount":"240"}"#;
    let path = format!(
        "{portfolio}/transactions/{}",
        withdrawn.at("/transaction_id")
    );
    let amended = world.patch(&path, less).send().await.expect(200);
    assert_figures(&amended, &[("/warnings/0/balance", "-41")]);
    let read = world.read(&path).await;
    assert!(says_nothing(&read));

    let investment = r#"{"ticker_symbol":"ACME","quantity":1,"purchase_price":9,"purchase_date":"2025-02-03","currency":"EUR"}"#;
    let path = format!("{portfolio}/investments");
    let invested = world.post(&path, investment).send().await.expect(201);
    assert_figures(
        &invested,
        &[
            ("/warnings/0/currency", "EUR"),
            ("/warnings/0/balance", "-9"),
        ],
    );
    let covered = r#"{"transactions":[
        {"type":"DEPOSIT","trade_date":"2025-01-07","amount":"100"},
        {"type":"WITHDRAWAL","trade_date":"2025-01-07","amount":"1","currency":"GBP"}]}"#;
    let path = format!("{portfolio}/transactions:batch");
    let batch = world.post(&path, covered).send().await.expect(201);
    assert_eq!(batch.count("/warnings"), 1);
    assert_figures(&batch, &[("/warnings/0/currency", "GBP")]);
}

#[tokio::test]
async fn a_summary_has_the_cash_beside_what_is_held_whatever_was_changed() {
    let mut world = World::new().await;
    let tracking = r#"{"name":"Broker","type":"Brokerage","cash_tracking":true}"#;
    let portfolio = world.open(tracking).await;
    world.market.price("ACME", "40", "USD");
    world.market.rate("EUR", "USD", "1.2");
    answer(&world, &portfolio, &buy("2025-01-10", "30")).await;
    let deposit = r#"{"type":"DEPOSIT","trade_date":"2025-01-06","amount":"900"}"#;
    let deposit = answer(&world, &portfolio, deposit).await;
    let interest = r#"{"type":"INTEREST","trade_date":"2025-03-03","amount":7,"currency":"EUR"}"#;
    let interest = answer(&world, &portfolio, interest).await;
    let path =
        |entry: &TestResponse| format!("{portfolio}/transactions/{}", entry.at("/transaction_id"));
    let amended = world.patch(&path(&deposit), r#"{"amount":"1000"}"#);
    amended.send().await.expect(200);
    let summary = format!("{portfolio}/summary");
    // 1,000 − 301 and €7 at 1.20.
    let worth = [
        ("/market_value", "400"),
        ("/cash", "707.4"),
        ("/total_value", "1107.4"),
        ("/status", "ok"),
    ];
    for _ in 0..2 {
        assert_figures(&world.read(&summary).await, &worth);
        assert_figures(&world.read("/v1/summary").await, &worth);
        let performance = world.read(&format!("{portfolio}/performance")).await;
        assert_figures(&performance, &[("/end_value", "1107.4")]);
        world.restart().await;
    }

    let other = world.open(tracking).await;
    let id = other.rsplit('/').next().unwrap();
    let transfer = format!(
        r#"{{"type":"TRANSFER_OUT","trade_date":"2025-04-01","amount":99,"currency":"USD","to_portfolio_id":"{id}"}}"#
    );
    answer(&world, &portfolio, &transfer).await;
    world.delete(&path(&interest)).send().await.expect(204);
    let rows = r#"{"transactions":[{"type":"FEE","trade_date":"2025-05-01","amount":"0.5"},
        {"type":"DEPOSIT","trade_date":"2025-05-01","amount":"1.5"}]}"#;
    let batch = world.post(&format!("{portfolio}/transactions:batch"), rows);
    batch.send().await.expect(201);
    assert_figures(
        &world.read(&summary).await,
        &[("/cash", "601"), ("/total_value", "1001")],
    );
    assert_figures(
        &world.read("/v1/summary").await,
        &[
            ("/cash", "700"),
            ("/total_value", "1100"),
            ("/portfolios/0/cash", "601"),
            ("/portfolios/1/total_value", "99"),
        ],
    );
}

#[tokio::test]
async fn cash_that_cannot_be_converted_is_missing_and_not_nothing() {
    let world = World::new().await;
    let tracking = r#"{"name":"Broker","type":"Brokerage","cash_tracking":true}"#;
    let portfolio = world.open(tracking).await;
    let summary = format!("{portfolio}/summary");
    let empty = [("/cash", "0"), ("/total_value", "0"), ("/status", "ok")];
    assert_figures(&world.read(&summary).await, &empty);
    let krona = r#"{"type":"DEPOSIT","trade_date":"2025-01-06","amount":"900","currency":"SEK"}"#;
    answer(&world, &portfolio, krona).await;
    assert_figures(
        &world.read(&summary).await,
        &[
            ("/cash", "null"),
            ("/total_value", "null"),
            ("/status", "unavailable"),
            ("/missing/0/symbol", "SEKUSD=X"),
        ],
    );
    let dollars = r#"{"type":"DEPOSIT","trade_date":"2025-01-06","amount":"9"}"#;
    answer(&world, &portfolio, dollars).await;
    assert_figures(
        &world.read(&summary).await,
        &[
            ("/cash", "9"),
            ("/total_value", "9"),
            ("/status", "partial"),
        ],
    );
    world
        .patch(&portfolio, r#"{"cash_tracking":false}"#)
        .send()
        .await
        .expect(200);
    let untracked = [("/cash", "null"), ("/total_value", "0"), ("/status", "ok")];
    assert_figures(&world.read(&summary).await, &untracked);
}
