use domain::{Currency, Price};

use jiff::SignedDuration;

use super::*;
use crate::config::AssetConfig;

const FETCHED: &str = "2026-03-10T15:00:00Z";

fn ages() -> Ages {
    AssetConfig::default().ages()
}

fn ticker() -> Ticker {
    Ticker::parse("ACME").unwrap()
}

fn last(is_delayed: bool) -> LastQuote {
    LastQuote {
        price: Price::parse("10.50").unwrap(),
        currency: Currency::USD,
        previous_close: None,
        as_of: "2026-03-10T14:59:58Z".parse().unwrap(),
        is_delayed,
        crossed_through: None,
        source: "test".to_owned(),
        fetched_at: FETCHED.parse().unwrap(),
    }
}

fn priced() -> Entry {
    Entry::priced(&ticker(), last(false), &ages())
}

fn at(seconds: i64) -> Timestamp {
    FETCHED.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// What an entry does and shows, so many seconds after the fetch.
fn at_age(entry: &Entry, seconds: i64) -> (Step, Staleness) {
    let now = at(seconds);
    let quote = entry.quote(&ticker(), now, &ages());
    (entry.step(now, &ages()), quote.staleness)
}

const HARD_AGE: i64 = 7 * 24 * 60 * 60;

#[test]
fn a_quote_is_fresh_then_refreshed_behind_the_scenes_then_waited_for() {
    let entry = priced();
    assert_eq!(at_age(&entry, 14), (Step::Answer, Staleness::Fresh));
    assert_eq!(
        at_age(&entry, 15),
        (Step::AnswerAndRefresh, Staleness::Fresh)
    );
    assert_eq!(
        at_age(&entry, 29),
        (Step::AnswerAndRefresh, Staleness::Fresh)
    );
    assert_eq!(at_age(&entry, 30), (Step::Ask, Staleness::Stale));
    assert_eq!(
        at_age(&entry, HARD_AGE + 1),
        (Step::Ask, Staleness::Unavailable)
    );
}

#[test]
fn a_delayed_quote_says_so() {
    let entry = Entry::priced(&ticker(), last(true), &ages());
    assert_eq!(at_age(&entry, 1).1, Staleness::Delayed);
}

#[test]
fn the_finished_answer_is_the_answer() {
    let entry = priced();
    let finished = entry.fresh_json(at(1)).unwrap().get();
    let quote = entry.quote(&ticker(), at(1), &ages());
    assert_eq!(finished, serde_json::to_string(&quote).unwrap());
    assert!(finished.contains("\"price\":10.50"), "{finished}");
}

#[test]
fn after_a_failure_the_last_quote_stands_in_with_the_reason() {
    let entry = Entry::failed(Some(&priced()), at(60), Reason::SourceUnavailable, &ages());
    assert_eq!(at_age(&entry, 64), (Step::Answer, Staleness::Stale));
    assert_eq!(
        at_age(&entry, 65),
        (Step::AnswerAndRefresh, Staleness::Stale)
    );
    let quote = entry.quote(&ticker(), at(64), &ages());
    assert_eq!(quote.reason.as_deref(), Some("SOURCE_UNAVAILABLE"));
    assert_eq!(quote.fetched_at, Some(at(0)));
}

#[test]
fn past_the_hard_age_there_is_no_price_rather_than_an_old_one() {
    let entry = Entry::failed(Some(&priced()), at(HARD_AGE), Reason::RefusedQuote, &ages());
    assert_eq!(at_age(&entry, HARD_AGE).1, Staleness::Stale);
    let quote = entry.quote(&ticker(), at(HARD_AGE + 1), &ages());
    assert_eq!(quote, unavailable("ACME", Reason::RefusedQuote));
    assert_eq!(quote.price, None);
    assert_eq!(at_age(&entry, HARD_AGE + 15).0, Step::Ask);
    // A source that multiplied it meanwhile is not believed for that.
    assert!(entry.last_price().is_some());
}

#[test]
fn an_unknown_symbol_is_left_alone_longer_than_a_failing_source() {
    let unknown = Entry::failed(None, at(0), Reason::UnknownSymbol, &ages());
    assert_eq!(
        at_age(&unknown, 599),
        (Step::Answer, Staleness::Unavailable)
    );
    assert_eq!(at_age(&unknown, 600).0, Step::Ask);
    let failing = Entry::failed(None, at(0), Reason::SourceUnavailable, &ages());
    assert_eq!(at_age(&failing, 4), (Step::Answer, Staleness::Unavailable));
    assert_eq!(at_age(&failing, 5).0, Step::Ask);
}

#[test]
fn a_refused_price_is_asked_for_again_no_sooner_than_one_that_is_believed() {
    let refused = Entry::failed(Some(&priced()), at(0), Reason::RefusedQuote, &ages());
    assert_eq!(at_age(&refused, 14), (Step::Answer, Staleness::Stale));
    assert_eq!(at_age(&refused, 15).0, Step::AnswerAndRefresh);
    let patient = Ages {
        failure_pause: SignedDuration::from_secs(20),
        ..ages()
    };
    let refused = Entry::failed(None, at(0), Reason::RefusedQuote, &patient);
    assert_eq!(refused.step(at(19), &patient), Step::Answer);
    assert_eq!(refused.step(at(20), &patient), Step::Ask);
}

#[test]
fn a_clock_at_the_end_of_time_is_no_reason_to_panic() {
    let entry = priced();
    assert_eq!(
        entry.quote(&ticker(), Timestamp::MAX, &ages()).staleness,
        Staleness::Unavailable
    );
    assert_eq!(
        entry.quote(&ticker(), Timestamp::MIN, &ages()).staleness,
        Staleness::Fresh
    );
}
