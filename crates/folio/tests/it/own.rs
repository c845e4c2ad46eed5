//! Instruments of one's own, through every service.

use service_kit::testing::TestResponse;

use super::process::{Customer, Folio, opened, registered};

const PATH: &str = "/v1/instruments/MY:HOUSE";

async fn read(folio: &Folio, customer: &Customer, path: &str) -> TestResponse {
    folio.get(path).bearer(&customer.token).send().await
}

/// Adds a house, prices it if there is a price, buys it, and answers the portfolio's path.
async fn with_house(folio: &Folio, customer: &Customer, price: Option<&str>) -> String {
    let send = async |method, path: &str, body: String| {
        let request = folio.request(method, path).bearer(&customer.token);
        request.json_text(body).send().await
    };
    if let Some(price) = price {
        let house = r#"{"ticker_symbol":"MY:HOUSE","name":"House","instrument_type":"Real Estate","currency":"USD"}"#;
        let added = send(http::Method::POST, "/v1/instruments", house.to_owned()).await;
        assert_eq!(added.status, 201);
        let path = format!("{PATH}/prices/2026-01-05");
        let entered = send(http::Method::PUT, &path, format!(r#"{{"price":{price}}}"#)).await;
        assert_eq!(entered.status, 201);
    }
    let portfolio = format!("/v1/portfolios/{}", opened(folio, customer, "Estate").await);
    let bought = r#"{"ticker_symbol":"MY:HOUSE","quantity":1,"purchase_price":100,"purchase_date":"2025-03-03"}"#;
    let path = format!("{portfolio}/investments");
    let recorded = send(http::Method::POST, &path, bought.to_owned()).await;
    assert_eq!(recorded.status, 201, "{}", recorded.body);
    portfolio
}

#[tokio::test]
async fn two_customers_hold_the_same_symbol_each_at_their_own_price() {
    let dir = tempfile::tempdir().unwrap();
    let folio = Folio::start(dir.path(), &[]);
    let ada = registered(&folio, "ada@example.com").await;
    let bob = registered(&folio, "bob@example.com").await;
    let eve = registered(&folio, "eve@example.com").await;
    let adas = with_house(&folio, &ada, Some("450000")).await;
    let bobs = with_house(&folio, &bob, Some("7.5")).await;
    let eves = with_house(&folio, &eve, None).await;

    for (customer, portfolio, value) in [(&ada, &adas, "450000.00"), (&bob, &bobs, "7.50")] {
        let summary = read(&folio, customer, &format!("{portfolio}/summary")).await;
        assert_eq!(summary.at("/market_value"), value);
        assert_eq!(summary.at("/sources/0"), "manual");
        assert_eq!(summary.at("/allocation/0/instrument_type"), "Real Estate");
    }
    let summary = read(&folio, &eve, &format!("{eves}/summary")).await;
    assert_eq!(summary.at("/market_value"), "null");
    assert_eq!(summary.at("/missing/0/symbol"), "MY:HOUSE");
    assert_eq!(summary.at("/missing/0/reason"), "UNKNOWN_SYMBOL");
    assert_eq!(read(&folio, &eve, PATH).await.status, 404);

    let gone = folio.delete(PATH).bearer(&ada.token).send().await;
    assert_eq!(gone.status, 204);
    let holdings = read(&folio, &ada, &format!("{adas}/holdings")).await;
    assert_eq!(holdings.at("/items/0/current_price"), "null");
    assert_eq!(holdings.at("/items/0/cost_basis"), "100.00");
    let summary = read(&folio, &bob, &format!("{bobs}/summary")).await;
    assert_eq!(summary.at("/market_value"), "7.50");
}
