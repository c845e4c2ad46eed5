//! How years of closes are stored: as before, and by several processes.

use std::collections::BTreeSet;

use asset_service::{AssetConfig, AssetService, router};
use axum::body::Body;
use axum::http::Request;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use service_kit::testing::TestIssuer;
use store::{Key, Record};
use tower::ServiceExt;

use crate::past::{Past, date, items, price, prices, restarted, weekdays};
use crate::support::{Market, Storage, clock, seconds};

const DAY: i64 = 86_400;

const WEEK: &str = "from=2026-03-02";

/// A year as an earlier version wrote it; its closes are bytes, which JSON can only spell.
#[derive(Serialize, Deserialize)]
pub(crate) struct GoldenYear {
    pub(crate) currency: String,
    #[serde(serialize_with = "as_bytes", deserialize_with = "either")]
    closes: Vec<u8>,
    actions: serde_json::Value,
    spans: serde_json::Value,
}

impl Record for GoldenYear {
    const KIND: &'static str = "price_year";
}

fn as_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// Bytes from the table, hexadecimal digits from a fixture.
fn either<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    struct Either;
    impl Visitor<'_> for Either {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes")
        }

        fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
            Ok(bytes)
        }

        fn visit_str<E>(self, digits: &str) -> Result<Vec<u8>, E> {
            let byte = |place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap();
            Ok((0..digits.len()).step_by(2).map(byte).collect())
        }
    }
    deserializer.deserialize_any(Either)
}

fn golden_year() -> GoldenYear {
    serde_json::from_str(include_str!("golden/price_year_schema_1.json")).unwrap()
}

#[tokio::test]
async fn a_year_stored_by_schema_1_is_read() {
    let storage = Storage::new().await;
    for (partition, prefix) in [("INST#ACME", "PRICES"), ("FX#EUR#USD", "RATES")] {
        let key = Key::new(partition, format!("{prefix}#2025"));
        let write = storage.table().write();
        write.put(&key, &golden_year()).commit().await.unwrap();
    }
    let market = Market::start(&AssetConfig::default(), Past::down(), storage, clock()).await;
    let year = prices(&market, "from=2025-01-01&to=2025-12-31").await;
    let closes: Vec<_> = items(&year).into_iter().collect();
    let expected = [
        ("2025-01-02", "187.25"),
        ("2025-01-03", "186.5"),
        ("2025-01-08", "188"),
    ];
    assert_eq!(
        closes,
        expected.map(|(date, close)| (date.into(), close.into()))
    );
    assert_eq!(year.at("/currency"), "EUR");
    assert_eq!(year.at("/status"), "ok");
    assert_eq!(
        year.at("/segments/0/fetched_at"),
        "2025-07-01T06:00:00.125Z"
    );
    assert_eq!(year.at("/segments/1/crossed_through"), "USD");
    let path = "/v1/instruments/ACME/actions?from=2025-01-01&to=2025-12-31";
    let actions = market.get(path).await.expect(200);
    assert_eq!(actions.at("/items/0/amount"), "0.75");
    assert_eq!(actions.at("/items/1/split_new"), "3");
    assert_eq!(actions.at("/reason"), "ACTIONS_UNKNOWN");
    let path = "/v1/fx/EUR/USD/rates?from=2025-01-01&to=2025-01-31";
    let rates = market.get(path).await.expect(200);
    assert_eq!(rates.at("/items/2/rate"), "188");
}

#[tokio::test]
async fn a_stored_year_has_the_fields_of_schema_1() {
    let market = Market::over(Past::ordinary()).await;
    prices(&market, "from=2025-01-01").await;
    let storage = market.stop().await;
    let key = Key::new("INST#ACME", "PRICES#2025");
    let stored = storage.table().get::<GoldenYear>(&key).await;
    let stored = stored.unwrap().unwrap().value;
    let fields = |spans: &serde_json::Value| -> BTreeSet<String> {
        let fields = spans[0].as_object().unwrap().keys();
        // What is absent is not stored.
        let given = fields.filter(|name| *name != "crossed_through");
        given.cloned().collect()
    };
    assert_eq!(fields(&stored.spans), fields(&golden_year().spans));
    assert_eq!(stored.closes[..3], golden_year().closes[..3]);
}

#[tokio::test]
async fn of_two_processes_the_one_that_knows_more_wins_whoever_writes_last() {
    for (first_knows, last_knows) in [("2026-03-06", "2026-03-09"), ("2026-03-09", "2026-03-06")] {
        let storage = Storage::new().await;
        let service = |source| {
            let (config, table, clock) = (AssetConfig::default(), storage.table(), clock());
            let verifier = TestIssuer::new(&clock).verifier();
            AssetService::with_sources(&config, vec![source], table, verifier, clock)
        };
        let knowing = |to| Past::named("past", Ok(weekdays("2026-01-01", to)));
        let (first, last_source) = (service(knowing(first_knows)), knowing(last_knows));
        let last = service(last_source.clone());
        // The last has asked before the first stored, and stores after it.
        last_source.is_answering.send_replace(false);
        let asking = tokio::spawn(asked(last.clone(), WEEK));
        while last_source.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        asked(first, WEEK).await;
        last_source.is_answering.send_replace(true);
        asking.await.unwrap();

        let key = Key::new("INST#ACME", "PRICES#2026");
        let stored = storage.table().get::<GoldenYear>(&key).await;
        let stored = stored.unwrap().unwrap().value;
        assert_eq!(stored.spans[0]["to"], "2026-03-09");
    }
}

/// Asks for days, and waits until they are stored.
pub(crate) async fn asked(service: AssetService, query: &str) {
    let (router, _) = router(service.clone()).split_for_parts();
    let path = format!("/v1/instruments/ACME/prices?{query}");
    let request = Request::get(path).body(Body::empty()).unwrap();
    router.oneshot(request).await.unwrap();
    service.settled().await;
}

#[tokio::test]
async fn what_another_process_has_corrected_is_seen_with_the_next_day() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2025-01-01").await;
    market.service.settled().await;
    market.clock.advance(seconds(2 * DAY));
    let mut corrected = weekdays("2025-01-01", "2026-12-31");
    for (day, close) in &mut corrected.closes {
        if *day == date("2025-07-01") || *day == date("2026-03-06") {
            *close = price("101.35");
        }
    }
    asked(market.sibling(Past::named("past", Ok(corrected))), WEEK).await;
    let healed = items(&prices(&market, "from=2025-01-01").await);
    assert_eq!(healed["2026-03-06"], "101.35");
    assert_eq!(healed["2025-07-01"], "101.35");
    assert_eq!(source.asked().len(), 1);
}

#[tokio::test]
async fn years_that_one_process_has_are_not_hidden_by_another_whose_source_begins_later() {
    let long = weekdays("2024-01-01", "2026-12-31");
    let market = Market::over(Past::named("past", Ok(long))).await;
    let short = Past::named("past", Ok(weekdays("2026-01-01", "2026-12-31")));
    short.is_answering.send_replace(false);
    let since = "from=2024-01-01";
    let asking = tokio::spawn(asked(market.sibling(short.clone()), since));
    short.asked_times(1).await;
    prices(&market, since).await;
    market.service.settled().await;
    short.is_answering.send_replace(true);
    asking.await.unwrap();

    let market = restarted(market, Past::down()).await;
    prices(&market, WEEK).await;
    let all = prices(&market, since).await;
    assert_eq!(
        all.at("/items/0/date"),
        "2024-01-01",
        "{}",
        all.at("/reason")
    );
}

#[tokio::test]
async fn years_in_two_currencies_are_not_shown_as_one() {
    let market = Market::over(Past::ordinary()).await;
    prices(&market, "from=2025-01-01").await;
    let clock = market.clock.clone();
    let storage = market.stop().await;
    let (table, key) = (storage.table(), Key::new("INST#ACME", "PRICES#2025"));
    let mut year = table.get::<GoldenYear>(&key).await.unwrap().unwrap().value;
    year.currency = "EUR".to_owned();
    table.write().put(&key, &year).commit().await.unwrap();
    let market = Market::start(&AssetConfig::default(), Past::down(), storage, clock).await;
    let both = prices(&market, "from=2025-06-01").await;
    assert_eq!(
        (both.at("/currency"), both.at("/items/0/date")),
        ("USD".into(), "2026-01-01".into())
    );
    assert_eq!(
        (both.at("/status"), both.at("/reason")),
        ("partial".into(), "REFUSED_HISTORY".into())
    );
}
