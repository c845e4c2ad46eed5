//! Bad answers are bad in the way they were ordered to be, and only for as long.

use fake_market::{Misbehaviour, Rule, Source, Trouble};

use crate::client::{Answer, get, market, try_get};

const CHART: &str = "/yahoo/v8/finance/chart/ACME";

async fn misbehaving(misbehaviour: Misbehaviour) -> Answer {
    let market = market().await;
    market.always(Source::Yahoo, misbehaviour);
    get(&market, CHART).await
}

async fn price_when(misbehaviour: Misbehaviour) -> (String, serde_json::Value) {
    let chart = misbehaving(misbehaviour).await.json();
    let meta = chart["chart"]["result"][0]["meta"].clone();
    (meta["regularMarketPrice"].to_string(), meta)
}

#[tokio::test]
async fn too_many_requests_come_with_and_without_a_pause() {
    let answer = misbehaving(Misbehaviour::TooMany).await;
    assert_eq!(answer.status, 429);
    assert!(!answer.headers.contains("retry-after"));
    let answer = misbehaving(Misbehaviour::TooManyWithSeconds).await;
    assert!(
        answer.headers.contains("retry-after: 60"),
        "{}",
        answer.headers
    );
    let answer = misbehaving(Misbehaviour::TooManyWithDate).await;
    let date = "retry-after: Tue, 10 Mar 2026 15:01:00 GMT";
    assert!(answer.headers.contains(date), "{}", answer.headers);
}

#[tokio::test]
async fn outages_have_their_status() {
    assert_eq!(misbehaving(Misbehaviour::InternalError).await.status, 500);
    assert_eq!(
        misbehaving(Misbehaviour::ServiceUnavailable).await.status,
        503
    );
}

#[tokio::test]
async fn a_200_may_hold_anything() {
    let answer = misbehaving(Misbehaviour::ErrorBody).await;
    assert_eq!(answer.status, 200);
    assert!(answer.json()["chart"]["result"].is_null());
    let answer = misbehaving(Misbehaviour::Html).await;
    assert!(answer.body.starts_with("<!doctype html>"));
    let answer = misbehaving(Misbehaviour::Truncated).await;
    assert_eq!(answer.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&answer.body).is_err());
}

#[tokio::test]
async fn slow_answers_do_not_come_in_time() {
    for misbehaviour in [Misbehaviour::SlowHeaders, Misbehaviour::SlowBody] {
        let market = market().await;
        market.always(Source::Yahoo, misbehaviour);
        assert!(
            try_get(&market, CHART, "").await.is_err(),
            "{misbehaviour:?}"
        );
    }
}

#[tokio::test]
async fn a_reset_is_one() {
    let market = market().await;
    market.always(Source::Yahoo, Misbehaviour::Reset);
    let error = try_get(&market, CHART, "").await.err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn figures_lie_as_told() {
    let (right, meta) = price_when(Misbehaviour::Future).await;
    assert!(meta["regularMarketTime"].as_i64().unwrap() > 1_773_154_800);
    assert_eq!(price_when(Misbehaviour::Nulls).await.0, "null");
    assert_eq!(price_when(Misbehaviour::Infinity).await.0, "\"Infinity\"");
    assert_eq!(price_when(Misbehaviour::Zero).await.0, "0");
    assert_eq!(
        price_when(Misbehaviour::Negative).await.0,
        format!("-{right}")
    );
    assert_eq!(
        price_when(Misbehaviour::WrongCurrency).await.1["currency"],
        "JPY"
    );
    assert_eq!(
        price_when(Misbehaviour::OtherSymbol).await.1["symbol"],
        "OTHER"
    );
    let spike: f64 = price_when(Misbehaviour::Spike).await.0.parse().unwrap();
    let ratio = spike / right.parse::<f64>().unwrap();
    assert!((9.99..10.01).contains(&ratio), "{ratio}");
}

#[tokio::test]
async fn a_rule_ends_after_its_calls_and_is_for_its_symbol_only() {
    let market = market().await;
    let rule = Rule::always(Source::Yahoo, Misbehaviour::InternalError);
    market.misbehave(rule.on_symbol("ACME").times(2));
    let other = "/yahoo/v8/finance/chart/OTHER";
    assert_eq!(get(&market, other).await.status, 200);
    assert_eq!(get(&market, CHART).await.status, 500);
    assert_eq!(get(&market, CHART).await.status, 500);
    assert_eq!(get(&market, CHART).await.status, 200);
}

#[tokio::test]
async fn the_same_seed_brings_the_same_trouble() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let market = market().await;
        market.trouble(Trouble {
            seed: 7,
            per_thousand: 400,
            without: Vec::new(),
        });
        for _ in 0..30 {
            let _ = try_get(&market, "/yahoo/v1/finance/search?q=a", "").await;
        }
        let calls = market.calls().calls;
        seen.push(
            calls
                .iter()
                .map(|call| call.misbehaviour)
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(seen[0], seen[1]);
    let bad = seen[0]
        .iter()
        .filter(|misbehaviour| misbehaviour.is_some())
        .count();
    assert!((5..25).contains(&bad), "{bad}");
}
