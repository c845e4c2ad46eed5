//! Own instruments and their prices are stored as before.

use store::{Key, Query, Record};

use crate::own::{ADA, HOUSE};
use crate::support::{FakeSource, Market, Storage, clock, customer_id};

/// An item as an earlier version wrote it: any JSON under the kind it had.
macro_rules! golden {
    ($name:ident, $kind:literal) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        struct $name(serde_json::Value);

        impl Record for $name {
            const KIND: &'static str = $kind;
        }
    };
}

golden!(GoldenInstrument, "own_instrument");
golden!(GoldenPrices, "own_prices");

fn golden(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn own_instruments_and_prices_stored_by_schema_1_are_read() {
    let storage = Storage::new().await;
    let partition = format!("CUST#{}", customer_id(ADA));
    let instrument = golden(include_str!("golden/own_instrument_schema_1.json"));
    let prices = golden(include_str!("golden/own_prices_schema_1.json"));
    let write = storage.table().write();
    write
        .put(
            &Key::new(&partition, "OWN#MY:FUND"),
            &GoldenInstrument(instrument),
        )
        .put(
            &Key::new(&partition, "OWNP#MY:FUND#2020"),
            &GoldenPrices(prices),
        )
        .commit()
        .await
        .unwrap();
    let source = FakeSource::new();
    let market = Market::start(
        &asset_service::AssetConfig::default(),
        source,
        storage,
        clock(),
    )
    .await;
    let quote = market
        .get_as(ADA, "/v1/instruments/MY:FUND/quote")
        .await
        .expect(200);
    assert_eq!(quote.at("/price"), "104.125");
    let delete = market
        .app
        .delete("/v1/instruments/MY:FUND/prices/2026-03-02");
    assert_eq!(market.as_customer(ADA, delete).send().await.status, 204);
    let quote = market
        .get_as(ADA, "/v1/instruments/MY:FUND/quote")
        .await
        .expect(200);
    assert_eq!(quote.at("/price"), "101.5");
    assert_eq!(quote.at("/fetched_at"), "2026-02-02T09:30:00.25Z");
}

#[tokio::test]
async fn what_is_stored_of_an_own_instrument_has_the_fields_of_schema_1() {
    let market = Market::simulated().await;
    let house = HOUSE.replace("\"EUR\"", "\"EUR\",\"sector\":\"Housing\"");
    let _ = market
        .add(ADA, &house.replace("my:house", "MY:FUND"))
        .await
        .expect(201);
    let body =
        r#"{"items":[{"date":"2026-02-02","price":101.5},{"date":"2026-03-02","price":104.125}]}"#;
    let _ = market
        .post_as(ADA, "/v1/instruments/MY:FUND/prices", body)
        .await
        .expect(200);
    let storage = market.stop().await;
    let partition = format!("CUST#{}", customer_id(ADA));
    let query = Query::partition(&partition).prefix("OWN#");
    let stored = storage
        .table()
        .query_all::<GoldenInstrument>(&query)
        .await
        .unwrap();
    let fixture = golden(include_str!("golden/own_instrument_schema_1.json"));
    assert_eq!(fields(&stored[0].value.0), fields(&fixture));
    assert_eq!(
        fields(&stored[0].value.0["last_price"]),
        fields(&fixture["last_price"])
    );
    let query = Query::partition(&partition).prefix("OWNP#MY:FUND#");
    let stored = storage
        .table()
        .query_all::<GoldenPrices>(&query)
        .await
        .unwrap();
    let fixture = golden(include_str!("golden/own_prices_schema_1.json"));
    assert_eq!(stored[0].key.sk, "OWNP#MY:FUND#2020");
    assert_eq!(
        fields(&stored[0].value.0["prices"]),
        fields(&fixture["prices"])
    );
    assert_eq!(
        fields(&stored[0].value.0["prices"]["2026-03-02"]),
        fields(&fixture["prices"]["2026-03-02"])
    );
}

fn fields(value: &serde_json::Value) -> Vec<&str> {
    let mut fields: Vec<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    fields.sort_unstable();
    fields
}
