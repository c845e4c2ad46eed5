//! Which row of a batch is wrong, and which field of an entry: what only shows once the instrument
//! and the rest of the ledger are known.

use crate::world::{World, buy, entry, field_errors, sell, traded};

fn errors(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(pointer, code): &(&str, &str)| ((*pointer).to_owned(), (*code).to_owned());
    expected.iter().map(owned).collect()
}

/// More than can be counted.
fn absurd(ticker: &str) -> String {
    buy(ticker, "9000000000000", "900000000000", "2026-01-05")
}

async fn assert_empty(world: &World, portfolio: &str) {
    let list = world.read(&format!("{portfolio}/transactions")).await;
    assert_eq!(list.count("/items"), 0);
}

#[tokio::test]
async fn the_only_row_of_a_batch_is_pointed_at_as_a_row() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let sale = sell("AAPL", "1", "1", "2026-01-05");
    let refused = world.batch(&portfolio, std::slice::from_ref(&sale)).await;
    assert_eq!(
        refused.expect(409).problem().errors[0].pointer,
        "/transactions/0"
    );
    let refused = world.batch(&portfolio, &[absurd("AAPL")]).await;
    assert_eq!(
        field_errors(&refused.expect(422)),
        errors(&[("/transactions/0", "OUT_OF_RANGE")])
    );
    let alone = world.try_enter(&portfolio, &sale).await.expect(409);
    assert_eq!(alone.problem().errors[0].pointer, "/quantity");
    assert_eq!(
        alone.problem().detail,
        "The new entry needs 1 on 2026-01-05, and 0 are held."
    );
    assert_empty(&world, &portfolio).await;
}

#[tokio::test]
async fn a_row_that_is_too_large_is_pointed_at() {
    let world = World::new().await;
    let body = r#"{"name":"n","type":"IRA","cash_tracking":true}"#;
    let portfolio = world.open(body).await;
    let mut rows: Vec<String> = (0..5)
        .map(|_| buy("AAPL", "1", "1", "2026-01-05"))
        .collect();
    rows[3] = absurd("MSFT");
    let refused = world.batch(&portfolio, &rows).await.expect(422);
    assert_eq!(
        field_errors(&refused),
        errors(&[("/transactions/3", "OUT_OF_RANGE")])
    );
    assert_empty(&world, &portfolio).await;
}

#[tokio::test]
async fn a_later_entry_that_becomes_too_large_is_named() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    // Twenty places and thirteen digits have no exact sum.
    let tiny = buy("AAPL", "0.00000000000000000001", "1", "2026-01-06");
    let tiny = world.enter(&portfolio, &tiny).await;
    let id = tiny.rsplit('/').next().unwrap();
    let sold = sell("AAPL", "0.00000000000000000001", "1", "2026-01-07");
    world.enter(&portfolio, &sold).await;
    let large = buy("AAPL", "1000000000000", "0.01", "2026-01-05");
    let refused = world.try_enter(&portfolio, &large).await.expect(422);
    assert_eq!(
        field_errors(&refused),
        errors(&[("/quantity", "OUT_OF_RANGE")])
    );
    let named = |detail: &str| assert!(detail.contains(id), "{detail}");
    named(&refused.problem().errors[0].detail);
    let rows = [buy("MSFT", "1", "1", "2026-01-05"), large];
    let refused = world.batch(&portfolio, &rows).await.expect(422);
    assert_eq!(
        field_errors(&refused),
        errors(&[("/transactions", "OUT_OF_RANGE")])
    );
    named(&refused.problem().errors[0].detail);
}

#[tokio::test]
async fn a_lot_cannot_come_under_the_id_of_a_later_purchase() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let bought = world
        .enter(&portfolio, &buy("AAPL", "1", "1", "2026-01-06"))
        .await;
    let id = bought.rsplit('/').next().unwrap();
    let lots = format!(
        r#""ticker_symbol":"AAPL","instrument_type":"Stock","lots":[{{"investment_id":"{id}","quantity":1,"cost":1,"purchase_date":"2026-01-02","currency":"USD"}}]"#
    );
    let arrival = entry("TRANSFER_IN", "2026-01-05", &lots);
    let refused = world.try_enter(&portfolio, &arrival).await.expect(409);
    let problem = refused.problem();
    assert_eq!(problem.code, "DUPLICATE_LOT");
    assert!(problem.detail.contains(id), "{}", problem.detail);
    let list = world.read(&format!("{portfolio}/transactions")).await;
    assert_eq!(list.count("/items"), 1);
}

#[tokio::test]
async fn the_base_currency_costs_one_of_itself() {
    let world = World::new().await;
    world.market.instrument("HOME", "Stock", "USD");
    let portfolio = world.portfolio().await;
    let dollars = |more: &str| traded("BUY", "AAPL", "1", "1", "2026-01-05", more);
    let wrong = dollars(r#","fx_rate":1.1"#);
    // Dollars because its instrument is, or because the portfolio is.
    let unsaid = r#"{"type":"BUY","ticker_symbol":"HOME","quantity":1,"price":1,"fx_rate":2,"trade_date":"2026-01-05"}"#;
    let deposit = entry("DEPOSIT", "2026-01-05", r#""amount":1,"fx_rate":0.5"#);
    for body in [&wrong, unsaid, &deposit] {
        let refused = world.try_enter(&portfolio, body).await.expect(422);
        assert_eq!(field_errors(&refused), errors(&[("/fx_rate", "NOT_ONE")]));
    }
    let lot = |more: &str| {
        format!(r#"{{"quantity":1,"cost":1,"purchase_date":"2026-01-05","currency":"USD"{more}}}"#)
    };
    let lots = format!(
        r#""ticker_symbol":"AAPL","instrument_type":"Stock","lots":[{},{}]"#,
        lot(""),
        lot(r#","fx_rate":1.1"#)
    );
    let lots = entry("TRANSFER_IN", "2026-01-06", &lots);
    let refused = world.try_enter(&portfolio, &lots).await.expect(422);
    assert_eq!(
        field_errors(&refused),
        errors(&[("/lots/1/fx_rate", "NOT_ONE")])
    );
    let rows = [dollars(""), wrong.clone(), lots];
    let refused = world.batch(&portfolio, &rows).await.expect(422);
    assert_eq!(
        field_errors(&refused),
        errors(&[
            ("/transactions/1/fx_rate", "NOT_ONE"),
            ("/transactions/2/lots/1/fx_rate", "NOT_ONE"),
        ])
    );
    assert_empty(&world, &portfolio).await;

    let path = world.enter(&portfolio, &dollars(r#","fx_rate":1.0"#)).await;
    let refused = world.patch(&path, r#"{"fx_rate":1.1}"#).send().await;
    assert_eq!(
        field_errors(&refused.expect(422)),
        errors(&[("/fx_rate", "NOT_ONE")])
    );
    let euros = r#"{"currency":"EUR","fx_rate":1.1}"#;
    world.patch(&path, euros).send().await.expect(200);
    let refused = world.patch(&path, r#"{"currency":"USD"}"#).send().await;
    assert_eq!(
        field_errors(&refused.expect(422)),
        errors(&[("/fx_rate", "NOT_ONE")])
    );
}

#[tokio::test]
async fn a_batch_does_not_look_up_thousands_of_instruments() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let unsaid = |number: usize| {
        format!(
            r#"{{"type":"BUY","ticker_symbol":"T{number}","quantity":1,"price":1,"trade_date":"2026-01-05"}}"#
        )
    };
    let known = buy("AAPL", "1", "1", "2026-01-05");
    let mut rows: Vec<String> = (0..101).map(unsaid).collect();
    rows.insert(0, known);
    let refused = world.batch(&portfolio, &rows).await.expect(422);
    let found = field_errors(&refused);
    assert_eq!(found.len(), 101);
    assert!(found.contains(&("/transactions/101".into(), "TOO_MANY_LOOKUPS".into())));
    assert!(!found.contains(&("/transactions/0".into(), "TOO_MANY_LOOKUPS".into())));
    let many: Vec<String> = (0..10_000).map(unsaid).collect();
    let refused = world.batch(&portfolio, &many).await.expect(422);
    assert_eq!(field_errors(&refused).len(), 200);
    assert_empty(&world, &portfolio).await;
    assert!(world.market.lookups().is_empty());

    rows.pop();
    world.batch(&portfolio, &rows).await.expect(201);
    assert_eq!(world.market.lookups().len(), 100);
}

/// A thousand lots of one unit that came from elsewhere.
fn a_thousand_lots() -> String {
    let lot = r#"{"quantity":1,"purchase_date":"2025-01-06","cost":1,"currency":"USD"}"#;
    let lots = vec![lot; 1_000].join(",");
    let fields = format!(r#""ticker_symbol":"AAPL","instrument_type":"Stock","lots":[{lots}]"#);
    entry("TRANSFER_IN", "2026-01-05", &fields)
}

#[tokio::test]
async fn a_batch_of_too_many_lots_is_refused_at_the_first_row_beyond() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let rows = vec![a_thousand_lots(); 11];
    let refused = world.batch(&portfolio, &rows).await.expect(422);
    assert_eq!(
        field_errors(&refused),
        errors(&[("/transactions/10/lots", "TOO_MANY")])
    );
    assert_empty(&world, &portfolio).await;
}

#[tokio::test]
async fn a_page_of_gains_ends_before_it_has_tens_of_thousands_of_lots() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let mut rows = vec![a_thousand_lots(); 6];
    rows.push(sell("AAPL", "3000", "2", "2026-02-02"));
    rows.push(sell("AAPL", "3000", "3", "2026-02-03"));
    world.batch(&portfolio, &rows).await.expect(201);
    let path = format!("{portfolio}/gains");
    let first = world.read(&path).await;
    assert_eq!(first.count("/items"), 1);
    assert_eq!(first.count("/items/0/lots"), 3_000);
    let token = first.at("/next_page_token");
    let second = world.read(&format!("{path}?page_token={token}")).await;
    assert_eq!(second.at("/items/0/trade_date"), "2026-02-02");
    assert_eq!(second.at("/next_page_token"), "null");
    assert_eq!(first.at("/total"), second.at("/total"));
}
