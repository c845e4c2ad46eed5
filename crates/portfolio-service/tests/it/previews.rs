//! Gains by another method than the portfolio's, where entries name the lots they take.

use crate::world::{World, assert_figures, buy, entry, sell};

fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

fn naming(lots: &[(&str, &str)]) -> String {
    let lots = lots
        .iter()
        .map(|(lot, quantity)| format!(r#"{{"investment_id":"{lot}","quantity":{quantity}}}"#));
    format!(r#","lots":[{}]}}"#, lots.collect::<Vec<_>>().join(","))
}

/// Ten at 10 and ten at 20.
async fn two_lots(world: &World) -> (String, [String; 2]) {
    let portfolio = world.portfolio().await;
    let first = buy("AAPL", "10", "10", "2026-01-05");
    let second = buy("AAPL", "10", "20", "2026-01-06");
    let first = world.enter(&portfolio, &first).await;
    let second = world.enter(&portfolio, &second).await;
    let lots = [first, second].map(|path| id_of(&path).to_owned());
    (portfolio, lots)
}

#[tokio::test]
async fn a_sale_of_lots_that_the_method_has_sold_takes_others_and_says_so() {
    let world = World::new().await;
    let (portfolio, [_, second]) = two_lots(&world).await;
    // By LIFO this sale takes eight of the second lot, of which the next names five.
    let sold = sell("AAPL", "8", "30", "2026-01-07");
    world.enter(&portfolio, &sold).await;
    let lots = naming(&[(&second, "5")]);
    let named = sell("AAPL", "5", "30", "2026-01-08").replace('}', &lots);
    world.enter(&portfolio, &named).await;

    let own = world.read(&format!("{portfolio}/gains")).await;
    assert_figures(
        &own,
        &[
            ("/total/before_fees/cost", "180"),
            ("/items/0/names_sold_lots", "false"),
            ("/items/1/names_sold_lots", "false"),
        ],
    );
    let preview = world.read(&format!("{portfolio}/gains?method=LIFO")).await;
    assert_figures(
        &preview,
        &[
            ("/items/1/names_sold_lots", "false"),
            ("/items/1/gain/before_fees/cost", "160"),
            ("/items/0/names_sold_lots", "true"),
            // Two left of the second lot, three of the first.
            ("/items/0/gain/before_fees/cost", "70"),
            ("/items/0/lots/0/quantity", "2"),
            ("/items/0/lots/0/investment_id", &second),
        ],
    );
    let etag = world.etag(&portfolio).await;
    let refused = world.patch(&portfolio, r#"{"cost_basis_method":"LIFO"}"#);
    assert_eq!(
        refused.send().await.expect(409).problem().code,
        "LOT_NOT_HELD"
    );
    assert_eq!(world.etag(&portfolio).await, etag);
}

#[tokio::test]
async fn a_transfer_between_own_portfolios_stops_no_preview() {
    let world = World::new().await;
    let (portfolio, [first, _]) = two_lots(&world).await;
    let other = world.portfolio().await;
    world
        .enter(&portfolio, &sell("AAPL", "6", "30", "2026-01-07"))
        .await;
    // Named from then on: four of the first lot, six of the second.
    let fields = format!(
        r#""ticker_symbol":"AAPL","quantity":10,"to_portfolio_id":"{}""#,
        id_of(&other)
    );
    let left = entry("TRANSFER_OUT", "2026-01-08", &fields);
    world.enter(&portfolio, &left).await;
    world
        .enter(&portfolio, &sell("AAPL", "4", "30", "2026-01-09"))
        .await;
    let preview = world.read(&format!("{portfolio}/gains?method=LIFO")).await;
    assert_figures(
        &preview,
        &[
            ("/items/1/gain/before_fees/cost", "120"),
            // The transfer takes the other four at 20 and six of those at 10.
            ("/items/0/gain/before_fees/cost", "40"),
            ("/items/0/names_sold_lots", "false"),
            ("/items/0/lots/0/investment_id", &first),
        ],
    );
}
