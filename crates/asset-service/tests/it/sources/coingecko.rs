use asset_service::source::coingecko::CoinGecko;
use asset_service::source::{Ask, MarketDataSource, Question, Refusal, SourceError};
use wiremock::matchers::{header, path, query_param};
use wiremock::{Mock, MockServer};

use super::{
    answers, ask, book, close, closes, history, is_unavailable, json, quote, quotes, refusal,
    times_asked, with_key,
};
use crate::support::{seconds, ticker};

const MARKETS: &str = "/api/v3/coins/markets";
const PRICE: &str = "/api/v3/simple/price";
const RANGE: &str = "/api/v3/coins/bitcoin/market_chart/range";
const SEARCH: &str = "/api/v3/search";

const COINS: &str = r#"[{"id":"batcat","symbol":"btc","name":"BatCat","market_cap_rank":null},
    {"id":"bitcoin","symbol":"btc","name":"Bitcoin","market_cap_rank":1},
    {"id":"bitcoin-copy","symbol":"BTC","name":"Copy","market_cap_rank":900},
    {"id":"ethereum","symbol":"eth","name":"Ethereum","market_cap_rank":2}]"#;

async fn start() -> (MockServer, CoinGecko) {
    let server = MockServer::start().await;
    let source = CoinGecko::try_new(&with_key(&server), &book().await).unwrap();
    (server, source)
}

#[tokio::test]
async fn a_batch_is_one_call_and_what_the_symbols_stand_for_is_asked_once() {
    let (server, coingecko) = start().await;
    Mock::given(path(MARKETS))
        .and(query_param("symbols", "btc,eth,nope"))
        .and(header("x-cg-demo-api-key", "secret-key"))
        .respond_with(json(COINS))
        .mount(&server)
        .await;
    let body = r#"{"bitcoin":{"usd":70123.45678901,"eur":65000.1,"last_updated_at":1773154770},
                   "ethereum":{"usd":3500,"last_updated_at":1773154770}}"#;
    Mock::given(path(PRICE))
        .and(query_param("ids", "bitcoin,ethereum"))
        .and(query_param("vs_currencies", "eur,usd"))
        .and(query_param("precision", "full"))
        .respond_with(json(body))
        .mount(&server)
        .await;
    let symbols = ["BTC-USD", "BTC-EUR", "ETH-USD", "ETH-EUR", "NOPE-USD"];
    let found = quotes(&coingecko, &symbols).await;
    let price = |symbol: &str| found[symbol].as_ref().unwrap().price.to_string();
    assert_eq!(price("BTC-USD"), "70123.45678901");
    assert_eq!(price("BTC-EUR"), "65000.1");
    assert_eq!(price("ETH-USD"), "3500");
    assert_eq!(found["ETH-EUR"], Err(SourceError::UnknownSymbol));
    assert_eq!(found["NOPE-USD"], Err(SourceError::UnknownSymbol));
    assert_eq!(times_asked(&server).await, 2);
    quotes(&coingecko, &["BTC-USD", "ETH-USD", "BTC-EUR"]).await;
    assert_eq!(times_asked(&server).await, 3);
}

#[tokio::test]
async fn a_coin_that_nobody_knows_is_looked_up_once_an_hour() {
    let (server, coingecko) = start().await;
    answers(&server, MARKETS, json(COINS)).await;
    let unknown = Err(SourceError::UnknownSymbol);
    for symbol in ["NOPE-USD", "NOPE-EUR", "NOPE-USD"] {
        assert_eq!(quote(&coingecko, symbol).await, unknown);
    }
    assert!(
        coingecko
            .instrument(ask(), &ticker("NOPE-USD"))
            .await
            .is_err()
    );
    assert_eq!(times_asked(&server).await, 1);
    let later = Ask::waiting(ask().now + seconds(3_600));
    assert!(
        coingecko
            .instrument(later, &ticker("NOPE-USD"))
            .await
            .is_err()
    );
    assert_eq!(times_asked(&server).await, 2);
}

#[tokio::test]
async fn what_cannot_be_a_price_is_refused_with_its_reason() {
    for (prices, reason) in [
        (
            r#""usd":null,"last_updated_at":1773154770"#,
            Refusal::NotANumber,
        ),
        (
            r#""usd":0,"last_updated_at":1773154770"#,
            Refusal::NotPositive,
        ),
        (r#""usd":1"#, Refusal::NoTime),
        (
            r#""usd":1,"last_updated_at":1773200000"#,
            Refusal::FromTheFuture,
        ),
    ] {
        let (server, coingecko) = start().await;
        answers(&server, MARKETS, json(COINS)).await;
        answers(
            &server,
            PRICE,
            json(format!(r#"{{"bitcoin":{{{prices}}}}}"#)),
        )
        .await;
        assert_eq!(
            refusal(quote(&coingecko, "BTC-USD").await),
            reason,
            "{prices}"
        );
    }
}

#[tokio::test]
async fn a_slug_that_would_lead_elsewhere_is_not_followed() {
    let (server, coingecko) = start().await;
    let body = r#"[{"id":"../../ping","symbol":"btc","name":"Bitcoin","market_cap_rank":1}]"#;
    answers(&server, MARKETS, json(body)).await;
    let found = quote(&coingecko, "BTC-USD").await;
    assert_eq!(found, Err(SourceError::UnknownSymbol));
    assert_eq!(times_asked(&server).await, 1);
}

#[tokio::test]
async fn only_coins_are_its_own() {
    let (_server, coingecko) = start().await;
    let is_asked = |symbol| coingecko.answers(Question::History, &ticker(symbol));
    assert!(is_asked("BTC-USD"));
    for symbol in ["AAPL", "BRK-B", "EURUSD=X", "MY:BTC-USD"] {
        assert!(!is_asked(symbol), "{symbol}");
    }
}

#[tokio::test]
async fn a_close_is_the_point_at_midnight_and_today_has_none() {
    let (server, coingecko) = start().await;
    answers(&server, MARKETS, json(COINS)).await;
    // 23:00 of the 7th, midnight after the 8th, a little after midnight, and now; of the days before
    // those asked for enough to have a point a day.
    let body = r#"{"prices":[[1772924400000,70.5],[1772982000000,71],[1773014400000,71.5],
                             [1773014520123,71.75],[1773097200000,72],[1773154770000,73.25]]}"#;
    Mock::given(path(RANGE))
        .and(query_param("vs_currency", "usd"))
        .and(query_param("from", "1765152000"))
        .and(query_param("to", "1773273600"))
        .respond_with(json(body))
        .mount(&server)
        .await;
    let found = history(&coingecko, "BTC-USD", "2026-03-07", "2026-03-10")
        .await
        .unwrap();
    let expected = [
        close("2026-03-07", "70.5"),
        close("2026-03-08", "71.5"),
        close("2026-03-09", "72"),
    ];
    assert_eq!(closes(&found), expected);
}

#[tokio::test]
async fn history_is_asked_for_no_further_back_than_a_year() {
    let (server, coingecko) = start().await;
    answers(&server, MARKETS, json(COINS)).await;
    Mock::given(path(RANGE))
        .and(query_param("from", "1741651200"))
        .respond_with(json(r#"{"prices":[]}"#))
        .mount(&server)
        .await;
    let found = history(&coingecko, "BTC-USD", "2015-01-01", "2026-03-10")
        .await
        .unwrap();
    assert!(found.closes.is_empty());
}

#[tokio::test]
async fn days_before_its_reach_are_not_asked_for() {
    let (server, coingecko) = start().await;
    answers(&server, MARKETS, json(COINS)).await;
    let found = history(&coingecko, "BTC-USD", "2015-01-01", "2015-12-31")
        .await
        .unwrap();
    assert!(found.closes.is_empty());
    assert_eq!(found.since, Some("2025-03-11".parse().unwrap()));
    assert_eq!(times_asked(&server).await, 1, "what the symbol stands for");
}

#[tokio::test]
async fn a_look_up_that_fails_takes_no_price_from_what_is_known() {
    let (server, coingecko) = start().await;
    answers(&server, MARKETS, json(COINS)).await;
    let body = r#"{"bitcoin":{"usd":70,"last_updated_at":1773154770}}"#;
    answers(&server, PRICE, json(body)).await;
    let unknown = Err(SourceError::UnknownSymbol);
    assert!(quote(&coingecko, "BTC-USD").await.is_ok());
    assert_eq!(quote(&coingecko, "NOPE-USD").await, unknown);
    server.reset().await;
    answers(&server, PRICE, json(body)).await;
    let found = quotes(&coingecko, &["BTC-USD", "ETH-USD", "NOPE-USD"]).await;
    assert_eq!(found["BTC-USD"].as_ref().unwrap().price.to_string(), "70");
    assert!(is_unavailable(&found["ETH-USD"]), "it may well be known");
    assert_eq!(found["NOPE-USD"], unknown);

    let tomorrow = Ask::waiting(ask().now + seconds(25 * 3_600));
    let described = coingecko.instrument(tomorrow, &ticker("BTC-USD")).await;
    assert_eq!(described.unwrap().name, "Bitcoin");
}

#[tokio::test]
async fn a_search_finds_the_coin_that_a_symbol_means() {
    let (server, coingecko) = start().await;
    let body = r#"{"coins":[{"id":"ethereum","symbol":"ETH","name":"Ethereum","market_cap_rank":2},
        {"id":"bitcoin","symbol":"BTC","name":"Bitcoin","market_cap_rank":1},
        {"id":"other","symbol":"BTC","name":"Other","market_cap_rank":null},
        {"id":"odd","symbol":"A B","name":"Odd","market_cap_rank":5},
        {"id":"none","symbol":"NONE","name":"Unranked","market_cap_rank":null}]}"#;
    answers(&server, SEARCH, json(body)).await;
    let hits = coingecko.search(ask(), "bit").await.unwrap();
    let found: Vec<_> = hits
        .iter()
        .map(|hit| (hit.ticker.as_str(), hit.name.as_str()))
        .collect();
    assert_eq!(found, [("BTC-USD", "Bitcoin"), ("ETH-USD", "Ethereum")]);
    assert_eq!(hits[0].instrument_type.as_str(), "Crypto");
}
