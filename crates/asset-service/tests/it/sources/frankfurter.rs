use asset_service::source::frankfurter::Frankfurter;
use asset_service::source::upstream::UpstreamConfig;
use asset_service::source::{MarketDataSource, Question, Refusal, SourceError};
use wiremock::matchers::{path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::{answers, book, close, closes, history, json, quote, quotes, refusal, times_asked};
use crate::support::ticker;

const RATES: &str = "/v2/rates";

async fn start() -> (MockServer, Frankfurter) {
    let server = MockServer::start().await;
    let source = Frankfurter::try_new(&UpstreamConfig::at(&server.uri()), &book().await).unwrap();
    (server, source)
}

#[tokio::test]
async fn pairs_with_the_same_base_are_one_call() {
    let (server, frankfurter) = start().await;
    let rows = r#"[{"date":"2026-03-10","base":"USD","quote":"EUR","rate":0.8739},
                   {"date":"2026-03-09","base":"USD","quote":"GBP","rate":0.7512}]"#;
    Mock::given(path(RATES))
        .and(query_param("base", "USD"))
        .and(query_param("quotes", "EUR,GBP,KWD"))
        .respond_with(json(rows))
        .mount(&server)
        .await;
    Mock::given(path(RATES))
        .and(query_param("base", "CHF"))
        .and(query_param("quotes", "EUR"))
        .respond_with(json(
            r#"[{"date":"2026-03-10","base":"CHF","quote":"EUR","rate":1.06}]"#,
        ))
        .mount(&server)
        .await;
    let symbols = ["USDEUR=X", "USDGBP=X", "USDKWD=X", "CHFEUR=X"];
    let found = quotes(&frankfurter, &symbols).await;
    let euro = found["USDEUR=X"].as_ref().unwrap();
    assert_eq!(euro.price.to_string(), "0.8739");
    assert_eq!(euro.as_of.to_string(), "2026-03-10T00:00:00Z");
    assert!(euro.is_delayed);
    let pound = found["USDGBP=X"].as_ref().unwrap();
    assert_eq!(pound.as_of.to_string(), "2026-03-09T00:00:00Z");
    assert_eq!(found["USDKWD=X"], Err(SourceError::UnknownSymbol));
    assert_eq!(
        found["CHFEUR=X"].as_ref().unwrap().price.to_string(),
        "1.06"
    );
    assert_eq!(times_asked(&server).await, 2);
}

#[tokio::test]
async fn a_currency_it_refuses_is_unknown() {
    let (server, frankfurter) = start().await;
    let refused = ResponseTemplate::new(422).set_body_string(r#"{"message":"invalid currency"}"#);
    answers(&server, RATES, refused).await;
    let found = quote(&frankfurter, "USDXTS=X").await;
    assert_eq!(found, Err(SourceError::UnknownSymbol));
}

#[tokio::test]
async fn only_pairs_are_its_own() {
    let (_server, frankfurter) = start().await;
    let is_asked = |symbol| frankfurter.answers(Question::History, &ticker(symbol));
    assert!(is_asked("USDGBP=X"));
    for symbol in ["AAPL", "BTC-USD", "USDUSD=X", "^GSPC"] {
        assert!(!is_asked(symbol), "{symbol}");
    }
}

#[tokio::test]
async fn a_rate_that_cannot_be_one_is_refused() {
    for (row, reason) in [
        (r#""date":"2026-03-10","rate":null"#, Refusal::NotANumber),
        (r#""date":"2026-03-10","rate":0.0"#, Refusal::NotPositive),
        (r#""date":"2026-03-11","rate":1.1"#, Refusal::FromTheFuture),
        (r#""date":null,"rate":1.1"#, Refusal::NoTime),
    ] {
        let (server, frankfurter) = start().await;
        let rows = format!(r#"[{{"base":"USD","quote":"EUR",{row}}}]"#);
        answers(&server, RATES, json(rows)).await;
        assert_eq!(
            refusal(quote(&frankfurter, "USDEUR=X").await),
            reason,
            "{row}"
        );
    }
}

#[tokio::test]
async fn the_rate_of_another_pair_is_none_of_ours() {
    let (server, frankfurter) = start().await;
    let rows = r#"[{"date":"2026-03-10","base":"EUR","quote":"USD","rate":1.1}]"#;
    answers(&server, RATES, json(rows)).await;
    let found = quote(&frankfurter, "USDEUR=X").await;
    assert_eq!(found, Err(SourceError::UnknownSymbol));
}

#[tokio::test]
async fn history_has_the_days_asked_for_and_leaves_gaps() {
    let (server, frankfurter) = start().await;
    // 2026-03-07 is a Saturday: the range is answered from the Friday before.
    let rows = r#"[{"date":"2026-03-06","base":"EUR","quote":"USD","rate":1.0805},
                   {"date":"2026-03-09","base":"EUR","quote":"USD","rate":1.081},
                   {"date":"2026-03-10","base":"EUR","quote":"USD","rate":null}]"#;
    Mock::given(path(RATES))
        .and(query_param("base", "EUR"))
        .and(query_param("quotes", "USD"))
        .and(query_param("from", "2026-03-07"))
        .and(query_param("to", "2026-03-10"))
        .respond_with(json(rows))
        .mount(&server)
        .await;
    let found = history(&frankfurter, "EURUSD=X", "2026-03-07", "2026-03-10").await;
    let found = found.unwrap();
    assert_eq!(closes(&found), [close("2026-03-09", "1.081")]);
    assert_eq!(found.actions.as_deref(), Some(&[][..]));
}
