use fake_market::events::SPLIT_DATE;
use fake_market::{Source, close, price};
use jiff::Timestamp;
use jiff::civil::date;

use super::{figure, said};
use crate::client::{NOW, get, market};

#[tokio::test]
async fn a_chart_says_what_the_library_says() {
    let market = market().await;
    let chart = get(&market, "/yahoo/v8/finance/chart/ACME?range=1d&interval=1d")
        .await
        .json();
    let meta = &chart["chart"]["result"][0]["meta"];
    assert_eq!(meta["symbol"], "ACME");
    assert_eq!(meta["currency"], "USD");
    assert_eq!(
        figure(&meta["regularMarketPrice"]),
        said(Source::Yahoo, "ACME")
    );
    assert_eq!(meta["regularMarketTime"], 1_773_154_800);
}

#[tokio::test]
async fn london_is_quoted_in_pence() {
    let market = market().await;
    let chart = get(&market, "/yahoo/v8/finance/chart/VOD.L").await.json();
    let meta = &chart["chart"]["result"][0]["meta"];
    assert_eq!(meta["currency"], "GBp");
    let pounds = price(Source::Yahoo, "VOD.L", NOW.parse().unwrap()).unwrap();
    let pence = pounds * rust_decimal::Decimal::ONE_HUNDRED;
    assert_eq!(
        figure(&meta["regularMarketPrice"]),
        pence.normalize().to_string()
    );
}

#[tokio::test]
async fn a_symbol_that_does_not_exist_is_not_found() {
    let market = market().await;
    let answer = get(&market, "/yahoo/v8/finance/chart/NOPE1").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["chart"]["error"]["code"], "Not Found");
}

#[tokio::test]
async fn history_is_in_todays_shares_and_tells_of_splits_and_dividends() {
    let market = market().await;
    // 2022-05-01 to 2022-07-01.
    let path = "/yahoo/v8/finance/chart/SPLIT1?period1=1651363200&period2=1656633600&interval=1d&events=div,splits";
    let chart = get(&market, path).await.json();
    let series = &chart["chart"]["result"][0];
    let seconds = series["timestamp"].as_array().unwrap();
    let closes = series["indicators"]["quote"][0]["close"]
        .as_array()
        .unwrap();
    assert_eq!(seconds.len(), closes.len());
    // 2022-05-02, a Monday, at 9:30 in New York's winter time.
    assert_eq!(seconds[0], 1_651_501_800);
    let traded = close(Source::Yahoo, "SPLIT1", date(2022, 5, 2)).unwrap();
    let adjusted = traded / rust_decimal::Decimal::from(4);
    assert_eq!(figure(&closes[0]), adjusted.normalize().to_string());
    let split = series["events"]["splits"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    assert_eq!(split["splitRatio"], "4:1");
    let at = Timestamp::from_second(split["date"].as_i64().unwrap()).unwrap();
    assert_eq!(at.to_zoned(jiff::tz::TimeZone::UTC).date(), SPLIT_DATE);
    let dividends = series["events"]["dividends"].as_object().unwrap();
    assert_eq!(dividends.len(), 1);
    assert_eq!(
        figure(&dividends.values().next().unwrap()["amount"]),
        "0.25"
    );
}

#[tokio::test]
async fn nothing_has_a_history_on_weekends_but_coins() {
    let market = market().await;
    // 2026-02-28 and 2026-03-01, a Saturday and a Sunday.
    let days = "period1=1772236800&period2=1772409600&interval=1d";
    for (symbol, expected) in [("ACME", 0), ("EURUSD=X", 0), ("BTC-USD", 2)] {
        let path = format!("/yahoo/v8/finance/chart/{symbol}?{days}");
        let chart = get(&market, &path).await.json();
        let bars = chart["chart"]["result"][0]["timestamp"]
            .as_array()
            .map_or(0, Vec::len);
        assert_eq!(bars, expected, "{symbol}");
    }
}

#[tokio::test]
async fn quotes_of_several_symbols_can_be_switched_off() {
    let market = market().await;
    let path = "/yahoo/v7/finance/quote?symbols=ACME,NOPE,VOD.L";
    let quotes = get(&market, path).await.json();
    let quotes = quotes["quoteResponse"]["result"].as_array().unwrap();
    assert_eq!(quotes.len(), 2);
    assert_eq!(
        figure(&quotes[0]["regularMarketPrice"]),
        said(Source::Yahoo, "ACME")
    );
    market.set_batch_quotes(false);
    assert_eq!(get(&market, path).await.status, 401);
}

#[tokio::test]
async fn a_search_finds_what_exists() {
    let market = market().await;
    let found = get(&market, "/yahoo/v1/finance/search?q=acme").await.json();
    assert_eq!(found["quotes"][0]["symbol"], "ACME");
    let found = get(&market, "/yahoo/v1/finance/search?q=nope").await.json();
    assert_eq!(found["quotes"].as_array().unwrap().len(), 0);
}
