use std::time::{Duration, Instant};

use asset_service::source::upstream::{Call, Window};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use store::{Key, Record};

use super::Line;

const HOUR: i64 = 3_600;

#[tokio::test]
async fn the_calls_of_a_minute_come_back_a_minute_later() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_minute = 3;
    let upstream = line.upstream();
    assert_eq!(line.answered(&upstream, line.ask(), 2).await, 2);
    line.pass(30);
    assert_eq!(line.answered(&upstream, line.ask(), 5).await, 1);
    line.pass(30);
    assert_eq!(line.answered(&upstream, line.ask(), 5).await, 2);
    assert_eq!(line.requests().await, 5);
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
async fn work_behind_the_scenes_leaves_the_last_half_to_those_who_wait() {
    let mut line = Line::answering(200).await;
    line.config.calls_per_day = 10;
    let upstream = line.upstream();
    assert_eq!(line.answered(&upstream, line.background(), 9).await, 5);
    assert_eq!(line.answered(&upstream, line.ask(), 9).await, 5);
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
