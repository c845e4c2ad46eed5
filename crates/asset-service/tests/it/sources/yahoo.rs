use std::time::{Duration, Instant};

use asset_service::source::upstream::UpstreamConfig;
use asset_service::source::yahoo::Yahoo;
use asset_service::source::{Action, MarketDataSource, Refusal, SourceHistory};
use domain::{Currency, Price, Quantity};
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{
    answers, ask, book, close, closes, history, json, quote, quotes, refusal, times_asked,
};
use crate::support::ticker;

const BATCH: &str = "/v7/finance/quote";
const ACME: &str = "/v8/finance/chart/ACME";
/// The openings of New York of 2026-03-05, 06, 09 and 10, over the change to summer time.
const DAYS: [i64; 4] = [1_772_721_000, 1_772_807_400, 1_773_063_000, 1_773_149_400];
/// The session of 2026-03-10 ends after the tests' now.
const OPEN: &str = r#""currentTradingPeriod":{"regular":{"start":1773149400,"end":1773172800}}"#;
/// That of 2026-03-09 ended long before.
const CLOSED: &str = r#""currentTradingPeriod":{"regular":{"start":1773063000,"end":1773086400}}"#;

async fn start() -> (MockServer, Yahoo) {
    let server = MockServer::start().await;
    let source = Yahoo::try_new(&UpstreamConfig::at(&server.uri()), &book().await).unwrap();
    (server, source)
}

fn chart(meta: &str, closes: &str, events: &str) -> ResponseTemplate {
    json(format!(
        r#"{{"chart":{{"result":[{{"meta":{{"symbol":"ACME","exchangeTimezoneName":"America/New_York",{meta}}},
            "timestamp":{DAYS:?},"events":{{{events}}},
            "indicators":{{"quote":[{{"close":[{closes}]}}],"adjclose":[{{"adjclose":[1,1,1,1]}}]}}}}],"error":null}}}}"#
    ))
}

async fn days(meta: &str, closes: &str, events: &str) -> SourceHistory {
    let (server, yahoo) = start().await;
    answers(&server, ACME, chart(meta, closes, events)).await;
    let found = history(&yahoo, "ACME", "2026-03-05", "2026-03-10").await;
    found.unwrap()
}

fn dollars(session: &str) -> String {
    format!(r#""currency":"USD",{session}"#)
}

fn split(day: usize, new: &str, old: &str) -> String {
    let second = DAYS[day];
    format!(
        r#""splits":{{"{second}":{{"date":{second},"numerator":{new},"denominator":{old},"splitRatio":"x"}}}}"#
    )
}

#[tokio::test]
async fn closes_have_seven_digits_and_days_are_those_of_the_exchange() {
    let closes_of_days = "189.97999572753906,null,100000.5,47.25";
    let found = days(&dollars(OPEN), closes_of_days, "").await;
    let expected = [
        close("2026-03-05", "189.98"),
        close("2026-03-09", "100000.5"),
    ];
    assert_eq!(closes(&found), expected);
    assert_eq!(found.actions.as_deref(), Some(&[][..]));
}

#[tokio::test]
async fn a_day_has_a_close_when_its_session_is_over() {
    let last = async |session: &str| {
        let found = days(&dollars(session), "1,2,3,4", "").await;
        found
            .closes
            .last()
            .map(|(date, _)| date.to_string())
            .unwrap()
    };
    assert_eq!(last(OPEN).await, "2026-03-09");
    assert_eq!(last(CLOSED).await, "2026-03-09");
    assert_eq!(last(r#""gmtoffset":-14400"#).await, "2026-03-09");
    let over = r#""currentTradingPeriod":{"regular":{"start":1773149400,"end":1773153000}}"#;
    assert_eq!(last(over).await, "2026-03-10");
}

#[tokio::test]
async fn splits_are_undone_before_their_day_and_only_then() {
    let dividend = format!(
        r#""dividends":{{"a":{{"date":{},"amount":0.205}}}}"#,
        DAYS[1]
    );
    let events = format!("{dividend},{}", split(2, "4", "1"));
    let found = days(&dollars(OPEN), "47.49750137329102,47.5,47.25,47", &events).await;
    let expected = [
        close("2026-03-05", "189.99"),
        close("2026-03-06", "190"),
        close("2026-03-09", "47.25"),
    ];
    assert_eq!(closes(&found), expected);
    let (friday, monday) = ("2026-03-06".parse().unwrap(), "2026-03-09".parse().unwrap());
    let expected = [
        Action::Dividend {
            ex_date: friday,
            amount: Price::parse("0.82").unwrap(),
            currency: Currency::USD,
        },
        Action::Split {
            ex_date: monday,
            new: Quantity::parse("4").unwrap(),
            old: Quantity::parse("1").unwrap(),
        },
    ];
    assert_eq!(found.actions.as_deref(), Some(&expected[..]));
}

#[tokio::test]
async fn a_split_of_three_for_two_is_undone_to_the_cent() {
    // 95.00 and 94.96, as 32-bit floats of two thirds of them.
    let closes_of_days = "63.33333206176758,63.30666732788086,63.5,64";
    let found = days(&dollars(OPEN), closes_of_days, &split(2, "3", "2")).await;
    assert_eq!(
        closes(&found)[..2],
        [close("2026-03-05", "95"), close("2026-03-06", "94.96")]
    );
}

#[tokio::test]
async fn a_split_after_the_last_day_asked_for_is_undone_as_well() {
    let (server, yahoo) = start().await;
    let response = chart(&dollars(OPEN), "10,10,10,1", &split(3, "10", "1"));
    Mock::given(path(ACME))
        .and(query_param("period1", "1772582400"))
        .and(query_param("period2", "1773241200"))
        .respond_with(response)
        .mount(&server)
        .await;
    let found = history(&yahoo, "ACME", "2026-03-05", "2026-03-06")
        .await
        .unwrap();
    assert_eq!(
        closes(&found),
        [close("2026-03-05", "100"), close("2026-03-06", "100")]
    );
    assert_eq!(found.actions.as_deref(), Some(&[][..]));
}

#[tokio::test]
async fn a_split_that_would_leave_no_price_is_left_out() {
    let found = days(
        &dollars(OPEN),
        "10,10,11,12",
        &split(2, "999999999999", "0.01"),
    )
    .await;
    let expected = [
        close("2026-03-05", "10"),
        close("2026-03-06", "10"),
        close("2026-03-09", "11"),
    ];
    assert_eq!(closes(&found), expected);
    assert_eq!(found.actions.as_deref(), Some(&[][..]));
}

#[tokio::test]
async fn a_split_that_cannot_be_read_spoils_the_whole() {
    for (new, old) in [("null", "1"), ("4", "0"), ("-4", "1"), ("\"4\"", "1")] {
        let (server, yahoo) = start().await;
        answers(
            &server,
            ACME,
            chart(&dollars(OPEN), "1,2,3,4", &split(2, new, old)),
        )
        .await;
        let found = history(&yahoo, "ACME", "2026-03-05", "2026-03-10").await;
        assert_eq!(refusal(found), Refusal::NotANumber, "{new}:{old}");
    }
}

#[tokio::test]
async fn pence_are_pounds_in_history_too() {
    let meta = format!(r#""currency":"GBp",{OPEN}"#);
    let dividend = format!(r#""dividends":{{"a":{{"date":{},"amount":4.5}}}}"#, DAYS[0]);
    let found = days(&meta, "71.25,0,-1,70", &dividend).await;
    assert_eq!(found.currency, Currency::GBP);
    assert_eq!(closes(&found), [close("2026-03-05", "0.7125")]);
    let Some([Action::Dividend { amount, .. }]) = found.actions.as_deref() else {
        panic!("{found:?}");
    };
    assert_eq!(amount.to_string(), "0.045");
}

fn meta(symbol: &str, price: &str) -> String {
    format!(
        r#"{{"symbol":"{symbol}","quoteType":"ETF","currency":"USD","longName":"Fund {symbol}","regularMarketPrice":{price},"regularMarketPreviousClose":9.5,"regularMarketTime":1773154770}}"#
    )
}

fn batch(quotes: &[String]) -> ResponseTemplate {
    let quotes = quotes.join(",");
    json(format!(
        r#"{{"quoteResponse":{{"result":[{quotes}],"error":null}}}}"#
    ))
}

fn one(symbol: &str, price: &str) -> ResponseTemplate {
    let meta = meta(symbol, price).replace("quoteType", "instrumentType");
    json(format!(
        r#"{{"chart":{{"result":[{{"meta":{meta}}}],"error":null}}}}"#
    ))
}

#[tokio::test]
async fn several_symbols_are_one_request_and_what_it_leaves_out_is_asked_of_its_chart() {
    let (server, yahoo) = start().await;
    Mock::given(path(BATCH))
        .and(query_param("symbols", "A,B,C"))
        .respond_with(batch(&[meta("A", "10.25"), meta("B", "null")]))
        .mount(&server)
        .await;
    answers(&server, "/v8/finance/chart/C", one("C", "3")).await;
    let mut found = quotes(&yahoo, &["A", "B", "C"]).await;
    let first = found["A"].as_ref().unwrap();
    assert_eq!(first.price.to_string(), "10.25");
    assert_eq!(first.previous_close.unwrap().to_string(), "9.5");
    assert_eq!(found["C"].as_ref().unwrap().price.to_string(), "3");
    assert_eq!(refusal(found.remove("B").unwrap()), Refusal::NotANumber);
    assert_eq!(times_asked(&server).await, 2);
}

#[tokio::test]
async fn where_it_is_not_let_in_it_does_not_try_again_for_an_hour() {
    let (server, yahoo) = start().await;
    let unauthorized = r#"{"finance":{"result":null,"error":{"code":"Unauthorized"}}}"#;
    let unauthorized = ResponseTemplate::new(401).set_body_string(unauthorized);
    answers(&server, BATCH, unauthorized).await;
    for symbol in ["A", "B"] {
        let at = format!("/v8/finance/chart/{symbol}");
        answers(&server, &at, one(symbol, "3")).await;
    }
    for _ in 0..2 {
        let found = quotes(&yahoo, &["A", "B"]).await;
        assert!(found.values().all(Result::is_ok), "{found:?}");
    }
    assert_eq!(times_asked(&server).await, 5);
}

#[tokio::test]
async fn where_many_at_once_fail_each_is_asked_of_its_chart_in_the_time_that_is_left() {
    let slow = json("{}").set_delay(Duration::from_secs(20));
    let html = ResponseTemplate::new(200).set_body_string("<html>Sorry</html>");
    let empty = json(r#"{"quoteResponse":{"result":null,"error":{"code":"Busy"}}}"#);
    for response in [slow, html, empty, ResponseTemplate::new(500)] {
        let (server, yahoo) = start().await;
        answers(&server, BATCH, response).await;
        for symbol in ["A", "B"] {
            let at = format!("/v8/finance/chart/{symbol}");
            answers(&server, &at, one(symbol, "3")).await;
        }
        let began = Instant::now();
        let found = quotes(&yahoo, &["A", "B"]).await;
        assert!(found.values().all(Result::is_ok), "{found:?}");
        // Half of its time-out of 900 ms, and what a busy machine adds.
        assert!(began.elapsed() < Duration::from_secs(5));
        let asked = times_asked(&server).await;
        let found = quotes(&yahoo, &["A", "B"]).await;
        assert!(found.values().all(Result::is_ok), "{found:?}");
        assert_eq!(times_asked(&server).await, asked + 2, "only the charts");
    }
}

#[tokio::test]
async fn an_instrument_has_the_sector_that_only_the_search_tells() {
    let (server, yahoo) = start().await;
    let hits =
        r#"{"quotes":[{"symbol":"AB","sector":"Utilities"},{"symbol":"A","sector":"Energy"}]}"#;
    Mock::given(path("/v1/finance/search"))
        .and(query_param("q", "A"))
        .respond_with(json(hits))
        .mount(&server)
        .await;
    answers(&server, "/v8/finance/chart/A", one("A", "3")).await;
    let found = yahoo.instrument(ask(), &ticker("A")).await.unwrap();
    assert_eq!(found.sector.as_deref(), Some("Energy"));
    answers(&server, "/v8/finance/chart/B", one("B", "3")).await;
    let found = yahoo.instrument(ask(), &ticker("B")).await.unwrap();
    assert_eq!((found.name.as_str(), found.sector), ("Fund B", None));
}

#[tokio::test]
async fn one_symbol_is_asked_of_its_chart() {
    let (server, yahoo) = start().await;
    answers(&server, "/v8/finance/chart/A", one("A", "3")).await;
    assert!(quote(&yahoo, "A").await.is_ok());
    assert_eq!(times_asked(&server).await, 1);
}

#[tokio::test]
async fn a_search_is_two_requests() {
    let (server, yahoo) = start().await;
    let hits = r#"{"quotes":[{"symbol":"A","sector":"Energy"},{"symbol":"B"}]}"#;
    answers(&server, "/v1/finance/search", json(hits)).await;
    answers(&server, BATCH, batch(&[meta("A", "1"), meta("B", "2")])).await;
    let found = yahoo.search(ask(), "fund").await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].name, "Fund A");
    assert_eq!(found[0].sector.as_deref(), Some("Energy"));
    assert_eq!(found[1].instrument_type.as_str(), "ETF");
    assert_eq!(times_asked(&server).await, 2);
}
