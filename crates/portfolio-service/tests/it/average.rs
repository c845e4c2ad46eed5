//! Average cost of purchases in another currency, which every view converts alike.

use service_kit::testing::TestResponse;

use crate::world::{World, assert_figures, entry, traded};

const AVERAGE: &str = r#"{"name":"A","type":"Brokerage","cost_basis_method":"AVERAGE"}"#;
const EURO: &str = r#","currency":"EUR""#;

/// Ten at €100 when a euro is $1.10 and ten at €300 when it is $1.20 cost €4,000 or $4,700;
/// a twentieth of it is sold.
async fn two_purchases_and_a_sale(rates: &[(&str, &str)]) -> (World, String) {
    let world = World::new().await;
    world.market.price("SAP.DE", "210", "EUR");
    let closes = [
        ("2024-01-02", "100"),
        ("2024-02-01", "300"),
        ("2024-03-01", "200"),
    ];
    world.market.closes("SAP.DE", "EUR", &closes);
    world.market.price("EURUSD=X", "1.25", "USD");
    world.market.closes("EURUSD=X", "USD", rates);
    let portfolio = world.open(AVERAGE).await;
    let entries = [
        traded("BUY", "SAP.DE", "10", "100", "2024-01-02", EURO),
        traded("BUY", "SAP.DE", "10", "300", "2024-02-01", EURO),
        traded("SELL", "SAP.DE", "1", "200", "2024-03-01", EURO),
    ];
    world.enter_all(&portfolio, &entries).await;
    (world, portfolio)
}

#[tokio::test]
async fn an_average_cost_is_worth_the_same_in_every_view() {
    let rates = [
        ("2024-01-02", "1.1"),
        ("2024-02-01", "1.2"),
        ("2024-03-01", "1.3"),
    ];
    let (world, portfolio) = two_purchases_and_a_sale(&rates).await;
    let gains = world.read(&format!("{portfolio}/gains")).await;
    assert_figures(&gains, &[("/total/before_fees/cost", "235")]);
    let summary = world.read(&format!("{portfolio}/summary")).await;
    // 19 × 210 × 1.25 = 4,987.50, of which 19 × 200 × 1.25 − 4,465 by the rate.
    let held = [
        ("/cost_basis", "4465"),
        ("/unrealized_gain", "522.5"),
        ("/unrealized_currency_gain", "285"),
        ("/status", "ok"),
    ];
    assert_figures(&summary, &held);
    assert_figures(&world.read("/v1/summary").await, &held);
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    let in_euros = [
        ("/items/0/currency", "EUR"),
        ("/items/0/cost_basis", "3800"),
    ];
    assert_figures(&holdings, &in_euros);
    let performance = world
        .read(&format!("{portfolio}/performance?to=2024-03-01"))
        .await;
    assert_figures(&performance, &[("/statement/remainder", "0")]);
}

#[tokio::test]
async fn an_average_cost_in_a_third_currency_takes_that_ones_rates() {
    let rates = [
        ("2024-01-02", "1.1"),
        ("2024-02-01", "1.2"),
        ("2024-03-01", "1.3"),
    ];
    let (world, _) = two_purchases_and_a_sale(&rates).await;
    world.market.price("EURGBP=X", "0.9", "GBP");
    let pounds = [("2024-01-02", "0.7"), ("2024-02-01", "0.8")];
    world.market.closes("EURGBP=X", "GBP", &pounds);
    let summary = world.read("/v1/summary?currency=GBP").await;
    // Nineteen twentieths of 1,000 × 0.7 + 3,000 × 0.8.
    assert_figures(&summary, &[("/cost_basis", "2945"), ("/status", "ok")]);
}

fn missing(answer: &TestResponse) -> Vec<(String, String)> {
    let at = |place: usize, field: &str| answer.at(&format!("/missing/{place}/{field}"));
    let all = 0..answer.count("/missing");
    all.map(|place| (at(place, "symbol"), at(place, "date")))
        .collect()
}

#[tokio::test]
async fn a_rate_that_an_average_lacks_is_named_and_not_replaced_by_another_days() {
    let (world, portfolio) =
        two_purchases_and_a_sale(&[("2024-02-01", "1.2"), ("2024-03-01", "1.3")]).await;
    let lacking = vec![("EURUSD=X".to_owned(), "2024-01-02".to_owned())];
    for view in ["summary", "gains"] {
        let answer = world.read(&format!("{portfolio}/{view}")).await;
        assert_eq!(missing(&answer), lacking, "{view}");
    }
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(
        &summary,
        &[
            ("/cost_basis", "null"),
            ("/unrealized_gain", "null"),
            ("/market_value", "4987.5"),
        ],
    );
    let performance = world
        .read(&format!("{portfolio}/performance?to=2024-03-01"))
        .await;
    assert_figures(&performance, &[("/statement", "null")]);
}

#[tokio::test]
async fn lots_that_cost_something_else_where_they_arrive_leave_no_remainder() {
    let rates = [
        ("2024-01-02", "1.1"),
        ("2024-02-01", "1.2"),
        ("2024-03-01", "1.3"),
    ];
    let (world, portfolio) = two_purchases_and_a_sale(&rates).await;
    let other = world.portfolio().await;
    let id = other.rsplit('/').next().unwrap();
    let out = format!(r#""ticker_symbol":"SAP.DE","quantity":5,"to_portfolio_id":"{id}""#);
    world
        .enter(&portfolio, &entry("TRANSFER_OUT", "2024-03-01", &out))
        .await;
    let performance = world.read("/v1/performance?to=2024-03-01").await;
    assert_figures(
        &performance,
        &[("/statement/remainder", "0"), ("/status", "ok")],
    );
}

#[tokio::test]
async fn a_rate_stated_into_one_base_leaves_no_remainder_beside_another() {
    let world = World::new().await;
    world.market.price("SAP.DE", "110", "EUR");
    world.market.closes(
        "SAP.DE",
        "EUR",
        &[("2024-01-05", "100"), ("2024-03-05", "110")],
    );
    world.market.closes(
        "EURUSD=X",
        "USD",
        &[("2024-01-05", "1.16"), ("2024-03-05", "1.2")],
    );
    let dollars = world.portfolio().await;
    let euros = world
        .open(r#"{"name":"E","type":"Brokerage","base_currency":"EUR"}"#)
        .await;
    let stated = r#","currency":"EUR","fx_rate":1.25"#;
    world
        .enter(
            &dollars,
            &traded("BUY", "SAP.DE", "10", "100", "2024-01-05", stated),
        )
        .await;
    let id = euros.rsplit('/').next().unwrap();
    let out = format!(r#""ticker_symbol":"SAP.DE","quantity":4,"to_portfolio_id":"{id}""#);
    world
        .enter(&dollars, &entry("TRANSFER_OUT", "2024-03-05", &out))
        .await;
    let performance = world
        .read("/v1/performance?currency=USD&to=2024-03-05")
        .await;
    assert_figures(
        &performance,
        &[("/statement/remainder", "0"), ("/status", "ok")],
    );
}
