//! Instruments of one's own: added, read, changed, deleted, and hidden from everybody else.

use service_kit::testing::{TestRequest, TestResponse};

use crate::support::{FakeSource, Market, seconds};

pub(crate) const HOUSE: &str = r#"{"ticker_symbol":"my:house","name":"House in the country","instrument_type":"Real Estate","currency":"EUR"}"#;
pub(crate) const ADA: u128 = 1;
pub(crate) const BOB: u128 = 2;

impl Market {
    pub(crate) fn as_customer(&self, customer: u128, request: TestRequest) -> TestRequest {
        request.bearer(&self.token(customer))
    }

    pub(crate) async fn get_as(&self, customer: u128, path: &str) -> TestResponse {
        self.as_customer(customer, self.app.get(path)).send().await
    }

    pub(crate) async fn post_as(&self, customer: u128, path: &str, body: &str) -> TestResponse {
        let request = self.app.post(path).json_text(body);
        self.as_customer(customer, request).send().await
    }

    pub(crate) async fn add(&self, customer: u128, body: &str) -> TestResponse {
        self.post_as(customer, "/v1/instruments", body).await
    }

    async fn patch_house(&self, customer: u128, body: &str) -> TestResponse {
        let request = self.app.patch("/v1/instruments/MY:HOUSE").json_text(body);
        self.as_customer(customer, request).send().await
    }
}

#[tokio::test]
async fn an_instrument_of_ones_own_is_added_and_read() {
    let market = Market::simulated().await;
    let added = market.add(ADA, HOUSE).await.expect(201);
    assert_eq!(added.at("/ticker_symbol"), "MY:HOUSE");
    assert_eq!(added.header("location"), Some("/v1/instruments/MY:HOUSE"));
    let etag = added.header("etag").unwrap().to_owned();
    let path = added.header("location").unwrap().to_owned();
    let read = market.get_as(ADA, &path).await.expect(200);
    assert_eq!(read.body, added.body);
    assert_eq!(read.at("/name"), "House in the country");
    assert_eq!(read.at("/instrument_type"), "Real Estate");
    assert_eq!(read.at("/sector"), "null");
    assert_eq!(read.at("/exchange"), "null");
    assert_eq!(read.at("/currency"), "EUR");
    assert_eq!(read.at("/source"), "manual");
    assert_eq!(read.header("etag"), Some(&*etag));
    assert!(read.header("cache-control").unwrap().starts_with("private"));
    let again = market.app.get(&path).header("if-none-match", &etag);
    let again = market.as_customer(ADA, again).send().await;
    assert_eq!(again.status, 304);
}

#[tokio::test]
async fn what_is_ones_own_is_unknown_to_everybody_else() {
    let market = Market::simulated().await;
    let _ = market.add(ADA, HOUSE).await.expect(201);
    for path in [
        "/v1/instruments/MY:HOUSE",
        "/v1/instruments/my%3Ahouse",
        "/v1/instruments/MY:HOUSE/quote",
    ] {
        assert_eq!(
            market.get(path).await.expect(404).problem().code,
            "INSTRUMENT_NOT_FOUND"
        );
        assert_eq!(market.get_as(BOB, path).await.status, 404, "{path}");
        let bad = market.app.get(path).bearer("no.such.token").send().await;
        assert_eq!(bad.expect(401).problem().code, "TOKEN_INVALID");
        assert_eq!(market.get_as(ADA, path).await.status, 200, "{path}");
    }
    let bob = market.patch_house(BOB, r#"{"name":"Mine"}"#).await;
    assert_eq!(bob.status, 404);
    let delete = market.app.delete("/v1/instruments/MY:HOUSE");
    assert_eq!(market.as_customer(BOB, delete).send().await.status, 404);
    assert_eq!(
        market.get_as(ADA, "/v1/instruments/MY:HOUSE").await.status,
        200
    );
}

#[tokio::test]
async fn no_source_ever_hears_of_what_is_ones_own() {
    let source = FakeSource::pricing("MY:HOUSE", "1");
    let market = Market::over(source.clone()).await;
    let _ = market
        .get("/v1/quotes?symbols=MY:HOUSE,my:house")
        .await
        .expect(200);
    let _ = market
        .get_as(ADA, "/v1/quotes?symbols=MY:HOUSE")
        .await
        .expect(200);
    assert_eq!(
        market.get("/v1/instruments/MY:HOUSE/quote").await.status,
        404
    );
    assert_eq!(market.get("/v1/instruments/MY:HOUSE").await.status, 404);
    assert_eq!(source.times_asked(), 0);
}

#[tokio::test]
async fn changing_what_is_ones_own_needs_a_token() {
    let market = Market::simulated().await;
    let app = &market.app;
    for request in [
        app.post("/v1/instruments").json_text(HOUSE),
        app.patch("/v1/instruments/MY:HOUSE").json_text("{}"),
        app.delete("/v1/instruments/MY:HOUSE"),
        app.post("/v1/instruments/MY:HOUSE/prices").json_text("{}"),
        app.request(
            http::Method::PUT,
            "/v1/instruments/MY:HOUSE/prices/2026-01-05",
        )
        .json_text("{}"),
        app.delete("/v1/instruments/MY:HOUSE/prices/2026-01-05"),
    ] {
        assert_eq!(
            request.send().await.expect(401).problem().code,
            "TOKEN_MISSING"
        );
    }
}

#[tokio::test]
async fn two_customers_may_use_the_same_symbol() {
    let market = Market::simulated().await;
    let _ = market.add(ADA, HOUSE).await.expect(201);
    let bobs = HOUSE
        .replace("House in the country", "Bob's house")
        .replace("EUR", "GBP");
    let _ = market.add(BOB, &bobs).await.expect(201);
    let path = "/v1/instruments/MY:HOUSE";
    assert_eq!(market.get_as(ADA, path).await.at("/currency"), "EUR");
    assert_eq!(market.get_as(BOB, path).await.at("/name"), "Bob's house");
    let taken = market.add(ADA, HOUSE).await.expect(409).problem();
    assert_eq!(taken.code, "INSTRUMENT_EXISTS");
}

#[tokio::test]
async fn every_mistake_in_a_new_instrument_is_named_and_nothing_is_added() {
    let market = Market::simulated().await;
    let body =
        r#"{"ticker_symbol":"HOUSE","name":"","instrument_type":"","currency":"EURO","colour":1}"#;
    let problem = market.add(ADA, body).await.expect(422).problem();
    let mut errors: Vec<_> = problem
        .errors
        .iter()
        .map(|e| (e.pointer.as_str(), e.code.as_str()))
        .collect();
    errors.sort_unstable();
    assert_eq!(
        errors
            .iter()
            .map(|(pointer, _)| *pointer)
            .collect::<Vec<_>>(),
        [
            "/colour",
            "/currency",
            "/instrument_type",
            "/name",
            "/ticker_symbol"
        ]
    );
    for symbol in ["MY:", "AAPL", "MY:A B", &format!("MY:{}", "X".repeat(30))] {
        let body = HOUSE.replace("my:house", symbol);
        let problem = market.add(ADA, &body).await.expect(422).problem();
        assert_eq!(problem.errors[0].pointer, "/ticker_symbol", "{symbol}");
    }
    let longest = HOUSE.replace("my:house", &format!("MY:{}", "X".repeat(29)));
    let _ = market.add(ADA, &longest).await.expect(201);
    let page = market
        .get_as(ADA, "/v1/instruments?query=my%3A")
        .await
        .expect(200);
    assert_eq!(page.count("/items"), 1);
}

#[tokio::test]
async fn pence_are_not_taken_for_pounds() {
    let market = Market::simulated().await;
    let problem = market.add(ADA, &HOUSE.replace("EUR", "GBp")).await;
    let problem = problem.expect(422).problem();
    assert_eq!(problem.errors[0].pointer, "/currency");
    assert!(problem.errors[0].detail.contains("pence"), "{problem:?}");
    let _ = market
        .add(ADA, &HOUSE.replace("EUR", "gbp"))
        .await
        .expect(201);
}

#[tokio::test]
async fn adding_the_same_twice_under_one_key_adds_it_once() {
    let market = Market::simulated().await;
    let add = |body: &str| {
        let request = market.app.post("/v1/instruments").json_text(body);
        market
            .as_customer(ADA, request.header("idempotency-key", "one"))
            .send()
    };
    let first = add(HOUSE).await.expect(201);
    let second = add(HOUSE).await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("location"), first.header("location"));
    let other = add(&HOUSE.replace("EUR", "USD"))
        .await
        .expect(422)
        .problem();
    assert_eq!(other.code, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let market = Market::simulated().await;
    let _ = market.add(ADA, HOUSE).await.expect(201);
    market.clock.advance(seconds(60));
    let patched = market
        .patch_house(ADA, r#"{"sector":"Housing","currency":"USD"}"#)
        .await
        .expect(200);
    assert_eq!(patched.at("/name"), "House in the country");
    assert_eq!(patched.at("/sector"), "Housing");
    assert_eq!(patched.at("/currency"), "USD");
    assert!(patched.header("etag").is_some());
    let cleared = market
        .patch_house(ADA, r#"{"sector":null}"#)
        .await
        .expect(200);
    assert_eq!(cleared.at("/sector"), "null");
    let problem = market
        .patch_house(ADA, r#"{"name":null,"ticker_symbol":"MY:X"}"#)
        .await;
    let problem = problem.expect(422).problem();
    let pointers: Vec<_> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(pointers, ["/ticker_symbol", "/name"]);
    let of_market = market.app.patch("/v1/instruments/AAPL").json_text("{}");
    assert_eq!(market.as_customer(ADA, of_market).send().await.status, 404);
}

#[tokio::test]
async fn a_change_bound_to_an_older_revision_is_refused() {
    let market = Market::simulated().await;
    let added = market.add(ADA, HOUSE).await.expect(201);
    let patched = market.patch_house(ADA, r#"{"name":"Cottage"}"#).await;
    let [first, second] =
        [added, patched.expect(200)].map(|answer| answer.header("etag").unwrap().to_owned());
    let path = "/v1/instruments/MY:HOUSE";
    let change = market.app.patch(path).json_text(r#"{"name":"Barn"}"#);
    let change = market.as_customer(ADA, change.header("if-match", &first));
    assert_eq!(
        change.send().await.expect(412).problem().code,
        "PRECONDITION_FAILED"
    );
    let delete = market.app.delete(path).header("if-match", &first);
    assert_eq!(market.as_customer(ADA, delete).send().await.status, 412);
    assert_eq!(market.get_as(ADA, path).await.at("/name"), "Cottage");
    let delete = market.app.delete(path).header("if-match", &second);
    assert_eq!(market.as_customer(ADA, delete).send().await.status, 204);
    assert_eq!(market.get_as(ADA, path).await.status, 404);
}

#[tokio::test]
async fn an_instrument_added_again_is_another_one() {
    let market = Market::simulated().await;
    let added = market.add(ADA, HOUSE).await.expect(201);
    let etag = added.header("etag").unwrap().to_owned();
    let path = "/v1/instruments/MY:HOUSE";
    let delete = market.as_customer(ADA, market.app.delete(path));
    assert_eq!(delete.send().await.status, 204);
    market.clock.advance(seconds(1));
    let _ = market.add(ADA, HOUSE).await.expect(201);
    let stale = market.app.patch(path).header("if-match", &etag);
    let stale = market.as_customer(ADA, stale.json_text(r#"{"name":"Barn"}"#));
    assert_eq!(stale.send().await.status, 412);
}

#[tokio::test]
async fn two_hundred_instruments_are_enough() {
    let market = Market::simulated().await;
    for number in 0..200 {
        let body = HOUSE.replace("my:house", &format!("MY:N{number}"));
        let _ = market.add(ADA, &body).await.expect(201);
    }
    let problem = market.add(ADA, HOUSE).await.expect(409).problem();
    assert_eq!(problem.code, "TOO_MANY_INSTRUMENTS");
    let _ = market.add(BOB, HOUSE).await.expect(201);
    let delete = market.app.delete("/v1/instruments/MY:N7");
    assert_eq!(market.as_customer(ADA, delete).send().await.status, 204);
    let _ = market.add(ADA, HOUSE).await.expect(201);
}
