use std::time::{Duration, Instant};

use asset_service::source::upstream::{Call, Window};
use asset_service::{AssetConfig, SourceName};
use futures::future::{Either, join_all, select};
use futures::poll;
use serde::{Deserialize, Serialize};
use store::{Key, Record};
use wiremock::ResponseTemplate;

use super::Line;
use crate::support::{Market, seconds};

const HOUR: i64 = 3_600;

#[tokio::test]
async fn the_calls_of_a_minute_come_back_a_minute_later() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_minute = 3;
    let upstream = line.upstream();
    assert_eq!(line.answered(&upstream, line.ask(), 2).await, 2);
    line.pass(30);
    assert_eq!(line.answered(&upstream, line.ask(), 5).await, 1);
    line.pass(31);
    assert_eq!(line.answered(&upstream, line.ask(), 5).await, 2);
    assert_eq!(line.requests().await, 5);
}

#[tokio::test]
async fn a_minute_of_few_calls_survives_a_restart() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_minute = 8;
    assert_eq!(line.answered(&line.upstream(), line.ask(), 6).await, 6);
    line.pass(30);
    let after = line.upstream();
    assert_eq!(line.answered(&after, line.ask(), 6).await, 2);
    assert_eq!(after.state().await.budgets[0].left, Some(0));
    line.pass(31);
    assert_eq!(line.answered(&line.upstream(), line.ask(), 9).await, 6);
}

#[tokio::test]
async fn processes_share_a_minute_of_few_calls_even_at_the_same_moment() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_minute = 8;
    line.config.timeout_ms = 20_000;
    let all = [line.upstream(), line.upstream(), line.upstream()];
    let calls = (0..30).map(|call| line.is_answered(&all[call % 3]));
    let answered = join_all(calls).await;
    assert!(answered.contains(&true));
    assert!(line.requests().await <= 8);
    for upstream in &all {
        line.answered(upstream, line.ask(), 9).await;
    }
    assert_eq!(line.requests().await, 8);
}

#[tokio::test]
async fn an_idle_process_knows_what_others_have_left_of_the_minute() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_minute = 8;
    assert_eq!(line.answered(&line.upstream(), line.ask(), 3).await, 3);
    let idle = line.upstream().state().await.budgets[0];
    assert_eq!(idle.left, Some(5));
    let back = "2026-03-10T15:01:01Z".parse().unwrap();
    assert_eq!(idle.resets_at, Some(back));
}

#[tokio::test]
async fn an_idle_process_hears_within_a_second_what_others_spend() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_minute = 8;
    line.config.calls_per_day = 100;
    let (idle, busy) = (line.upstream(), line.upstream());
    for (calls, of_minute, of_day) in [(0, 8, 100), (3, 5, 96), (2, 3, 94)] {
        assert_eq!(line.answered(&busy, line.ask(), calls).await, calls);
        line.pass(1);
        let left = idle.state().await.budgets;
        let left: Vec<_> = left.iter().map(|budget| budget.left).collect();
        assert_eq!(left, [Some(of_minute), Some(of_day)]);
    }
    line.storage.close().await;
    line.pass(1);
    let left = idle.state().await.budgets;
    assert!(left.iter().all(|budget| budget.left.is_none()));
}

#[tokio::test]
async fn the_calls_of_a_day_survive_a_restart_and_come_back_at_midnight() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 10;
    let before = line.upstream();
    assert_eq!(line.answered(&before, line.ask(), 7).await, 7);
    drop(before);
    let after = line.upstream();
    assert_eq!(line.answered(&after, line.ask(), 9).await, 3);
    // From 15:00 to a second before midnight, UTC.
    line.pass(9 * HOUR - 1);
    assert!(!line.is_answered(&after).await);
    line.pass(1);
    assert_eq!(line.answered(&after, line.ask(), 12).await, 10);
}

#[tokio::test]
async fn the_calls_of_a_month_come_back_on_the_first() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 4;
    line.config.calls_per_month = 6;
    let upstream = line.upstream();
    assert_eq!(line.answered(&upstream, line.ask(), 5).await, 4);
    line.pass(24 * HOUR);
    assert_eq!(line.answered(&upstream, line.ask(), 5).await, 2);
    line.pass(20 * 24 * HOUR);
    assert!(!line.is_answered(&upstream).await, "the 31st");
    line.pass(24 * HOUR);
    assert!(line.is_answered(&upstream).await, "the first");
}

#[tokio::test]
async fn a_crash_wastes_a_block_and_never_exceeds_the_limit() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 100;
    for _ in 0..60 {
        // Each takes out a block of two, spends one, and crashes.
        line.is_answered(&line.upstream()).await;
    }
    assert_eq!(line.requests().await, 50);
}

#[tokio::test]
async fn processes_that_share_a_table_share_the_limit() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 40;
    let all = [line.upstream(), line.upstream(), line.upstream()];
    for call in 0..90 {
        line.is_answered(&all[call % 3]).await;
    }
    assert_eq!(line.requests().await, 40);
}

#[tokio::test]
async fn processes_that_count_at_the_same_moment_do_not_exceed_the_limit() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 10;
    line.config.timeout_ms = 20_000;
    let all = [line.upstream(), line.upstream(), line.upstream()];
    let calls = (0..30).map(|call| line.is_answered(&all[call % 3]));
    let answered = join_all(calls).await;
    let answered = answered.into_iter().filter(|answered| *answered).count();
    assert!((1..=10).contains(&answered), "{answered}");
    assert_eq!(line.requests().await, answered);
}

#[tokio::test]
async fn one_call_may_cost_many() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 100;
    let upstream = line.upstream();
    let call = Call {
        cost: 40,
        ..Call::new(&[], &[])
    };
    for is_left in [true, true, false] {
        let answer = upstream.get(line.ask(), &call).await;
        assert_eq!(answer.is_ok(), is_left);
    }
    assert_eq!(line.answered(&upstream, line.ask(), 30).await, 20);
}

#[tokio::test]
async fn work_behind_the_scenes_does_not_spend_in_the_morning_what_is_for_the_evening() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 48;
    let upstream = line.upstream();
    // At 15:00 of 24 calls as much as of 24 hours.
    assert_eq!(line.answered(&upstream, line.background(), 40).await, 15);
    line.pass(8 * HOUR);
    assert_eq!(line.answered(&upstream, line.background(), 40).await, 8);
    assert_eq!(line.answered(&upstream, line.ask(), 40).await, 25);
    line.pass(HOUR);
    assert_eq!(line.answered(&upstream, line.background(), 9).await, 0);
    line.pass(HOUR);
    assert_eq!(line.answered(&upstream, line.background(), 9).await, 1);
}

#[tokio::test]
async fn what_nobody_has_heard_of_takes_a_quarter_of_a_day_at_most() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 40;
    let before = line.upstream();
    assert_eq!(line.answered(&before, line.discovering(), 9).await, 9);
    let after = line.upstream();
    assert_eq!(line.answered(&after, line.discovering(), 9).await, 1);
    assert_eq!(line.answered(&after, line.ask(), 40).await, 30);
    line.pass(24 * HOUR);
    assert_eq!(line.answered(&after, line.ask(), 20).await, 20);
    assert_eq!(line.answered(&after, line.discovering(), 20).await, 10);
}

#[tokio::test]
async fn strangers_who_make_up_symbols_leave_the_calls_to_those_that_are_known() {
    let line = Line::new().await;
    let body = r#"{"chart":{"result":[{"meta":{"currency":"USD","symbol":"ACME","regularMarketTime":1773154770,"regularMarketPrice":10}}],"error":null}}"#;
    line.answers(ResponseTemplate::new(200).set_body_raw(body, "application/json"))
        .await;
    let mut config = AssetConfig {
        sources: vec![SourceName::Yahoo],
        ..AssetConfig::default()
    };
    config.yahoo.base_url = line.server.uri();
    config.yahoo.calls_per_day = 40;
    let market = Market::configured(&config).await;
    market.quote("ACME").await;
    for number in 0..15 {
        let path = format!("/v1/quotes?symbols=UP{number}");
        market.get(&path).await.expect(200);
        market
            .get(&format!("/v1/instruments?query=up{number}"))
            .await;
    }
    assert_eq!(line.requests().await, 10);
    for _ in 0..20 {
        market.clock.advance(seconds(60));
        assert_ne!(market.quote("ACME").await.at("/staleness"), "stale");
    }
    assert_eq!(line.requests().await, 30);
}

#[tokio::test]
async fn a_crowd_of_made_up_symbols_is_not_before_what_is_known_where_calls_are_not_limited() {
    let mut line = Line::new().await;
    line.config.concurrent_requests = 4;
    line.config.timeout_ms = 20_000;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_millis(100));
    line.answers(slow).await;
    let upstream = line.upstream();
    for crowd in [line.discovering(), line.background()] {
        let call = Call::new(&[], &[]);
        let crowd = join_all((0..12).map(|_| upstream.get(crowd, &call)));
        let mut crowd = std::pin::pin!(crowd);
        assert!(poll!(&mut crowd).is_pending());
        let request = std::pin::pin!(line.get(&upstream));
        let Either::Right((answered, crowd)) = select(crowd, request).await else {
            panic!("whoever is known had to wait for all of them");
        };
        assert!(answered.is_ok());
        assert!(crowd.await.iter().all(Result::is_ok));
    }
}

#[tokio::test]
async fn what_one_budget_refuses_costs_the_others_nothing() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_minute = 5;
    line.config.calls_per_day = 2;
    line.config.calls_per_month = 100;
    let upstream = line.upstream();
    assert_eq!(line.answered(&upstream, line.ask(), 20).await, 2);
    let left = upstream.state().await.budgets;
    let left: Vec<_> = left.iter().map(|left| (left.window, left.left)).collect();
    assert_eq!(
        left,
        [
            (Window::Minute, Some(3)),
            (Window::Day, Some(0)),
            (Window::Month, Some(98)),
        ]
    );
}

#[tokio::test]
async fn a_source_that_is_not_asked_costs_nothing() {
    let mut line = Line::answering(500).await;
    line.config.calls_per_day = 20;
    let upstream = line.upstream();
    line.answered(&upstream, line.ask(), 15).await;
    // Five calls with a second try each; then it was left alone.
    assert_eq!(line.requests().await, 10);
    assert_eq!(upstream.state().await.budgets[0].left, Some(10));
}

#[tokio::test]
async fn without_a_table_that_counts_no_call_goes_out_and_nobody_waits_long() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 100;
    let upstream = line.upstream();
    assert!(line.is_answered(&upstream).await);
    line.storage.close().await;
    let began = Instant::now();
    // What was taken out before can still be spent.
    assert_eq!(line.answered(&upstream, line.ask(), 20).await, 1);
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(line.requests().await, 2);
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct GoldenCalls(serde_json::Value);

impl Record for GoldenCalls {
    const KIND: &'static str = "calls";
}

#[tokio::test]
async fn calls_counted_by_schema_1_still_count() {
    let golden = serde_json::from_str(include_str!("../golden/calls_schema_1.json")).unwrap();
    let mut line = Line::answering(200).await;
    let key = Key::new("SOURCE#test", "CALLS#2026-03-10");
    let write = line.storage.table().write();
    let write = write.create(&key, &GoldenCalls(golden));
    write.commit().await.unwrap();
    line.config.calls_per_day = 100;
    let upstream = line.upstream();
    assert_eq!(line.answered(&upstream, line.ask(), 20).await, 7);
    let stored = line.storage.table().get::<GoldenCalls>(&key).await.unwrap();
    let stored = stored.unwrap();
    assert_eq!(stored.value.0.to_string(), r#"{"calls":100}"#);
    // Two days after the day is over.
    let lapses = "2026-03-13T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
    assert_eq!(stored.expires_at, Some(lapses.as_second()));
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct GoldenMinute(serde_json::Value);

impl Record for GoldenMinute {
    const KIND: &'static str = "recent_calls";
}

#[tokio::test]
async fn a_minute_counted_by_schema_1_still_counts() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../golden/recent_calls_schema_1.json")).unwrap();
    let mut line = Line::answering(200).await;
    let key = Key::new("SOURCE#test", "CALLS#MINUTE");
    let write = line.storage.table().write();
    let write = write.create(&key, &GoldenMinute(golden));
    write.commit().await.unwrap();
    line.config.calls_per_minute = 8;
    assert_eq!(line.answered(&line.upstream(), line.ask(), 9).await, 3);
    let stored = line
        .storage
        .table()
        .get::<GoldenMinute>(&key)
        .await
        .unwrap();
    let taken = stored.unwrap().value.0;
    let expected = r#"{"taken":[{"at":"2026-03-10T14:59:30Z","calls":5},{"at":"2026-03-10T15:00:01Z","calls":3}]}"#;
    assert_eq!(taken.to_string(), expected);
}
