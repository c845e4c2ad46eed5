//! Several sources behind one answer: who is asked, what is believed, what is crossed.

mod crossing;
mod doubts;
mod failover;
mod scripted;

use std::collections::BTreeMap;
use std::sync::Arc;

use asset_service::AssetConfig;
use asset_service::chain::{Attributed, Chain, LastPrice, Wanted};
use asset_service::source::{Ask, MarketDataSource, Refusal, SourceError, SourceQuote};
use domain::{Currency, Price};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};

use self::scripted::Scripted;
use crate::support::{NOW, ticker};

type Answer = Result<Attributed<SourceQuote>, SourceError>;

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn chain(sources: &[&Arc<Scripted>]) -> Chain {
    chain_within(&AssetConfig::default(), sources)
}

fn chain_within(config: &AssetConfig, sources: &[&Arc<Scripted>]) -> Chain {
    let sources = sources.iter();
    let sources = sources.map(|source| Arc::clone(source) as Arc<dyn MarketDataSource>);
    Chain::new(config, sources.collect())
}

fn wanted(symbol: &str) -> Wanted {
    Wanted {
        ticker: ticker(symbol),
        last: None,
        currency: None,
    }
}

/// A day ago it cost so many dollars.
fn known(symbol: &str, price: &str) -> Wanted {
    let last = LastPrice {
        price: Price::parse(price).unwrap(),
        as_of: now() - SignedDuration::from_hours(24),
    };
    Wanted {
        ticker: ticker(symbol),
        last: Some(last),
        currency: Some(Currency::USD),
    }
}

async fn quotes(chain: &Chain, symbols: &[&str]) -> BTreeMap<String, Answer> {
    let wanted = symbols.iter().map(|symbol| wanted(symbol)).collect();
    let answers: Vec<_> = chain.quotes(Ask::waiting(now()), wanted).collect().await;
    assert_eq!(answers.len(), symbols.len(), "one answer for each");
    let answers = answers.into_iter();
    answers
        .map(|(ticker, answer)| (ticker.to_string(), answer))
        .collect()
}

async fn quote(chain: &Chain, wanted: Wanted) -> Answer {
    quote_at(chain, wanted, now()).await
}

async fn quote_at(chain: &Chain, wanted: Wanted, now: Timestamp) -> Answer {
    let mut answers = chain.quotes(Ask::waiting(now), vec![wanted]);
    let (_, answer) = answers.next().await.unwrap();
    assert!(answers.next().await.is_none(), "one answer");
    answer
}

/// Whose price it is, and how much.
fn shown(answer: &Answer) -> (&str, String) {
    let found = answer.as_ref().unwrap();
    (&found.source, found.value.price.to_string())
}

fn is_refused(answer: &Answer, because: Refusal) {
    match answer {
        Err(SourceError::Refused { reason, .. }) => assert_eq!(*reason, because),
        other => panic!("{other:?}"),
    }
}

fn is_unavailable<T: std::fmt::Debug>(answer: &Result<T, SourceError>) {
    assert!(
        matches!(answer, Err(SourceError::Unavailable(_))),
        "{answer:?}"
    );
}
