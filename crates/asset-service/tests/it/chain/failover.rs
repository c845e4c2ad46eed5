use std::time::Duration;

use asset_service::AssetConfig;
use asset_service::source::{Ask, Refusal, SourceError};
use domain::Currency;
use futures::{FutureExt, StreamExt};
use tokio::time::Instant;

use super::scripted::{Scripted, quoted};
use super::{chain, chain_within, is_unavailable, now, quote, quotes, shown, wanted};
use crate::support::ticker;

#[tokio::test]
async fn a_batch_goes_whole_to_the_first_source_and_what_it_cannot_price_to_the_next() {
    let (first, second) = (Scripted::new("first"), Scripted::new("second"));
    first.price("A", "1");
    first.fail("B");
    first.does_not_know("C");
    for symbol in ["A", "B", "C", "D"] {
        second.price(symbol, "2");
    }
    let found = quotes(&chain(&[&first, &second]), &["A", "B", "C", "D"]).await;
    assert_eq!(shown(&found["A"]), ("first", "1".to_owned()));
    for symbol in ["B", "C", "D"] {
        assert_eq!(shown(&found[symbol]), ("second", "2".to_owned()));
    }
    assert_eq!(first.asked(), ["A", "B", "C"]);
    let mut asked = second.asked();
    asked.sort();
    assert_eq!(asked, ["B", "C", "D"]);
}

#[tokio::test]
async fn a_symbol_is_unknown_only_if_every_source_that_covers_it_says_so() {
    let (first, second) = (Scripted::new("first"), Scripted::new("second"));
    first.does_not_know("NOPE");
    second.does_not_know("NOPE");
    first.does_not_know("MAYBE");
    second.fail("MAYBE");
    first.fail("OTHER");
    second.does_not_know("OTHER");
    let found = quotes(
        &chain(&[&first, &second]),
        &["NOPE", "MAYBE", "OTHER", "NOBODYS"],
    )
    .await;
    assert_eq!(found["NOPE"], Err(SourceError::UnknownSymbol));
    is_unavailable(&found["MAYBE"]);
    is_unavailable(&found["OTHER"]);
    assert_eq!(found["NOBODYS"], Err(SourceError::UnknownSymbol));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_leaves_time_for_the_next() {
    let config = AssetConfig {
        quote_deadline_ms: 1_200,
        ..AssetConfig::default()
    };
    let (first, second) = (Scripted::new("first"), Scripted::new("second"));
    first.hang("A");
    second.hang("A");
    let third = Scripted::pricing("third", "A", "3");
    let chain = chain_within(&config, &[&first, &second, &third]);
    let began = Instant::now();
    assert_eq!(
        shown(&quote(&chain, wanted("A")).await),
        ("third", "3".to_owned())
    );
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(800), "two thirds: {took:?}");
    assert!(took < Duration::from_millis(900), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_source_may_answer_after_the_deadline() {
    let config = AssetConfig {
        quote_deadline_ms: 50,
        ..AssetConfig::default()
    };
    let (first, last) = (Scripted::new("first"), Scripted::new("last"));
    first.hang("A");
    last.hang("A");
    let chain = chain_within(&config, &[&first, &last]);
    let mut answer = Box::pin(quote(&chain, wanted("A")));
    let deadline = tokio::time::timeout(Duration::from_millis(200), &mut answer).await;
    assert!(deadline.is_err());
    assert_eq!((first.asked().len(), last.asked().len()), (1, 1));
    last.price("A", "1");
    last.release();
    assert_eq!(shown(&answer.await), ("last", "1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_passed_on_while_another_hangs() {
    let source = Scripted::pricing("only", "A", "1");
    source.hang("B");
    let chain = chain(&[&source]);
    let wanted = ["A", "B"].map(wanted).to_vec();
    let began = Instant::now();
    let mut answers = chain.quotes(Ask::waiting(now()), wanted);
    let (first, answer) = answers.next().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!((first, answer.is_ok()), (ticker("A"), true));
    assert!(answers.next().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_instrument_is_described_by_the_first_source_that_answers() {
    let config = AssetConfig {
        quote_deadline_ms: 800,
        ..AssetConfig::default()
    };
    let (first, second) = (
        Scripted::new("first"),
        Scripted::pricing("second", "A", "1"),
    );
    first.hang("A");
    first.does_not_know("NOPE");
    second.does_not_know("NOPE");
    let chain = chain_within(&config, &[&first, &second]);
    let ask = Ask::waiting(now());
    let found = chain.instrument(ask, &ticker("A"), None).await.unwrap();
    assert_eq!(
        (&*found.source, &*found.value.name),
        ("second", "A of second")
    );
    let nothing = chain.instrument(ask, &ticker("NOPE"), None).await;
    assert_eq!(nothing, Err(SourceError::UnknownSymbol));
}

#[tokio::test]
async fn a_description_in_another_currency_than_is_known_gives_way_to_the_next() {
    let first = Scripted::new("first");
    let mut euro = quoted("A", "1");
    euro.currency = Currency::EUR;
    first.say("A", Ok(euro));
    let second = Scripted::pricing("second", "A", "1");
    let ask = Ask::waiting(now());
    let both = chain(&[&first, &second]);
    let found = both
        .instrument(ask, &ticker("A"), Some(Currency::USD))
        .await;
    assert_eq!(found.unwrap().source, "second");
    let alone = chain(&[&first]);
    let refused = alone
        .instrument(ask, &ticker("A"), Some(Currency::USD))
        .await;
    assert!(matches!(
        refused,
        Err(SourceError::Refused {
            reason: Refusal::WrongCurrency,
            ..
        })
    ));
}

#[tokio::test]
async fn history_comes_from_the_first_source_that_keeps_it() {
    let (first, second) = (
        Scripted::pricing("first", "A", "1"),
        Scripted::new("second"),
    );
    second.remember("A", &[("2026-03-09", "2")], &[]);
    let chain = chain(&[&first, &second]);
    let ask = Ask::waiting(now());
    let (from, to) = ("2026-03-01".parse().unwrap(), "2026-03-10".parse().unwrap());
    let found = chain.history(ask, &ticker("A"), from, to).await.unwrap();
    assert_eq!((&*found.source, found.value.closes.len()), ("second", 1));
    // That nobody keeps a history does not make a symbol unknown.
    is_unavailable(&chain.history(ask, &ticker("B"), from, to).await);
}
