use super::*;

fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-03-10T15:00:00Z".parse().unwrap();
    start + SignedDuration::from_secs(seconds)
}

fn breaker() -> Breaker {
    Breaker::new(SignedDuration::from_secs(30))
}

fn fail(breaker: &mut Breaker, now: Timestamp) {
    let era = breaker.begin(now).unwrap();
    breaker.failed(era, now);
}

fn succeed(breaker: &mut Breaker, now: Timestamp) {
    let era = breaker.begin(now).unwrap();
    breaker.succeeded(era);
}

fn open_until(breaker: &Breaker) -> i64 {
    match breaker.phase() {
        Phase::Open { until } => until.duration_since(at(0)).as_secs(),
        other => panic!("{other:?}"),
    }
}

/// Open for 30 seconds from 0.
fn tripped() -> Breaker {
    let mut breaker = breaker();
    for _ in 0..5 {
        fail(&mut breaker, at(0));
    }
    breaker
}

#[test]
fn four_failures_in_a_row_are_borne_and_the_fifth_opens() {
    let mut breaker = breaker();
    for _ in 0..4 {
        fail(&mut breaker, at(0));
    }
    assert_eq!(breaker.phase(), Phase::Closed);
    fail(&mut breaker, at(1));
    assert_eq!(open_until(&breaker), 31);
    assert!(!breaker.admits(at(30)));
    assert!(breaker.admits(at(31)));
}

#[test]
fn ten_failures_among_twenty_open_though_no_two_follow_each_other() {
    let mut breaker = breaker();
    for _ in 0..9 {
        fail(&mut breaker, at(0));
        succeed(&mut breaker, at(0));
    }
    assert_eq!(breaker.phase(), Phase::Closed);
    fail(&mut breaker, at(0));
    assert_eq!(open_until(&breaker), 30);
}

#[test]
fn failures_long_ago_are_forgotten() {
    let mut breaker = breaker();
    for _ in 0..100 {
        fail(&mut breaker, at(0));
        succeed(&mut breaker, at(0));
        succeed(&mut breaker, at(0));
    }
    assert_eq!(breaker.phase(), Phase::Closed);
}

#[test]
fn one_probe_goes_out_and_its_success_closes() {
    let mut breaker = tripped();
    let probe = breaker.begin(at(30)).unwrap();
    assert_eq!(breaker.phase(), Phase::Probing);
    assert_eq!(breaker.begin(at(30)), None);
    breaker.succeeded(probe);
    assert_eq!(breaker.phase(), Phase::Closed);
    for _ in 0..4 {
        fail(&mut breaker, at(31));
    }
    assert_eq!(
        breaker.phase(),
        Phase::Closed,
        "the failures before are forgotten"
    );
}

#[test]
fn the_failure_of_the_probe_opens_again() {
    let mut breaker = tripped();
    fail(&mut breaker, at(40));
    assert_eq!(open_until(&breaker), 70);
}

#[test]
fn a_probe_that_never_went_out_makes_room_for_the_next() {
    let mut breaker = tripped();
    let probe = breaker.begin(at(30)).unwrap();
    breaker.withdrawn(probe, at(30));
    assert!(breaker.begin(at(30)).is_some());
}

#[test]
fn what_began_before_the_breaker_opened_neither_closes_nor_prolongs() {
    let mut breaker = breaker();
    let slow = breaker.begin(at(0)).unwrap();
    for _ in 0..5 {
        fail(&mut breaker, at(0));
    }
    breaker.failed(slow, at(20));
    breaker.succeeded(slow);
    breaker.withdrawn(slow, at(20));
    assert_eq!(open_until(&breaker), 30);
}

#[test]
fn a_pause_is_obeyed_at_once_within_bounds() {
    for (asked, seconds) in [(120, 120), (0, 1), (-60, 1), (999_999, 1_800)] {
        let mut breaker = breaker();
        breaker.paused(at(0), Some(SignedDuration::from_secs(asked)));
        assert_eq!(open_until(&breaker), seconds);
    }
}

#[test]
fn without_a_word_the_pause_doubles_and_a_success_forgets_it() {
    let mut breaker = breaker();
    breaker.paused(at(0), None);
    breaker.paused(at(0), None);
    assert_eq!(open_until(&breaker), 30);
    breaker.paused(at(30), None);
    assert_eq!(open_until(&breaker), 90);
    succeed(&mut breaker, at(90));
    breaker.paused(at(100), None);
    assert_eq!(open_until(&breaker), 130);
}

#[test]
fn the_longest_pause_asked_for_holds() {
    let mut breaker = breaker();
    breaker.paused(at(0), Some(SignedDuration::from_secs(60)));
    breaker.paused(at(1), Some(SignedDuration::from_secs(10)));
    assert_eq!(open_until(&breaker), 60);
    breaker.paused(at(1), Some(SignedDuration::from_secs(100)));
    assert_eq!(open_until(&breaker), 101);
}
