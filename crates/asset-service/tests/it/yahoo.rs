//! Yahoo as it is on bad days. All figures are invented.

use asset_service::source::upstream::UpstreamConfig;
use asset_service::{AssetConfig, SourceName};
use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Market, seconds};

/// 2026-03-10T14:59:30Z, half a minute before the tests' now.
const TRADED_AT: &str = "1773154770";

struct Yahoo {
    server: MockServer,
    market: Market,
}

impl Yahoo {
    async fn start() -> Self {
        let server = MockServer::start().await;
        let market = Market::configured(&config(&server.uri())).await;
        Self { server, market }
    }

    async fn answers(&self, symbol: &str, response: ResponseTemplate) {
        Mock::given(method("GET"))
            .and(path(format!("/v8/finance/chart/{symbol}")))
            .respond_with(response)
            .mount(&self.server)
            .await;
    }

    async fn times_asked(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }
}

fn config(base_url: &str) -> AssetConfig {
    AssetConfig {
        sources: vec![SourceName::Yahoo],
        yahoo: UpstreamConfig {
            timeout_ms: 300,
            ..UpstreamConfig::at(base_url)
        },
        ..AssetConfig::default()
    }
}

fn json(body: impl Into<String>) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.into(), "application/json")
}

/// A chart whose meta says this.
fn chart(meta: &str) -> ResponseTemplate {
    json(format!(
        r#"{{"chart":{{"result":[{{"meta":{{{meta}}},"indicators":{{"quote":[{{}}]}}}}],"error":null}}}}"#
    ))
}

fn acme(price: &str) -> ResponseTemplate {
    chart(&format!(
        r#""currency":"USD","symbol":"ACME","regularMarketTime":{TRADED_AT},"regularMarketPrice":{price},"chartPreviousClose":9.99"#
    ))
}

fn not_found() -> ResponseTemplate {
    let body =
        r#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}"#;
    ResponseTemplate::new(404).set_body_raw(body, "application/json")
}

/// With this answer, a known price is shown as stale, and an unknown one as unavailable.
async fn misbehaving(response: ResponseTemplate, reason: &str) {
    let yahoo = Yahoo::start().await;
    yahoo.answers("ACME", acme("10.25")).await;
    yahoo.market.quote("ACME").await;
    yahoo.server.reset().await;
    yahoo.answers("ACME", response.clone()).await;
    yahoo.market.clock.advance(seconds(60));
    let known = yahoo.market.quote("ACME").await;
    assert_eq!(known.at("/price"), "10.25");
    assert_eq!(known.at("/staleness"), "stale");
    assert_eq!(known.at("/reason"), reason);
    assert_eq!(known.at("/fetched_at"), "2026-03-10T15:00:00Z");

    let yahoo = Yahoo::start().await;
    yahoo.answers("ACME", response).await;
    let list = yahoo
        .market
        .get("/v1/quotes?symbols=ACME")
        .await
        .expect(200);
    assert_eq!(list.at("/items/0/price"), "null");
    assert_eq!(list.at("/items/0/staleness"), "unavailable");
    assert_eq!(list.at("/items/0/reason"), reason);
}

#[tokio::test]
async fn a_price_is_shown_digit_for_digit() {
    let yahoo = Yahoo::start().await;
    yahoo.answers("ACME", acme("9.97999572753906")).await;
    let quote = yahoo.market.quote("ACME").await;
    assert_eq!(quote.at("/price"), "9.97999572753906");
    assert_eq!(quote.at("/previous_close"), "9.99");
    assert_eq!(quote.at("/as_of"), "2026-03-10T14:59:30Z");
    assert_eq!(quote.at("/source"), "yahoo");
    assert_eq!(quote.at("/staleness"), "fresh");
}

#[tokio::test]
async fn pence_are_converted_to_pounds_once() {
    let yahoo = Yahoo::start().await;
    let meta = format!(
        r#""currency":"GBp","symbol":"ACME.L","regularMarketTime":{TRADED_AT},"regularMarketPrice":712.5,"previousClose":700,"exchangeDataDelayedBy":15"#
    );
    yahoo.answers("ACME.L", chart(&meta)).await;
    let quote = yahoo.market.quote("acme.l").await;
    assert_eq!(quote.at("/currency"), "GBP");
    assert_eq!(quote.at("/price"), "7.125");
    assert_eq!(quote.at("/previous_close"), "7.00");
    assert_eq!(quote.at("/staleness"), "delayed");
}

#[tokio::test]
async fn symbols_with_special_characters_survive_the_url() {
    let yahoo = Yahoo::start().await;
    let meta = format!(
        r#""currency":"USD","symbol":"EURUSD=X","regularMarketTime":{TRADED_AT},"regularMarketPrice":1.0875"#
    );
    yahoo.answers("EURUSD=X", chart(&meta)).await;
    let rate = yahoo.market.get("/v1/fx/EUR/USD").await.expect(200);
    assert_eq!(rate.at("/rate"), "1.0875");
    assert_eq!(rate.at("/source"), "yahoo");
}

#[tokio::test]
async fn a_null_price_is_no_price() {
    misbehaving(acme("null"), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn infinity_is_no_price() {
    misbehaving(acme("\"Infinity\""), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn not_a_number_is_no_price() {
    misbehaving(acme("NaN"), "SOURCE_UNAVAILABLE").await;
}

#[tokio::test]
async fn zero_is_no_price() {
    misbehaving(acme("0.0"), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn a_negative_price_is_no_price() {
    misbehaving(acme("-3.5"), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn a_price_beyond_all_measure_is_no_price() {
    misbehaving(acme("1e300"), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn a_price_from_the_future_is_refused() {
    let meta = r#""currency":"USD","symbol":"ACME","regularMarketTime":1773200000,"regularMarketPrice":10"#;
    misbehaving(chart(meta), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn a_price_without_a_time_is_refused() {
    let meta =
        r#""currency":"USD","symbol":"ACME","regularMarketTime":null,"regularMarketPrice":10"#;
    misbehaving(chart(meta), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn a_currency_nobody_knows_is_refused() {
    let meta = format!(
        r#""currency":"XYZ","symbol":"ACME","regularMarketTime":{TRADED_AT},"regularMarketPrice":10"#
    );
    misbehaving(chart(&meta), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn the_price_of_another_symbol_is_refused() {
    let meta = format!(
        r#""currency":"USD","symbol":"OTHER","regularMarketTime":{TRADED_AT},"regularMarketPrice":10"#
    );
    misbehaving(chart(&meta), "REFUSED_QUOTE").await;
}

#[tokio::test]
async fn a_symbol_that_yahoo_lost_is_unknown() {
    misbehaving(not_found(), "UNKNOWN_SYMBOL").await;
}

#[tokio::test]
async fn a_404_about_the_address_is_not_about_the_symbol() {
    let page = ResponseTemplate::new(404).set_body_raw("<html>gone</html>", "text/html");
    misbehaving(page, "SOURCE_UNAVAILABLE").await;
}

#[tokio::test]
async fn a_server_error_is_an_outage() {
    misbehaving(ResponseTemplate::new(500), "SOURCE_UNAVAILABLE").await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = ResponseTemplate::new(302).insert_header("location", "https://example.com/");
    misbehaving(elsewhere, "SOURCE_UNAVAILABLE").await;
}

#[tokio::test]
async fn a_web_page_is_no_answer() {
    let page = ResponseTemplate::new(200).set_body_raw("<html>Accept cookies</html>", "text/html");
    misbehaving(page, "SOURCE_UNAVAILABLE").await;
}

#[tokio::test]
async fn half_an_answer_is_no_answer() {
    misbehaving(
        json(r#"{"chart":{"result":[{"meta":{"#),
        "SOURCE_UNAVAILABLE",
    )
    .await;
}

#[tokio::test]
async fn an_empty_answer_is_no_answer() {
    let body = r#"{"chart":{"result":[],"error":null}}"#;
    misbehaving(json(body), "SOURCE_UNAVAILABLE").await;
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    misbehaving(json("[".repeat(2 * 1024 * 1024)), "SOURCE_UNAVAILABLE").await;
}

#[tokio::test]
async fn a_slow_answer_is_not_waited_for() {
    let slow = acme("10").set_delay(std::time::Duration::from_secs(20));
    misbehaving(slow, "SOURCE_UNAVAILABLE").await;
}

#[tokio::test]
async fn a_closed_port_is_an_outage() {
    let vacated = MockServer::builder().start().await.uri();
    let market = Market::configured(&config(&vacated)).await;
    let quote = market.quote("ACME").await;
    assert_eq!(quote.at("/price"), "null");
    assert_eq!(quote.at("/reason"), "SOURCE_UNAVAILABLE");
    assert_eq!(market.get("/v1/instruments/ACME").await.status, 503);
    assert_eq!(market.get("/v1/instruments?query=acme").await.status, 503);
}

#[tokio::test]
async fn a_429_is_obeyed_for_as_long_as_it_asks() {
    let yahoo = Yahoo::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "120");
    yahoo.answers("ACME", busy).await;
    for _ in 0..3 {
        let quote = yahoo.market.quote("ACME").await;
        assert_eq!(quote.at("/reason"), "SOURCE_UNAVAILABLE");
        yahoo.market.clock.advance(seconds(30));
    }
    assert_eq!(yahoo.times_asked().await, 1);
    yahoo.server.reset().await;
    yahoo.answers("ACME", acme("10")).await;
    yahoo.market.clock.advance(seconds(30));
    assert_eq!(yahoo.market.quote("ACME").await.at("/price"), "10");
}

#[tokio::test]
async fn a_429_without_a_word_is_not_hammered() {
    let yahoo = Yahoo::start().await;
    yahoo.answers("ACME", ResponseTemplate::new(429)).await;
    for _ in 0..20 {
        yahoo.market.quote("ACME").await;
        yahoo.market.clock.advance(seconds(10));
    }
    // 200 seconds hold the pauses of 30 and 60 seconds, and the beginning of the next.
    assert_eq!(yahoo.times_asked().await, 3);
}

#[tokio::test]
async fn an_unknown_symbol_is_not_found() {
    let yahoo = Yahoo::start().await;
    yahoo.answers("NOPE", not_found()).await;
    let problem = yahoo
        .market
        .get("/v1/instruments/NOPE/quote")
        .await
        .expect(404)
        .problem();
    assert_eq!(problem.code, "INSTRUMENT_NOT_FOUND");
    assert_eq!(yahoo.market.get("/v1/instruments/NOPE").await.status, 404);
}

#[tokio::test]
async fn an_instrument_is_described_from_its_chart() {
    let yahoo = Yahoo::start().await;
    let meta = format!(
        r#""currency":"USD","symbol":"ACME","instrumentType":"MUTUALFUND","longName":"Acme Growth Fund","shortName":"ACME","fullExchangeName":"Nasdaq","regularMarketTime":{TRADED_AT}"#
    );
    yahoo.answers("ACME", chart(&meta)).await;
    let instrument = yahoo.market.get("/v1/instruments/ACME").await.expect(200);
    assert_eq!(instrument.at("/name"), "Acme Growth Fund");
    assert_eq!(instrument.at("/instrument_type"), "Mutual Fund");
    assert_eq!(instrument.at("/exchange"), "Nasdaq");
    assert_eq!(instrument.at("/sector"), "null");
    assert_eq!(instrument.at("/source"), "yahoo");
}

#[tokio::test]
async fn a_search_describes_what_it_finds() {
    let yahoo = Yahoo::start().await;
    let hits = r#"{"quotes":[{"symbol":"GONE"},{"symbol":"ACME","sector":"Industrials"},{"isYahooFinance":false}]}"#;
    Mock::given(path("/v1/finance/search"))
        .and(query_param("q", "ac me&q=x"))
        .respond_with(json(hits))
        .mount(&yahoo.server)
        .await;
    yahoo.answers("ACME", acme("10")).await;
    yahoo.answers("GONE", not_found()).await;
    let page = yahoo
        .market
        .get("/v1/instruments?query=ac%20me%26q%3Dx")
        .await
        .expect(200);
    assert_eq!(page.count("/items"), 1);
    assert_eq!(page.at("/items/0/ticker_symbol"), "ACME");
    assert_eq!(page.at("/items/0/sector"), "Industrials");
    let all = yahoo.market.get("/v1/instruments").await.expect(200);
    assert_eq!(all.count("/items"), 0);
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_the_start() {
    for base_url in ["", "yahoo", "file:///etc/passwd", "://"] {
        let storage = crate::support::Storage::new().await;
        let clock = crate::support::clock();
        let started = asset_service::AssetService::try_new(
            &config(base_url),
            storage.table(),
            service_kit::testing::TestIssuer::new(&clock).verifier(),
            clock,
        );
        let error = started.unwrap_err().to_string();
        assert!(error.contains("asset.yahoo.base_url"), "{error}");
    }
}

#[tokio::test]
async fn no_more_requests_for_new_symbols_are_under_way_than_half_of_those_allowed() {
    let server = MockServer::start().await;
    let mut config = config(&server.uri());
    config.yahoo.timeout_ms = 10_000;
    config.yahoo.concurrent_requests = 4;
    config.quote_deadline_ms = 200;
    let market = Market::configured(&config).await;
    Mock::given(path("/v7/finance/quote"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&server)
        .await;
    let slow = ResponseTemplate::new(500).set_delay(std::time::Duration::from_secs(20));
    Mock::given(method("GET"))
        .respond_with(slow)
        .mount(&server)
        .await;
    let list = market.get("/v1/quotes?symbols=A,B,C,D").await.expect(200);
    assert_eq!(list.at("/items/3/reason"), "SOURCE_UNAVAILABLE");
    let requests = server.received_requests().await.unwrap();
    let charts = requests
        .iter()
        .filter(|request| request.url.path().starts_with("/v8/"));
    assert_eq!(charts.count(), 2);
}
