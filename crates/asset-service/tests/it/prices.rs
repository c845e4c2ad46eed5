//! How a history is shown: closes, gaps, weeks and months, adjusted or as traded.

use api::asset::{Adjusted, HistoryStatus};
use api::client::AssetClient;
use asset_service::source::{Action, SourceHistory};
use domain::{Currency, Quantity};
use service_kit::testing::TestResponse;
use service_kit::transport::in_process;

use crate::past::{Past, date, items, price, prices, weekdays, without};
use crate::support::{Market, ticker};

#[tokio::test]
async fn a_week_of_closes_says_whose_they_are() {
    let market = Market::over(Past::ordinary()).await;
    let week = prices(&market, "from=2026-03-02&to=2026-03-08").await;
    assert_eq!(week.at("/ticker_symbol"), "ACME");
    assert_eq!(week.at("/currency"), "USD");
    assert_eq!(
        (week.at("/interval"), week.at("/adjusted")),
        ("1d".into(), "none".into())
    );
    assert_eq!(items(&week).len(), 5);
    assert_eq!(week.at("/items/0/date"), "2026-03-02");
    assert_eq!(week.at("/items/0/close"), "102.25");
    assert_eq!(week.count("/gaps"), 0);
    assert_eq!(week.at("/segments/0/source"), "past");
    assert_eq!(week.at("/segments/0/from"), "2026-03-02");
    assert_eq!(week.at("/segments/0/to"), "2026-03-08");
    assert_eq!(week.at("/segments/0/staleness"), "fresh");
    assert_eq!(week.at("/segments/0/fetched_at"), "2026-03-10T15:00:00Z");
    assert_eq!(
        (week.at("/status"), week.at("/reason")),
        ("ok".into(), "null".into())
    );
}

#[tokio::test]
async fn without_dates_it_is_the_year_up_to_today_and_the_day_under_way_has_no_close() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    let year = prices(&market, "").await;
    assert_eq!(
        (year.at("/from"), year.at("/to")),
        ("2025-03-11".into(), "2026-03-11".into())
    );
    let items = items(&year);
    assert_eq!(items.first_key_value().unwrap().0, "2025-03-11");
    assert_eq!(items.last_key_value().unwrap().0, "2026-03-09");
    assert_eq!(year.at("/status"), "ok");
    // Whole years in one call, up to the last session that is over.
    assert_eq!(source.asked(), [(date("2025-01-01"), date("2026-03-09"))]);
}

#[tokio::test]
async fn a_day_without_a_close_stays_a_gap() {
    let days = ["2026-02-04", "2026-02-06", "2026-02-09", "2026-02-16"];
    let source = Past::named(
        "past",
        Ok(without(weekdays("2025-01-01", "2026-12-31"), &days)),
    );
    let market = Market::over(source).await;
    let month = prices(&market, "from=2026-02-01&to=2026-02-28").await;
    assert_eq!(
        (month.at("/gaps/0/from"), month.at("/gaps/0/to")),
        ("2026-02-04".into(), "2026-02-04".into())
    );
    // Over the weekend it is one gap, and a holiday is none.
    assert_eq!(
        (month.at("/gaps/1/from"), month.at("/gaps/1/to")),
        ("2026-02-06".into(), "2026-02-09".into())
    );
    assert_eq!(month.count("/gaps"), 2);
    assert!(!items(&month).contains_key("2026-02-04"));
    assert_eq!(month.at("/status"), "ok");
}

#[tokio::test]
async fn weeks_and_months_end_with_their_last_close_on_its_own_date() {
    let source = Past::named(
        "past",
        Ok(without(
            weekdays("2025-01-01", "2026-12-31"),
            &["2026-01-30"],
        )),
    );
    let market = Market::over(source).await;
    let months = prices(&market, "from=2026-01-01&to=2026-03-05&interval=1mo").await;
    let dates: Vec<String> = items(&months).into_keys().collect();
    assert_eq!(dates, ["2026-01-29", "2026-02-27", "2026-03-05"]);
    // The ISO week of 1 January begins on 29 December.
    let weeks = prices(&market, "from=2025-12-29&to=2026-01-09&interval=1w").await;
    let dates: Vec<String> = items(&weeks).into_keys().collect();
    assert_eq!(dates, ["2026-01-02", "2026-01-09"]);
}

#[tokio::test]
async fn closes_are_shown_as_traded_or_adjusted_as_asked() {
    let market = Market::over(Past::named("past", Ok(with_actions()))).await;
    for (adjusted, expected) in [
        ("none", ["200", "100", "99"]),
        ("splits", ["100", "100", "99"]),
        // 1 − 2/100 = 0.98.
        ("all", ["98", "98", "99"]),
    ] {
        let query = format!("from=2026-03-02&to=2026-03-04&adjusted={adjusted}");
        let response = prices(&market, &query).await;
        let closes: Vec<String> = items(&response).into_values().collect();
        assert_eq!(closes, expected, "{adjusted}");
        assert_eq!(response.at("/status"), "ok");
    }
}

#[tokio::test]
async fn dividends_and_splits_are_listed_by_their_ex_date() {
    let market = Market::over(Past::named("past", Ok(with_actions()))).await;
    for _ in 0..2 {
        let response = market
            .get("/v1/instruments/ACME/actions?from=2026-01-01")
            .await
            .expect(200);
        assert_eq!(response.at("/items/0/type"), "SPLIT");
        assert_eq!(response.at("/items/0/ex_date"), "2026-03-03");
        assert_eq!(
            (
                response.at("/items/0/split_new"),
                response.at("/items/0/split_old")
            ),
            ("2".into(), "1".into())
        );
        assert_eq!(response.at("/items/1/type"), "DIVIDEND");
        assert_eq!(
            (
                response.at("/items/1/amount"),
                response.at("/items/1/currency")
            ),
            ("2".into(), "USD".into())
        );
        assert_eq!(response.at("/segments/0/source"), "past");
        assert_eq!(response.at("/status"), "ok");
    }
}

#[tokio::test]
async fn a_source_that_does_not_tell_actions_leaves_them_unknown() {
    let mut told = weekdays("2025-01-01", "2026-12-31");
    told.actions = None;
    let market = Market::over(Past::named("past", Ok(told))).await;
    let actions = market.get("/v1/instruments/ACME/actions").await.expect(200);
    assert_eq!(
        (actions.at("/status"), actions.at("/reason")),
        ("unavailable".into(), "ACTIONS_UNKNOWN".into())
    );
    assert_eq!(actions.count("/segments"), 0);
    assert_eq!(prices(&market, "").await.at("/status"), "ok");
    let adjusted = prices(&market, "adjusted=splits").await;
    assert_eq!(
        (adjusted.at("/status"), adjusted.at("/reason")),
        ("partial".into(), "ACTIONS_UNKNOWN".into())
    );
}

#[tokio::test]
async fn dates_that_make_no_sense_are_refused_by_name() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    for (query, parameter) in [
        ("from=2026-03-02&to=2026-03-01", "?from"),
        ("from=1900-01-01&to=2026-03-01", "?from"),
        ("from=20260301", "?from"),
        ("from=1899-12-31&to=1900-01-01", "?from"),
        ("to=2026-02-30", "?to"),
        ("to=2026-03-01T00:00", "?to"),
        ("to=9999-12-31", "?to"),
        ("interval=1h", "?interval"),
        ("adjusted=maybe", "?adjusted"),
        ("days=3", "?days"),
    ] {
        let path = format!("/v1/instruments/ACME/prices?{query}");
        let problem = market.get(&path).await.expect(422).problem();
        assert_eq!(problem.errors[0].pointer, parameter, "{query}");
        assert_eq!(problem.errors.len(), 1, "{query}");
    }
    assert_eq!(source.asked(), []);
}

#[tokio::test]
async fn a_range_in_the_future_is_empty_and_asks_nobody() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    let future = prices(&market, "from=2027-01-01&to=2027-12-31").await;
    let none = |answer: &TestResponse| (answer.at("/status"), answer.at("/reason"));
    let expected = ("unavailable".into(), "NO_SESSION_YET".into());
    assert_eq!((none(&future), future.count("/items")), (expected, 0));
    let path = "/v1/fx/EUR/EUR/rates?from=2026-03-10";
    let par = market.get(path).await.expect(200);
    assert_eq!(none(&par), none(&future));
    assert_eq!(source.asked(), []);
}

#[tokio::test]
async fn the_simulated_market_has_ten_years_of_everything() {
    let market = Market::simulated().await;
    let path = "/v1/instruments/NVDA/prices?from=2016-03-10&adjusted=all";
    let history = market.get(path).await.expect(200);
    assert_eq!(history.at("/status"), "ok");
    assert_eq!(history.at("/segments/0/source"), "simulated");
    assert_eq!(history.count("/gaps"), 0);
    assert_eq!(history.count("/items"), 2_513);
    let rates = market
        .get("/v1/fx/EUR/USD/rates?from=2016-03-10")
        .await
        .expect(200);
    assert_eq!(
        (rates.at("/status"), rates.at("/items/0/date")),
        ("ok".into(), "2016-03-10".into())
    );
}
fn with_actions() -> SourceHistory {
    let mut history = weekdays("2026-01-01", "2026-12-31");
    history.closes = [
        ("2026-03-02", "200"),
        ("2026-03-03", "100"),
        ("2026-03-04", "99"),
    ]
    .map(|(day, close)| (date(day), price(close)))
    .into();
    history
        .closes
        .extend(weekdays("2026-03-05", "2026-12-31").closes);
    history.actions = Some(vec![
        Action::Split {
            ex_date: date("2026-03-03"),
            new: Quantity::parse("2").unwrap(),
            old: Quantity::parse("1").unwrap(),
        },
        Action::Dividend {
            ex_date: date("2026-03-04"),
            amount: price("2"),
            currency: Currency::USD,
        },
    ]);
    history
}

#[tokio::test]
async fn the_typed_client_reads_histories_actions_and_rates() {
    let market = Market::over(Past::named("past", Ok(with_actions()))).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let (acme, from, to) = (ticker("ACME"), date("2026-03-02"), date("2026-03-04"));
    let prices = client
        .list_prices(&acme, from, to, Adjusted::All)
        .await
        .unwrap();
    assert_eq!(prices.items[0].close.to_string(), "98");
    assert_eq!(prices.status, HistoryStatus::Ok);
    let actions = client.list_actions(&acme, from, to).await.unwrap();
    assert_eq!(actions.items.len(), 2);
    let rates = client
        .list_fx_rates(Currency::GBP, Currency::USD, from, to)
        .await
        .unwrap();
    assert_eq!(rates.items.len(), 3);
}
