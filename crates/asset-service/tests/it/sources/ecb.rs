use std::time::Duration;

use asset_service::source::ecb::Ecb;
use asset_service::source::upstream::UpstreamConfig;
use asset_service::source::{MarketDataSource, Question, Refusal, SourceError};
use asset_service::{AssetConfig, SourceName};
use domain::Currency;
use futures::future::join_all;
use tokio::time::timeout;
use wiremock::{MockServer, ResponseTemplate};

use super::{
    answers, book, close, closes, history, is_unavailable, quote, quotes, refusal, times_asked,
};
use crate::support::{Market, seconds, ticker};

const DAILY: &str = "/stats/eurofxref/eurofxref-daily.xml";
const RECENT: &str = "/stats/eurofxref/eurofxref-hist-90d.xml";
const WHOLE: &str = "/stats/eurofxref/eurofxref-hist.xml";

async fn start() -> (MockServer, Ecb) {
    let server = MockServer::start().await;
    let source = Ecb::try_new(&UpstreamConfig::at(&server.uri()), &book().await).unwrap();
    (server, source)
}

/// A file as the bank writes it, with these days.
fn file(days: &[(&str, &[(&str, &str)])]) -> ResponseTemplate {
    let mut cubes = Vec::new();
    for (day, rates) in days {
        cubes.push(format!("<Cube time='{day}'>"));
        for (currency, rate) in *rates {
            cubes.push(format!("<Cube currency='{currency}' rate='{rate}'/>"));
        }
        cubes.push("</Cube>".to_owned());
    }
    let cubes = cubes.concat();
    let text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube>{cubes}</Cube></gesmes:Envelope>"#
    );
    ResponseTemplate::new(200).set_body_raw(text, "text/xml")
}

#[tokio::test]
async fn one_file_answers_every_pair_with_the_euro_in_both_directions() {
    let (server, ecb) = start().await;
    let day: &[(&str, &[_])] = &[("2026-03-10", &[("USD", "1.2500"), ("JPY", "160.30")])];
    answers(&server, DAILY, file(day)).await;
    let found = quotes(&ecb, &["EURUSD=X", "JPYEUR=X", "EURSEK=X"]).await;
    let dollar = found["EURUSD=X"].as_ref().unwrap();
    assert_eq!(dollar.price.to_string(), "1.2500");
    assert_eq!(dollar.currency, Currency::USD);
    assert_eq!(dollar.as_of.to_string(), "2026-03-10T13:10:00Z");
    assert!(dollar.is_delayed);
    let yen = found["JPYEUR=X"].as_ref().unwrap();
    assert_eq!(yen.price.to_string(), "0.00623830318153");
    assert_eq!(yen.currency, Currency::EUR);
    assert_eq!(found["EURSEK=X"], Err(SourceError::UnknownSymbol));
    assert_eq!(times_asked(&server).await, 1);
}

#[tokio::test]
async fn only_pairs_with_the_euro_and_a_listed_currency_are_its_own() {
    let (_server, ecb) = start().await;
    let is_asked = |symbol| ecb.answers(Question::Quote, &ticker(symbol));
    assert!(is_asked("EURUSD=X") && is_asked("USDEUR=X"));
    for symbol in [
        "USDGBP=X", "EUREUR=X", "EURKWD=X", "EURBGN=X", "AAPL", "BTC-EUR",
    ] {
        assert!(!is_asked(symbol), "{symbol}");
    }
    assert!(ecb.answers(Question::History, &ticker("EURBGN=X")));
}

#[tokio::test]
async fn in_summer_the_rates_are_fixed_an_hour_earlier_by_universal_time() {
    let (server, ecb) = start().await;
    answers(&server, DAILY, file(&[("2025-07-10", &[("USD", "1.1")])])).await;
    let dollar = quote(&ecb, "EURUSD=X").await.unwrap();
    assert_eq!(dollar.as_of.to_string(), "2025-07-10T12:10:00Z");
}

#[tokio::test]
async fn a_rate_that_cannot_be_one_is_refused_and_the_others_are_not() {
    let (server, ecb) = start().await;
    let rates: &[_] = &[
        ("USD", "0"),
        ("GBP", "N/A"),
        ("CHF", "0.95"),
        ("SEK", "-11"),
    ];
    answers(&server, DAILY, file(&[("2026-03-10", rates)])).await;
    let mut found = quotes(&ecb, &["EURUSD=X", "EURGBP=X", "EURCHF=X", "SEKEUR=X"]).await;
    assert_eq!(
        found["EURCHF=X"].as_ref().unwrap().price.to_string(),
        "0.95"
    );
    let mut refused = |symbol: &str| refusal(found.remove(symbol).unwrap());
    assert_eq!(refused("EURUSD=X"), Refusal::NotPositive);
    assert_eq!(refused("EURGBP=X"), Refusal::NotANumber);
    assert_eq!(refused("SEKEUR=X"), Refusal::NotPositive);
}

#[tokio::test]
async fn tomorrows_rates_are_from_the_future() {
    let (server, ecb) = start().await;
    answers(&server, DAILY, file(&[("2026-03-11", &[("USD", "1.1")])])).await;
    assert_eq!(
        refusal(quote(&ecb, "EURUSD=X").await),
        Refusal::FromTheFuture
    );
}

#[tokio::test]
async fn what_is_no_whole_file_is_no_answer() {
    let half = "<Envelope><Cube><Cube time='2026-03-10'><Cube currency='USD' rate='1.1'/>";
    let empty = "<Envelope><Cube></Cube></Envelope>";
    for text in [
        "<html><body>Maintenance</body></html>",
        half,
        empty,
        "",
        "{}",
    ] {
        let (server, ecb) = start().await;
        let response = ResponseTemplate::new(200).set_body_raw(text, "text/xml");
        answers(&server, DAILY, response).await;
        assert!(is_unavailable(&quote(&ecb, "EURUSD=X").await), "{text}");
    }
}

#[tokio::test]
async fn recent_history_is_one_small_file_for_all_pairs() {
    let (server, ecb) = start().await;
    let days: &[(&str, &[_])] = &[
        ("2026-03-10", &[("USD", "1.25"), ("GBP", "0.85")]),
        ("2026-03-09", &[("USD", "1.24"), ("GBP", "N/A")]),
        ("2026-03-06", &[("USD", "1.23"), ("GBP", "0.83")]),
    ];
    answers(&server, RECENT, file(days)).await;
    let dollar = history(&ecb, "EURUSD=X", "2026-03-07", "2026-03-10")
        .await
        .unwrap();
    let expected = [close("2026-03-09", "1.24"), close("2026-03-10", "1.25")];
    assert_eq!(closes(&dollar), expected);
    let pound = history(&ecb, "GBPEUR=X", "2026-03-01", "2026-03-09")
        .await
        .unwrap();
    assert_eq!(closes(&pound), [close("2026-03-06", "1.20481927711")]);
    assert_eq!(pound.currency, Currency::EUR);
    assert_eq!(times_asked(&server).await, 1);
}

#[tokio::test]
async fn long_history_comes_from_the_whole_file_and_its_end_from_the_recent_one() {
    let (server, ecb) = start().await;
    let whole: &[(&str, &[_])] = &[
        ("2026-03-09", &[("USD", "1.24"), ("CYP", "0.58")]),
        ("1999-01-04", &[("USD", "1.1789"), ("CYP", "0.58231")]),
    ];
    answers(&server, WHOLE, file(whole)).await;
    answers(&server, RECENT, file(&[("2026-03-10", &[("USD", "1.25")])])).await;
    for _ in 0..2 {
        let dollar = history(&ecb, "EURUSD=X", "1999-01-01", "2026-03-10")
            .await
            .unwrap();
        let expected = [
            close("1999-01-04", "1.1789"),
            close("2026-03-09", "1.24"),
            close("2026-03-10", "1.25"),
        ];
        assert_eq!(closes(&dollar), expected);
    }
    assert_eq!(times_asked(&server).await, 2);
}

#[tokio::test]
async fn the_whole_history_may_take_long_and_who_gave_up_on_it_finds_it_later() {
    let server = MockServer::start().await;
    let mut config = UpstreamConfig::at(&server.uri());
    config.timeout_ms = 200;
    let ecb = Ecb::try_new(&config, &book().await).unwrap();
    let whole = file(&[("1999-01-04", &[("USD", "1.1789")])]);
    answers(&server, WHOLE, whole.set_delay(Duration::from_millis(600))).await;
    answers(&server, RECENT, file(&[("2026-03-10", &[("USD", "1.25")])])).await;
    let asked = || history(&ecb, "EURUSD=X", "1999-01-01", "1999-12-31");
    assert!(timeout(Duration::from_millis(100), asked()).await.is_err());
    let dollar = asked().await.unwrap();
    assert_eq!(closes(&dollar), [close("1999-01-04", "1.1789")]);
    assert_eq!(times_asked(&server).await, 2);
}

#[tokio::test]
async fn all_who_wait_for_a_file_share_its_failure() {
    let (server, ecb) = start().await;
    let broken = ResponseTemplate::new(404).set_delay(Duration::from_millis(200));
    answers(&server, DAILY, broken).await;
    let asked = (0..5).map(|_| quote(&ecb, "EURUSD=X"));
    for answer in join_all(asked).await {
        assert!(is_unavailable(&answer));
    }
    assert_eq!(times_asked(&server).await, 1);
}

#[tokio::test]
async fn a_rate_of_the_day_is_not_asked_for_again_before_the_next_is_published() {
    let server = MockServer::start().await;
    let mut config = AssetConfig {
        sources: vec![SourceName::Ecb],
        ..AssetConfig::default()
    };
    config.ecb.base_url = server.uri();
    let market = Market::configured(&config).await;
    let monday = file(&[("2026-03-09", &[("USD", "1.2"), ("GBP", "0.8")])]);
    answers(&server, DAILY, monday).await;
    let quote = market.quote("EURUSD=X").await;
    assert_eq!(
        (quote.at("/price"), quote.at("/staleness")),
        ("1.2".into(), "delayed".into())
    );
    // It is 16:00 on Tuesday, and the new rates are late.
    server.reset().await;
    let tuesday = file(&[("2026-03-10", &[("USD", "1.25"), ("GBP", "0.8")])]);
    answers(&server, DAILY, tuesday).await;
    market.clock.advance(seconds(601));
    market.quote("EURUSD=X").await;
    market.service.settled().await;
    assert_eq!(market.quote("EURUSD=X").await.at("/price"), "1.25");
    assert_eq!(market.quote("USDGBP=X").await.at("/price"), "0.64");
    assert_eq!(times_asked(&server).await, 1);
    market.clock.advance(seconds(23 * 3_600));
    assert_eq!(market.quote("EURUSD=X").await.at("/price"), "1.25");
    assert_eq!(market.quote("USDGBP=X").await.at("/staleness"), "delayed");
    market.service.settled().await;
    assert_eq!(times_asked(&server).await, 1);
    market.clock.advance(seconds(3_600));
    market.quote("EURUSD=X").await;
    market.service.settled().await;
    assert_eq!(times_asked(&server).await, 2);
}
