use asset_service::source::SourceError;
use asset_service::source::upstream::{BreakerState, Failure, Upstream};
use futures::future::join_all;
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

use super::{Line, slowly};

async fn breaker(upstream: &Upstream) -> BreakerState {
    upstream.state().await.health.breaker
}

#[tokio::test]
async fn an_accident_is_tried_once_more_and_only_once() {
    let line = Line::answering(500).await;
    let upstream = line.upstream();
    assert!(!line.is_answered(&upstream).await);
    assert_eq!(line.requests().await, 2);

    line.server.reset().await;
    let accident = Mock::given(method("GET")).respond_with(ResponseTemplate::new(503));
    accident.up_to_n_times(1).mount(&line.server).await;
    let answer = Mock::given(method("GET")).respond_with(ResponseTemplate::new(200));
    answer.mount(&line.server).await;
    assert!(line.is_answered(&upstream).await);
    assert_eq!(line.requests().await, 2);
    let tally = upstream.state().await.health.tally;
    assert_eq!((tally.calls, tally.failures), (4, 1));
}

#[tokio::test]
async fn refusals_and_slowness_are_not_tried_again() {
    let mut line = Line::new().await;
    line.config.timeout_ms = 100;
    let upstream = line.upstream();
    line.answers(ResponseTemplate::new(404)).await;
    assert!(line.is_answered(&upstream).await);
    assert_eq!(line.requests().await, 1);
    line.answers(slowly(200)).await;
    assert!(!line.is_answered(&upstream).await);
    assert_eq!(line.requests().await, 1);
    let (_, failure) = upstream.state().await.health.tally.last_failure.unwrap();
    assert_eq!(failure, Failure::Timeout);
}

#[tokio::test]
async fn a_second_try_is_counted_as_a_call() {
    let mut line = Line::answering(500).await;
    line.config.calls_per_minute = 3;
    let upstream = line.upstream();
    for _ in 0..3 {
        assert!(!line.is_answered(&upstream).await);
    }
    assert_eq!(line.requests().await, 3);
}

#[tokio::test]
async fn after_five_failures_it_is_left_alone_until_one_probe_succeeds() {
    let line = Line::answering(400).await;
    let upstream = line.upstream();
    for _ in 0..5 {
        let answered = line.get(&upstream).await.unwrap();
        assert!(answered.ok().is_err());
    }
    assert!(!line.is_answered(&upstream).await);
    assert_eq!(line.requests().await, 5);
    line.pass(29);
    assert!(!line.is_answered(&upstream).await);
    assert!(upstream.is_left_alone());
    line.pass(1);
    assert_eq!(breaker(&upstream).await, BreakerState::HalfOpen);
    line.answers(ResponseTemplate::new(200)).await;
    assert!(line.is_answered(&upstream).await);
    assert_eq!(breaker(&upstream).await, BreakerState::Closed);
}

#[tokio::test]
async fn how_long_it_is_left_alone_can_be_set() {
    let mut line = Line::answering(500).await;
    line.config.breaker_open_ms = 5_000;
    let upstream = line.upstream();
    line.answered(&upstream, line.ask(), 5).await;
    line.answers(ResponseTemplate::new(200)).await;
    line.pass(4);
    assert!(!line.is_answered(&upstream).await);
    line.pass(1);
    assert!(line.is_answered(&upstream).await);
}

#[tokio::test]
async fn one_probe_goes_out_however_many_wait() {
    let line = Line::answering(500).await;
    let upstream = line.upstream();
    line.answered(&upstream, line.ask(), 5).await;
    line.pass(30);
    line.answers(ResponseTemplate::new(500)).await;
    let all = (0..20).map(|_| line.is_answered(&upstream));
    assert_eq!(join_all(all).await, [false; 20]);
    assert_eq!(line.requests().await, 1, "and it is not tried again");
    assert!(matches!(
        breaker(&upstream).await,
        BreakerState::Open { .. }
    ));
}

#[tokio::test]
async fn answers_nobody_can_read_are_failures() {
    let line = Line::answering(200).await;
    let upstream = line.upstream();
    let unreadable = || SourceError::Unavailable("it is HTML".to_owned());
    for _ in 0..5 {
        let answered = line.get(&upstream).await.unwrap();
        let read: Result<(), _> = answered.read(|_| Err(unreadable()));
        assert_eq!(read, Err(unreadable()));
    }
    assert!(!line.is_answered(&upstream).await);
    let tally = upstream.state().await.health.tally;
    assert_eq!(tally.last_failure.unwrap().1, Failure::Unreadable);
    assert_eq!(tally.last_success_at, None);
}

#[tokio::test]
async fn that_it_does_not_know_a_symbol_is_no_failure() {
    let line = Line::answering(200).await;
    let upstream = line.upstream();
    for _ in 0..20 {
        let answered = line.get(&upstream).await.unwrap();
        let read: Result<(), _> = answered.read(|_| Err(SourceError::UnknownSymbol));
        assert_eq!(read, Err(SourceError::UnknownSymbol));
    }
    assert!(line.is_answered(&upstream).await);
    let tally = upstream.state().await.health.tally;
    assert_eq!((tally.calls, tally.failures), (21, 0));
    assert_eq!(tally.last_success_at, Some(line.clock.now()));
}

#[tokio::test]
async fn a_429_is_obeyed_at_once_whether_it_names_seconds_or_a_date() {
    for named in ["90", "Tue, 10 Mar 2026 15:01:30 GMT"] {
        let line = Line::new().await;
        let busy = ResponseTemplate::new(429).insert_header("retry-after", named);
        line.answers(busy).await;
        let upstream = line.upstream();
        assert!(!line.is_answered(&upstream).await);
        line.pass(89);
        assert!(!line.is_answered(&upstream).await);
        assert_eq!(line.requests().await, 1);
        line.pass(1);
        assert!(!line.is_answered(&upstream).await);
        assert_eq!(line.requests().await, 2);
    }
}

#[tokio::test]
async fn an_accident_that_names_a_time_is_not_tried_before() {
    let line = Line::new().await;
    let down = ResponseTemplate::new(503).insert_header("retry-after", "60");
    line.answers(down).await;
    let upstream = line.upstream();
    assert!(!line.is_answered(&upstream).await);
    line.pass(59);
    assert!(!line.is_answered(&upstream).await);
    assert_eq!(line.requests().await, 1);
}

#[tokio::test]
async fn waiting_for_its_turn_takes_nothing_from_the_time_of_a_call() {
    let mut line = Line::new().await;
    line.config.timeout_ms = 1_000;
    line.config.concurrent_requests = 1;
    let slow = ResponseTemplate::new(200).set_delay(std::time::Duration::from_millis(300));
    line.answers(slow).await;
    let upstream = line.upstream();
    let all = (0..5).map(|_| line.is_answered(&upstream));
    assert_eq!(join_all(all).await, [true; 5]);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_leaves_room_for_the_next_probe() {
    let line = Line::answering(500).await;
    let upstream = line.upstream();
    line.answered(&upstream, line.ask(), 5).await;
    line.pass(30);
    line.answers(slowly(200)).await;
    let soon = std::time::Duration::from_millis(50);
    let given_up = tokio::time::timeout(soon, line.get(&upstream)).await;
    assert!(given_up.is_err());
    line.answers(ResponseTemplate::new(200)).await;
    assert!(line.is_answered(&upstream).await);
}
