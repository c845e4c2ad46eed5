//! Daily closes of many instruments in one answer.

use api::asset::HistoryStatus;
use api::client::AssetClient;
use asset_service::source::{Action, SourceError};
use domain::Quantity;
use service_kit::transport::in_process;

use crate::past::{Past, date, items, price, prices, weekdays};
use crate::support::{Market, down, ticker};

const DAYS: &str = "from=2026-03-02&to=2026-03-06";

#[tokio::test]
async fn columns_say_what_the_history_of_each_instrument_says() {
    let market = Market::over(Past::ordinary()).await;
    let single = prices(&market, DAYS).await;
    let path = format!("/v1/prices?symbols=ACME,EURUSD=X&{DAYS}");
    let answer = market.get(&path).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        (answer.at("/from"), answer.at("/to")),
        ("2026-03-02".into(), "2026-03-06".into())
    );
    assert_eq!(answer.count("/items"), 2);
    assert_eq!(answer.at("/items/0/ticker_symbol"), "ACME");
    assert_eq!(
        (answer.at("/items/0/currency"), answer.at("/items/0/status")),
        ("USD".into(), "ok".into())
    );
    assert_eq!(answer.at("/items/0/segments/0/source"), "past");
    // Friday before, then Monday to Friday.
    assert_eq!(answer.at("/items/0/first_date"), "2026-02-27");
    assert_eq!(answer.at("/items/0/days"), "[0,3,4,5,6,7]");
    let closes: Vec<String> = items(&single).into_values().collect();
    assert_eq!(
        answer.at("/items/0/closes"),
        format!("[127.25,{}]", closes.join(","))
    );
    assert_eq!(answer.at("/items/0/splits"), "[]");
    assert_eq!(
        (
            answer.at("/items/1/ticker_symbol"),
            answer.at("/items/1/currency")
        ),
        ("EURUSD=X".into(), "USD".into())
    );
}

#[tokio::test]
async fn one_bad_symbol_spoils_nothing() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    prices(&market, DAYS).await;
    source.tell(Err(SourceError::UnknownSymbol));
    let path = format!("/v1/prices?symbols=NOPE,acme,A%20B,MY:HOUSE,USDUSD=X&{DAYS}");
    let answer = market.get(&path).await.expect(200);
    for (place, status, reason) in [
        (0, "unavailable", "UNKNOWN_SYMBOL"),
        (1, "ok", "null"),
        (2, "unavailable", "INVALID_SYMBOL"),
        (3, "unavailable", "UNKNOWN_SYMBOL"),
        (4, "ok", "null"),
    ] {
        let at = |field: &str| answer.at(&format!("/items/{place}/{field}"));
        assert_eq!(
            (at("status"), at("reason")),
            (status.into(), reason.into()),
            "{place}"
        );
    }
    assert_eq!(answer.at("/items/4/closes"), "[1,1,1,1,1,1]");
    assert_eq!(answer.at("/items/0/first_date"), "null");
    let none = market
        .get("/v1/prices?symbols=")
        .await
        .expect(422)
        .problem();
    assert_eq!(none.errors[0].pointer, "?symbols");
    let many = vec!["A"; 51].join(",");
    let many = market
        .get(&format!("/v1/prices?symbols={many}"))
        .await
        .expect(422);
    assert_eq!(many.problem().errors[0].code, "TOO_MANY");
}

#[tokio::test]
async fn the_typed_client_makes_series_of_them() {
    let mut told = weekdays("2025-01-01", "2026-12-31");
    told.actions = Some(vec![Action::Split {
        ex_date: date("2026-03-04"),
        new: Quantity::parse("5").unwrap(),
        old: Quantity::parse("4").unwrap(),
    }]);
    let market = Market::over(Past::named("past", Ok(told))).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let (from, to) = (date("2026-03-02"), date("2026-03-06"));
    let tickers = [ticker("ACME"), ticker("^GSPC"), ticker("EURUSD=X")];
    let closes = client.list_closes(&tickers, from, to).await.unwrap();
    assert_eq!(closes[0].status, HistoryStatus::Ok);
    let series = closes[0].prices().unwrap();
    assert_eq!(
        series.on(date("2026-03-01")).unwrap().date,
        date("2026-02-27")
    );
    assert_eq!(
        series.on(date("2026-03-05")).unwrap().value,
        price("105.25").value()
    );
    assert_eq!(
        closes[0].known_splits().unwrap()[0].date,
        date("2026-03-04")
    );
    assert_eq!(closes[1].ticker_symbol, "^GSPC");
    assert_eq!(closes[2].rates().unwrap().len(), 6);
}

#[tokio::test]
async fn splits_that_nobody_tells_are_unknown_and_not_none() {
    let mut told = weekdays("2025-01-01", "2026-12-31");
    told.actions = None;
    let market = Market::over(Past::named("past", Ok(told))).await;
    let answer = market
        .get(&format!("/v1/prices?symbols=ACME&{DAYS}"))
        .await
        .expect(200);
    assert_eq!(
        (answer.at("/items/0/splits"), answer.at("/items/0/status")),
        ("null".into(), "ok".into())
    );
}

#[tokio::test]
async fn where_nobody_could_tell_splits_are_unknown_and_not_none() {
    for (told, splits) in [
        (Err(down()), "null"),
        (Err(SourceError::UnknownSymbol), "null"),
        (Ok(weekdays("2026-03-09", "2026-12-31")), "[]"),
    ] {
        let market = Market::over(Past::named("past", told)).await;
        let path = format!("/v1/prices?symbols=ACME&{DAYS}");
        let answer = market.get(&path).await.expect(200);
        assert_eq!(
            (answer.at("/items/0/status"), answer.at("/items/0/splits")),
            ("unavailable".into(), splits.into()),
            "{}",
            answer.at("/items/0/reason")
        );
    }
}

#[tokio::test]
async fn without_an_end_every_range_ends_today_wherever_it_has_begun_first() {
    let market = Market::over(Past::ordinary()).await;
    for path in [
        "/v1/prices?symbols=ACME",
        "/v1/instruments/ACME/prices",
        "/v1/instruments/ACME/actions",
        "/v1/fx/EUR/USD/rates",
    ] {
        let answer = market.get(path).await.expect(200);
        assert_eq!(
            (answer.at("/from"), answer.at("/to")),
            ("2025-03-11".into(), "2026-03-11".into()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_own_instrument_comes_with_the_price_that_still_holds_and_only_for_its_owner() {
    let market = Market::over(Past::ordinary()).await;
    let house = r#"{"ticker_symbol":"MY:HOUSE","name":"House","instrument_type":"Real Estate","currency":"EUR"}"#;
    let _ = market.add(1, house).await.expect(201);
    let entered = r#"{"items":[{"date":"2019-05-01","price":400},{"date":"2021-05-01","price":500.5},{"date":"2026-03-04","price":510}]}"#;
    let path = "/v1/instruments/MY:HOUSE/prices";
    let _ = market.post_as(1, path, entered).await.expect(200);
    let path = format!("/v1/prices?symbols=MY:HOUSE&{DAYS}");
    let own = market.get_as(1, &path).await.expect(200);
    assert_eq!(own.header("cache-control"), Some("private, no-store"));
    assert_eq!(
        (own.at("/items/0/first_date"), own.at("/items/0/closes")),
        ("2021-05-01".into(), "[500.5,510]".into())
    );
    assert_eq!(
        (own.at("/items/0/currency"), own.at("/items/0/status")),
        ("EUR".into(), "ok".into())
    );
    let other = market.get_as(2, &path).await.expect(200);
    assert_eq!(
        (other.at("/items/0/reason"), other.at("/items/0/closes")),
        ("UNKNOWN_SYMBOL".into(), "[]".into())
    );
}

#[tokio::test]
async fn many_symbols_over_many_years_are_too_much_and_a_symbol_may_come_twice() {
    let market = Market::simulated().await;
    let symbols: Vec<String> = (0..50).map(|number| format!("SYM{number}")).collect();
    let symbols = symbols.join(",");
    let path = format!("/v1/prices?symbols={symbols}&from=1970-01-01&to=2026-01-01");
    let problem = market.get(&path).await.expect(422).problem();
    assert_eq!(problem.errors[0].code, "TOO_LONG");
    let alone = "/v1/prices?symbols=AAPL&from=1970-01-01&to=2026-01-01";
    assert_eq!(market.get(alone).await.expect(200).count("/items"), 1);
    let twice = "/v1/prices?symbols=AAPL,MSFT,AAPL&from=2026-01-05&to=2026-01-09";
    let twice = market.get(twice).await.expect(200);
    assert_eq!(twice.at("/items/0/ticker_symbol"), "AAPL");
    assert_eq!(twice.at("/items/1/ticker_symbol"), "MSFT");
    assert_eq!(twice.at("/items/2"), twice.at("/items/0"));
}
