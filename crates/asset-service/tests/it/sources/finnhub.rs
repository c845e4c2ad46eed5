use asset_service::source::finnhub::Finnhub;
use asset_service::source::upstream::UpstreamConfig;
use asset_service::source::{MarketDataSource, Question, Refusal, SourceError};
use domain::Currency;
use wiremock::matchers::{header, path, query_param};
use wiremock::{Mock, MockServer};

use super::{
    answers, ask, book, is_unavailable, json, quote, quotes, refusal, times_asked, with_key,
};
use crate::support::ticker;

const QUOTE: &str = "/api/v1/quote";
const PROFILE: &str = "/api/v1/stock/profile2";
const SEARCH: &str = "/api/v1/search";

async fn start() -> (MockServer, Finnhub) {
    let server = MockServer::start().await;
    let source = Finnhub::try_new(&with_key(&server), &book().await).unwrap();
    (server, source)
}

#[tokio::test]
async fn a_share_is_quoted_in_dollars_under_its_own_spelling_and_with_the_key() {
    let (server, finnhub) = start().await;
    let body =
        r#"{"c":512.34,"d":1.2,"dp":0.2,"h":515,"l":500.1,"o":505,"pc":511.10,"t":1773154770}"#;
    Mock::given(path(QUOTE))
        .and(query_param("symbol", "BRK.B"))
        .and(header("x-finnhub-token", "secret-key"))
        .respond_with(json(body))
        .mount(&server)
        .await;
    let found = quote(&finnhub, "BRK-B").await.unwrap();
    assert_eq!(found.price.to_string(), "512.34");
    assert_eq!(found.previous_close.unwrap().to_string(), "511.10");
    assert_eq!(found.currency, Currency::USD);
    assert_eq!(found.as_of.to_string(), "2026-03-10T14:59:30Z");
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    assert!(!requests[0].url.as_str().contains("secret-key"));
}

#[tokio::test]
async fn nothing_but_zeros_is_an_unknown_symbol_and_a_zero_price_is_not() {
    let (server, finnhub) = start().await;
    let zeros = r#"{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}"#;
    answers(&server, QUOTE, json(zeros)).await;
    assert_eq!(
        quote(&finnhub, "NOPE").await,
        Err(SourceError::UnknownSymbol)
    );
    server.reset().await;
    answers(&server, QUOTE, json(r#"{"c":0,"pc":3,"t":1773154770}"#)).await;
    assert_eq!(refusal(quote(&finnhub, "ACME").await), Refusal::NotPositive);
}

#[tokio::test]
async fn what_cannot_be_a_price_is_refused_with_its_reason() {
    for (body, reason) in [
        (r#"{"c":null,"t":1773154770}"#, Refusal::NotANumber),
        (r#"{"c":"Infinity","t":1773154770}"#, Refusal::NotANumber),
        (r#"{"c":-1,"t":1773154770}"#, Refusal::NotPositive),
        (r#"{"c":1,"t":null}"#, Refusal::NoTime),
        (r#"{"c":1,"t":1773200000}"#, Refusal::FromTheFuture),
    ] {
        let (server, finnhub) = start().await;
        answers(&server, QUOTE, json(body)).await;
        assert_eq!(refusal(quote(&finnhub, "ACME").await), reason, "{body}");
    }
}

#[tokio::test]
async fn an_error_within_a_200_is_an_outage() {
    let (server, finnhub) = start().await;
    answers(&server, QUOTE, json(r#"{"error":"API limit reached."}"#)).await;
    assert!(is_unavailable(&quote(&finnhub, "ACME").await));
}

#[tokio::test]
async fn only_shares_of_the_united_states_are_its_own() {
    let (_server, finnhub) = start().await;
    let is_asked = |question, symbol| finnhub.answers(question, &ticker(symbol));
    assert!(is_asked(Question::Quote, "AAPL"));
    assert!(!is_asked(Question::History, "AAPL"), "candles are paid for");
    for symbol in ["VOD.L", "BTC-USD", "EURUSD=X", "^GSPC", "MY:HOUSE"] {
        assert!(!is_asked(Question::Quote, symbol), "{symbol}");
    }
}

#[tokio::test]
async fn each_share_of_a_batch_is_a_call() {
    let (server, finnhub) = start().await;
    answers(&server, QUOTE, json(r#"{"c":2,"pc":1,"t":1773154770}"#)).await;
    assert!(
        quotes(&finnhub, &["A", "B", "C"])
            .await
            .values()
            .all(Result::is_ok)
    );
    assert_eq!(times_asked(&server).await, 3);
}

#[tokio::test]
async fn the_currency_of_a_companys_filings_is_not_that_of_its_share() {
    let (server, finnhub) = start().await;
    let profile = r#"{"ticker":"ACME","name":"Acme Taiwan ADR","currency":"TWD","exchange":"NEW YORK STOCK EXCHANGE, INC.","finnhubIndustry":"Semiconductors"}"#;
    answers(&server, PROFILE, json(profile)).await;
    let found = finnhub.instrument(ask(), &ticker("ACME")).await.unwrap();
    assert_eq!(found.currency, Currency::USD);
    assert_eq!(found.name, "Acme Taiwan ADR");
    assert_eq!(found.sector.as_deref(), Some("Semiconductors"));
    let other = finnhub.instrument(ask(), &ticker("ACMF")).await;
    assert_eq!(refusal(other), Refusal::OtherSymbol);
}

#[tokio::test]
async fn a_fund_without_a_profile_is_found_by_search() {
    let (server, finnhub) = start().await;
    answers(&server, PROFILE, json("{}")).await;
    let hits = r#"{"count":3,"result":[
        {"description":"ACME INDEX FUND","displaySymbol":"ACMX","symbol":"ACMX","type":"ETP"},
        {"description":"ACME B","displaySymbol":"ACM.B","symbol":"ACM.B","type":"Common Stock"},
        {"description":"ACME LONDON","displaySymbol":"ACME.L","symbol":"ACME.L","type":"Common Stock"}]}"#;
    answers(&server, SEARCH, json(hits)).await;
    let found = finnhub.instrument(ask(), &ticker("ACMX")).await.unwrap();
    assert_eq!(found.instrument_type.as_str(), "ETF");
    let unknown = finnhub.instrument(ask(), &ticker("NOPE")).await;
    assert_eq!(unknown, Err(SourceError::UnknownSymbol));
    let hits = finnhub.search(ask(), "acme").await.unwrap();
    let symbols: Vec<&str> = hits.iter().map(|hit| hit.ticker.as_str()).collect();
    assert_eq!(symbols, ["ACMX", "ACM-B"]);
}

#[tokio::test]
async fn without_a_key_it_does_not_start() {
    for key in [None, Some(""), Some(" ")] {
        let config = UpstreamConfig {
            api_key: key.map(Into::into),
            ..Finnhub::defaults()
        };
        let error = Finnhub::try_new(&config, &book().await)
            .unwrap_err()
            .to_string();
        assert!(error.contains("asset.finnhub.api_key"), "{error}");
    }
}
