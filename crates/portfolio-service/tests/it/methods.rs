//! Which lots a sale takes, and what a split makes of them.

use service_kit::testing::TestResponse;

use crate::world::{World, assert_figures, buy, sell};

/// Ten at 30 with 1 of fees, ten at 50 with 2, ten at 40 with 3; then fifteen sold.
#[tokio::test]
async fn each_method_leaves_the_lots_it_says() {
    let world = World::new().await;
    for (method, left) in [
        ("FIFO", vec![("5", "251"), ("10", "403")]),
        ("LIFO", vec![("10", "301"), ("5", "251")]),
        ("HIFO", vec![("10", "301"), ("5", "201.5")]),
        ("AVERAGE", vec![("5", "201"), ("10", "402")]),
    ] {
        let body = format!(r#"{{"name":"n","type":"IRA","cost_basis_method":"{method}"}}"#);
        let portfolio = world.open(&body).await;
        for (price, fee, date) in [("30", "1", "01"), ("50", "2", "02"), ("40", "3", "03")] {
            let body = buy("AAPL", "10", price, &format!("2026-01-{date}"));
            let body = body.replace('}', &format!(r#","fee":{fee}}}"#));
            world.enter(&portfolio, &body).await;
        }
        world
            .enter(&portfolio, &sell("AAPL", "15", "60", "2026-01-04"))
            .await;
        assert_lots(
            &world.read(&format!("{portfolio}/investments")).await,
            &left,
        );
    }
}

#[tokio::test]
async fn another_method_refolds_what_was_sold_before() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    for (price, date) in [("30", "01"), ("50", "02")] {
        let body = buy("AAPL", "10", price, &format!("2026-01-{date}"));
        world.enter(&portfolio, &body).await;
    }
    world
        .enter(&portfolio, &sell("AAPL", "10", "60", "2026-01-04"))
        .await;
    let lots = format!("{portfolio}/investments");
    assert_lots(&world.read(&lots).await, &[("10", "500")]);
    let changed = world.patch(&portfolio, r#"{"cost_basis_method":"LIFO"}"#);
    let changed = changed.send().await.expect(200);
    assert_eq!(
        changed.header("etag").unwrap(),
        world.etag(&portfolio).await
    );
    for _ in 0..2 {
        assert_lots(&world.read(&lots).await, &[("10", "300")]);
        world.restart().await;
    }
}

#[tokio::test]
async fn a_sale_takes_the_lots_it_names() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let mut ids = Vec::new();
    for (price, date) in [("30", "01"), ("50", "02"), ("40", "03")] {
        let body = buy("AAPL", "10", price, &format!("2026-01-{date}"));
        let recorded = world.try_enter(&portfolio, &body).await.expect(201);
        ids.push(recorded.at("/transaction_id"));
    }
    let sale = |first: &str, second: &str| {
        let lots = format!(
            r#","lots":[{{"investment_id":"{}","quantity":{first}}},{{"investment_id":"{}","quantity":{second}}}]}}"#,
            ids[2], ids[0]
        );
        sell("AAPL", "5", "60", "2026-01-04").replace('}', &lots)
    };
    let refused = world.try_enter(&portfolio, &sale("3", "1")).await;
    let problem = refused.expect(422).problem();
    assert_eq!(problem.errors[0].pointer, "/lots");
    assert_eq!(problem.errors[0].code, "SUM_DIFFERS");
    let sold = world.try_enter(&portfolio, &sale("3", "2")).await;
    assert_eq!(sold.expect(201).count("/lots"), 2);
    let left = [("8", "240"), ("10", "500"), ("7", "280")];
    assert_lots(
        &world.read(&format!("{portfolio}/investments")).await,
        &left,
    );
    // The third lot has seven left, whatever is held in all.
    let lots = format!(
        r#","lots":[{{"investment_id":"{}","quantity":8}}]}}"#,
        ids[2]
    );
    let too_much = sell("AAPL", "8", "60", "2026-01-05").replace('}', &lots);
    let problem = world.try_enter(&portfolio, &too_much).await.expect(409);
    let problem = problem.problem();
    assert_eq!(problem.code, "LOT_NOT_HELD");
    assert_eq!(problem.errors[0].pointer, "/lots");
}

#[tokio::test]
async fn a_split_counts_before_the_trades_of_its_day() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .enter(&portfolio, &buy("AAPL", "10", "300", "2026-01-05"))
        .await;
    // After the split, thirty are held.
    world
        .enter(&portfolio, &sell("AAPL", "6", "110", "2026-01-07"))
        .await;
    let split = r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":3,"old":1},"trade_date":"2026-01-07"}"#;
    let split = world.enter(&portfolio, split).await;
    let lots = format!("{portfolio}/investments");
    assert_lots(&world.read(&lots).await, &[("24", "2400")]);
    world.delete(&split).send().await.expect(204);
    assert_lots(&world.read(&lots).await, &[("4", "1200")]);
}

/// Quantity and cost basis of each lot.
fn assert_lots(list: &TestResponse, lots: &[(&str, &str)]) {
    assert_eq!(list.count("/items"), lots.len(), "{}", list.body);
    for (place, (quantity, basis)) in lots.iter().enumerate() {
        let field = |name: &str| format!("/items/{place}/{name}");
        assert_figures(
            list,
            &[
                (&field("quantity"), quantity),
                (&field("cost_basis"), basis),
            ],
        );
    }
}
