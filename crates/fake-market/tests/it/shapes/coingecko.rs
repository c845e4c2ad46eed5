use fake_market::{Source, close};
use jiff::civil::date;

use super::{figure, said};
use crate::client::{get, market};

#[tokio::test]
async fn prices_are_by_slug_and_unknown_slugs_are_left_out() {
    let market = market().await;
    let path = "/coingecko/api/v3/simple/price?ids=bitcoin,nope&vs_currencies=usd,eur&include_last_updated_at=true";
    let prices = get(&market, path).await.json();
    assert_eq!(prices.as_object().unwrap().len(), 1);
    assert_eq!(
        figure(&prices["bitcoin"]["usd"]),
        said(Source::CoinGecko, "BTC-USD")
    );
    assert_eq!(
        figure(&prices["bitcoin"]["eur"]),
        said(Source::CoinGecko, "BTC-EUR")
    );
    assert_eq!(prices["bitcoin"]["last_updated_at"], 1_773_154_800);
    let path = "/coingecko/api/v3/coins/markets?vs_currency=usd&ids=ethereum";
    let coins = get(&market, path).await.json();
    assert_eq!(
        figure(&coins[0]["current_price"]),
        said(Source::CoinGecko, "ETH-USD")
    );
    assert_eq!(coins[0]["last_updated"], "2026-03-10T15:00:00.000Z");
    let path = "/coingecko/api/v3/coins/markets?vs_currency=usd&symbols=btc,nope";
    let coins = get(&market, path).await.json();
    assert_eq!(coins[0]["id"], "bitcoin");
    assert_eq!(coins.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn coins_are_listed_found_and_described() {
    let market = market().await;
    let list = get(&market, "/coingecko/api/v3/coins/list").await.json();
    assert!(
        list.as_array()
            .unwrap()
            .iter()
            .any(|coin| coin["symbol"] == "btc")
    );
    let found = get(&market, "/coingecko/api/v3/search?query=bitc")
        .await
        .json();
    assert_eq!(found["coins"][0]["symbol"], "BTC");
    let coin = get(&market, "/coingecko/api/v3/coins/bitcoin").await.json();
    assert_eq!(coin["symbol"], "btc");
    assert_eq!(
        get(&market, "/coingecko/api/v3/coins/nope").await.status,
        404
    );
}

#[tokio::test]
async fn history_is_a_price_at_each_midnight_and_no_older_than_a_year() {
    let market = market().await;
    // 2025-10-01 to 2026-02-01.
    let path = "/coingecko/api/v3/coins/bitcoin/market_chart/range?vs_currency=usd";
    let chart = get(&market, &format!("{path}&from=1759276800&to=1769904000"))
        .await
        .json();
    let prices = chart["prices"].as_array().unwrap();
    assert_eq!(prices.len(), 124);
    assert_eq!(prices[1][0], 1_759_363_200_000_i64);
    let closed = close(Source::CoinGecko, "BTC-USD", date(2025, 10, 1)).unwrap();
    assert_eq!(figure(&prices[1][1]), closed.to_string());
    let answer = get(&market, &format!("{path}&from=1600000000&to=1769904000")).await;
    assert_eq!(answer.status, 401);
}
