use fake_market::Source;

use super::{figure, said};
use crate::client::{get, market};

#[tokio::test]
async fn a_quote_names_neither_symbol_nor_currency() {
    let market = market().await;
    let quote = get(&market, "/finnhub/api/v1/quote?symbol=BRK.B")
        .await
        .json();
    assert_eq!(figure(&quote["c"]), said(Source::Finnhub, "BRK-B"));
    assert_eq!(quote["t"], 1_773_154_800);
    let profile = get(&market, "/finnhub/api/v1/stock/profile2?symbol=BRK.B")
        .await
        .json();
    assert_eq!(profile["ticker"], "BRK.B");
    assert_eq!(profile["currency"], "USD");
}

#[tokio::test]
async fn a_symbol_that_does_not_exist_costs_zero() {
    let market = market().await;
    let quote = get(&market, "/finnhub/api/v1/quote?symbol=NOPE").await;
    assert_eq!(quote.status, 200);
    assert_eq!(figure(&quote.json()["c"]), "0");
    assert_eq!(
        get(&market, "/finnhub/api/v1/stock/profile2?symbol=NOPE")
            .await
            .body,
        "{}"
    );
}

#[tokio::test]
async fn a_search_spells_symbols_its_own_way() {
    let market = market().await;
    let found = get(&market, "/finnhub/api/v1/search?q=BRK.B").await.json();
    assert_eq!(found["count"], 1);
    assert_eq!(found["result"][0]["symbol"], "BRK.B");
}
