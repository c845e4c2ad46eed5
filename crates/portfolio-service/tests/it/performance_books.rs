//! Statements that add up, whatever a portfolio holds and however it counts.

use service_kit::testing::TestResponse;

use crate::world::{World, assert_figures, entry, traded};

async fn statement(world: &World, path: &str) -> TestResponse {
    let found = world.read(path).await;
    assert_figures(&found, &[("/status", "ok"), ("/statement/remainder", "0")]);
    for (line, value) in [("start_value", "start_value"), ("end_value", "end_value")] {
        let of_statement = found.at(&format!("/statement/{line}"));
        assert_eq!(of_statement, found.at(&format!("/{value}")));
    }
    found
}

const IN_EURO: &str = r#","currency":"EUR""#;

/// The first example of the documentation: ten shares at 100, worth 110 at the beginning; four sold
/// at 120 with a fee of 5 and a tax of 2; a dividend of 12 with a tax of 3; 130 at the end.
#[tokio::test]
async fn a_year_of_trading_adds_up_line_by_line() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [("2024-12-31", "110"), ("2025-12-31", "130")];
    world.market.closes("ACME", "USD", &closes);
    let dividend = r#""ticker_symbol":"ACME","amount":12,"tax":3,"currency":"USD""#;
    let entries = [
        traded("BUY", "ACME", "10", "100", "2024-12-30", ""),
        traded(
            "SELL",
            "ACME",
            "4",
            "120",
            "2025-06-02",
            r#","fee":5,"tax":2"#,
        ),
        entry("DIVIDEND", "2025-09-01", dividend),
    ];
    world.enter_all(&portfolio, &entries).await;
    let year = "from=2025-01-01&to=2025-12-31";
    let lines = [
        ("/statement/start_value", "1100"),
        ("/statement/net_transfers", "-482"),
        ("/statement/realized", "80"),
        ("/statement/unrealized", "80"),
        ("/statement/income", "12"),
        ("/statement/fees", "5"),
        ("/statement/taxes", "5"),
        ("/statement/currency_gain", "0"),
        ("/statement/end_value", "780"),
    ];
    let path = format!("{portfolio}/performance?{year}");
    assert_figures(&statement(&world, &path).await, &lines);
    let holding = format!("{portfolio}/holdings/acme/performance?{year}");
    let of_holding = statement(&world, &holding).await;
    assert_figures(&of_holding, &lines);
    assert_figures(&of_holding, &[("/ticker_symbol", "ACME")]);
}

/// The second example: two shares for 100 EUR each at 1.10; one sold for 150 EUR at 1.20; the other
/// at 150 EUR and 1.25.
async fn foreign_shares(world: &World, portfolio: &str) {
    let closes = [("2025-01-02", "100"), ("2025-12-31", "150")];
    world.market.closes("SAP.DE", "EUR", &closes);
    let rates = [
        ("2025-01-02", "1.10"),
        ("2025-06-02", "1.20"),
        ("2025-12-31", "1.25"),
    ];
    world.market.closes("EURUSD=X", "USD", &rates);
    let entries = [
        traded("BUY", "SAP.DE", "2", "100", "2025-01-02", IN_EURO),
        traded("SELL", "SAP.DE", "1", "150", "2025-06-02", IN_EURO),
    ];
    world.enter_all(portfolio, &entries).await;
}

const FOREIGN: [(&str, &str); 7] = [
    ("/statement/start_value", "0"),
    ("/statement/net_transfers", "40"),
    ("/statement/realized", "60"),
    ("/statement/unrealized", "62.5"),
    ("/statement/currency_gain", "25"),
    ("/statement/fees", "0"),
    ("/statement/end_value", "187.5"),
];

#[tokio::test]
async fn a_foreign_gain_is_parted_into_price_and_currency() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    foreign_shares(&world, &portfolio).await;
    let path = format!("{portfolio}/performance?to=2025-12-31");
    assert_figures(&statement(&world, &path).await, &FOREIGN);
}

#[tokio::test]
async fn an_average_abroad_takes_the_rates_of_what_was_paid() {
    let world = World::new().await;
    let average = r#"{"name":"A","type":"Brokerage","cost_basis_method":"AVERAGE"}"#;
    let portfolio = world.open(average).await;
    foreign_shares(&world, &portfolio).await;
    // Three shares for 330 EUR, which were 376 USD: 110 EUR each, two of them sold.
    let more = [
        traded("BUY", "SAP.DE", "1", "130", "2025-06-02", IN_EURO),
        traded("SELL", "SAP.DE", "1", "140", "2025-12-31", IN_EURO),
    ];
    world.enter_all(&portfolio, &more).await;
    let path = format!("{portfolio}/performance?to=2025-12-31");
    let found = statement(&world, &path).await;
    // 40 × 1.20 + 30 × 1.25; 40 × 1.25; in 220 + 156, out 180 + 175.
    assert_figures(
        &found,
        &[
            ("/statement/realized", "85.5"),
            ("/statement/unrealized", "50"),
            ("/statement/net_transfers", "21"),
            ("/statement/end_value", "187.5"),
        ],
    );
    // A year that begins in between reconciles too: what was open then is known.
    let rest = format!("{portfolio}/performance?from=2025-06-03&to=2025-12-31");
    statement(&world, &rest).await;
}

#[tokio::test]
async fn with_cash_only_deposits_and_withdrawals_are_money_from_outside() {
    let world = World::new().await;
    let tracking = r#"{"name":"C","type":"Brokerage","cash_tracking":true}"#;
    let portfolio = world.open(tracking).await;
    foreign_shares(&world, &portfolio).await;
    let money = |kind, date, amount: &str, currency: &str| {
        entry(
            kind,
            date,
            &format!(r#""amount":{amount},"currency":"{currency}""#),
        )
    };
    let entries = [
        money("DEPOSIT", "2025-01-02", "300", "EUR"),
        money("DEPOSIT", "2025-01-02", "1000", "USD"),
        money("INTEREST", "2025-03-03", "7", "USD"),
        money("FEE", "2025-03-03", "2", "USD"),
        money("TAX", "2025-03-03", "1", "USD"),
        money("WITHDRAWAL", "2025-06-02", "50", "EUR"),
    ];
    world.enter_all(&portfolio, &entries).await;
    let found = statement(&world, &format!("{portfolio}/performance?to=2025-12-31")).await;
    // 300 EUR in at 1.10, 50 out at 1.20; at the end 200 EUR and 1,004 USD beside the share.
    assert_figures(
        &found,
        &[
            ("/statement/net_transfers", "1270"),
            ("/statement/realized", "60"),
            ("/statement/unrealized", "62.5"),
            ("/statement/income", "7"),
            ("/statement/fees", "2"),
            ("/statement/taxes", "1"),
            ("/statement/end_value", "1441.5"),
            ("/net_flow", "1270"),
            // 25 as without cash; 200 × 1.25 less (300 − 200) × 1.10 and (150 − 50) × 1.20 of cash.
            ("/statement/currency_gain", "45"),
        ],
    );
    let without = world
        .patch(&portfolio, r#"{"cash_tracking":false}"#)
        .send()
        .await;
    without.expect(200);
    let found = statement(&world, &format!("{portfolio}/performance?to=2025-12-31")).await;
    assert_figures(
        &found,
        &[
            // As before, and what interest brought less what was charged.
            ("/statement/net_transfers", "36"),
            ("/statement/income", "7"),
            ("/statement/end_value", "187.5"),
        ],
    );
}

#[tokio::test]
async fn a_split_of_the_ledger_moves_no_value_and_one_it_lacks_is_pointed_out() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    // No close on the day of the split: the last one is carried over it.
    let closes = [("2026-03-02", "400"), ("2026-03-05", "102")];
    world.market.closes("SPLT", "USD", &closes);
    world.market.split("SPLT", "2026-03-04", "4", "1");
    let first = [traded("BUY", "SPLT", "5", "400", "2026-03-02", "")];
    world.enter_all(&portfolio, &first).await;
    let path = format!("{portfolio}/performance?from=2026-03-03&to=2026-03-05");
    let lacking = world.read(&path).await;
    assert_figures(
        &lacking,
        &[
            ("/warnings/0/code", "SPLIT_NOT_RECORDED"),
            ("/warnings/0/ticker_symbol", "SPLT"),
            ("/warnings/0/date", "2026-03-04"),
            ("/warnings/0/detail", "4 for 1"),
            ("/end_value", "510"),
        ],
    );
    let split = r#""ticker_symbol":"SPLT","ratio":{"new":4,"old":1}"#;
    world
        .enter_all(&portfolio, &[entry("SPLIT", "2026-03-04", split)])
        .await;
    let found = statement(&world, &path).await;
    assert_figures(
        &found,
        &[
            ("/warnings", "[]"),
            ("/series/0/value", "2000"),
            ("/series/1/value", "2000"),
            ("/series/2/value", "2040"),
            ("/twr", "0.02"),
            ("/statement/unrealized", "40"),
        ],
    );
}

#[tokio::test]
async fn shares_that_are_transferred_come_and_go_at_what_they_are_worth() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [
        ("2026-03-02", "50"),
        ("2026-03-03", "55"),
        ("2026-03-05", "60"),
    ];
    world.market.closes("MOVE", "USD", &closes);
    let rates = [("2020-01-02", "1.1"), ("2026-03-02", "1.2")];
    world.market.closes("EURUSD=X", "USD", &rates);
    let lots = r#""ticker_symbol":"MOVE","instrument_type":"Stock","lots":[{"quantity":10,"purchase_date":"2020-01-02","cost":200,"currency":"EUR"}]"#;
    let entries = [
        entry("TRANSFER_IN", "2026-03-03", lots),
        entry(
            "TRANSFER_OUT",
            "2026-03-05",
            r#""ticker_symbol":"MOVE","quantity":4"#,
        ),
    ];
    world.enter_all(&portfolio, &entries).await;
    let found = statement(&world, &format!("{portfolio}/performance?to=2026-03-06")).await;
    assert_figures(
        &found,
        &[
            ("/from", "2026-03-03"),
            ("/series/0/net_flow", "550"),
            ("/series/2/net_flow", "-240"),
            ("/statement/net_transfers", "310"),
            ("/statement/unrealized", "50"),
            ("/statement/currency_gain", "0"),
            ("/statement/end_value", "360"),
            ("/gain", "50"),
            ("/twr", "0.09090909"),
        ],
    );
}

#[tokio::test]
async fn a_sold_holding_keeps_its_performance() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [
        ("2026-03-02", "10"),
        ("2026-03-03", "12"),
        ("2026-03-04", "15"),
    ];
    world.market.closes("GONE", "USD", &closes);
    world.market.closes("KEPT", "USD", &[("2026-03-02", "7")]);
    let entries = [
        traded("BUY", "GONE", "10", "10", "2026-03-02", ""),
        traded("BUY", "KEPT", "1", "7", "2026-03-02", ""),
        traded("SELL", "GONE", "10", "13", "2026-03-04", ""),
    ];
    world.enter_all(&portfolio, &entries).await;
    let path = format!("{portfolio}/holdings/GONE/performance?to=2026-03-06");
    let found = statement(&world, &path).await;
    assert_figures(
        &found,
        &[
            ("/twr", "0.3"),
            ("/gain", "30"),
            ("/statement/realized", "30"),
            ("/end_value", "0"),
        ],
    );
}

#[tokio::test]
async fn all_portfolios_together_are_measured_in_one_currency() {
    let world = World::new().await;
    let dollars = world.portfolio().await;
    let euros = world
        .open(r#"{"name":"E","type":"Brokerage","base_currency":"EUR","cash_tracking":true}"#)
        .await;
    foreign_shares(&world, &dollars).await;
    world
        .market
        .closes("USDEUR=X", "EUR", &[("2025-01-02", "0.8")]);
    let stated = r#","currency":"USD","fx_rate":0.9"#;
    world.market.closes("ACME", "USD", &[("2025-01-02", "10")]);
    let entries = [
        entry(
            "DEPOSIT",
            "2025-01-02",
            r#""amount":100,"currency":"USD","fx_rate":0.9"#,
        ),
        traded("BUY", "ACME", "5", "10", "2025-01-02", stated),
    ];
    world.enter_all(&euros, &entries).await;
    let found = statement(&world, "/v1/performance?to=2025-12-31").await;
    // The portfolios differ: in dollars, in which the rates stated in euros do not count.
    assert_figures(
        &found,
        &[
            ("/currency", "USD"),
            ("/portfolio_id", "null"),
            ("/net_flow", "140"),
            ("/end_value", "287.5"),
        ],
    );
    let found = world
        .read("/v1/performance?to=2025-12-31&currency=eur")
        .await;
    assert_figures(
        &found,
        &[("/currency", "EUR"), ("/statement/remainder", "0")],
    );
    let alone = statement(&world, &format!("{euros}/performance?to=2025-12-31")).await;
    assert_figures(&alone, &[("/net_flow", "90"), ("/end_value", "80")]);
}
