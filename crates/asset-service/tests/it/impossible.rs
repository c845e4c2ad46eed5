//! Dividends and splits that cannot have been are refused, and the closes beside them are not.

use asset_service::source::{Action, SourceHistory};
use domain::{Currency, Quantity};
use service_kit::testing::TestResponse;

use crate::past::{Past, date, items, ordinary, over_both, price, prices};
use crate::support::{Market, seconds};

const DAY: i64 = 86_400;
const FEBRUARY: &str = "from=2026-02-01&to=2026-02-28";

fn dividend(ex_date: &str, amount: &str) -> Action {
    Action::Dividend {
        ex_date: date(ex_date),
        amount: price(amount),
        currency: Currency::USD,
    }
}

fn split(ex_date: &str, new: &str, old: &str) -> Action {
    Action::Split {
        ex_date: date(ex_date),
        new: Quantity::parse(new).unwrap(),
        old: Quantity::parse(old).unwrap(),
    }
}

fn acting(actions: &[Action]) -> SourceHistory {
    SourceHistory {
        actions: Some(actions.to_vec()),
        ..ordinary()
    }
}

async fn actions(market: &Market) -> TestResponse {
    let path = "/v1/instruments/ACME/actions?from=2026-01-01&to=2026-03-09";
    market.get(path).await.expect(200)
}

async fn times_refused(market: &Market) -> String {
    let status = market.get("/v1/market/status").await.expect(200);
    status.at("/sources/0/refused/IMPOSSIBLE_ACTION")
}

#[tokio::test]
async fn a_dividend_larger_than_the_price_is_refused_and_others_are_not() {
    // 111.25 the day before.
    let told = [
        dividend("2026-02-12", "111.25"),
        dividend("2026-02-20", "2"),
    ];
    let market = Market::over(Past::named("past", Ok(acting(&told)))).await;
    let all = prices(&market, &format!("{FEBRUARY}&adjusted=all")).await;
    assert_eq!(
        (all.at("/status"), all.at("/reason"), all.count("/items")),
        ("partial".into(), "ACTIONS_UNKNOWN".into(), 20)
    );
    let actions = actions(&market).await;
    assert_eq!(
        (actions.count("/items"), actions.at("/items/0/amount")),
        (1, "2".into())
    );
    assert_eq!(actions.at("/reason"), "ACTIONS_UNKNOWN");
    assert_eq!(times_refused(&market).await, "1");
}

#[tokio::test]
async fn a_dividend_that_was_refused_comes_from_another_source() {
    let (first, second) = (
        Past::named("first", Ok(acting(&[dividend("2026-02-12", "250")]))),
        Past::named("second", Ok(acting(&[dividend("2026-02-12", "2.5")]))),
    );
    let market = over_both(&first, &second).await;
    prices(&market, FEBRUARY).await;
    market.service.settled().await;
    let actions = actions(&market).await;
    assert_eq!(
        (actions.at("/status"), actions.at("/items/0/amount")),
        ("ok".into(), "2.5".into())
    );
}

#[tokio::test]
async fn a_split_that_the_closes_do_not_show_is_refused_and_they_are_not() {
    for (new, old) in [("10", "1"), ("1", "50"), ("999999999999", "0.0000000001")] {
        let told = [split("2026-02-12", new, old)];
        let market = Market::over(Past::named("past", Ok(acting(&told)))).await;
        let all = prices(&market, &format!("{FEBRUARY}&adjusted=splits")).await;
        assert_eq!((all.at("/status"), all.count("/gaps")), ("ok".into(), 0));
        assert_eq!(items(&all)["2026-02-11"], "111.25");
        assert_eq!(actions(&market).await.count("/items"), 0);
        assert_eq!(times_refused(&market).await, "1");
    }
}

/// As of a source that makes up for every split it knows in the closes before it.
fn undoing(split_on: &str, factor: &str, mut history: SourceHistory) -> SourceHistory {
    for (day, close) in &mut history.closes {
        if *day < date(split_on) {
            let undone = close.value() * price(factor).value();
            *close = price(&undone.normalize().to_string());
        }
    }
    history.actions = Some(vec![split(split_on, factor, "1")]);
    history
}

#[tokio::test]
async fn closes_that_a_split_made_impossible_are_taken_in_without_it() {
    let source = Past::named("past", Ok(ordinary()));
    let market = Market::over(source.clone()).await;
    prices(&market, FEBRUARY).await;
    source.tell(Ok(undoing("2026-03-11", "1000", ordinary())));
    market.clock.advance(seconds(2 * DAY));
    let week = prices(&market, "from=2026-03-02&to=2026-03-11").await;
    assert_eq!((week.at("/status"), week.count("/gaps")), ("ok".into(), 0));
    assert_eq!(items(&week)["2026-03-10"], "110.25");
    assert_eq!(times_refused(&market).await, "1");
}

#[tokio::test]
async fn a_split_that_its_source_makes_up_for_too_early_is_kept() {
    let source = Past::named("past", Ok(ordinary()));
    let market = Market::over(source.clone()).await;
    prices(&market, FEBRUARY).await;
    let mut told = ordinary();
    for (day, close) in &mut told.closes {
        if *day >= date("2026-03-11") {
            *close = price("11.1");
        }
    }
    source.tell(Ok(undoing("2026-03-11", "10", told)));
    market.clock.advance(seconds(2 * DAY));
    let week = prices(&market, "from=2026-03-02&to=2026-03-11").await;
    assert_eq!(week.at("/status"), "ok", "{}", week.body);
    assert_eq!(items(&week)["2026-03-10"], "110.25");
    assert_eq!(items(&week)["2026-03-11"], "11.1");
    let path = "/v1/instruments/ACME/actions?from=2026-03-01&to=2026-03-11";
    let actions = market.get(path).await.expect(200);
    assert_eq!(actions.at("/items/0/split_new"), "10");
}
