//! Histories are fetched once and kept, and what is missing is said.

use std::sync::Arc;

use asset_service::AssetConfig;
use asset_service::source::SourceError;
use domain::Currency;

use crate::past::{Past, date, items, prices, restarted, weekdays};
use crate::support::{Market, Storage, clock, down, seconds};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_second_request_makes_no_call_and_a_later_day_fetches_only_the_tail() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2026-01-01").await;
    prices(&market, "from=2026-02-01&to=2026-02-28").await;
    assert_eq!(source.asked().len(), 1);
    market.clock.advance(seconds(2 * DAY));
    let later = prices(&market, "from=2026-03-09").await;
    assert_eq!(items(&later).len(), 3);
    // With a week that is known already.
    assert_eq!(source.asked()[1], (date("2026-03-03"), date("2026-03-11")));
    assert_eq!(source.asked().len(), 2);
    // One segment, as of its latest part.
    assert_eq!(later.at("/segments/0/fetched_at"), "2026-03-12T15:00:00Z");
    assert_eq!(later.count("/segments"), 1);
}

#[tokio::test]
async fn after_a_restart_nothing_is_fetched_again() {
    let market = Market::over(Past::ordinary()).await;
    let before = prices(&market, "from=2025-01-01").await;
    let source = Past::ordinary();
    let market = restarted(market, source.clone()).await;
    let after = prices(&market, "from=2025-01-01").await;
    assert_eq!(items(&after), items(&before));
    assert_eq!(source.asked(), []);
    assert_eq!(after.at("/segments/0/fetched_at"), "2026-03-10T15:00:00Z");
}

#[tokio::test]
async fn an_earlier_year_is_fetched_without_what_is_known() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2026-01-01").await;
    prices(&market, "from=2025-06-01").await;
    assert_eq!(source.asked()[1], (date("2025-01-01"), date("2026-01-07")));
}

#[tokio::test]
async fn years_before_the_listing_are_not_asked_for_again() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    let long = prices(&market, "from=2020-01-01").await;
    assert_eq!(long.at("/items/0/date"), "2025-01-01");
    assert_eq!((long.at("/status"), long.count("/gaps")), ("ok".into(), 0));
    let market = restarted(market, source.clone()).await;
    let before = prices(&market, "from=2021-01-01&to=2021-12-31").await;
    assert_eq!(before.count("/items"), 0);
    assert_eq!(source.asked().len(), 1);
}

#[tokio::test]
async fn with_the_sources_dead_what_is_stored_is_shown_as_stale() {
    let market = Market::over(Past::ordinary()).await;
    prices(&market, "from=2026-03-02").await;
    market.clock.advance(seconds(2 * DAY));
    let source = Past::down();
    let market = restarted(market, source.clone()).await;
    for _ in 0..3 {
        let stale = prices(&market, "from=2026-03-02").await;
        assert_eq!(items(&stale).len(), 6);
        assert_eq!(
            (stale.at("/status"), stale.at("/reason")),
            ("partial".into(), "SOURCE_UNAVAILABLE".into())
        );
        assert_eq!(stale.at("/segments/0/staleness"), "stale");
        assert_eq!(stale.at("/segments/0/to"), "2026-03-09");
        assert_eq!(stale.at("/gaps/0/from"), "2026-03-10");
        assert_eq!(stale.at("/gaps/0/to"), "2026-03-11");
    }
    assert_eq!(source.asked().len(), 1);
    source.tell(Ok(weekdays("2026-01-01", "2026-12-31")));
    market.clock.advance(seconds(5));
    assert_eq!(prices(&market, "from=2026-03-02").await.at("/status"), "ok");
}

#[tokio::test]
async fn with_nothing_known_and_the_sources_dead_there_is_nothing_and_the_reason() {
    let market = Market::over(Past::down()).await;
    let nothing = prices(&market, "").await;
    assert_eq!(
        (nothing.at("/status"), nothing.at("/reason")),
        ("unavailable".into(), "SOURCE_UNAVAILABLE".into())
    );
    assert_eq!(
        (nothing.count("/items"), nothing.at("/currency")),
        (0, "null".into())
    );
}

#[tokio::test]
async fn a_symbol_nobody_knows_is_not_found_and_not_asked_for_again_soon() {
    let source = Past::named("past", Err(SourceError::UnknownSymbol));
    let market = Market::over(source.clone()).await;
    for path in ["prices", "prices?from=2026-01-01", "actions"] {
        let response = market
            .get(&format!("/v1/instruments/NOPE/{path}"))
            .await
            .expect(404);
        assert_eq!(response.problem().code, "INSTRUMENT_NOT_FOUND");
    }
    assert_eq!(source.asked().len(), 1);
    market.clock.advance(seconds(600));
    market.get("/v1/instruments/NOPE/prices").await.expect(404);
    assert_eq!(source.asked().len(), 2);
}

#[tokio::test]
async fn a_thousand_requests_make_one_call() {
    let source = Past::ordinary();
    source.is_answering.send_replace(false);
    let market = Arc::new(Market::over(source.clone()).await);
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let market = Arc::clone(&market);
            tokio::spawn(async move { prices(&market, "from=2026-03-02").await.at("/status") })
        })
        .collect();
    while source.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    source.is_answering.send_replace(true);
    for request in requests {
        assert_eq!(request.await.unwrap(), "ok");
    }
    assert_eq!(source.asked().len(), 1);
}

#[tokio::test]
async fn a_source_that_hangs_holds_nobody_up_and_its_answer_still_counts() {
    let source = Past::ordinary();
    source.is_answering.send_replace(false);
    let config = AssetConfig {
        quote_deadline_ms: 1_000,
        ..AssetConfig::default()
    };
    let market = Market::start(&config, source.clone(), Storage::new().await, clock()).await;
    let early = prices(&market, "from=2026-03-02").await;
    source.asked_times(1).await;
    assert_eq!(
        (early.at("/status"), early.at("/reason")),
        ("unavailable".into(), "STILL_FETCHING".into())
    );
    source.is_answering.send_replace(true);
    market.service.settled().await;
    assert_eq!(prices(&market, "from=2026-03-02").await.at("/status"), "ok");
    assert_eq!(source.asked().len(), 1);
}

#[tokio::test]
async fn a_close_that_is_not_published_yet_is_asked_for_again_later() {
    let source = Past::named("past", Ok(weekdays("2026-01-01", "2026-03-06")));
    let market = Market::over(source.clone()).await;
    for _ in 0..3 {
        let early = prices(&market, "from=2026-03-02").await;
        assert_eq!(
            (early.at("/status"), early.at("/reason")),
            ("partial".into(), "NOT_YET_PUBLISHED".into())
        );
        assert_eq!(
            (early.at("/gaps/0/from"), early.at("/gaps/0/to")),
            ("2026-03-09".into(), "2026-03-09".into())
        );
    }
    assert_eq!(
        prices(&market, "from=2026-03-02&to=2026-03-06")
            .await
            .at("/status"),
        "ok"
    );
    assert_eq!(source.asked().len(), 1);
    source.tell(Ok(weekdays("2026-01-01", "2026-03-09")));
    market.clock.advance(seconds(3_600));
    assert_eq!(prices(&market, "from=2026-03-02").await.at("/status"), "ok");
    assert_eq!(source.asked()[1], (date("2026-02-28"), date("2026-03-09")));
}

#[tokio::test]
async fn a_history_in_another_currency_is_refused() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2026-01-01").await;
    let mut told = weekdays("2024-01-01", "2026-12-31");
    told.currency = Currency::EUR;
    source.tell(Ok(told));
    let market = restarted(market, source).await;
    let before = prices(&market, "from=2025-06-01&to=2025-06-30").await;
    assert_eq!(
        (before.at("/status"), before.at("/reason")),
        ("unavailable".into(), "REFUSED_HISTORY".into())
    );
    assert_eq!(
        prices(&market, "from=2026-01-01&to=2026-02-01")
            .await
            .at("/currency"),
        "USD"
    );
}

#[tokio::test]
async fn days_of_another_source_are_a_segment_of_their_own() {
    let config = AssetConfig::default();
    let (first, second) = (
        Past::ordinary(),
        Past::named("second", Ok(weekdays("2025-01-01", "2026-12-31"))),
    );
    let market = Market::over_all(&config, vec![first.clone(), second]).await;
    prices(&market, "from=2026-03-02").await;
    first.tell(Err(down()));
    market.clock.advance(seconds(DAY));
    let both = prices(&market, "from=2026-03-02").await;
    assert_eq!(
        (both.at("/segments/0/source"), both.at("/segments/0/to")),
        ("past".into(), "2026-03-09".into())
    );
    assert_eq!(
        (both.at("/segments/1/source"), both.at("/segments/1/from")),
        ("second".into(), "2026-03-10".into())
    );
    assert_eq!(both.at("/status"), "ok");
}

#[tokio::test]
async fn days_before_a_sources_reach_are_said_to_be_unknown_and_asked_for_again_next_day() {
    let mut told = weekdays("2025-03-10", "2026-12-31");
    told.since = Some(date("2025-03-10"));
    let source = Past::named("past", Ok(told));
    let market = Market::over(source.clone()).await;
    for _ in 0..2 {
        let long = prices(&market, "from=2024-01-01").await;
        assert_eq!(
            (long.at("/status"), long.at("/reason")),
            ("partial".into(), "OUT_OF_REACH".into())
        );
        assert_eq!(long.at("/items/0/date"), "2025-03-10");
        assert_eq!(long.at("/segments/0/from"), "2025-03-10");
        assert_eq!(prices(&market, "from=2025-03-10").await.at("/status"), "ok");
    }
    let before = prices(&market, "from=2024-01-01&to=2024-12-31").await;
    assert_eq!(
        (before.at("/status"), before.count("/segments")),
        ("unavailable".into(), 0)
    );
    let market = restarted(market, source.clone()).await;
    prices(&market, "from=2024-01-01").await;
    assert_eq!(source.asked().len(), 1);
    // Another source may reach further.
    source.tell(Ok(weekdays("2024-01-01", "2026-12-31")));
    market.clock.advance(seconds(DAY + 1));
    let longer = prices(&market, "from=2024-01-01&to=2024-12-31").await;
    assert_eq!(
        (longer.at("/status"), longer.count("/items")),
        ("ok".into(), 262)
    );
}

#[tokio::test]
async fn simulated_closes_never_stand_in_for_those_of_another_source() {
    let market = Market::simulated().await;
    market.get("/v1/instruments/AAPL/prices").await.expect(200);
    let market = restarted(market, Past::down()).await;
    let nothing = market.get("/v1/instruments/AAPL/prices").await.expect(200);
    assert_eq!(nothing.at("/status"), "unavailable");
}
