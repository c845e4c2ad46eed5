use asset_service::source::{Action, Refusal};
use domain::{Currency, Quantity};
use jiff::SignedDuration;

use super::scripted::{Scripted, quoted};
use super::{chain, is_refused, known, now, quote, quote_at, shown, wanted};

fn split(new: &str, old: &str) -> Action {
    Action::Split {
        ex_date: "2026-03-10".parse().unwrap(),
        new: Quantity::parse(new).unwrap(),
        old: Quantity::parse(old).unwrap(),
    }
}

#[tokio::test]
async fn a_spike_of_one_source_is_refused_and_the_next_is_shown() {
    let mad = Scripted::pricing("mad", "A", "1000");
    let sane = Scripted::pricing("sane", "A", "101");
    let found = quote(&chain(&[&mad, &sane]), known("A", "100")).await;
    assert_eq!(shown(&found), ("sane", "101".to_owned()));
}

#[tokio::test]
async fn a_jump_that_two_sources_see_is_believed() {
    let first = Scripted::pricing("first", "A", "40");
    let second = Scripted::pricing("second", "A", "42");
    let found = quote(&chain(&[&first, &second]), known("A", "100")).await;
    assert_eq!(shown(&found), ("first", "40".to_owned()));
}

#[tokio::test]
async fn a_jump_that_two_sources_see_differently_is_refused() {
    let first = Scripted::pricing("first", "A", "40");
    let second = Scripted::pricing("second", "A", "30");
    let found = quote(&chain(&[&first, &second]), known("A", "100")).await;
    is_refused(&found, Refusal::Jump);
}

#[tokio::test]
async fn a_jump_alone_is_refused() {
    let only = Scripted::pricing("only", "A", "1000");
    is_refused(
        &quote(&chain(&[&only]), known("A", "100")).await,
        Refusal::Jump,
    );
}

#[tokio::test]
async fn a_jump_that_a_split_explains_is_believed() {
    let only = Scripted::pricing("only", "A", "10.3");
    only.remember("A", &[], &[split("10", "1")]);
    let found = quote(&chain(&[&only]), known("A", "100")).await;
    assert_eq!(shown(&found), ("only", "10.3".to_owned()));
}

#[tokio::test]
async fn a_split_explains_no_other_jump() {
    let only = Scripted::pricing("only", "A", "1000");
    only.remember("A", &[], &[split("10", "1")]);
    is_refused(
        &quote(&chain(&[&only]), known("A", "100")).await,
        Refusal::Jump,
    );
}

#[tokio::test]
async fn with_nothing_known_the_previous_close_is_what_counts() {
    let only = Scripted::new("only");
    let mut spike = quoted("A", "1000");
    only.say("A", Ok(spike.clone()));
    let chain = chain(&[&only]);
    assert!(quote(&chain, wanted("A")).await.is_ok());
    spike.previous_close = Some(quoted("A", "100").price);
    only.say("A", Ok(spike));
    is_refused(&quote(&chain, wanted("A")).await, Refusal::Jump);
}

#[tokio::test]
async fn a_source_that_insists_for_ten_minutes_is_believed() {
    let only = Scripted::pricing("only", "A", "40");
    only.remember("A", &[], &[]);
    let chain = chain(&[&only]);
    for minutes in [0, 3, 9] {
        let later = now() + SignedDuration::from_mins(minutes);
        let found = quote_at(&chain, known("A", "100"), later).await;
        is_refused(&found, Refusal::Jump);
    }
    assert_eq!(only.histories_asked(), 1, "splits are looked for once");
    only.price("A", "41");
    let later = now() + SignedDuration::from_mins(10);
    let found = quote_at(&chain, known("A", "100"), later).await;
    assert_eq!(shown(&found), ("only", "41".to_owned()));
}

#[tokio::test]
async fn who_says_something_else_each_time_does_not_insist() {
    let only = Scripted::new("only");
    let chain = chain(&[&only]);
    for (minutes, price) in [(0, "40"), (6, "20"), (11, "21"), (15, "10")] {
        only.price("A", price);
        let later = now() + SignedDuration::from_mins(minutes);
        let found = quote_at(&chain, known("A", "100"), later).await;
        is_refused(&found, Refusal::Jump);
    }
}

#[tokio::test]
async fn who_is_contradicted_is_never_believed_however_long_it_insists() {
    let mad = Scripted::pricing("mad", "A", "1000");
    let sane = Scripted::pricing("sane", "A", "100");
    let chain = chain(&[&mad, &sane]);
    for minutes in [0, 5, 10, 20, 60] {
        let later = now() + SignedDuration::from_mins(minutes);
        let found = quote_at(&chain, known("A", "100"), later).await;
        assert_eq!(shown(&found), ("sane", "100".to_owned()));
    }
}

#[tokio::test]
async fn a_price_in_another_currency_than_before_is_refused() {
    let mut euro = quoted("A", "100");
    euro.currency = Currency::EUR;
    let first = Scripted::new("first");
    first.say("A", Ok(euro));
    let alone = quote(&chain(&[&first]), known("A", "100")).await;
    is_refused(&alone, Refusal::WrongCurrency);
    let second = Scripted::pricing("second", "A", "100");
    let found = quote(&chain(&[&first, &second]), known("A", "100")).await;
    assert_eq!(shown(&found).0, "second");
}

#[tokio::test]
async fn a_price_from_the_future_is_refused() {
    let mut early = quoted("A", "100");
    early.as_of = now() + SignedDuration::from_mins(3);
    let only = Scripted::new("only");
    only.say("A", Ok(early));
    is_refused(
        &quote(&chain(&[&only]), wanted("A")).await,
        Refusal::FromTheFuture,
    );
}
