use std::sync::Arc;

use asset_service::chain::Wanted;
use asset_service::source::{Action, Ask, Refusal};
use domain::{Currency, Quantity};
use futures::StreamExt;
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
async fn a_split_is_looked_for_where_somebody_tells_them() {
    let first = Scripted::pricing("first", "A", "10.3");
    first.tells_closes_only();
    first.remember("A", &[("2026-03-09", "100")], &[]);
    let second = Scripted::new("second");
    second.remember("A", &[], &[split("10", "1")]);
    let found = quote(&chain(&[&first, &second]), known("A", "100")).await;
    assert_eq!(shown(&found), ("first", "10.3".to_owned()));
    assert_eq!(first.histories_asked(), 0);
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
async fn saying_it_twice_is_not_insisting_however_far_apart() {
    let only = Scripted::pricing("only", "A", "40");
    let chain = chain(&[&only]);
    for minutes in [0, 60] {
        let later = now() + SignedDuration::from_mins(minutes);
        let found = quote_at(&chain, known("A", "100"), later).await;
        is_refused(&found, Refusal::Jump);
    }
    let later = now() + SignedDuration::from_mins(61);
    let found = quote_at(&chain, known("A", "100"), later).await;
    assert_eq!(shown(&found), ("only", "40".to_owned()));
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

/// The same figure in euros, of what used to cost dollars.
fn in_euros(name: &'static str, price: &str) -> Arc<Scripted> {
    let source = Scripted::new(name);
    let mut euro = quoted("A", price);
    euro.currency = Currency::EUR;
    source.say("A", Ok(euro));
    source
}

#[tokio::test]
async fn a_price_in_another_currency_than_before_is_refused_and_the_next_is_shown() {
    let first = in_euros("first", "100");
    let alone = quote(&chain(&[&first]), known("A", "100")).await;
    is_refused(&alone, Refusal::WrongCurrency);
    let second = Scripted::pricing("second", "A", "100");
    let found = quote(&chain(&[&first, &second]), known("A", "100")).await;
    assert_eq!(shown(&found).0, "second");
}

#[tokio::test]
async fn a_first_price_in_another_currency_than_its_description_is_refused() {
    let described = Wanted {
        currency: Some(Currency::USD),
        ..wanted("A")
    };
    let found = quote(&chain(&[&in_euros("only", "100")]), described).await;
    is_refused(&found, Refusal::WrongCurrency);
}

#[tokio::test]
async fn a_new_currency_that_two_sources_see_is_believed() {
    let (first, second) = (in_euros("first", "40"), in_euros("second", "42"));
    let found = quote(&chain(&[&first, &second]), known("A", "100")).await;
    assert_eq!(shown(&found), ("first", "40".to_owned()));
    assert_eq!(found.unwrap().value.currency, Currency::EUR);

    let second = in_euros("second", "50");
    let found = quote(&chain(&[&first, &second]), known("A", "100")).await;
    is_refused(&found, Refusal::WrongCurrency);
}

#[tokio::test]
async fn a_new_currency_that_a_source_insists_on_is_believed() {
    let only = in_euros("only", "100");
    only.remember("A", &[], &[split("10", "1")]);
    let chain = chain(&[&only]);
    for minutes in [0, 5] {
        let later = now() + SignedDuration::from_mins(minutes);
        let found = quote_at(&chain, known("A", "100"), later).await;
        is_refused(&found, Refusal::WrongCurrency);
    }
    let later = now() + SignedDuration::from_mins(10);
    let found = quote_at(&chain, known("A", "100"), later).await;
    assert_eq!(found.unwrap().value.currency, Currency::EUR);
    assert_eq!(only.histories_asked(), 0, "a split changes no currency");
}

#[tokio::test]
async fn a_pair_is_priced_in_the_currency_it_names_whoever_insists() {
    let mut euro = quoted("GBPUSD=X", "1.3");
    euro.currency = Currency::EUR;
    let only = Scripted::new("only");
    only.say("GBPUSD=X", Ok(euro));
    let chain = chain(&[&only]);
    for minutes in [0, 5, 10, 60] {
        let later = now() + SignedDuration::from_mins(minutes);
        let found = quote_at(&chain, wanted("GBPUSD=X"), later).await;
        is_refused(&found, Refusal::WrongCurrency);
    }
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

#[tokio::test]
async fn a_source_mad_about_everything_costs_a_few_histories_and_holds_nobody_back() {
    let symbols: Vec<String> = (0..20).map(|number| format!("S{number}")).collect();
    let mad = Scripted::pricing("mad", "SANE", "101");
    for symbol in &symbols {
        mad.price(symbol, "1000");
        mad.remember(symbol, &[], &[]);
    }
    mad.hold_histories();
    let chain = chain(&[&mad]);
    let all = || {
        let mad = symbols.iter().map(|symbol| known(symbol, "100"));
        mad.chain([known("SANE", "100")]).collect()
    };
    let mut answers = chain.quotes(Ask::waiting(now()), all());
    let mut seen = Vec::new();
    // One that is believed, and one whose splits are not looked for this time.
    for _ in 0..2 {
        seen.push(answers.next().await.unwrap());
    }
    assert_eq!((seen[0].0.as_str(), seen[0].1.is_ok()), ("SANE", true));
    assert_eq!(mad.histories_asked(), 8, "at the same time");
    mad.release_histories();
    while let Some(answer) = answers.next().await {
        seen.push(answer);
    }
    assert_eq!(seen.len(), 21);
    seen[1..]
        .iter()
        .for_each(|(_, answer)| is_refused(answer, Refusal::Jump));

    for (round, histories) in [16, 20, 20].into_iter().enumerate() {
        let answers: Vec<_> = chain.quotes(Ask::waiting(now()), all()).collect().await;
        assert_eq!(answers.len(), 21);
        assert_eq!(mad.histories_asked(), histories, "round {round}");
    }
}
