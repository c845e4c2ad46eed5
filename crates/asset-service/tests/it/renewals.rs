//! Years that are known are asked for again when there is more to know, and nobody waits for it.

use asset_service::source::SourceHistory;

use crate::past::{Past, date, items, over_both, price, prices, restarted, weekdays, with};
use crate::support::{Market, down, seconds};

const DAY: i64 = 86_400;

fn ordinary() -> SourceHistory {
    weekdays("2024-01-01", "2026-12-31")
}

#[tokio::test]
async fn actions_that_one_source_does_not_tell_come_from_another_once_it_answers() {
    let mut silent = ordinary();
    silent.actions = None;
    let (first, second) = (
        Past::named("first", Ok(silent)),
        Past::named("second", Err(down())),
    );
    let market = over_both(&first, &second).await;
    let actions = async || market.get("/v1/instruments/ACME/actions").await.expect(200);
    assert_eq!(actions().await.at("/reason"), "ACTIONS_UNKNOWN");
    market.service.settled().await;
    second.tell(Ok(ordinary()));
    market.clock.advance(seconds(3_600));
    assert_eq!(actions().await.at("/reason"), "ACTIONS_UNKNOWN");
    market.service.settled().await;
    let healed = actions().await;
    assert_eq!(
        (healed.at("/status"), healed.at("/segments/0/source")),
        ("ok".into(), "second".into())
    );
    assert_eq!(first.asked().len(), 1);
    assert_eq!(second.asked().len(), 2);
}

#[tokio::test]
async fn days_out_of_one_sources_reach_come_from_another() {
    let mut short = weekdays("2025-03-10", "2026-12-31");
    short.since = Some(date("2025-03-10"));
    let (first, second) = (
        Past::named("first", Ok(short)),
        Past::named("second", Ok(ordinary())),
    );
    let market = over_both(&first, &second).await;
    let before = prices(&market, "from=2024-01-01").await;
    assert_eq!(
        (before.at("/status"), before.at("/reason")),
        ("partial".into(), "OUT_OF_REACH".into())
    );
    market.service.settled().await;
    let all = prices(&market, "from=2024-01-01").await;
    assert_eq!(
        (all.at("/status"), all.at("/items/0/date")),
        ("ok".into(), "2024-01-01".into())
    );
    assert_eq!(all.count("/gaps"), 0);
    assert_eq!((first.asked().len(), second.asked().len()), (1, 1));
}

#[tokio::test]
async fn what_comes_back_poorer_replaces_nothing() {
    let mut silent = ordinary();
    silent.actions = None;
    let (first, second) = (
        Past::named("first", Ok(silent)),
        Past::named("second", Ok(weekdays("2026-02-01", "2026-12-31"))),
    );
    let market = over_both(&first, &second).await;
    let year = prices(&market, "from=2025-01-01").await;
    market.service.settled().await;
    let after = prices(&market, "from=2025-01-01").await;
    assert_eq!(items(&after), items(&year));
    assert_eq!(second.asked().len(), 1);
    // Nor is it asked again every hour.
    for (hours, times) in [(2, 1), (22, 2)] {
        market.clock.advance(seconds(hours * 3_600));
        prices(&market, "from=2025-01-01&to=2026-03-09").await;
        market.service.settled().await;
        assert_eq!(second.asked().len(), times, "{hours}");
    }
}

#[tokio::test]
async fn a_correction_found_among_all_days_is_not_asked_for_again() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2025-01-01").await;
    let mut corrected = ordinary();
    corrected
        .closes
        .retain(|(day, _)| *day >= date("2025-01-01"));
    for (day, close) in &mut corrected.closes {
        if *day == date("2025-07-01") {
            *close = price("101.35");
        }
    }
    source.tell(Ok(corrected));
    market.clock.advance(seconds(92 * DAY));
    prices(&market, "from=2025-01-01").await;
    market.service.settled().await;
    let healed = prices(&market, "from=2025-01-01").await;
    assert_eq!(items(&healed)["2025-07-01"], "101.35");
    // The first time, the next days, and both years.
    assert_eq!(source.asked().len(), 3);
}

#[tokio::test]
async fn the_last_two_years_are_verified_once_a_quarter() {
    let source = Past::named("past", Ok(ordinary()));
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2024-01-01").await;
    let mut corrected = ordinary();
    for (day, close) in &mut corrected.closes {
        if *day == date("2025-07-01") || *day == date("2024-07-01") {
            *close = price("101.35");
        }
    }
    source.tell(Ok(corrected));
    market.clock.advance(seconds(90 * DAY));
    prices(&market, "from=2024-01-01").await;
    market.service.settled().await;
    let before = prices(&market, "from=2024-01-01").await;
    assert_eq!(
        (items(&before)["2025-07-01"].as_str(), source.asked().len()),
        ("101.25", 2)
    );
    market.clock.advance(seconds(DAY));
    for _ in 0..3 {
        let verified = prices(&market, "from=2024-01-01").await;
        assert_eq!(verified.at("/status"), "ok");
        market.service.settled().await;
    }
    let after = prices(&market, "from=2024-01-01").await;
    // A correction seen in one year is looked for in all of them.
    assert_eq!(items(&after)["2025-07-01"], "101.35");
    assert_eq!(items(&after)["2024-07-01"], "101.35");
    // The next day, the two years, and then everything.
    assert_eq!(source.asked().len(), 5);
}

#[tokio::test]
async fn a_verification_that_fails_takes_nothing_away() {
    let source = Past::named("past", Ok(ordinary()));
    let market = Market::over(source.clone()).await;
    let year = "from=2025-01-01&to=2026-03-09";
    let before = prices(&market, year).await;
    source.tell(Err(down()));
    market.clock.advance(seconds(100 * DAY));
    for _ in 0..2 {
        let after = prices(&market, year).await;
        assert_eq!(
            (after.at("/status"), items(&after)),
            ("ok".into(), items(&before))
        );
        market.service.settled().await;
    }
    assert_eq!(source.asked().len(), 2);
}

#[tokio::test]
async fn a_close_that_was_left_out_is_asked_for_again_two_days_later() {
    let spike = with(ordinary(), &[("2024-07-01", "1010.25")]);
    let source = Past::named("past", Ok(spike));
    let market = Market::over(source.clone()).await;
    let month = "from=2024-07-01&to=2024-07-31";
    for (hours, times) in [(0, 1), (47, 1), (1, 2), (92 * 24, 2)] {
        market.clock.advance(seconds(hours * 3_600));
        let left_out = prices(&market, month).await;
        assert_eq!(left_out.at("/gaps/0/from"), "2024-07-01");
        market.service.settled().await;
        assert_eq!(source.asked().len(), times, "{hours}");
    }

    let source = Past::named("past", Ok(with(ordinary(), &[("2024-07-01", "1010.25")])));
    let market = Market::over(source.clone()).await;
    prices(&market, month).await;
    market.service.settled().await;
    source.tell(Ok(ordinary()));
    market.clock.advance(seconds(2 * DAY));
    let market = restarted(market, source).await;
    prices(&market, month).await;
    market.service.settled().await;
    let healed = prices(&market, month).await;
    assert_eq!(
        (items(&healed)["2024-07-01"].as_str(), healed.count("/gaps")),
        ("101.25", 0)
    );
}

const EARLY: &str = "from=2021-01-01&to=2021-12-31";

#[tokio::test]
async fn years_before_the_first_close_are_asked_for_again_once_a_quarter() {
    let source = Past::named("past", Ok(weekdays("2025-06-01", "2026-12-31")));
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2020-01-01").await;
    market.clock.advance(seconds(90 * DAY));
    assert_eq!(
        prices(&market, EARLY).await.at("/reason"),
        "BEFORE_FIRST_CLOSE"
    );
    market.service.settled().await;
    assert_eq!(source.asked().len(), 1);
    market.clock.advance(seconds(DAY));
    for _ in 0..2 {
        prices(&market, EARLY).await;
        market.service.settled().await;
    }
    // They are still before the first close.
    assert_eq!(
        source.asked()[1..],
        [(date("2020-01-01"), date("2025-01-07"))]
    );
    source.tell(Ok(weekdays("2021-03-01", "2026-12-31")));
    market.clock.advance(seconds(91 * DAY));
    prices(&market, EARLY).await;
    market.service.settled().await;
    let year = prices(&market, EARLY).await;
    assert_eq!(
        (year.at("/status"), year.at("/items/0/date")),
        ("ok".into(), "2021-03-01".into())
    );
    let before = prices(&market, "from=2020-01-01&to=2020-12-31").await;
    assert_eq!(before.at("/reason"), "BEFORE_FIRST_CLOSE");
    assert_eq!(source.asked().len(), 3);
}

#[tokio::test]
async fn years_before_the_first_close_are_asked_for_again_when_closes_go_on_right_after_them() {
    let listed = weekdays("2026-01-01", "2026-12-31");
    for (first, times) in [
        (listed.clone(), 3),
        (weekdays("2026-02-02", "2026-12-31"), 2),
    ] {
        let source = Past::named("past", Ok(first));
        let market = Market::over(source.clone()).await;
        for _ in 0..2 {
            let early = prices(&market, EARLY).await;
            assert_eq!(early.at("/reason"), "BEFORE_FIRST_CLOSE");
            prices(&market, "from=2022-01-01&to=2025-12-31").await;
        }
        assert_eq!(source.asked().len(), 2);
        for _ in 0..2 {
            prices(&market, "from=2026-01-01").await;
            market.service.settled().await;
            prices(&market, EARLY).await;
        }
        // Once, when it had not said so of both together.
        assert_eq!(source.asked().len(), 1 + times);
    }
}
