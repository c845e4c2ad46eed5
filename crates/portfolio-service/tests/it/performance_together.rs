//! Portfolios that move lots and money between them, and a whole year of trading.

use crate::world::{World, assert_figures, entry, traded};

fn id(portfolio: &str) -> &str {
    portfolio.trim_start_matches("/v1/portfolios/")
}

#[tokio::test]
async fn what_goes_from_one_portfolio_to_another_is_no_money_from_outside_for_both_together() {
    let world = World::new().await;
    let tracking = r#"{"name":"C","type":"Brokerage","cash_tracking":true}"#;
    let (first, second) = (world.open(tracking).await, world.open(tracking).await);
    let closes = [
        ("2026-03-02", "10"),
        ("2026-03-04", "12"),
        ("2026-03-05", "15"),
    ];
    world.market.closes("MOVE", "USD", &closes);
    let to = format!(r#","to_portfolio_id":"{}""#, id(&second));
    let entries = [
        entry("DEPOSIT", "2026-03-02", r#""amount":150,"currency":"USD""#),
        traded("BUY", "MOVE", "10", "10", "2026-03-02", ""),
        entry(
            "TRANSFER_OUT",
            "2026-03-04",
            &format!(r#""ticker_symbol":"MOVE","quantity":4{to}"#),
        ),
        entry(
            "TRANSFER_OUT",
            "2026-03-04",
            &format!(r#""amount":30,"currency":"USD"{to}"#),
        ),
    ];
    world.enter_all(&first, &entries).await;
    let range = "from=2026-03-03&to=2026-03-05";
    for (path, flow, unrealized, end) in [
        (format!("{first}/performance"), "-78", "38", "110"),
        (format!("{second}/performance"), "78", "12", "90"),
        ("/v1/performance".to_owned(), "0", "50", "200"),
    ] {
        let found = world.read(&format!("{path}?{range}&explain=true")).await;
        assert_figures(
            &found,
            &[
                ("/status", "ok"),
                ("/net_flow", flow),
                ("/end_value", end),
                ("/statement/net_transfers", flow),
                ("/statement/unrealized", unrealized),
                ("/statement/remainder", "0"),
            ],
        );
    }
    let together = world
        .read(&format!("/v1/performance?{range}&explain=true"))
        .await;
    assert_figures(
        &together,
        &[("/explanation/flows", "[]"), ("/twr", "0.33333333")],
    );
}

#[tokio::test]
async fn cash_that_goes_where_none_is_followed_has_left() {
    let world = World::new().await;
    let tracking = r#"{"name":"C","type":"Brokerage","cash_tracking":true}"#;
    let (first, second) = (world.open(tracking).await, world.portfolio().await);
    let out = format!(
        r#""amount":30,"currency":"USD","to_portfolio_id":"{}""#,
        id(&second)
    );
    let entries = [
        entry("DEPOSIT", "2026-03-02", r#""amount":150,"currency":"USD""#),
        entry("TRANSFER_OUT", "2026-03-04", &out),
    ];
    world.enter_all(&first, &entries).await;
    assert_figures(
        &world.read("/v1/performance?to=2026-03-05").await,
        &[
            ("/net_flow", "120"),
            ("/end_value", "120"),
            ("/gain", "0"),
            ("/statement/remainder", "0"),
        ],
    );
}

/// A share that is split, pays and is sold in part, and a foreign one, over a calendar year.
///
/// | | ACME, USD | SAP.DE, EUR |
/// |---|---|---|
/// | bought | 10 at 100 with a fee of 5 | 4 at 50, 1.10 |
/// | split 2 for 1 in May, dividend 0.50 × 20 with a tax of 1.50 in June | 20 | |
/// | sold | 5 at 70 with a fee of 2 | 1 at 60, 1.20 |
/// | end | 15 at 65 | 3 at 64, 1.25 |
async fn a_year_of_trading() -> (World, String) {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [
        ("2025-01-02", "100"),
        ("2025-05-05", "110"),
        ("2025-05-06", "55"),
        ("2025-09-01", "70"),
        ("2025-12-31", "65"),
    ];
    world.market.closes("ACME", "USD", &closes);
    world.market.split("ACME", "2025-05-06", "2", "1");
    let closes = [
        ("2025-01-02", "50"),
        ("2025-10-01", "60"),
        ("2025-12-31", "64"),
    ];
    world.market.closes("SAP.DE", "EUR", &closes);
    let rates = [
        ("2025-01-02", "1.1"),
        ("2025-10-01", "1.2"),
        ("2025-12-31", "1.25"),
    ];
    world.market.closes("EURUSD=X", "USD", &rates);
    let euro = r#","currency":"EUR""#;
    let dividend = r#""ticker_symbol":"ACME","amount":10,"tax":1.5,"currency":"USD""#;
    let entries = [
        traded("BUY", "ACME", "10", "100", "2025-01-02", r#","fee":5"#),
        traded("BUY", "SAP.DE", "4", "50", "2025-01-02", euro),
        entry(
            "SPLIT",
            "2025-05-06",
            r#""ticker_symbol":"ACME","ratio":{"new":2,"old":1}"#,
        ),
        entry("DIVIDEND", "2025-06-02", dividend),
        traded("SELL", "ACME", "5", "70", "2025-09-01", r#","fee":2"#),
        traded("SELL", "SAP.DE", "1", "60", "2025-10-01", euro),
    ];
    world.enter_all(&portfolio, &entries).await;
    (world, portfolio)
}

const YEAR: &str = "from=2025-01-01&to=2025-12-31";

#[tokio::test]
async fn a_year_with_a_split_a_dividend_a_sale_and_a_foreign_share_adds_up() {
    let (world, portfolio) = a_year_of_trading().await;
    let found = world.read(&format!("{portfolio}/performance?{YEAR}")).await;
    assert_figures(
        &found,
        &[
            ("/status", "ok"),
            ("/warnings", "[]"),
            ("/start_value", "0"),
            // 1,005 + 220 in; 8.50 + 348 + 72 out.
            ("/net_flow", "796.5"),
            // 975 + 3 × 64 × 1.25.
            ("/end_value", "1215"),
            ("/gain", "418.5"),
            ("/simple_return", "0.34163265"),
            ("/statement/net_transfers", "796.5"),
            // 5 × (70 − 50), (60 − 50) × 1.20.
            ("/statement/realized", "112"),
            // 15 × (65 − 50), 3 × (64 − 50) × 1.25.
            ("/statement/unrealized", "277.5"),
            ("/statement/income", "10"),
            ("/statement/fees", "7"),
            ("/statement/taxes", "1.5"),
            // 50 × 0.10 and 150 × 0.15.
            ("/statement/currency_gain", "27.5"),
            ("/statement/remainder", "0"),
            ("/days", "363"),
            ("/reasons/twr_annualized", "UNDER_ONE_YEAR"),
        ],
    );
    assert_eq!(found.count("/series"), 365);
    // The split moved nothing: half the price, twice the shares.
    let may = format!("{portfolio}/performance?from=2025-05-06&to=2025-05-06");
    assert_figures(&world.read(&may).await, &[("/twr", "0"), ("/gain", "0")]);
}

#[tokio::test]
async fn a_year_of_trading_is_explained() {
    let (world, portfolio) = a_year_of_trading().await;
    let path = format!("{portfolio}/performance?{YEAR}&explain=true");
    assert_figures(
        &world.read(&path).await,
        &[
            ("/explanation/sales/0/ticker_symbol", "ACME"),
            ("/explanation/sales/0/proceeds", "350"),
            ("/explanation/sales/0/cost", "250"),
            ("/explanation/sales/0/rate/value", "1"),
            ("/explanation/sales/0/rate/source", "null"),
            ("/explanation/sales/0/realized", "100"),
            ("/explanation/sales/0/currency_gain", "0"),
            ("/explanation/sales/1/ticker_symbol", "SAP.DE"),
            ("/explanation/sales/1/portfolio_id", id(&portfolio)),
            ("/explanation/sales/1/purchase_date", "2025-01-02"),
            ("/explanation/sales/1/rate/value", "1.2"),
            ("/explanation/sales/1/rate/source", "test market"),
            ("/explanation/sales/1/purchase_rate/value", "1.1"),
            ("/explanation/sales/1/realized", "12"),
            ("/explanation/sales/1/currency_gain", "5"),
            ("/explanation/postings/0/type", "FEE"),
            ("/explanation/postings/0/value", "5"),
            ("/explanation/postings/1/type", "INCOME"),
            ("/explanation/postings/1/amount", "10"),
            ("/explanation/postings/1/ticker_symbol", "ACME"),
            ("/explanation/postings/2/type", "TAX"),
            ("/explanation/postings/3/date", "2025-09-01"),
            ("/explanation/closing/lines/1/portfolio_id", id(&portfolio)),
            ("/explanation/closing/lines/1/rate/value", "1.25"),
            ("/explanation/benchmark", "[]"),
        ],
    );
}
