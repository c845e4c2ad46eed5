//! Manual prices: entered one by one and in bulk, replaced, deleted, and gone with their instrument.

use http::Method;
use service_kit::testing::TestResponse;
use store::{Query, Record};

use crate::own::{ADA, BOB, HOUSE};
use crate::support::{Market, customer_id};

const PRICES: &str = "/v1/instruments/MY:HOUSE/prices";
const QUOTE: &str = "/v1/instruments/MY:HOUSE/quote";

async fn with_house() -> Market {
    let market = Market::simulated().await;
    let _ = market.add(ADA, HOUSE).await.expect(201);
    market
}

async fn enter(market: &Market, customer: u128, date: &str, price: &str) -> TestResponse {
    let path = format!("{PRICES}/{date}");
    let body = format!(r#"{{"price":{price}}}"#);
    let request = market.app.request(Method::PUT, &path).json_text(body);
    market.as_customer(customer, request).send().await
}

async fn delete(market: &Market, date: &str) -> TestResponse {
    let request = market.app.delete(&format!("{PRICES}/{date}"));
    market.as_customer(ADA, request).send().await
}

fn rows(rows: impl Iterator<Item = (String, String)>) -> String {
    let rows: Vec<_> = rows
        .map(|(date, price)| format!(r#"{{"date":"{date}","price":{price}}}"#))
        .collect();
    format!(r#"{{"items":[{}]}}"#, rows.join(","))
}

#[tokio::test]
async fn a_price_is_entered_and_replaced() {
    let market = with_house().await;
    let entered = enter(&market, ADA, "2026-01-05", "\"450000.5\"")
        .await
        .expect(201);
    assert_eq!(entered.at("/ticker_symbol"), "MY:HOUSE");
    assert_eq!(entered.at("/date"), "2026-01-05");
    assert_eq!(entered.at("/price"), "450000.5");
    assert_eq!(entered.at("/currency"), "EUR");
    assert_eq!(entered.at("/entered_at"), "2026-03-10T15:00:00Z");
    assert!(entered.header("etag").is_some());
    let replaced = enter(&market, ADA, "2026-01-05", "460000")
        .await
        .expect(200);
    assert_eq!(replaced.at("/price"), "460000");
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/price"), "460000");
}

#[tokio::test]
async fn every_mistake_in_a_price_is_refused_and_changes_nothing() {
    let market = with_house().await;
    for (date, price, pointer, code) in [
        ("2026-01-05", "0", "/price", "NOT_POSITIVE"),
        ("2026-01-05", "-1", "/price", "NOT_POSITIVE"),
        ("2026-01-05", "\"NaN\"", "/price", "NOT_A_NUMBER"),
        ("2026-03-12", "1", "{date}", "IN_THE_FUTURE"),
        ("1899-12-31", "1", "{date}", "TOO_EARLY"),
        ("2026-02-30", "1", "{date}", "MALFORMED"),
        ("tomorrow", "1", "{date}", "MALFORMED"),
    ] {
        let problem = enter(&market, ADA, date, price).await.expect(422).problem();
        let error = &problem.errors[0];
        assert_eq!(error.pointer, pointer, "{date} {price}");
        assert_eq!(error.code, code, "{date} {price}");
    }
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/reason"), "NO_PRICE");
    // Tomorrow here is today in the far east only from 10:00 UTC on.
    let _ = enter(&market, ADA, "2026-03-11", "1").await.expect(201);
    let _ = enter(&market, ADA, "1900-01-01", "1").await.expect(201);
}

#[tokio::test]
async fn prices_of_somebody_elses_instrument_cannot_be_touched() {
    let market = with_house().await;
    let _ = enter(&market, ADA, "2026-01-05", "1").await.expect(201);
    assert_eq!(enter(&market, BOB, "2026-01-05", "2").await.status, 404);
    let body = r#"{"items":[{"date":"2026-01-05","price":2}]}"#;
    assert_eq!(market.post_as(BOB, PRICES, body).await.status, 404);
    let remove = market.app.delete(&format!("{PRICES}/2026-01-05"));
    assert_eq!(market.as_customer(BOB, remove).send().await.status, 404);
    let of_market = "/v1/instruments/AAPL/prices";
    assert_eq!(market.post_as(ADA, of_market, body).await.status, 404);
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/price"), "1");
}

#[tokio::test]
async fn a_thousand_prices_are_entered_at_once_over_more_than_a_century() {
    let market = with_house().await;
    let _ = enter(&market, ADA, "1900-06-15", "1").await.expect(201);
    let dates = (0..1000).map(|n| {
        let (year, month) = (1900 + n / 8, 1 + n % 8);
        (format!("{year}-{month:02}-15"), format!("{}.25", 1000 + n))
    });
    let body = rows(dates);
    let entered = market.post_as(ADA, PRICES, &body).await.expect(200);
    assert_eq!(entered.at("/ticker_symbol"), "MY:HOUSE");
    assert_eq!(
        (entered.at("/added"), entered.at("/replaced")),
        ("999".into(), "1".into())
    );
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/price"), "1999.25");
    assert_eq!(quote.at("/as_of"), "2024-08-15T00:00:00Z");
}

#[tokio::test]
async fn one_bad_row_keeps_all_out_and_each_is_named() {
    let market = with_house().await;
    let body = r#"{"items":[
        {"date":"2026-01-05","price":1},
        {"date":"2026-01-06","price":0},
        {"date":"2026-01-07"},
        {"price":1,"note":"x"},
        5
    ]}"#;
    let problem = market
        .post_as(ADA, PRICES, body)
        .await
        .expect(422)
        .problem();
    let pointers: Vec<_> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/items/1/price",
            "/items/2/price",
            "/items/3/note",
            "/items/3/date",
            "/items/4"
        ]
    );
    let body = r#"{"items":[
        {"date":"2026-01-05","price":1},
        {"date":"2026-01-05","price":2},
        {"date":"2026-05-01","price":2},
        {"date":"1800-01-01","price":2}
    ]}"#;
    let problem = market
        .post_as(ADA, PRICES, body)
        .await
        .expect(422)
        .problem();
    let errors: Vec<_> = problem
        .errors
        .iter()
        .map(|e| (e.pointer.as_str(), e.code.as_str()))
        .collect();
    assert_eq!(
        errors,
        [
            ("/items/1/date", "DUPLICATE"),
            ("/items/2/date", "IN_THE_FUTURE"),
            ("/items/3/date", "TOO_EARLY")
        ]
    );
    let many = rows((0..1001).map(|n| (format!("{}-01-01", 1900 + n % 100), "1".to_owned())));
    for (body, code) in [
        (r#"{"items":[]}"#, "EMPTY"),
        (r#"{"items":{}}"#, "WRONG_TYPE"),
        ("{}", "REQUIRED"),
        (&many, "TOO_MANY"),
    ] {
        let problem = market
            .post_as(ADA, PRICES, body)
            .await
            .expect(422)
            .problem();
        assert_eq!(problem.errors[0].pointer, "/items");
        assert_eq!(problem.errors[0].code, code);
    }
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/reason"), "NO_PRICE");
}

#[tokio::test]
async fn entering_the_same_list_under_one_key_enters_it_once() {
    let market = with_house().await;
    let body = r#"{"items":[{"date":"2026-01-05","price":1}]}"#;
    let send = || {
        let request = market.app.post(PRICES).json_text(body);
        let request = request.header("idempotency-key", "list");
        market.as_customer(ADA, request).send()
    };
    let first = send().await.expect(200);
    let second = send().await.expect(200);
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.at("/added"), "1");
}

#[tokio::test]
async fn deleting_a_price_brings_back_the_one_before() {
    let market = with_house().await;
    for (date, price) in [
        ("2019-12-31", "1"),
        ("2026-01-05", "2"),
        ("2026-02-05", "3"),
    ] {
        let _ = enter(&market, ADA, date, price).await.expect(201);
    }
    assert_eq!(delete(&market, "2026-02-05").await.status, 204);
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/price"), "2");
    assert_eq!(delete(&market, "2026-01-05").await.status, 204);
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/price"), "1");
    assert_eq!(quote.at("/staleness"), "stale");
    let gone = delete(&market, "2026-01-05").await.expect(404).problem();
    assert_eq!(gone.code, "PRICE_NOT_FOUND");
    assert_eq!(delete(&market, "2019-12-31").await.status, 204);
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/reason"), "NO_PRICE");
}

#[tokio::test]
async fn a_change_of_prices_bound_to_an_older_revision_is_refused() {
    let market = with_house().await;
    let first = enter(&market, ADA, "2026-01-05", "1").await.expect(201);
    assert_eq!(first.header("etag"), Some("\"2\""));
    let path = format!("{PRICES}/2026-01-05");
    let body = r#"{"price":7}"#;
    let list = r#"{"items":[{"date":"2026-01-05","price":7}]}"#;
    let app = &market.app;
    let changes = |revision: &'static str| {
        [
            app.request(Method::PUT, &path).json_text(body),
            app.post(PRICES).json_text(list),
            app.delete(&path),
        ]
        .map(|request| market.as_customer(ADA, request.header("if-match", revision)))
    };
    for change in changes("\"1\"") {
        let problem = change.send().await.expect(412).problem();
        assert_eq!(problem.code, "PRECONDITION_FAILED");
    }
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/price"), "1");
    let [put, _, _] = changes("\"2\"");
    assert_eq!(put.send().await.expect(200).header("etag"), Some("\"3\""));
    let [_, post, _] = changes("\"3\"");
    assert_eq!(post.send().await.status, 200);
    let [_, _, delete] = changes("*");
    assert_eq!(delete.send().await.status, 204);
}

#[tokio::test]
async fn the_latest_price_is_the_same_in_the_quote_and_among_the_prices() {
    let market = with_house().await;
    // Tomorrow in UTC, today in Auckland.
    let _ = enter(&market, ADA, "2026-03-11", "5").await.expect(201);
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/price"), "5");
    let prices = market.get_as(ADA, PRICES).await.expect(200);
    assert_eq!(prices.at("/to"), "2026-03-11");
    assert_eq!(prices.at("/items/0/date"), "2026-03-11");
}

#[tokio::test]
async fn the_price_before_the_last_is_found_decades_back() {
    let market = with_house().await;
    for (date, price) in [
        ("2026-03-10", "9"),
        ("1965-05-05", "1"),
        ("1995-05-05", "3"),
        ("1985-05-05", "2"),
    ] {
        let _ = enter(&market, ADA, date, price).await.expect(201);
    }
    let before = async || market.get_as(ADA, QUOTE).await.at("/previous_close");
    assert_eq!(before().await, "3");
    assert_eq!(delete(&market, "1995-05-05").await.status, 204);
    assert_eq!(before().await, "2");
    let _ = enter(&market, ADA, "1985-05-06", "2.5").await.expect(201);
    assert_eq!(before().await, "2.5");
    assert_eq!(delete(&market, "2026-03-10").await.status, 204);
    let quote = market.get_as(ADA, QUOTE).await.expect(200);
    assert_eq!(quote.at("/as_of"), "1985-05-06T00:00:00Z");
    let all = market
        .get_as(ADA, &format!("{PRICES}?from=1960-01-01"))
        .await;
    assert_eq!(all.expect(200).count("/items"), 3);
}

#[tokio::test]
async fn the_currency_stays_while_there_are_prices() {
    let market = with_house().await;
    let patch = |body: &str| {
        let request = market.app.patch("/v1/instruments/MY:HOUSE").json_text(body);
        market.as_customer(ADA, request).send()
    };
    let _ = enter(&market, ADA, "2026-01-05", "1").await.expect(201);
    let problem = patch(r#"{"currency":"USD"}"#).await.expect(409).problem();
    assert_eq!(problem.code, "CURRENCY_IN_USE");
    let _ = patch(r#"{"currency":"EUR","name":"Cottage"}"#)
        .await
        .expect(200);
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/price"), "1");
    assert_eq!(delete(&market, "2026-01-05").await.status, 204);
    assert_eq!(
        patch(r#"{"currency":"USD"}"#)
            .await
            .expect(200)
            .at("/currency"),
        "USD"
    );
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
struct Stored(serde_json::Value);

impl Record for Stored {
    const KIND: &'static str = "own_prices";
}

#[tokio::test]
async fn an_instrument_is_gone_with_everything_it_had() {
    let market = with_house().await;
    let body = rows((0..126).map(|n| (format!("{}-03-01", 1900 + n), "1".to_owned())));
    let _ = market.post_as(ADA, PRICES, &body).await.expect(200);
    let other = HOUSE.replace("my:house", "MY:HOUSE2");
    let _ = market.add(ADA, &other).await.expect(201);
    let path = "/v1/instruments/MY:HOUSE2/prices";
    let kept = r#"{"items":[{"date":"2026-01-05","price":7}]}"#;
    let _ = market.post_as(ADA, path, kept).await.expect(200);
    let gone = market.app.delete("/v1/instruments/MY:HOUSE");
    assert_eq!(market.as_customer(ADA, gone).send().await.status, 204);
    let _ = market.add(ADA, HOUSE).await.expect(201);
    assert_eq!(market.get_as(ADA, QUOTE).await.at("/reason"), "NO_PRICE");
    let left = market.get_as(ADA, "/v1/instruments/MY:HOUSE2/quote").await;
    assert_eq!(left.at("/price"), "7");
    let storage = market.stop().await;
    let query = Query::partition(format!("CUST#{}", customer_id(ADA))).prefix("OWNP#");
    let stored = storage.table().query_all::<Stored>(&query).await.unwrap();
    let keys: Vec<_> = stored.iter().map(|item| item.key.sk.as_str()).collect();
    assert_eq!(keys, ["OWNP#MY:HOUSE2#2020"]);
}

#[tokio::test]
async fn prices_entered_at_the_same_time_are_all_kept() {
    let market = with_house().await;
    let entering = (1..=8).map(|day| {
        let market = &market;
        async move { enter(market, ADA, &format!("2026-01-{day:02}"), &day.to_string()).await }
    });
    for entered in futures::future::join_all(entering).await {
        assert_eq!(entered.status, 201);
    }
    for day in (2..=8).rev() {
        assert_eq!(
            market.get_as(ADA, QUOTE).await.at("/price"),
            day.to_string()
        );
        assert_eq!(
            delete(&market, &format!("2026-01-{day:02}")).await.status,
            204
        );
    }
}
