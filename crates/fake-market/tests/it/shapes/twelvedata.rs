use fake_market::{Source, close};
use jiff::civil::date;

use super::{figure, said};
use crate::client::{get, market};

#[tokio::test]
async fn one_symbol_is_answered_unwrapped_and_its_figures_are_strings() {
    let market = market().await;
    let quote = get(&market, "/twelvedata/quote?symbol=ACME").await.json();
    assert_eq!(
        quote["close"].as_str().unwrap(),
        said(Source::TwelveData, "ACME")
    );
    assert_eq!(
        (&quote["symbol"], &quote["currency"]),
        (&"ACME".into(), &"USD".into())
    );
    assert_eq!(
        get(&market, "/twelvedata/quote?symbol=NOPE").await.json()["code"],
        404
    );
}

#[tokio::test]
async fn several_are_answered_by_symbol_with_errors_among_them() {
    let market = market().await;
    let path = "/twelvedata/quote?symbol=ACME,NOPE,VOD:LSE,EUR/USD,BTC/USD";
    let answer = get(&market, path).await;
    assert_eq!(answer.status, 200);
    let quotes = answer.json();
    assert_eq!(
        figure(&quotes["ACME"]["close"]),
        said(Source::TwelveData, "ACME")
    );
    assert_eq!(quotes["NOPE"]["status"], "error");
    assert_eq!(quotes["VOD:LSE"]["currency"], "GBp");
    assert_eq!(
        figure(&quotes["EUR/USD"]["close"]),
        said(Source::TwelveData, "EURUSD=X")
    );
    assert_eq!(
        figure(&quotes["BTC/USD"]["close"]),
        said(Source::TwelveData, "BTC-USD")
    );
    assert_eq!(market.calls().of_symbol(Source::TwelveData, "VOD.L"), 1);
}

#[tokio::test]
async fn a_series_is_newest_first_and_in_todays_shares_unless_told_otherwise() {
    let market = market().await;
    let days = "interval=1day&start_date=2022-06-02&end_date=2022-06-06";
    let path = format!("/twelvedata/time_series?symbol=SPLIT1&{days}");
    let series = get(&market, &path).await.json();
    assert_eq!(series["meta"]["symbol"], "SPLIT1");
    let stamps: Vec<&str> = series["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value["datetime"].as_str().unwrap())
        .collect();
    assert_eq!(stamps, ["2022-06-06", "2022-06-03", "2022-06-02"]);
    let traded = close(Source::TwelveData, "SPLIT1", date(2022, 6, 3)).unwrap();
    let adjusted = traded / rust_decimal::Decimal::from(4);
    assert_eq!(figure(&series["values"][1]["close"]), adjusted.to_string());
    let path = format!("{path}&adjust=none&order=asc");
    let series = get(&market, &path).await.json();
    assert_eq!(figure(&series["values"][1]["close"]), traded.to_string());
    let path = "/twelvedata/time_series?symbol=ACME&start_date=2026-03-07&end_date=2026-03-08";
    assert_eq!(get(&market, path).await.json()["code"], 400);
}

#[tokio::test]
async fn a_search_tells_what_it_found() {
    let market = market().await;
    let found = get(&market, "/twelvedata/symbol_search?symbol=ACME")
        .await
        .json();
    assert_eq!(found["data"][0]["symbol"], "ACME");
    assert_eq!(found["data"][0]["currency"], "USD");
}
