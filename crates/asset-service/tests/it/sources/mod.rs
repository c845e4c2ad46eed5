//! Each source as a client of its own, against what it answers on a good day and its oddities. All
//! figures are invented.

mod coingecko;
mod ecb;
mod finnhub;
mod frankfurter;
mod settings;
mod twelve_data;
mod yahoo;

use std::collections::BTreeMap;

use asset_service::source::upstream::{CallBook, UpstreamConfig};
use asset_service::source::{
    Ask, MarketDataSource, Refusal, SourceError, SourceHistory, SourceQuote,
};
use futures::StreamExt;
use jiff::civil::Date;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{NOW, Storage, clock, ticker};

/// For sources without limits, whose calls are not counted: the table is gone.
async fn book() -> CallBook {
    Storage::new().await.book(&clock())
}

fn ask() -> Ask {
    Ask::waiting(NOW.parse().unwrap())
}

fn with_key(server: &MockServer) -> UpstreamConfig {
    UpstreamConfig {
        api_key: Some("secret-key".into()),
        ..UpstreamConfig::at(&server.uri())
    }
}

fn json(body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.into(), "application/json")
}

/// Whatever the query, this path answers so.
async fn answers(server: &MockServer, at: &str, response: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(at))
        .respond_with(response)
        .mount(server)
        .await;
}

async fn times_asked(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

type Quotes = BTreeMap<String, Result<SourceQuote, SourceError>>;

async fn quotes(source: &impl MarketDataSource, symbols: &[&str]) -> Quotes {
    let tickers: Vec<_> = symbols.iter().map(|symbol| ticker(symbol)).collect();
    let answers: Vec<_> = source.quotes(ask(), &tickers).collect().await;
    assert_eq!(answers.len(), symbols.len(), "one answer for each");
    let answers = answers.into_iter();
    answers
        .map(|(ticker, answer)| (ticker.to_string(), answer))
        .collect()
}

async fn quote(source: &impl MarketDataSource, symbol: &str) -> Result<SourceQuote, SourceError> {
    quotes(source, &[symbol]).await.remove(symbol).unwrap()
}

async fn history(
    source: &impl MarketDataSource,
    symbol: &str,
    from: &str,
    to: &str,
) -> Result<SourceHistory, SourceError> {
    let (from, to): (Date, Date) = (from.parse().unwrap(), to.parse().unwrap());
    source.history(ask(), &ticker(symbol), from, to).await
}

/// The closes as text, in their order.
fn closes(history: &SourceHistory) -> Vec<(String, String)> {
    let closes = history.closes.iter();
    closes
        .map(|(date, price)| (date.to_string(), price.to_string()))
        .collect()
}

fn close(date: &str, price: &str) -> (String, String) {
    (date.to_owned(), price.to_owned())
}

fn refusal<T: std::fmt::Debug>(answer: Result<T, SourceError>) -> Refusal {
    match answer.unwrap_err() {
        SourceError::Refused { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

fn is_unavailable<T>(answer: &Result<T, SourceError>) -> bool {
    matches!(answer, Err(SourceError::Unavailable(_)))
}
