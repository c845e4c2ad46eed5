//! Items stored by the first release must be read, and written again without loss, by every later one.
//!
//! `golden/` holds one item of each kind in DynamoDB's own JSON. They are never
//! regenerated: a record that cannot read its item any more needs a new schema
//! number and a way to read the old one.

use std::collections::{BTreeMap, BTreeSet};

use store::{Key, Table};

use crate::raw::{
    Entries, Event, FirstPortfolio, FirstPosition, Idempotency, Portfolio, Position, Purge, Raw,
    Transaction,
};
use crate::world::{World, assert_figures, bought};

const CUSTOMER: &str = "0192f0c4-0000-7000-8000-0000000000c1";
const PORTFOLIO: &str = "/v1/portfolios/0192f0c4-0000-7000-8000-0000000000f1";
const INVESTMENT: &str = "/v1/portfolios/0192f0c4-0000-7000-8000-0000000000f1/investments/0192f0c4-0000-7000-8000-0000000000a1";

struct Golden {
    key: Key,
    ticker_key: Option<String>,
    data: Raw,
}

macro_rules! golden {
    ($name:literal) => {
        Golden::read(include_str!(concat!("golden/", $name, ".json")))
    };
}

macro_rules! put {
    ($table:expr, $kind:ident, $golden:expr) => {
        let write = $table
            .write()
            .put(&$golden.key, &$kind($golden.data.clone()));
        let write = match &$golden.ticker_key {
            Some(ticker_key) => write.ticker_key(ticker_key),
            None => write,
        };
        write.commit().await.unwrap();
    };
}

impl Golden {
    fn read(text: &str) -> Self {
        let item: serde_json::Value = serde_json::from_str(text).unwrap();
        let text = |name: &str| item[name].as_str().map(str::to_owned);
        Self {
            key: Key::new(text("PK").unwrap(), text("SK").unwrap()),
            ticker_key: text("ticker_key"),
            data: Raw::from_dynamo(&item["data"]),
        }
    }
}

macro_rules! stored {
    ($table:expr, $kind:ident, $key:expr) => {
        $table.get::<$kind>($key).await.unwrap().unwrap().value.0
    };
}

async fn with_golden_portfolio() -> (World, Table) {
    let mut world = World::new().await;
    world.become_customer(CUSTOMER.parse().unwrap());
    let table = world.table();
    put!(table, FirstPortfolio, golden!("portfolio"));
    put!(table, Transaction, golden!("transaction_1"));
    put!(table, Transaction, golden!("transaction_2"));
    put!(table, FirstPosition, golden!("position"));
    (world, table)
}

/// The same ledger as it is stored since it lies in pages.
async fn with_golden_pages() -> (World, Table) {
    let mut world = World::new().await;
    world.become_customer(CUSTOMER.parse().unwrap());
    let table = world.table();
    put!(table, Portfolio, golden!("portfolio_2"));
    put!(table, Entries, golden!("entries"));
    put!(table, Position, golden!("position_3"));
    (world, table)
}

#[tokio::test]
async fn a_golden_portfolio_is_read() {
    let (world, _) = with_golden_portfolio().await;
    let portfolio = world.read(PORTFOLIO).await;
    for (field, value) in [
        ("/customer_id", CUSTOMER),
        ("/name", "Zoë’s 退職金"),
        ("/type", "Roth IRA"),
        ("/base_currency", "USD"),
        ("/cost_basis_method", "HIFO"),
        ("/cash_tracking", "true"),
        ("/created_at", "2025-12-31T23:59:59.123456Z"),
        ("/updated_at", "2026-03-10T21:00:00Z"),
    ] {
        assert_eq!(portfolio.at(field), value, "{field}");
    }
    assert_investments(&world).await;
}

async fn assert_investments(world: &World) {
    let investments = world.read(&format!("{PORTFOLIO}/investments")).await;
    assert_figures(
        &investments,
        &[
            ("/items/0/ticker_symbol", "VOD.L"),
            ("/items/0/instrument_type", "Vintage Car"),
            ("/items/0/quantity", "12.000000000000000000000001"),
            ("/items/0/purchase_price", "0.735"),
            ("/items/0/purchase_date", "2026-01-05"),
            ("/items/0/currency", "GBP"),
            ("/items/0/fees", "4.95"),
            ("/items/0/created_at", "2026-01-05T10:00:00.000001Z"),
            ("/items/1/quantity", "1000"),
            ("/items/1/purchase_price", "999999999999.5"),
            ("/items/1/fees", "0"),
        ],
    );
}

#[tokio::test]
async fn golden_pages_are_read() {
    let (mut world, table) = with_golden_pages().await;
    assert_investments(&world).await;
    let entries = world.read(&format!("{PORTFOLIO}/transactions")).await;
    assert_eq!(entries.count("/items"), 2);
    assert_figures(
        &entries,
        &[
            ("/items/0/quantity", "1000"),
            ("/items/1/quantity", "12.000000000000000000000001"),
            ("/items/1/fee", "4.95"),
        ],
    );
    // And without its positions, which are derived from them.
    let mut unsettled = golden!("portfolio_2");
    *unsettled.data.at("is_unsettled") = Raw::Bool(true);
    put!(table, Portfolio, unsettled);
    let remove = table.write().remove(&golden!("position_3").key);
    remove.commit().await.unwrap();
    world.restart().await;
    assert_investments(&world).await;
}

#[tokio::test]
async fn golden_cash_is_read_and_what_was_not_counted_is_counted() {
    let (mut world, table) = with_golden_pages().await;
    world.market.rate("GBP", "USD", "2");
    for golden in [golden!("portfolio_2"), golden!("portfolio_3")] {
        put!(table, Portfolio, golden);
        world.restart().await;
        let summary = world.read(&format!("{PORTFOLIO}/summary")).await;
        assert_figures(&summary, &[("/cash", "-1999999999999027.54")]);
    }
    world.patch(PORTFOLIO, "{}").send().await.expect(200);
    let stored = stored!(table, Portfolio, &golden!("portfolio_3").key);
    assert_eq!(stored.leaves(), golden!("portfolio_3").data.leaves());
}

#[tokio::test]
async fn a_golden_portfolio_is_written_again_without_loss() {
    let (world, table) = with_golden_portfolio().await;
    let patched = world.patch(PORTFOLIO, "{}").send().await;
    patched.expect(200);
    let golden = golden!("portfolio");
    let stored = stored!(table, Portfolio, &golden.key);
    let mut expected = golden.data.leaves();
    expected.insert("/pages".into(), "0".into());
    // Its positions have no totals before the ledger is changed.
    expected.insert("/is_unsettled".into(), "true".into());
    assert_eq!(stored.leaves(), expected);
}

#[tokio::test]
async fn a_golden_ledger_is_written_again_with_nothing_but_its_revision_changed() {
    let (world, table) = with_golden_portfolio().await;
    world.patch(INVESTMENT, "{}").send().await.expect(200);
    let mut entry = golden!("transaction_1");
    *entry.data.at("revision") = Raw::Number("2".into());
    let alone = table.get::<Transaction>(&entry.key).await.unwrap();
    assert!(alone.is_none(), "it is in a page now");
    let page = Key::new(&entry.key.pk, "TXP#000000");
    let mut page = stored!(table, Entries, &page).at("entries").unpacked();
    assert_eq!(page.at("0").leaves(), entry.data.leaves());
    let portfolio = stored!(table, Portfolio, &golden!("portfolio").key);
    let portfolio = portfolio.leaves();
    assert_eq!(portfolio["/pages"], "1");
    assert_eq!(portfolio["/is_unsettled"], "false");

    // Lots that were stored before they knew their cost are stored with it.
    let mut lots = golden!("position_2");
    *lots.data.at("lots/0/revision") = Raw::Number("2".into());
    let mut stored = stored!(table, Position, &lots.key);
    let mut stored = stored.at("packed").unpacked();
    assert_eq!(stored.at("lots").leaves(), lots.data.at("lots").leaves());
    world.delete(INVESTMENT).send().await.expect(204);
    let left = world.read(&format!("{PORTFOLIO}/investments")).await;
    assert_eq!(left.count("/items"), 1);
}

#[tokio::test]
async fn golden_pages_are_written_again_with_nothing_but_a_revision_changed() {
    let (world, table) = with_golden_pages().await;
    world.patch(INVESTMENT, "{}").send().await.expect(200);
    let mut page = golden!("entries");
    let mut expected = page.data.at("entries").unpacked();
    let mut stored = stored!(table, Entries, &page.key);
    let mut stored = stored.at("entries").unpacked();
    let is_first = |entry: &mut Raw| entry.at("id").leaves()[""].ends_with("a1");
    for entries in [&mut expected, &mut stored] {
        let Raw::List(entries) = entries else {
            panic!("entries are a list")
        };
        entries.sort_by_key(|entry| entry.leaves()["/id"].clone());
        assert!(is_first(&mut entries[0]));
    }
    *expected.at("0/revision") = Raw::Number("3".into());
    assert_eq!(stored.leaves(), expected.leaves());
}

#[tokio::test]
async fn the_work_that_a_golden_purge_marker_stands_for_is_done() {
    let (world, table) = with_golden_portfolio().await;
    let marker = golden!("purge");
    put!(table, Purge, marker);
    let mut left_over = golden!("transaction_1");
    left_over.key.pk = "PF#0192f0c4-0000-7000-8000-0000000000f2".into();
    put!(table, Transaction, left_over);

    let other = world.portfolio().await;
    world.delete(&other).send().await.expect(204);
    assert!(table.get::<Purge>(&marker.key).await.unwrap().is_none());
    let gone = table.get::<Transaction>(&left_over.key).await.unwrap();
    assert!(gone.is_none());
    world.read(INVESTMENT).await;
}

#[tokio::test]
async fn a_golden_answer_is_replayed() {
    let (world, table) = with_golden_portfolio().await;
    let mut golden = golden!("idempotency");
    let in_an_hour = world.clock.now() + jiff::SignedDuration::from_hours(1);
    let record = Idempotency(golden.data.clone());
    let write = table
        .write()
        .put(&golden.key, &record)
        .expire_at(in_an_hour);
    write.commit().await.unwrap();

    let body = r#"{"name":"Savings","type":"IRA"}"#;
    let replayed = world
        .post("/v1/portfolios", body)
        .header("idempotency-key", "golden");
    let replayed = replayed.send().await.expect(201);
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    assert_eq!(replayed.header("location"), Some(PORTFOLIO));
    assert_eq!(replayed.header("etag"), Some("\"1\""));
    let stored_body = golden.data.at("body").leaves();
    assert_eq!(stored_body[""], replayed.body);
}

#[tokio::test]
async fn a_golden_event_is_read_and_written_again_without_loss() {
    let (_world, table) = with_golden_portfolio().await;
    let golden = golden!("event");
    put!(table, Event, golden);
    let event: store::Event = table.get(&golden.key).await.unwrap().unwrap().value;
    assert_eq!(event.key(), golden.key);
    let remove = table.write().remove(&golden.key);
    remove.commit().await.unwrap();
    table.write().event(&event).commit().await.unwrap();
    let stored = stored!(table, Event, &golden.key);
    assert_eq!(stored.leaves(), golden.data.leaves());
}

/// A field that appears or disappears needs a golden item of its own.
#[tokio::test]
async fn what_is_written_today_has_the_fields_of_the_golden_items() {
    let world = World::new().await;
    let body = r#"{"name":"Savings","type":"IRA"}"#;
    let opened = world
        .post("/v1/portfolios", body)
        .header("idempotency-key", "k");
    let id = opened.send().await.expect(201).at("/portfolio_id");
    let path = format!("/v1/portfolios/{id}");
    let purchase = bought("AAPL", "1.5", "1.5", "2026-01-05");
    world.record(&path, &purchase).await;

    let table = world.table();
    let customer = format!("CUST#{}", world.customer);
    let ledger = format!("PF#{id}");
    let portfolio = stored!(table, Portfolio, &Key::new(&customer, &ledger));
    assert_eq!(fields(&portfolio), fields(&golden!("portfolio_3").data));
    let mut page = stored!(table, Entries, &Key::new(&ledger, "TXP#000000"));
    let mut golden_page = golden!("entries").data;
    assert_eq!(fields(&page), fields(&golden_page));
    let mut entries = page.at("entries").unpacked();
    let mut golden_entries = golden_page.at("entries").unpacked();
    // The second has no note either.
    assert_eq!(fields(entries.at("0")), fields(golden_entries.at("1")));
    let mut page = stored!(table, Position, &Key::new(&ledger, "POS#AAPL#000000"));
    let mut golden_page = golden!("position_3").data;
    assert_eq!(fields(&page), fields(&golden_page));
    let mut golden_held = golden_page.at("packed").unpacked();
    if let Raw::List(lots) = golden_held.at("lots") {
        lots.truncate(1);
    }
    assert_eq!(fields(&page.at("packed").unpacked()), fields(&golden_held));
    let answer = Key::new(format!("IDEM#{}", world.customer), "k");
    let answer = stored!(table, Idempotency, &answer);
    assert_eq!(fields(&answer), fields(&golden!("idempotency").data));
    let events = store::Query::partition(&customer).prefix("OUTBOX#");
    let events = table.query_all::<Event>(&events).await.unwrap();
    assert_eq!(events.len(), 2);
    for event in events {
        assert_eq!(fields(&event.value.0), fields(&golden!("event").data));
    }
}

fn fields(raw: &Raw) -> BTreeSet<String> {
    let leaves: BTreeMap<String, String> = raw.leaves();
    leaves.into_keys().collect()
}
