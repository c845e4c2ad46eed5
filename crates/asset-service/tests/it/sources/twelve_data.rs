use asset_service::source::twelve_data::TwelveData;
use asset_service::source::{MarketDataSource, Question, Refusal, SourceError};
use domain::Currency;
use wiremock::matchers::{header, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{
    answers, ask, book, close, closes, history, is_unavailable, json, quote, quotes, refusal,
    times_asked, with_key,
};
use crate::support::{Storage, clock, ticker};

const QUOTE: &str = "/quote";
const SERIES: &str = "/time_series";
const SEARCH: &str = "/symbol_search";

async fn start() -> (MockServer, TwelveData) {
    let server = MockServer::start().await;
    let source = TwelveData::try_new(&with_key(&server), &book().await).unwrap();
    (server, source)
}

fn acme(fields: &str) -> String {
    format!(
        r#"{{"symbol":"ACME","mic_code":"XNGS","currency":"USD","timestamp":1773149400,"last_quote_at":1773154770,{fields}}}"#
    )
}

#[tokio::test]
async fn a_batch_is_answered_by_symbol_and_an_error_is_about_one_of_them() {
    let (server, twelve_data) = start().await;
    let body = format!(
        r#"{{"ACME":{},
            "VOD:LSE":{{"symbol":"VOD","mic_code":"XLON","currency":"GBp","timestamp":1773154770,"close":"71.25"}},
            "EUR/USD":{{"symbol":"EUR/USD","currency_base":"Euro","timestamp":1773154770,"close":"1.08125"}},
            "NOPE":{{"code":404,"message":"symbol not found","status":"error"}},
            "PAID":{{"code":403,"message":"available in another plan","status":"error"}}}}"#,
        acme(r#""close":"189.98000","previous_close":"188.10""#)
    );
    Mock::given(path(QUOTE))
        .and(query_param("symbol", "ACME,VOD:LSE,EUR/USD,NOPE,PAID"))
        .and(header("authorization", "apikey secret-key"))
        .respond_with(json(body))
        .mount(&server)
        .await;
    let symbols = ["ACME", "VOD.L", "EURUSD=X", "NOPE", "PAID"];
    let found = quotes(&twelve_data, &symbols).await;
    let acme = found["ACME"].as_ref().unwrap();
    assert_eq!(acme.price.to_string(), "189.98000");
    assert_eq!(acme.previous_close.unwrap().to_string(), "188.10");
    assert_eq!(acme.as_of.to_string(), "2026-03-10T14:59:30Z");
    assert!(!acme.is_delayed);
    let vodafone = found["VOD.L"].as_ref().unwrap();
    assert_eq!(vodafone.price.to_string(), "0.7125");
    assert_eq!(vodafone.currency, Currency::GBP);
    assert!(vodafone.is_delayed);
    assert_eq!(found["EURUSD=X"].as_ref().unwrap().currency, Currency::USD);
    assert_eq!(found["NOPE"], Err(SourceError::UnknownSymbol));
    assert!(is_unavailable(&found["PAID"]));
    assert_eq!(times_asked(&server).await, 1);
}

#[tokio::test]
async fn a_single_symbol_is_not_wrapped() {
    let (server, twelve_data) = start().await;
    answers(&server, QUOTE, json(acme(r#""close":"10.5""#))).await;
    assert_eq!(
        quote(&twelve_data, "ACME").await.unwrap().price.to_string(),
        "10.5"
    );
    server.reset().await;
    let unknown = r#"{"code":404,"message":"symbol not found","status":"error"}"#;
    for status in [200, 404] {
        let response = ResponseTemplate::new(status).set_body_raw(unknown, "application/json");
        answers(&server, QUOTE, response).await;
        let found = quote(&twelve_data, "ACME").await;
        assert_eq!(found, Err(SourceError::UnknownSymbol));
        server.reset().await;
    }
}

#[tokio::test]
async fn too_many_calls_within_a_200_are_a_pause() {
    let (server, twelve_data) = start().await;
    let body = r#"{"code":429,"message":"You have run out of API credits","status":"error"}"#;
    answers(&server, QUOTE, json(body)).await;
    let found = quotes(&twelve_data, &["A", "B"]).await;
    assert!(found.values().all(is_unavailable));
    assert!(is_unavailable(&quote(&twelve_data, "A").await));
    assert_eq!(times_asked(&server).await, 1);
}

#[tokio::test]
async fn a_bad_key_within_a_200_is_an_outage_and_says_nothing_about_it() {
    let (server, twelve_data) = start().await;
    let body = r#"{"code":401,"message":"secret-key is incorrect","status":"error"}"#;
    answers(&server, QUOTE, json(body)).await;
    let error = quote(&twelve_data, "A").await.unwrap_err().to_string();
    assert!(!error.contains("secret-key"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_a_price_is_refused_with_its_reason() {
    for (body, reason) in [
        (acme(r#""close":null"#), Refusal::NotANumber),
        (acme(r#""close":"Infinity""#), Refusal::NotANumber),
        (acme(r#""close":"0.00""#), Refusal::NotPositive),
        (acme(r#""close":"-1""#), Refusal::NotPositive),
        (
            r#"{"symbol":"ACME","currency":"USD","timestamp":1773200000,"close":"1"}"#.to_owned(),
            Refusal::FromTheFuture,
        ),
        (
            r#"{"symbol":"ACME","currency":"XYZ","timestamp":1773154770,"close":"1"}"#.to_owned(),
            Refusal::UnknownCurrency,
        ),
        (
            r#"{"symbol":"ACMF","currency":"USD","timestamp":1773154770,"close":"1"}"#.to_owned(),
            Refusal::OtherSymbol,
        ),
        (
            r#"{"symbol":"ACME","mic_code":"XLON","currency":"USD","timestamp":1773154770,"close":"1"}"#.to_owned(),
            Refusal::OtherSymbol,
        ),
    ] {
        let (server, twelve_data) = start().await;
        answers(&server, QUOTE, json(body.clone())).await;
        assert_eq!(refusal(quote(&twelve_data, "ACME").await), reason, "{body}");
    }
}

#[tokio::test]
async fn a_batch_is_no_larger_than_half_of_what_a_minute_allows() {
    let server = MockServer::start().await;
    let mut config = with_key(&server);
    config.calls_per_minute = 8;
    let storage = Storage::new().await;
    let twelve_data = TwelveData::try_new(&config, &storage.book(&clock())).unwrap();
    answers(&server, QUOTE, json("{}")).await;
    let found = quotes(&twelve_data, &["A", "B", "C", "D", "E", "F"]).await;
    assert!(found.values().all(is_unavailable));
    assert_eq!(times_asked(&server).await, 2);
}

#[tokio::test]
async fn history_is_as_traded_and_leaves_out_the_day_that_is_not_over() {
    let (server, twelve_data) = start().await;
    let body = r#"{"meta":{"symbol":"ACME","currency":"USD","exchange_timezone":"America/New_York","mic_code":"XNGS"},
        "values":[{"datetime":"2026-03-10","close":"12.00"},{"datetime":"2026-03-09","close":"11.50000"},
                  {"datetime":"2026-03-06","close":null},{"datetime":"2026-03-05","close":"11.10"},
                  {"datetime":"2026-02-27","close":"9"}],"status":"ok"}"#;
    Mock::given(path(SERIES))
        .and(query_param("symbol", "ACME"))
        .and(query_param("interval", "1day"))
        .and(query_param("adjust", "none"))
        .and(query_param("start_date", "2026-02-19"))
        .and(query_param("end_date", "2026-03-11"))
        .respond_with(json(body))
        .mount(&server)
        .await;
    let found = history(&twelve_data, "ACME", "2026-03-01", "2026-03-10")
        .await
        .unwrap();
    let expected = [
        close("2026-03-05", "11.10"),
        close("2026-03-09", "11.50000"),
    ];
    assert_eq!(closes(&found), expected);
    assert_eq!(found.actions, None);
}

#[tokio::test]
async fn what_it_finds_is_spelled_our_way() {
    let (server, twelve_data) = start().await;
    let body = r#"{"data":[
        {"symbol":"BRK.B","instrument_name":"Berkshire","exchange":"NYSE","mic_code":"XNYS","instrument_type":"Common Stock","country":"United States","currency":"USD"},
        {"symbol":"VOD","instrument_name":"Vodafone","exchange":"LSE","mic_code":"XLON","instrument_type":"Common Stock","country":"United Kingdom","currency":"GBp"},
        {"symbol":"VOD","instrument_name":"Vodafone","exchange":"Nowhere","mic_code":"XNOW","instrument_type":"Common Stock","country":"Nowhere","currency":"USD"},
        {"symbol":"BTC/USD","instrument_name":"Bitcoin US Dollar","exchange":"Coinbase Pro","mic_code":"","instrument_type":"Digital Currency","country":"","currency":""}],"status":"ok"}"#;
    answers(&server, SEARCH, json(body)).await;
    let hits = twelve_data.search(ask(), "vod").await.unwrap();
    let symbols: Vec<&str> = hits.iter().map(|hit| hit.ticker.as_str()).collect();
    assert_eq!(symbols, ["BRK-B", "VOD.L", "BTC-USD"]);
    assert_eq!(hits[1].currency, Currency::GBP);
    let vodafone = twelve_data
        .instrument(ask(), &ticker("VOD.L"))
        .await
        .unwrap();
    assert_eq!(vodafone.name, "Vodafone");
    let other = twelve_data.instrument(ask(), &ticker("VOD.DE")).await;
    assert_eq!(other, Err(SourceError::UnknownSymbol));
}

#[tokio::test]
async fn indices_are_none_of_its_own() {
    let (_server, twelve_data) = start().await;
    assert!(!twelve_data.answers(Question::Quote, &ticker("^GSPC")));
    assert!(twelve_data.answers(Question::History, &ticker("BTC-USD")));
}
