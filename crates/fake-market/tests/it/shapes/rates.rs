use fake_market::{Source, close};
use jiff::civil::date;

use super::{figure, said};
use crate::client::{get, market};

#[tokio::test]
async fn the_central_bank_says_what_a_euro_costs() {
    let market = market().await;
    let file = get(&market, "/ecb/stats/eurofxref/eurofxref-daily.xml")
        .await
        .body;
    let rate = said(Source::Ecb, "EURUSD=X");
    assert!(file.contains("<Cube time='2026-03-10'>"), "{file}");
    assert!(
        file.contains(&format!("<Cube currency='USD' rate='{rate}'/>")),
        "{file}"
    );
    assert!(!file.contains("'EUR'"), "{file}");
    let file = get(&market, "/ecb/stats/eurofxref/eurofxref-hist-90d.xml")
        .await
        .body;
    // The newest first, no weekends, not older than ninety days.
    let days: Vec<&str> = file.matches("<Cube time=").collect();
    assert_eq!(days.len(), 63);
    assert!(!file.contains("2026-03-08"));
}

#[tokio::test]
async fn before_the_afternoon_the_central_banks_rates_are_yesterdays() {
    let market = market().await;
    market.set_now(Some("2026-03-09T14:59:59Z".parse().unwrap()));
    let file = get(&market, "/ecb/stats/eurofxref/eurofxref-daily.xml")
        .await
        .body;
    assert!(file.contains("<Cube time='2026-03-06'>"), "{file}");
}

#[tokio::test]
async fn frankfurter_gives_a_row_for_each_day_and_pair() {
    let market = market().await;
    let rows = get(&market, "/frankfurter/v2/rates?base=USD&quotes=EUR,JPY")
        .await
        .json();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(rows[0]["date"], "2026-03-10");
    assert_eq!(
        (rows[1]["base"].as_str(), rows[1]["quote"].as_str()),
        (Some("USD"), Some("JPY"))
    );
    assert_eq!(
        figure(&rows[1]["rate"]),
        said(Source::Frankfurter, "USDJPY=X")
    );
    let path = "/frankfurter/v2/rates?from=2026-02-26&to=2026-03-03&quotes=usd";
    let rows = get(&market, path).await.json();
    let days: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["date"].as_str().unwrap())
        .collect();
    assert_eq!(
        days,
        ["2026-02-26", "2026-02-27", "2026-03-02", "2026-03-03"]
    );
    let rate = close(Source::Frankfurter, "EURUSD=X", date(2026, 2, 27)).unwrap();
    assert_eq!(figure(&rows[1]["rate"]), rate.to_string());
}

#[tokio::test]
async fn frankfurter_refuses_what_it_does_not_know() {
    let market = market().await;
    for path in [
        "/v2/rates?base=XXX",
        "/v2/rates?symbols=USD",
        "/v2/rates?date=yesterday",
    ] {
        let answer = get(&market, &format!("/frankfurter{path}")).await;
        assert_eq!(answer.status, 422, "{path}");
        assert_eq!(answer.json()["status"], 422);
    }
    let rate = get(&market, "/frankfurter/v2/rate/eur/usd").await.json();
    assert_eq!(figure(&rate["rate"]), said(Source::Frankfurter, "EURUSD=X"));
    let currencies = get(&market, "/frankfurter/v2/currencies").await.json();
    assert!(
        currencies
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["iso_code"] == "CHF")
    );
}
