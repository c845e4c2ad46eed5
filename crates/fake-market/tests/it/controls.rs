//! The same by HTTP, for a test in another process.

use fake_market::Source;

use crate::client::{get, market, post, try_get};

#[tokio::test]
async fn another_process_can_order_misbehaviour_and_end_it() {
    let market = market().await;
    let order = r#"{"misbehaviour":"internal_error","source":"ecb"}"#;
    assert_eq!(post(&market, "/control/misbehave", order).await.status, 204);
    let daily = "/ecb/stats/eurofxref/eurofxref-daily.xml";
    assert_eq!(get(&market, daily).await.status, 500);
    assert_eq!(post(&market, "/control/reset", "").await.status, 204);
    assert_eq!(get(&market, daily).await.status, 200);
    let nonsense = r#"{"misbehaviour":"sulking"}"#;
    assert_eq!(
        post(&market, "/control/misbehave", nonsense).await.status,
        422
    );
}

#[tokio::test]
async fn calls_are_counted_by_source_and_symbol() {
    let market = market().await;
    for path in [
        "/yahoo/v8/finance/chart/ACME",
        "/yahoo/v7/finance/quote?symbols=ACME,OTHER",
    ] {
        get(&market, path).await;
    }
    let calls = get(&market, "/control/calls").await.json();
    assert_eq!(calls["by_source"]["yahoo"], 2);
    assert_eq!(calls["by_symbol"]["yahoo"]["ACME"], 2);
    assert_eq!(calls["by_symbol"]["yahoo"]["OTHER"], 1);
    assert_eq!(calls["calls"][1]["kind"], "quote");
    assert_eq!(market.calls().most_within(Source::Yahoo, 60_000), 2);
}

#[tokio::test]
async fn the_clock_can_be_set() {
    let market = market().await;
    post(
        &market,
        "/control/clock",
        r#"{"now":"2025-01-02T12:00:00Z"}"#,
    )
    .await;
    assert_eq!(market.now().to_string(), "2025-01-02T12:00:00Z");
    post(&market, "/control/clock", r#"{"now":null}"#).await;
    assert_ne!(market.now().to_string(), "2025-01-02T12:00:00Z");
}

#[tokio::test]
async fn a_key_is_wanted_in_its_header_and_nowhere_else() {
    let market = market().await;
    market.require_key(Source::Finnhub, "secret");
    let quote = "/finnhub/api/v1/quote?symbol=ACME";
    assert_eq!(get(&market, quote).await.status, 401);
    assert_eq!(
        get(&market, &format!("{quote}&token=secret")).await.status,
        401
    );
    let keyed = |header: &'static str| try_get(&market, quote, header);
    assert_eq!(keyed("x-finnhub-token: wrong").await.unwrap().status, 401);
    assert_eq!(keyed("x-finnhub-token: secret").await.unwrap().status, 200);
}
