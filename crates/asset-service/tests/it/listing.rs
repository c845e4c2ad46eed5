//! What is said and kept of the days before the first close, and of those after the last one.

use serde::{Deserialize, Serialize};
use service_kit::testing::TestResponse;
use store::{Key, Query, Record};

use crate::past::{Past, items, prices, restarted, weekdays};
use crate::support::{Market, Storage, clock, seconds};
use asset_service::AssetConfig;

const DAY: i64 = 86_400;

fn why(answer: &TestResponse) -> (String, String) {
    (answer.at("/status"), answer.at("/reason"))
}

fn nothing(reason: &str) -> (String, String) {
    ("unavailable".to_owned(), reason.to_owned())
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct StoredEarly(serde_json::Value);

impl Record for StoredEarly {
    const KIND: &'static str = "early_years";
}

#[derive(Serialize, Deserialize)]
struct StoredYear {
    currency: String,
}

impl Record for StoredYear {
    const KIND: &'static str = "price_year";
}

/// The sort keys of what is stored of a history.
async fn stored_keys(storage: &Storage) -> Vec<String> {
    let table = storage.table();
    let years = Query::partition("INST#ACME").between("PRICES#0000", "PRICES#9999");
    let years = table.query_all::<StoredYear>(&years).await.unwrap();
    let early = Query::partition("INST#ACME").prefix("PRICES#EARLY");
    let early = table.query_all::<StoredEarly>(&early).await.unwrap();
    let keys = years.into_iter().map(|item| item.key.sk);
    keys.chain(early.into_iter().map(|item| item.key.sk))
        .collect()
}

#[tokio::test]
async fn a_century_before_the_first_close_is_one_item_and_says_so() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    let all = prices(&market, "from=1927-01-01").await;
    assert_eq!(why(&all), ("ok".into(), "null".into()));
    assert_eq!(all.at("/items/0/date"), "2025-01-01");
    assert_eq!(all.at("/segments/0/from"), "1927-01-01");
    let storage = market.stop().await;
    assert_eq!(
        stored_keys(&storage).await,
        ["PRICES#2025", "PRICES#2026", "PRICES#EARLY"]
    );

    let source = Past::down();
    let market = Market::start(&AssetConfig::default(), source.clone(), storage, clock()).await;
    let before = prices(&market, "from=1950-01-01&to=2024-12-31").await;
    assert_eq!(
        (why(&before), before.count("/items")),
        (nothing("BEFORE_FIRST_CLOSE"), 0)
    );
    let path = "/v1/fx/EUR/USD/rates?from=1950-01-01&to=1950-12-31";
    let rates = market.get(path).await.expect(200);
    assert_eq!(why(&rates), nothing("SOURCE_UNAVAILABLE"));
    assert_eq!(source.asked().len(), 1);
}

#[tokio::test]
async fn years_asked_for_one_after_the_other_are_asked_for_once() {
    let source = Past::ordinary();
    let market = Market::over(source.clone()).await;
    for (query, asked) in [
        ("from=2010-01-01&to=2012-12-31", 1),
        ("from=2011-05-01&to=2011-06-30", 1),
        ("from=2005-01-01&to=2012-12-31", 2),
        ("from=2013-01-01&to=2014-12-31", 3),
        ("from=2005-01-01&to=2014-12-31", 3),
    ] {
        assert_eq!(
            why(&prices(&market, query).await),
            nothing("BEFORE_FIRST_CLOSE"),
            "{query}"
        );
        assert_eq!(source.asked().len(), asked, "{query}");
    }
    let all = prices(&market, "from=2005-01-01").await;
    assert_eq!(why(&all), ("ok".into(), "null".into()));
    let storage = market.stop().await;
    assert_eq!(
        stored_keys(&storage).await,
        ["PRICES#2025", "PRICES#2026", "PRICES#EARLY"]
    );
}

#[tokio::test]
async fn early_years_stored_by_schema_1_are_read() {
    let storage = Storage::new().await;
    let golden = serde_json::from_str(include_str!("golden/early_years_schema_1.json")).unwrap();
    let key = Key::new("INST#ACME", "PRICES#EARLY");
    let write = storage.table().write();
    write
        .put(&key, &StoredEarly(golden))
        .commit()
        .await
        .unwrap();
    let source = Past::down();
    let market = Market::start(&AssetConfig::default(), source.clone(), storage, clock()).await;
    let before = prices(&market, "from=1950-01-01&to=1951-12-31").await;
    assert_eq!(why(&before), nothing("BEFORE_FIRST_CLOSE"));
    assert_eq!(
        before.at("/segments/0/fetched_at"),
        "2025-07-01T06:00:00.125Z"
    );
    assert_eq!(source.asked(), []);
}

#[tokio::test]
async fn what_is_no_longer_traded_ends_in_a_gap_and_is_not_waited_for() {
    let source = Past::named("past", Ok(weekdays("2025-01-01", "2026-02-13")));
    let market = Market::over(source.clone()).await;
    for _ in 0..3 {
        let year = prices(&market, "from=2026-01-01").await;
        assert_eq!(why(&year), ("ok".into(), "null".into()));
        assert_eq!(year.at("/gaps/0/from"), "2026-02-17");
        assert_eq!(year.at("/gaps/0/to"), "2026-03-09");
        assert_eq!(items(&year).len(), 32);
        market.clock.advance(seconds(3_600));
    }
    assert_eq!(source.asked().len(), 1);
    let after = prices(&market, "from=2026-02-23").await;
    assert_eq!(
        (why(&after), after.count("/items")),
        (nothing("NO_CLOSES"), 0)
    );
    market.clock.advance(seconds(400 * DAY));
    let market = restarted(market, source).await;
    let later = prices(&market, "from=2027-02-01&to=2027-03-01").await;
    assert_eq!(why(&later), nothing("NO_CLOSES"));
}
