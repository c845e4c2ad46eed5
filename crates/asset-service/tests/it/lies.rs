//! Closes that cannot be right are not shown, and right ones are not withheld for good.

use asset_service::source::{Action, SourceHistory};
use domain::{Currency, Quantity};

use crate::past::{
    Past, date, items, ordinary, over_both, price, prices, restarted, tenfold, weekdays, with,
};
use crate::support::{Market, down, seconds};

const DAY: i64 = 86_400;

#[tokio::test]
async fn a_close_that_stands_alone_is_a_gap() {
    for spike in ["1120.25", "11.2"] {
        let source = Past::named("past", Ok(with(ordinary(), &[("2026-02-12", spike)])));
        let market = Market::over(source).await;
        let month = prices(&market, "from=2026-02-01&to=2026-02-28").await;
        assert!(!items(&month).contains_key("2026-02-12"));
        assert_eq!(items(&month).len(), 19);
        assert_eq!(
            (month.at("/gaps/0/from"), month.count("/gaps")),
            ("2026-02-12".into(), 1)
        );
        assert_eq!(month.at("/status"), "ok");
    }
}

#[tokio::test]
async fn a_close_alone_that_another_source_has_as_well_is_kept() {
    let spike = with(ordinary(), &[("2026-02-12", "300")]);
    let (first, second) = (
        Past::named("first", Ok(spike)),
        Past::named("second", Ok(with(ordinary(), &[("2026-02-12", "310")]))),
    );
    let market = over_both(&first, &second).await;
    let month = prices(&market, "from=2026-02-01&to=2026-02-28").await;
    assert_eq!(items(&month)["2026-02-12"], "300");
    assert_eq!(second.asked(), [(date("2026-02-12"), date("2026-02-12"))]);

    second.tell(Ok(ordinary()));
    let market = over_both(&first, &second).await;
    let month = prices(&market, "from=2026-02-01&to=2026-02-28").await;
    assert!(!items(&month).contains_key("2026-02-12"));
}

#[tokio::test]
async fn a_crash_that_stays_and_a_split_are_no_lies() {
    let mut crash = ordinary();
    for (day, close) in &mut crash.closes {
        if *day >= date("2026-02-12") {
            *close = price("30");
        }
    }
    let mut split = tenfold(ordinary(), "2026-02-12");
    split.actions = Some(vec![Action::Split {
        ex_date: date("2026-02-12"),
        new: Quantity::parse("1").unwrap(),
        old: Quantity::parse("10").unwrap(),
    }]);
    for told in [crash, split] {
        let market = Market::over(Past::named("past", Ok(told))).await;
        let month = prices(&market, "from=2026-02-01&to=2026-02-28").await;
        assert_eq!((items(&month).len(), month.count("/gaps")), (20, 0));
    }
}

#[tokio::test]
async fn last_closes_that_jump_wait_for_the_third_that_bears_them_out() {
    let source = Past::named(
        "past",
        Ok(with(
            ordinary(),
            &[
                ("2026-03-09", "30"),
                ("2026-03-10", "31"),
                ("2026-03-11", "32"),
            ],
        )),
    );
    let market = Market::over(source.clone()).await;
    for _ in 0..2 {
        let week = prices(&market, "from=2026-03-02&to=2026-03-10").await;
        assert_eq!(items(&week).len(), 5);
        assert_eq!(
            (week.at("/status"), week.at("/reason")),
            ("partial".into(), "REFUSED_HISTORY".into())
        );
        assert_eq!(week.at("/gaps/0/from"), "2026-03-09");
    }
    assert_eq!(source.asked().len(), 1);
    // Two may lie as one may.
    market.clock.advance(seconds(DAY));
    let week = prices(&market, "from=2026-03-02&to=2026-03-10").await;
    assert_eq!(
        (week.at("/reason"), items(&week).len()),
        ("REFUSED_HISTORY".into(), 5)
    );
    market.clock.advance(seconds(DAY));
    let week = prices(&market, "from=2026-03-02&to=2026-03-10").await;
    assert_eq!(week.at("/status"), "ok", "{}", week.body);
    assert_eq!(items(&week)["2026-03-09"], "30");
    assert_eq!(items(&week)["2026-03-10"], "31");
}

#[tokio::test]
async fn a_tail_in_another_unit_than_what_is_stored_is_refused() {
    let source = Past::named("past", Ok(ordinary()));
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2026-03-02").await;
    source.tell(Ok(tenfold(ordinary(), "2025-01-01")));
    market.clock.advance(seconds(2 * DAY));
    let week = prices(&market, "from=2026-03-02").await;
    assert_eq!(
        (week.at("/status"), week.at("/reason")),
        ("partial".into(), "REFUSED_HISTORY".into())
    );
    assert_eq!(items(&week).len(), 6);
    assert!(
        items(&week).values().all(|close| close.len() == 6),
        "{}",
        week.body
    );
}

#[tokio::test]
async fn what_two_sources_say_counts_more_than_what_is_stored() {
    let first = Past::named("first", Ok(tenfold(ordinary(), "2025-01-01")));
    let second = Past::named("second", Ok(ordinary()));
    let market = over_both(&first, &second).await;
    prices(&market, "from=2026-03-02").await;
    first.tell(Ok(ordinary()));
    market.clock.advance(seconds(2 * DAY));
    let year = prices(&market, "from=2026-01-01").await;
    assert_eq!(items(&year)["2026-01-02"], "102.25", "{}", year.body);
    assert_eq!((year.at("/status"), year.count("/gaps")), ("ok".into(), 0));
}

#[tokio::test]
async fn a_changed_currency_is_believed_when_a_second_source_has_it_too() {
    let mut euro = ordinary();
    euro.currency = Currency::EUR;
    let (first, second) = (
        Past::named("first", Ok(ordinary())),
        Past::named("second", Ok(ordinary())),
    );
    let market = over_both(&first, &second).await;
    prices(&market, "from=2025-06-01").await;
    market.clock.advance(seconds(2 * DAY));
    first.tell(Ok(euro.clone()));
    let disputed = prices(&market, "from=2026-03-02").await;
    assert_eq!(
        (disputed.at("/currency"), disputed.at("/status")),
        ("USD".into(), "ok".into())
    );
    second.tell(Ok(euro));
    market.clock.advance(seconds(2 * DAY));
    let changed = prices(&market, "from=2026-03-02").await;
    assert_eq!(
        (changed.at("/currency"), changed.at("/status")),
        ("EUR".into(), "ok".into())
    );
    let before = prices(&market, "from=2025-06-01&to=2025-12-31").await;
    assert_eq!(
        (before.at("/currency"), before.count("/gaps")),
        ("EUR".into(), 0)
    );
}

#[tokio::test]
async fn a_corrected_close_is_picked_up_with_the_next_days_and_outlives_a_restart() {
    let source = Past::named(
        "past",
        Ok(with(
            ordinary(),
            &[("2026-03-06", "106.35"), ("2025-07-01", "101.3")],
        )),
    );
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2025-01-01").await;
    source.tell(Ok(ordinary()));
    market.clock.advance(seconds(2 * DAY));
    let healed = prices(&market, "from=2026-03-02").await;
    assert_eq!(items(&healed)["2026-03-06"], "106.25");
    assert_eq!(source.asked().len(), 3);
    let market = restarted(market, Past::down()).await;
    let healed = prices(&market, "from=2025-01-01&to=2026-03-11").await;
    assert_eq!(items(&healed)["2026-03-06"], "106.25");
    assert_eq!(items(&healed)["2025-07-01"], "101.25");
    assert_eq!(healed.at("/status"), "ok");
}

#[tokio::test]
async fn a_replacement_that_begins_later_leaves_nothing_of_what_it_replaces() {
    let told = |from: &str, currency| {
        let history = weekdays(from, "2026-12-31");
        SourceHistory {
            currency,
            ..history
        }
    };
    let (first, second) = (
        Past::named("first", Ok(told("2024-01-01", Currency::USD))),
        Past::named("second", Ok(told("2024-01-01", Currency::USD))),
    );
    let market = over_both(&first, &second).await;
    prices(&market, "from=2024-01-01").await;
    first.tell(Ok(told("2026-01-01", Currency::EUR)));
    second.tell(Ok(told("2026-01-01", Currency::EUR)));
    market.clock.advance(seconds(2 * DAY));
    prices(&market, "from=2026-03-02").await;
    let replaced = async |market: &Market| {
        let all = prices(market, "from=2024-01-01&to=2026-03-11").await;
        assert_eq!(
            (all.at("/currency"), all.at("/items/0/date")),
            ("EUR".into(), "2026-01-01".into())
        );
    };
    replaced(&market).await;
    let market = restarted(market, Past::named("first", Err(down()))).await;
    // Two years first, and then those before them.
    prices(&market, "from=2026-03-02&to=2026-03-11").await;
    replaced(&market).await;
}

#[tokio::test]
async fn a_second_answer_that_cannot_be_right_replaces_nothing() {
    let corrected = with(ordinary(), &[("2026-03-06", "106.35")]);
    let mut tenfold_before = tenfold(corrected.clone(), "2025-01-01");
    for (known, right) in tenfold_before.closes.iter_mut().zip(&corrected.closes) {
        if known.0 >= date("2026-02-15") {
            *known = *right;
        }
    }
    let mut cut_off = corrected;
    cut_off.closes.retain(|(day, _)| *day >= date("2026-02-15"));
    for lie in [tenfold_before, cut_off] {
        let source = Past::named("past", Ok(ordinary()));
        let market = Market::over(source.clone()).await;
        let all = "from=2025-01-01&to=2026-03-09";
        let before = prices(&market, all).await;
        source.tell(Ok(lie));
        market.clock.advance(seconds(2 * DAY));
        let week = prices(&market, "from=2026-03-02&to=2026-03-11").await;
        assert_eq!((week.at("/status"), items(&week).len()), ("ok".into(), 8));
        assert_eq!(source.asked().len(), 3);
        assert_eq!(items(&prices(&market, all).await), items(&before));
    }
}
