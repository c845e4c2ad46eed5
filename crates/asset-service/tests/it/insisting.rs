//! A history that was wrong from the first is not held against the truth for ever.

use std::sync::Arc;

use asset_service::source::SourceHistory;
use domain::Currency;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Key, Record};

use crate::past::{Past, items, ordinary, over_both, prices, restarted, tenfold};
use crate::support::{Market, Storage, down, seconds};

const HOUR: i64 = 3_600;
const WEEK: &str = "from=2026-03-02";

fn ten_times_too_much() -> SourceHistory {
    tenfold(ordinary(), "2025-01-01")
}

fn in_euros() -> SourceHistory {
    let currency = Currency::EUR;
    let history = ordinary();
    SourceHistory {
        currency,
        ..history
    }
}

/// What is told once, two days before the tests' other answers.
async fn after(first: SourceHistory) -> (Market, Arc<Past>) {
    let source = Past::named("past", Ok(first));
    let market = Market::over(source.clone()).await;
    prices(&market, "from=2025-06-01").await;
    market.clock.advance(seconds(48 * HOUR));
    (market, source)
}

async fn is_refused(market: &Market) -> bool {
    prices(market, WEEK).await.at("/reason") == "REFUSED_HISTORY"
}

#[tokio::test]
async fn what_is_told_again_a_day_later_replaces_a_first_history_that_was_wrong() {
    for (wrong, right) in [
        (ten_times_too_much(), ordinary()),
        (ordinary(), ten_times_too_much()),
        (in_euros(), ordinary()),
    ] {
        let currency = right.currency;
        let (market, source) = after(wrong).await;
        source.tell(Ok(right.clone()));
        assert!(is_refused(&market).await);
        market.clock.advance(seconds(23 * HOUR));
        assert!(is_refused(&market).await);
        market.clock.advance(seconds(HOUR));
        let healed = prices(&market, WEEK).await;
        assert_eq!(healed.at("/status"), "ok", "{}", healed.body);
        assert_eq!(healed.at("/currency"), currency.code());
        let status = market.get("/v1/market/status").await.expect(200);
        assert!(!status.body.contains("\"refused\":{}"), "{}", status.body);

        let market = restarted(market, Past::down()).await;
        let all = prices(&market, "from=2025-06-01&to=2026-03-12").await;
        assert_eq!((all.at("/status"), all.count("/gaps")), ("ok".into(), 0));
        let expected = Past::named("past", Ok(right));
        let expected = prices(
            &Market::over(expected).await,
            "from=2025-06-01&to=2026-03-09",
        )
        .await;
        let (all, expected) = (items(&all), items(&expected));
        assert!(expected.iter().all(|(day, close)| all[day] == *close));
    }
}

#[tokio::test]
async fn it_may_be_told_of_other_days_and_by_another_process() {
    let (market, source) = after(ten_times_too_much()).await;
    source.tell(Ok(ordinary()));
    assert_eq!(
        prices(&market, "from=2024-06-01&to=2024-06-30")
            .await
            .at("/reason"),
        "REFUSED_HISTORY"
    );
    market.clock.advance(seconds(24 * HOUR));
    let market = restarted(market, source).await;
    let healed = prices(&market, WEEK).await;
    assert_eq!(healed.at("/status"), "ok", "{}", healed.body);
    assert_eq!(items(&healed)["2026-03-09"], "109.25");
}

#[tokio::test]
async fn who_says_something_else_in_between_does_not_insist() {
    for between in [ten_times_too_much(), in_euros()] {
        let (market, source) = after(ten_times_too_much()).await;
        source.tell(Ok(ordinary()));
        assert!(is_refused(&market).await);
        source.tell(Ok(between));
        market.clock.advance(seconds(24 * HOUR));
        prices(&market, WEEK).await;
        source.tell(Ok(ordinary()));
        market.clock.advance(seconds(24 * HOUR));
        assert!(is_refused(&market).await);
    }
}

#[tokio::test]
async fn what_another_source_contradicts_is_not_believed_however_often_told() {
    let (first, second) = (
        Past::named("first", Ok(ten_times_too_much())),
        Past::named("second", Ok(ten_times_too_much())),
    );
    let market = over_both(&first, &second).await;
    prices(&market, WEEK).await;
    first.tell(Ok(ordinary()));
    for _ in 0..3 {
        market.clock.advance(seconds(48 * HOUR));
        let week = prices(&market, WEEK).await;
        assert_eq!(items(&week)["2026-03-09"], "1092.5");
    }
    // Once it is silent, the other one counts.
    second.tell(Err(down()));
    market.clock.advance(seconds(48 * HOUR));
    assert!(is_refused(&market).await);
    market.clock.advance(seconds(24 * HOUR));
    let healed = prices(&market, WEEK).await;
    assert_eq!(items(&healed)["2026-03-09"], "109.25", "{}", healed.body);
}

/// An item as it is stored: any JSON under its kind.
macro_rules! item {
    ($name:ident, $kind:literal) => {
        #[derive(Serialize, Deserialize)]
        #[serde(transparent)]
        struct $name(serde_json::Value);

        impl Record for $name {
            const KIND: &'static str = $kind;
        }
    };
}

item!(StoredQuote, "quote");
item!(StoredDispute, "dispute");

async fn put<T: Record>(storage: &Storage, sort_key: &str, value: &T) {
    let key = Key::new("INST#ACME", sort_key);
    let write = storage.table().write().put(&key, value);
    write.commit().await.unwrap();
}

#[tokio::test]
async fn a_quote_of_these_days_that_says_otherwise_is_believed_more() {
    for (price, is_healed) in [("1101.5", false), ("110.15", true)] {
        let (market, source) = after(ten_times_too_much()).await;
        let quote = json!({
            "price": price, "currency": "USD", "previous_close": null, "source": "past",
            "as_of": "2026-03-12T14:00:00Z", "fetched_at": "2026-03-12T14:00:00Z",
            "is_delayed": false, "crossed_through": null,
        });
        put(&market.storage, "QUOTE", &StoredQuote(quote)).await;
        source.tell(Ok(ordinary()));
        assert!(is_refused(&market).await);
        market.clock.advance(seconds(24 * HOUR));
        assert_eq!(is_refused(&market).await, !is_healed, "{price}");
    }
}

#[tokio::test]
async fn a_dispute_stored_by_schema_1_is_read_and_what_is_stored_today_has_its_fields() {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("golden/dispute_schema_1.json")).unwrap();
    let (market, source) = after(ten_times_too_much()).await;
    source.tell(Ok(ordinary()));
    put(
        &market.storage,
        "PRICES#DISPUTED",
        &StoredDispute(golden.clone()),
    )
    .await;
    // A day after the stored one.
    market.clock.advance(seconds(-20 * HOUR));
    let healed = prices(&market, WEEK).await;
    assert_eq!(healed.at("/status"), "ok", "{}", healed.body);

    let (market, source) = after(ten_times_too_much()).await;
    source.tell(Ok(ordinary()));
    assert!(is_refused(&market).await);
    let storage = market.stop().await;
    let key = Key::new("INST#ACME", "PRICES#DISPUTED");
    let stored = storage.table().get::<StoredDispute>(&key).await;
    let stored = stored.unwrap().unwrap().value.0;
    let fields = |value: &serde_json::Value| {
        let mut fields: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        fields.sort();
        fields
    };
    assert_eq!(fields(&stored), fields(&golden));
    assert_eq!(
        (&stored["stored"], &stored["told"]),
        (&golden["stored"], &golden["told"])
    );
}
