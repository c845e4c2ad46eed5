//! What currencies cost day by day.

use domain::Currency;

use crate::past::{Past, restarted, weekdays};
use crate::support::Market;

#[tokio::test]
async fn rates_of_two_currencies_have_a_history_and_say_how_they_were_crossed() {
    let mut told = weekdays("2025-01-01", "2026-12-31");
    told.currency = Currency::USD;
    told.crossed_through = Some(Currency::EUR);
    let source = Past::named("past", Ok(told));
    let market = Market::over(source.clone()).await;
    let path = "/v1/fx/gbp/usd/rates?from=2026-03-02&to=2026-03-06";
    let rates = market.get(path).await.expect(200);
    assert_eq!(
        (rates.at("/base"), rates.at("/quote")),
        ("GBP".into(), "USD".into())
    );
    assert_eq!(
        (rates.at("/items/0/date"), rates.at("/items/0/rate")),
        ("2026-03-02".into(), "102.25".into())
    );
    assert_eq!(rates.at("/segments/0/crossed_through"), "EUR");
    assert_eq!(rates.at("/status"), "ok");
    let market = restarted(market, source.clone()).await;
    assert_eq!(
        market.get(path).await.expect(200).at("/items/4/rate"),
        "106.25"
    );
    assert_eq!(source.asked().len(), 1);
}

#[tokio::test]
async fn a_currency_costs_one_of_itself_on_every_weekday_by_definition() {
    let market = Market::over(Past::down()).await;
    let rates = market
        .get("/v1/fx/EUR/eur/rates?from=2026-03-05&to=2026-03-31")
        .await
        .expect(200);
    let first = (rates.at("/items/0/date"), rates.at("/items/0/rate"));
    assert_eq!(first, ("2026-03-05".into(), "1".into()));
    // Thursday, Friday, Monday: Tuesday is not over.
    assert_eq!(rates.count("/items"), 3);
    assert_eq!(rates.at("/segments/0/source"), "definition");
    assert_eq!(rates.at("/status"), "ok");
}
