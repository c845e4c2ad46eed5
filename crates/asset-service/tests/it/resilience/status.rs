use asset_service::{AssetConfig, SourceName};
use wiremock::ResponseTemplate;

use super::Line;
use crate::support::{Market, seconds};

fn config(line: &Line) -> AssetConfig {
    let mut config = AssetConfig {
        sources: vec![SourceName::Yahoo],
        ..AssetConfig::default()
    };
    config.yahoo.base_url = line.server.uri();
    config.yahoo.calls_per_minute = 100;
    config.yahoo.calls_per_day = 1_000;
    config
}

fn acme(price: &str) -> ResponseTemplate {
    let body = format!(
        r#"{{"chart":{{"result":[{{"meta":{{"currency":"USD","symbol":"ACME","regularMarketTime":1773154770,"regularMarketPrice":{price}}}}}],"error":null}}}}"#
    );
    ResponseTemplate::new(200).set_body_raw(body, "application/json")
}

#[tokio::test]
async fn the_simulated_market_has_nothing_to_spare() {
    let market = Market::simulated().await;
    let status = market.get("/v1/market/status").await.expect(200);
    assert_eq!(status.count("/sources"), 1);
    assert_eq!(status.at("/sources/0/name"), "simulated");
    assert_eq!(status.at("/sources/0/breaker/state"), "closed");
    assert_eq!(status.count("/sources/0/budgets"), 0);
    assert_eq!(status.count("/sources/0/covers"), 3);
    assert_eq!(status.at("/sources/0/covers/0/questions/0"), "quote");
    assert_eq!(status.at("/sources/0/last_failure"), "null");
    assert_eq!(status.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn the_status_says_what_was_asked_and_what_is_left() {
    let line = Line::new().await;
    line.answers(acme("10")).await;
    let market = Market::configured(&config(&line)).await;
    market.quote("ACME").await;
    let status = market.get("/v1/market/status").await.expect(200);
    let at = |field: &str| status.at(&format!("/sources/0/{field}"));
    assert_eq!((at("calls"), at("failures")), ("1".into(), "0".into()));
    assert_eq!(at("last_success_at"), "2026-03-10T15:00:00Z");
    assert_eq!(at("budgets/0/window"), "minute");
    assert_eq!(at("budgets/0/left"), "99");
    assert_eq!(at("budgets/0/resets_at"), "2026-03-10T15:01:00Z");
    assert_eq!(at("budgets/1/window"), "day");
    assert_eq!(at("budgets/1/limit"), "1000");
    assert_eq!(at("budgets/1/left"), "999");
    assert_eq!(at("budgets/1/resets_at"), "2026-03-11T00:00:00Z");
}

#[tokio::test]
async fn the_status_says_why_a_source_is_left_alone_and_until_when() {
    let line = Line::new().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "120");
    line.answers(busy).await;
    let market = Market::configured(&config(&line)).await;
    market.quote("ACME").await;
    let status = market.get("/v1/market/status").await.expect(200);
    let at = |field: &str| status.at(&format!("/sources/0/{field}"));
    assert_eq!(at("breaker/state"), "open");
    assert_eq!(at("breaker/until"), "2026-03-10T15:02:00Z");
    assert_eq!(at("last_failure"), "TOO_MANY_REQUESTS");
    assert_eq!(at("last_failure_at"), "2026-03-10T15:00:00Z");
    assert_eq!(at("last_success_at"), "null");
}

#[tokio::test]
async fn the_status_counts_prices_that_were_not_believed() {
    let line = Line::new().await;
    line.answers(acme("10")).await;
    let market = Market::configured(&config(&line)).await;
    market.quote("ACME").await;
    line.answers(acme("100")).await;
    market.clock.advance(seconds(60));
    let quote = market.quote("ACME").await;
    assert_eq!(quote.at("/price"), "10");
    assert_eq!(quote.at("/staleness"), "stale");
    assert_eq!(quote.at("/reason"), "REFUSED_QUOTE");
    line.answers(acme("0")).await;
    market.clock.advance(seconds(60));
    market.quote("ACME").await;
    market.service.settled().await;
    let status = market.get("/v1/market/status").await.expect(200);
    let refused = |reason: &str| status.at(&format!("/sources/0/refused/{reason}"));
    assert_eq!(refused("JUMP"), "1");
    assert_eq!(refused("NOT_POSITIVE"), "1");
}

#[tokio::test]
async fn asking_for_the_status_asks_no_source() {
    let line = Line::answering(200).await;
    let market = Market::configured(&config(&line)).await;
    let status = market.get("/v1/market/status").await.expect(200);
    assert_eq!(status.at("/sources/0/budgets/1/left"), "1000");
    assert_eq!(line.requests().await, 0);
    assert_eq!(market.get("/v1/market/status?x=1").await.status, 422);
}
