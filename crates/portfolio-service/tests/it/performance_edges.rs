//! Performance where something is missing, wrong, or somebody else's.

use crate::world::{World, assert_figures, entry, field_errors, traded};

#[tokio::test]
async fn an_empty_portfolio_is_worth_zero_and_has_no_returns() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for path in [
        format!("{portfolio}/performance"),
        "/v1/performance".to_owned(),
    ] {
        let found = world.read(&path).await;
        assert_figures(
            &found,
            &[
                ("/status", "ok"),
                ("/from", "2026-03-10"),
                ("/to", "2026-03-10"),
                ("/start_value", "0"),
                ("/end_value", "0"),
                ("/net_flow", "0"),
                ("/gain", "0"),
                ("/twr", "null"),
                ("/reasons/twr", "NOTHING_INVESTED"),
                ("/reasons/simple_return", "NOTHING_INVESTED"),
                ("/reasons/mwr", "NO_FLOWS"),
                ("/statement/end_value", "0"),
                ("/statement/remainder", "0"),
                ("/currency", "USD"),
            ],
        );
        assert_eq!(found.count("/series"), 1);
    }
}

#[tokio::test]
async fn what_is_no_range_no_interval_and_no_symbol_is_refused_by_name() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for (query, pointer, code) in [
        ("from=2026-03-03&to=2026-03-02", "?from", "OUT_OF_RANGE"),
        ("from=2026-02-30", "?from", "MALFORMED"),
        ("from=1899-12-31", "?from", "TOO_EARLY"),
        ("to=2026-03-12", "?to", "IN_THE_FUTURE"),
        ("to=tomorrow", "?to", "MALFORMED"),
        ("interval=1h", "?interval", "MALFORMED"),
        ("benchmark=A%20B", "?benchmark", "MALFORMED"),
        ("explain=yes", "?explain", "MALFORMED"),
        ("currency=EUR", "?currency", "UNKNOWN_PARAMETER"),
    ] {
        let path = format!("{portfolio}/performance?{query}");
        let refused = world.get(&path).send().await.expect(422);
        let expected = [(pointer.to_owned(), code.to_owned())];
        assert_eq!(field_errors(&refused), expected, "{query}");
    }
    let refused = world.get("/v1/performance?currency=XXY").send().await;
    let expected = [("?currency".to_owned(), "UNKNOWN_CURRENCY".to_owned())];
    assert_eq!(field_errors(&refused.expect(422)), expected);
}

#[tokio::test]
async fn a_holding_that_never_was_is_not_found() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for ticker in ["AAPL", "%20", "A%2FB"] {
        let path = format!("{portfolio}/holdings/{ticker}/performance");
        let refused = world.get(&path).send().await.expect(404);
        assert_eq!(refused.problem().code, "HOLDING_NOT_FOUND", "{ticker}");
    }
}

#[tokio::test]
async fn all_of_somebody_elses_portfolios_are_none_of_mine() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    world.market.closes("ACME", "USD", &[("2026-03-02", "10")]);
    let bought = [traded("BUY", "ACME", "1", "10", "2026-03-02", "")];
    world.enter_all(&portfolio, &bought).await;
    assert_figures(
        &world.read("/v1/performance").await,
        &[("/end_value", "10")],
    );
    world.token = world.stranger();
    assert_figures(&world.read("/v1/performance").await, &[("/end_value", "0")]);
}

#[tokio::test]
async fn without_a_rate_there_is_no_figure_and_the_pair_is_named_with_its_days() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .market
        .closes("SAP.DE", "EUR", &[("2026-03-02", "100")]);
    let euro = r#","currency":"EUR""#;
    let bought = [traded("BUY", "SAP.DE", "1", "100", "2026-03-02", euro)];
    world.enter_all(&portfolio, &bought).await;
    let path = format!("{portfolio}/performance?to=2026-03-05");
    let found = world.read(&path).await;
    assert_figures(
        &found,
        &[
            ("/status", "unavailable"),
            ("/missing/0/symbol", "EURUSD=X"),
            ("/missing/0/reason", "UNKNOWN_SYMBOL"),
            ("/missing/0/from", "2026-03-02"),
            ("/missing/0/to", "2026-03-05"),
            ("/start_value", "null"),
            ("/end_value", "null"),
            ("/gain", "null"),
            ("/twr", "null"),
            ("/mwr", "null"),
            ("/reasons/twr", "MISSING_INPUT"),
            ("/reasons/end_value", "MISSING_INPUT"),
            ("/statement", "null"),
            ("/reasons/statement", "MISSING_INPUT"),
            ("/series", "[]"),
        ],
    );
}

#[tokio::test]
async fn an_instrument_without_a_price_is_left_out_by_name() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [("2026-03-02", "10"), ("2026-03-03", "11")];
    world.market.closes("KNOWN", "USD", &closes);
    let entries = [
        traded("BUY", "KNOWN", "1", "10", "2026-03-02", ""),
        traded("BUY", "NOBODY", "1", "1000", "2026-03-02", ""),
    ];
    world.enter_all(&portfolio, &entries).await;
    let path = format!("{portfolio}/performance?to=2026-03-04");
    let found = world.read(&path).await;
    assert_figures(
        &found,
        &[
            ("/status", "partial"),
            ("/missing/0/symbol", "NOBODY"),
            ("/missing/0/reason", "UNKNOWN_SYMBOL"),
            ("/missing/0/from", "2026-03-02"),
            ("/missing/0/to", "2026-03-04"),
            ("/end_value", "11"),
            ("/net_flow", "10"),
            ("/twr", "0.1"),
            ("/statement", "null"),
        ],
    );
}

/// It joins at the first close, as money of that close: one flow, so that both returns are one.
#[tokio::test]
async fn what_joins_late_is_counted_from_the_close_it_joins_at() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [("2024-02-01", "10"), ("2025-06-02", "12")];
    world.market.closes("LATE", "USD", &closes);
    let bought = traded("BUY", "LATE", "1", "7", "2024-01-02", "");
    world.enter_all(&portfolio, &[bought]).await;
    let path = format!("{portfolio}/performance?to=2025-06-02");
    let found = world.read(&path).await;
    assert_figures(
        &found,
        &[
            ("/status", "partial"),
            ("/net_flow", "10"),
            ("/since", "2024-02-01"),
            ("/days", "487"),
            ("/twr", "0.2"),
            // A statement would have the purchase at 7.
            ("/statement", "null"),
            ("/reasons/statement", "MISSING_INPUT"),
        ],
    );
    assert_eq!(found.at("/twr_annualized"), found.at("/mwr"));
}

#[tokio::test]
async fn a_purchase_before_the_first_close_is_priced_by_itself() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let closes = [("2026-03-05", "12"), ("2026-03-06", "15")];
    world.market.closes("IPO", "USD", &closes);
    let bought = [traded("BUY", "IPO", "10", "10", "2026-03-03", "")];
    world.enter_all(&portfolio, &bought).await;
    let path = format!("{portfolio}/performance?to=2026-03-06&explain=true");
    let found = world.read(&path).await;
    assert_figures(
        &found,
        &[
            ("/status", "ok"),
            ("/series/0/value", "100"),
            ("/series/1/value", "100"),
            ("/series/2/value", "120"),
            ("/twr", "0.5"),
            ("/statement/remainder", "0"),
        ],
    );
    let path = format!("{portfolio}/performance?to=2026-03-04&explain=true");
    assert_figures(
        &world.read(&path).await,
        &[
            ("/explanation/closing/lines/0/price/source", "ledger"),
            ("/explanation/closing/lines/0/price/age_days", "1"),
        ],
    );
}

#[tokio::test]
async fn today_is_worth_what_is_quoted_now() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world.market.closes("NOW", "USD", &[("2026-03-09", "10")]);
    world.market.price("NOW", "11", "USD");
    let bought = [traded("BUY", "NOW", "10", "10", "2026-03-09", "")];
    world.enter_all(&portfolio, &bought).await;
    let path = format!("{portfolio}/performance");
    let found = world.read(&format!("{path}?explain=true")).await;
    assert_figures(
        &found,
        &[
            ("/to", "2026-03-10"),
            ("/end_value", "110"),
            ("/twr", "0.1"),
            ("/explanation/closing/lines/0/price/value", "11"),
            ("/explanation/closing/lines/0/price/date", "2026-03-10"),
            ("/explanation/closing/lines/0/price/source", "test market"),
        ],
    );
    // A quote that moves moves the answer, also one that was given before.
    for price in ["12", "13"] {
        world.market.price("NOW", price, "USD");
        let value = format!("{price}0");
        assert_figures(&world.read(&path).await, &[("/end_value", &value)]);
    }
    // Yesterday had its close.
    let yesterday = world.read(&format!("{path}?to=2026-03-09")).await;
    assert_figures(&yesterday, &[("/end_value", "100")]);
}

#[tokio::test]
async fn a_new_entry_is_in_the_next_answer_and_a_repeated_one_asks_for_no_closes() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world.market.closes("ACME", "USD", &[("2026-03-02", "10")]);
    let bought = traded("BUY", "ACME", "1", "10", "2026-03-02", "");
    let path = format!("{portfolio}/performance?to=2026-03-05");
    for count in ["10", "20", "30"] {
        world
            .enter_all(&portfolio, std::slice::from_ref(&bought))
            .await;
        assert_figures(&world.read(&path).await, &[("/end_value", count)]);
    }
    // Nobody need be asked for what is known.
    world.market.break_down();
    assert_figures(&world.read(&path).await, &[("/end_value", "30")]);
    let other = format!("{portfolio}/performance?to=2026-03-04");
    assert_figures(
        &world.read(&other).await,
        &[("/end_value", "30"), ("/status", "ok")],
    );
}

#[tokio::test]
async fn shares_transferred_on_a_day_without_a_price_leave_no_statement() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world.market.closes("LATE", "USD", &[("2026-03-05", "60")]);
    let lots = r#""ticker_symbol":"LATE","instrument_type":"Stock","lots":[{"quantity":10,"purchase_date":"2020-01-02","cost":200,"currency":"USD"}]"#;
    world
        .enter_all(&portfolio, &[entry("TRANSFER_IN", "2026-03-03", lots)])
        .await;
    let found = world
        .read(&format!("{portfolio}/performance?to=2026-03-06"))
        .await;
    assert_figures(
        &found,
        &[
            ("/status", "partial"),
            ("/missing/0/symbol", "LATE"),
            ("/missing/0/reason", "NO_CLOSE_YET"),
            ("/missing/0/from", "2026-03-03"),
            ("/end_value", "600"),
            ("/gain", "0"),
            ("/statement", "null"),
            ("/reasons/statement", "MISSING_INPUT"),
        ],
    );
}
