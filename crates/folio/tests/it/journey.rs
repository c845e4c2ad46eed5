//! The main job, end to end, through the real interfaces.

use super::process::{Folio, opened, registered, signed_in};

#[tokio::test]
async fn a_customer_sees_what_they_own_and_what_it_is_worth() {
    let dir = tempfile::tempdir().unwrap();
    let folio = Folio::start(dir.path(), &[]);
    let ada = registered(&folio, "ada@example.com").await;
    let brokerage = opened(&folio, &ada, "Brokerage").await;
    let retirement = opened(&folio, &ada, "Retirement").await;

    for (portfolio, ticker, quantity) in [
        (&brokerage, "AAPL", "10"),
        (&brokerage, "BTC-USD", "0.5"),
        (&retirement, "VTI", "40"),
    ] {
        let body = format!(
            r#"{{"ticker_symbol":"{ticker}","quantity":{quantity},"purchase_price":"100.10","purchase_date":"2025-03-03","fees":1}}"#
        );
        let path = format!("/v1/portfolios/{portfolio}/investments");
        let _ = folio
            .post(&path)
            .bearer(&ada.token)
            .json_text(body)
            .send()
            .await
            .expect(201);
    }

    let portfolios = folio
        .get("/v1/portfolios")
        .bearer(&ada.token)
        .send()
        .await
        .expect(200);
    assert_eq!(portfolios.count("/items"), 2);

    let path = format!("/v1/portfolios/{brokerage}/investments");
    let investments = folio.get(&path).bearer(&ada.token).send().await.expect(200);
    assert_eq!(investments.count("/items"), 2);
    assert_eq!(investments.at("/items/0/ticker_symbol"), "AAPL");
    assert_eq!(investments.at("/items/0/instrument_type"), "Stock");
    assert_eq!(investments.at("/items/0/cost_basis"), "1002.00");
    assert_eq!(investments.at("/items/0/source"), "simulated");
    assert_ne!(investments.at("/items/0/current_price"), "null");
    assert_eq!(investments.at("/items/1/instrument_type"), "Crypto");

    let path = format!("/v1/portfolios/{brokerage}/summary");
    let summary = folio.get(&path).bearer(&ada.token).send().await.expect(200);
    assert_eq!(summary.at("/status"), "ok");
    assert_eq!(summary.at("/investments_count"), "2");
    assert_eq!(summary.count("/allocation"), 2);
}

#[tokio::test]
async fn nothing_is_lost_by_stopping_and_starting_again() {
    let dir = tempfile::tempdir().unwrap();
    let folio = Folio::start(dir.path(), &[]);
    let ada = registered(&folio, "ada@example.com").await;
    let portfolio = opened(&folio, &ada, "Brokerage").await;
    assert!(folio.stop().success());

    let folio = Folio::start(dir.path(), &[]);
    let again = signed_in(&folio, "ADA@example.com").await;
    let path = format!("/v1/portfolios/{portfolio}");
    let found = folio
        .get(&path)
        .bearer(&again.token)
        .send()
        .await
        .expect(200);
    assert_eq!(found.at("/name"), "Brokerage");
}

#[tokio::test]
async fn the_demo_is_there_at_once_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let folio = Folio::start(dir.path(), &["--demo"]);
        assert!(
            folio.announced.contains("demo@folio.example"),
            "{}",
            folio.announced
        );
        let credentials = r#"{"email":"demo@folio.example","password":"folio-demo-password"}"#;
        let session = folio
            .post("/v1/sessions")
            .json_text(credentials)
            .send()
            .await
            .expect(201);
        let token = session.at("/access_token");
        let portfolios = folio
            .get("/v1/portfolios")
            .bearer(&token)
            .send()
            .await
            .expect(200);
        assert_eq!(portfolios.count("/items"), 2);
        let performance = folio.get("/v1/performance?interval=1mo").bearer(&token);
        let performance = performance.send().await.expect(200);
        assert_eq!(performance.at("/missing"), "[]");
        assert_eq!(performance.at("/statement/remainder"), "0");
        assert!(folio.stop().success());
    }
}

#[tokio::test]
async fn the_api_docs_need_no_network() {
    let dir = tempfile::tempdir().unwrap();
    let folio = Folio::start(dir.path(), &[]);
    let page = folio.get("/docs").send().await.expect(200);
    assert!(!page.body.contains("https://"), "{}", page.body);
    assert!(page.body.contains("/docs/scalar.js"));
    let script = folio.get("/docs/scalar.js").send().await.expect(200);
    assert!(script.body.len() > 100_000);
    let contract = folio.get("/openapi.json").send().await.expect(200);
    assert_eq!(contract.at("/info/title"), "Folio");
    let _ = folio.get("/health/ready").send().await.expect(200);
}
