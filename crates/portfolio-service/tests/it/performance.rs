//! Performance over HTTP, with the worked examples of `docs/performance.md`.

use crate::world::{World, assert_figures, entry, traded};

/// The week of the documentation: a value of 1,000 at Monday's close, 1,020, 1,530, 1,499.40 and
/// 1,329.388; 500 came on Wednesday and 200 went on Friday.
async fn the_week(world: &World) -> String {
    let portfolio = world.portfolio().await;
    world.market.closes(
        "WEEK",
        "USD",
        &[
            ("2026-03-02", "100"),
            ("2026-03-03", "102"),
            ("2026-03-04", "102"),
            ("2026-03-05", "99.96"),
            ("2026-03-06", "106.35104"),
        ],
    );
    let entries = [
        traded("BUY", "WEEK", "10", "100", "2026-03-02", ""),
        traded("BUY", "WEEK", "5", "100", "2026-03-04", ""),
        traded("SELL", "WEEK", "2.5", "80", "2026-03-06", ""),
    ];
    world.enter_all(&portfolio, &entries).await;
    portfolio
}

const WEEK: &str = "from=2026-03-03&to=2026-03-06";

#[tokio::test]
async fn the_week_of_the_documentation_has_the_figures_written_there() {
    let mut world = World::new().await;
    let portfolio = the_week(&world).await;
    for _ in 0..2 {
        let found = world.read(&format!("{portfolio}/performance?{WEEK}")).await;
        assert_figures(
            &found,
            &[
                ("/status", "ok"),
                ("/currency", "USD"),
                ("/from", "2026-03-03"),
                ("/to", "2026-03-06"),
                ("/start_value", "1000"),
                ("/end_value", "1329.388"),
                ("/net_flow", "300"),
                ("/gain", "29.388"),
                ("/simple_return", "0.019592"),
                ("/twr", "0.02629984"),
                ("/twr_annualized", "null"),
                ("/reasons/twr_annualized", "UNDER_ONE_YEAR"),
                ("/mwr_over_range", "0.02353778"),
                ("/volatility", "0.2993334"),
                ("/max_drawdown/depth", "0.02"),
                ("/max_drawdown/peak", "2026-03-04"),
                ("/max_drawdown/trough", "2026-03-05"),
                ("/max_drawdown/recovery", "null"),
                ("/best_day/date", "2026-03-03"),
                ("/best_day/return", "0.02"),
                ("/worst_day/date", "2026-03-05"),
                ("/worst_day/return", "-0.02"),
                ("/since", "2026-03-02"),
                ("/days", "4"),
                ("/missing", "[]"),
                ("/warnings", "[]"),
                ("/left_out", "[]"),
                ("/benchmark", "null"),
                ("/series/1/date", "2026-03-04"),
                ("/series/1/value", "1530"),
                ("/series/1/net_flow", "500"),
                ("/series/1/twr", "0.02671053"),
                ("/series/2/twr", "0.00617632"),
                ("/series/3/net_flow", "-200"),
            ],
        );
        assert_eq!(found.count("/series"), 4);
        world.restart().await;
    }
}

#[tokio::test]
async fn a_series_may_be_thinned_to_weeks_and_months_without_losing_a_flow() {
    let world = World::new().await;
    let portfolio = the_week(&world).await;
    let days = "from=2026-02-23&to=2026-03-06";
    let path = format!("{portfolio}/performance?{days}");
    let weeks = world.read(&format!("{path}&interval=1w")).await;
    assert_figures(
        &weeks,
        &[
            ("/interval", "1w"),
            ("/series/0/date", "2026-03-01"),
            ("/series/0/value", "0"),
            ("/series/1/date", "2026-03-06"),
            ("/series/1/value", "1329.388"),
            ("/series/1/net_flow", "1300"),
            ("/twr", "0.02629984"),
        ],
    );
    assert_eq!(weeks.count("/series"), 2);
    let months = world.read(&format!("{path}&interval=1mo")).await;
    assert_figures(
        &months,
        &[
            ("/series/0/date", "2026-02-28"),
            ("/series/1/date", "2026-03-06"),
        ],
    );
}

/// CFA level I course notes, LOS 7.d: a share at 100, a second at 120 after a year, both sold at 130
/// after two, a dividend of 2 a share each year: 15.84 % time-weighted, 13.86 % money-weighted.
#[tokio::test]
async fn the_cfa_example_of_two_shares_has_15_84_and_13_86_per_cent() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [
        ("2021-01-01", "100"),
        ("2021-12-31", "120"),
        ("2023-01-01", "130"),
    ];
    world.market.closes("CFA", "USD", &closes);
    let dividend = |date, amount| {
        let fields = format!(r#""ticker_symbol":"CFA","amount":{amount},"currency":"USD""#);
        entry("DIVIDEND", date, &fields)
    };
    let entries = [
        traded("BUY", "CFA", "1", "100", "2021-01-01", ""),
        dividend("2021-12-31", "2"),
        traded("BUY", "CFA", "1", "120", "2022-01-01", ""),
        dividend("2023-01-01", "4"),
    ];
    world.enter_all(&portfolio, &entries).await;
    let path = format!("{portfolio}/performance?to=2023-01-01");
    let found = world.read(&path).await;
    assert_figures(
        &found,
        &[
            ("/from", "2021-01-01"),
            ("/twr", "0.342"),
            ("/twr_annualized", "0.15844724"),
            ("/days", "730"),
            ("/statement/income", "6"),
            ("/statement/unrealized", "40"),
            ("/statement/remainder", "0"),
        ],
    );
    // The published rate has the dividend of the first year on the day of the second purchase.
    let rate: f64 = found.at("/mwr").parse().unwrap();
    assert!((rate - 0.1386).abs() < 0.0001, "{rate}");
}

/// The benchmark of the documentation: 100 at the opening, 110 the day after, 100 out two days
/// later; a benchmark at 10, 11 and 12.50: ten units, ten more, eight sold, worth 150.
#[tokio::test]
async fn the_same_money_buys_and_sells_the_benchmark_at_its_closes() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world.market.closes("HELD", "USD", &[("2026-03-02", "1")]);
    // Half the price in shares of today: two became one on Thursday.
    let closes = [
        ("2026-03-02", "5"),
        ("2026-03-03", "5.5"),
        ("2026-03-05", "12.5"),
    ];
    world.market.closes("INDEX", "USD", &closes);
    world.market.split("INDEX", "2026-03-05", "1", "2");
    let entries = [
        traded("BUY", "HELD", "100", "1", "2026-03-02", ""),
        traded("BUY", "HELD", "110", "1", "2026-03-03", ""),
        traded("SELL", "HELD", "100", "1", "2026-03-05", ""),
    ];
    world.enter_all(&portfolio, &entries).await;
    let path = format!(
        "{portfolio}/performance?from=2026-03-03&to=2026-03-06&benchmark=index&explain=true"
    );
    let found = world.read(&path).await;
    assert_figures(
        &found,
        &[
            ("/twr", "0"),
            ("/benchmark/ticker_symbol", "INDEX"),
            ("/benchmark/status", "ok"),
            ("/benchmark/twr", "0.25"),
            ("/benchmark/end_value", "150"),
            ("/benchmark/short_from", "null"),
            ("/explanation/benchmark/0/amount", "100"),
            ("/explanation/benchmark/0/price/value", "10"),
            ("/explanation/benchmark/0/units", "10"),
            ("/explanation/benchmark/1/units", "10"),
            ("/explanation/benchmark/2/units", "-8"),
            ("/explanation/benchmark/2/price/source", "test market"),
            ("/benchmark/series/0/date", "2026-03-03"),
            ("/benchmark/series/0/value", "220"),
            ("/benchmark/series/3/value", "150"),
        ],
    );
    assert_eq!(found.count("/benchmark/series"), 4);
}

#[tokio::test]
async fn a_benchmark_nobody_knows_takes_no_other_figure_with_it() {
    let world = World::new().await;
    let portfolio = the_week(&world).await;
    let path = format!("{portfolio}/performance?{WEEK}&benchmark=NOBODY");
    assert_figures(
        &world.read(&path).await,
        &[
            ("/status", "ok"),
            ("/twr", "0.02629984"),
            ("/benchmark/status", "unavailable"),
            ("/benchmark/twr", "null"),
            ("/benchmark/reasons/twr", "MISSING_INPUT"),
            ("/benchmark/missing/0/symbol", "NOBODY"),
            ("/benchmark/missing/0/reason", "UNKNOWN_SYMBOL"),
            ("/benchmark/series", "[]"),
        ],
    );
}

#[tokio::test]
async fn more_money_does_not_move_the_time_weighted_return() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [
        ("2026-03-02", "100"),
        ("2026-03-03", "104"),
        ("2026-03-04", "91"),
        ("2026-03-05", "97.3"),
    ];
    world.market.closes("FUND", "USD", &closes);
    let first = [traded("BUY", "FUND", "10", "100", "2026-03-02", "")];
    world.enter_all(&portfolio, &first).await;
    let path = format!("{portfolio}/performance?from=2026-03-03&to=2026-03-05");
    assert_figures(&world.read(&path).await, &[("/twr", "-0.027")]);
    // In at the price the day begins with, out at the one it ends with.
    let more = [
        traded("BUY", "FUND", "1000", "104", "2026-03-04", ""),
        traded("SELL", "FUND", "1004", "97.3", "2026-03-05", ""),
    ];
    world.enter_all(&portfolio, &more).await;
    assert_figures(
        &world.read(&path).await,
        &[
            ("/twr", "-0.027"),
            ("/gain", "-6727"),
            ("/net_flow", "6310.8"),
        ],
    );
}

#[tokio::test]
async fn what_was_used_is_explained_line_by_line() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .market
        .closes("SAP.DE", "EUR", &[("2026-02-27", "100")]);
    world
        .market
        .closes("EURUSD=X", "USD", &[("2026-02-26", "1.25")]);
    let euro = r#","currency":"EUR""#;
    let stated = r#","currency":"EUR","fx_rate":1.2,"fee":1"#;
    let entries = [
        traded("BUY", "SAP.DE", "2", "90", "2026-02-27", euro),
        traded("BUY", "SAP.DE", "1", "95", "2026-03-03", stated),
    ];
    world.enter_all(&portfolio, &entries).await;
    let path = format!("{portfolio}/performance?from=2026-03-01&to=2026-03-04");
    assert_eq!(world.read(&path).await.at("/explanation"), "null");
    let found = world.read(&format!("{path}&explain=true")).await;
    assert_figures(
        &found,
        &[
            ("/explanation/opening/date", "2026-02-28"),
            ("/explanation/opening/lines/0/ticker_symbol", "SAP.DE"),
            ("/explanation/opening/lines/0/quantity", "2"),
            ("/explanation/opening/lines/0/currency", "EUR"),
            ("/explanation/opening/lines/0/price/value", "100"),
            ("/explanation/opening/lines/0/price/date", "2026-02-27"),
            ("/explanation/opening/lines/0/price/age_days", "1"),
            ("/explanation/opening/lines/0/price/source", "test market"),
            ("/explanation/opening/lines/0/price/staleness", "fresh"),
            ("/explanation/opening/lines/0/rate/value", "1.25"),
            ("/explanation/opening/lines/0/rate/age_days", "2"),
            ("/explanation/opening/lines/0/value", "250"),
            ("/explanation/closing/date", "2026-03-04"),
            ("/explanation/closing/lines/0/value", "375"),
            ("/explanation/flows/0/date", "2026-03-03"),
            ("/explanation/flows/0/ticker_symbol", "SAP.DE"),
            ("/explanation/flows/0/amount", "96"),
            ("/explanation/flows/0/currency", "EUR"),
            ("/explanation/flows/0/rate/value", "1.2"),
            ("/explanation/flows/0/rate/source", "ledger"),
            ("/explanation/flows/0/value", "115.2"),
            ("/start_value", "250"),
            ("/end_value", "375"),
            ("/net_flow", "115.2"),
        ],
    );
    assert_eq!(found.count("/explanation/flows"), 1);
}
