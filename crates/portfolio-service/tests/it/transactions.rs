//! Entries of a ledger: recorded, read, listed, corrected and deleted.

use crate::world::{NOW, World, assert_figures, bought, buy, sell};
use jiff::SignedDuration;

/// One of each kind, in an order that works, with what it does to cash.
const KINDS: [(&str, &str); 13] = [
    (
        r#"{"type":"DEPOSIT","amount":10000,"trade_date":"2026-01-02"}"#,
        "10000",
    ),
    (
        r#"{"type":"BUY","ticker_symbol":"VOD.L","instrument_type":"Stock","quantity":"10.5","price":2,"fee":1,"tax":"0.5","currency":"GBP","fx_rate":1.25,"trade_date":"2026-01-05","note":"first","external_id":"B-1"}"#,
        "-22.5",
    ),
    (
        r#"{"type":"SPLIT","ticker_symbol":"VOD.L","ratio":{"new":2,"old":1},"trade_date":"2026-01-06"}"#,
        "null",
    ),
    (
        r#"{"type":"SELL","ticker_symbol":"VOD.L","quantity":1,"price":3,"fee":0.1,"tax":0.2,"currency":"GBP","trade_date":"2026-01-07"}"#,
        "2.7",
    ),
    (
        r#"{"type":"DIVIDEND","ticker_symbol":"VOD.L","amount":5,"fee":1,"tax":0.75,"currency":"GBP","trade_date":"2026-01-08"}"#,
        "3.25",
    ),
    (
        r#"{"type":"INTEREST","amount":7,"tax":2,"trade_date":"2026-01-08"}"#,
        "5",
    ),
    (
        r#"{"type":"INTEREST","ticker_symbol":"VOD.L","amount":-7,"currency":"GBP","trade_date":"2026-01-08"}"#,
        "-7",
    ),
    (
        r#"{"type":"FEE","amount":3,"trade_date":"2026-01-08"}"#,
        "-3",
    ),
    (
        r#"{"type":"TAX","ticker_symbol":"VOD.L","amount":4,"currency":"GBP","trade_date":"2026-01-08"}"#,
        "-4",
    ),
    (
        r#"{"type":"TRANSFER_IN","ticker_symbol":"BND","instrument_type":"Bond","lots":[{"quantity":2,"purchase_date":"2020-02-03","cost":150,"fees":1,"currency":"EUR","fx_rate":1.1}],"trade_date":"2026-01-09"}"#,
        "null",
    ),
    (
        r#"{"type":"TRANSFER_OUT","amount":20,"trade_date":"2026-01-10"}"#,
        "-20",
    ),
    (
        r#"{"type":"TRANSFER_OUT","ticker_symbol":"BND","quantity":1,"trade_date":"2026-01-10"}"#,
        "null",
    ),
    (
        r#"{"type":"WITHDRAWAL","amount":30,"trade_date":"2026-01-11"}"#,
        "-30",
    ),
];

#[tokio::test]
async fn every_kind_of_entry_is_recorded_read_and_listed_alike() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let mut recorded = Vec::new();
    for (body, cash) in KINDS {
        let answer = world.try_enter(&portfolio, body).await.expect(201);
        assert_figures(&answer, &[("/cash_effect", cash)]);
        let path = format!("{portfolio}/transactions/{}", answer.at("/transaction_id"));
        assert_eq!(answer.header("location"), Some(path.as_str()));
        recorded.push((path, answer));
    }
    for _ in 0..2 {
        for (path, answer) in &recorded {
            let read = world.read(path).await;
            assert_eq!(read.body, answer.body);
            assert_eq!(read.header("etag"), answer.header("etag"));
        }
        let list = format!("{portfolio}/transactions?order=asc");
        let list = world.read(&list).await;
        for (place, (_, answer)) in recorded.iter().enumerate() {
            assert_eq!(list.at(&format!("/items/{place}")), answer.body);
        }
        world.restart().await;
    }
    assert_figures(
        &recorded[1].1,
        &[
            ("/type", "BUY"),
            ("/trade_date", "2026-01-05"),
            ("/ticker_symbol", "VOD.L"),
            ("/instrument_type", "Stock"),
            ("/quantity", "10.5"),
            ("/price", "2"),
            ("/amount", "null"),
            ("/fee", "1"),
            ("/tax", "0.5"),
            ("/currency", "GBP"),
            ("/fx_rate", "1.25"),
            ("/note", "first"),
            ("/external_id", "B-1"),
            ("/recorded_at", NOW),
            ("/amended_at", NOW),
        ],
    );
    let arrived = &recorded[9].1;
    assert_figures(
        arrived,
        &[
            ("/lots/0/quantity", "2"),
            ("/lots/0/purchase_date", "2020-02-03"),
            ("/lots/0/cost", "150"),
            ("/lots/0/fees", "1"),
            ("/lots/0/currency", "EUR"),
            ("/lots/0/fx_rate", "1.1"),
        ],
    );
    // What is left: 10.5 × 2 − 1 of one, 2 − 1 of the other.
    let held = world
        .all(&format!("{portfolio}/investments"), 50, "quantity")
        .await;
    assert_eq!(held, ["1", "20"]);
}

#[tokio::test]
async fn an_investment_and_its_purchase_are_one_thing() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let investment = bought("AAPL", "10", "15", "2026-01-05");
    let investment = world.record(&portfolio, &investment).await;
    let purchase = investment.replace("investments", "transactions");
    let read = world.read(&purchase).await;
    assert_figures(
        &read,
        &[("/type", "BUY"), ("/quantity", "10"), ("/price", "15")],
    );
    world
        .patch(&investment, r#"{"quantity":12}"#)
        .send()
        .await
        .expect(200);
    assert_eq!(world.read(&purchase).await.at("/quantity"), "12");
    let amended = world.patch(&purchase, r#"{"price":20,"tax":3}"#);
    assert_eq!(amended.send().await.expect(200).at("/quantity"), "12");
    let read = world.read(&investment).await;
    assert_figures(&read, &[("/purchase_price", "20"), ("/cost_basis", "243")]);
    world.delete(&purchase).send().await.expect(204);
    world.get(&investment).send().await.expect(404);

    let purchase = world
        .enter(&portfolio, &buy("AAPL", "1", "1", "2026-01-05"))
        .await;
    let investment = purchase.replace("transactions", "investments");
    world.read(&investment).await;
    world.delete(&investment).send().await.expect(204);
    world.get(&purchase).send().await.expect(404);
}

#[tokio::test]
async fn an_instrument_without_entries_leaves_nothing_behind() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let path = world
        .enter(&portfolio, &buy("AAPL", "1", "1", "2026-01-05"))
        .await;
    world.delete(&path).send().await.expect(204);
    for _ in 0..2 {
        let holdings = world.read(&format!("{portfolio}/holdings")).await;
        assert_eq!(holdings.count("/items"), 0);
        world.restart().await;
    }
}

#[tokio::test]
async fn what_an_entry_leaves_out_is_found() {
    let world = World::new().await;
    world.market.instrument("SAP.DE", "Stock", "EUR");
    let portfolio = world.portfolio().await;
    let unknown = r#"{"type":"BUY","ticker_symbol":"SAP.DE","quantity":1,"price":1,"trade_date":"2026-01-05"}"#;
    let recorded = world.try_enter(&portfolio, unknown).await.expect(201);
    assert_eq!(recorded.at("/currency"), "EUR");
    assert_eq!(recorded.at("/instrument_type"), "Stock");
    let dividend =
        r#"{"type":"DIVIDEND","ticker_symbol":"SAP.DE","amount":1,"trade_date":"2026-01-05"}"#;
    let recorded = world.try_enter(&portfolio, dividend).await.expect(201);
    assert_eq!(recorded.at("/currency"), "EUR");
    assert_eq!(world.market.lookups(), ["SAP.DE"], "what is held is known");
    let fee = r#"{"type":"FEE","amount":1,"trade_date":"2026-01-05"}"#;
    let recorded = world.try_enter(&portfolio, fee).await.expect(201);
    assert_eq!(recorded.at("/currency"), "USD");

    world.market.break_down();
    let unknown = unknown.replace("SAP.DE", "MSFT");
    let refused = world.try_enter(&portfolio, &unknown).await.expect(503);
    assert_eq!(refused.problem().code, "UNAVAILABLE");
}

#[tokio::test]
async fn a_correction_changes_what_it_names_and_null_removes() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let body = r#"{"type":"DIVIDEND","ticker_symbol":"AAPL","amount":5,"fee":1,"tax":0.75,"currency":"USD","fx_rate":1,"trade_date":"2026-01-08","note":"n","external_id":"e"}"#;
    let path = world.enter(&portfolio, body).await;
    world.clock.advance(SignedDuration::from_mins(1));
    let body =
        r#"{"amount":"6.5","fee":null,"fx_rate":null,"note":null,"trade_date":"2026-01-09"}"#;
    let amended = world.patch(&path, body).send().await.expect(200);
    for (field, value) in [
        ("/amount", "6.5"),
        ("/fee", "0"),
        ("/tax", "0.75"),
        ("/fx_rate", "null"),
        ("/note", "null"),
        ("/external_id", "e"),
        ("/trade_date", "2026-01-09"),
        ("/recorded_at", NOW),
        ("/amended_at", "2026-03-10T21:01:00Z"),
    ] {
        assert_figures(&amended, &[(field, value)]);
    }
    assert_eq!(world.read(&path).await.body, amended.body);
    for (body, pointer) in [
        (r#"{"amount":null}"#, "/amount"),
        (r#"{"quantity":1}"#, "/quantity"),
        (r#"{"type":"FEE"}"#, "/type"),
    ] {
        let refused = world.patch(&path, body).send().await.expect(422);
        assert_eq!(refused.problem().errors[0].pointer, pointer);
    }
    assert_eq!(world.read(&path).await.body, amended.body);
}

#[tokio::test]
async fn a_correction_bound_to_an_old_revision_is_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let path = world
        .enter(&portfolio, &buy("AAPL", "1", "1", "2026-01-05"))
        .await;
    let etag = world.etag(&path).await;
    let unchanged = world.get(&path).header("if-none-match", &etag).send().await;
    assert_eq!(unchanged.expect(304).body, "");
    // Another entry changes the ledger and not this entry.
    let other = world
        .enter(&portfolio, &buy("AAPL", "1", "1", "2026-01-05"))
        .await;
    let amend = |body: &str| world.patch(&path, body).header("if-match", &etag);
    amend(r#"{"quantity":2}"#).send().await.expect(200);
    let late = amend(r#"{"quantity":3}"#).send().await.expect(412);
    assert_eq!(late.problem().code, "PRECONDITION_FAILED");
    let late = world.delete(&path).header("if-match", &etag).send().await;
    late.expect(412);
    let changed = world.get(&path).header("if-none-match", &etag).send().await;
    assert_eq!(changed.expect(200).at("/quantity"), "2");
    let current = world.etag(&path).await;
    let deleted = world.delete(&path).header("if-match", &current);
    deleted.send().await.expect(204);
    world.delete(&path).send().await.expect(404);
    world.read(&other).await;
}

#[tokio::test]
async fn a_repeated_request_records_once() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/transactions");
    let body = buy("AAPL", "1", "1", "2026-01-05");
    let send = |body: &str| world.post(&list, body).header("idempotency-key", "k-1");
    let first = send(&body).send().await.expect(201);
    let second = send(&body).send().await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.body, first.body);
    let other = send(&buy("AAPL", "2", "1", "2026-01-05")).send().await;
    assert_eq!(other.expect(422).problem().code, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(world.read(&list).await.count("/items"), 1);
}

#[tokio::test]
async fn a_list_is_filtered_and_paged_both_ways() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let mut rows = vec![buy("MSFT", "50", "1", "2026-01-03")];
    for day in 1..=9 {
        rows.push(buy("AAPL", "2", "1", &format!("2026-01-0{day}")));
        rows.push(sell("AAPL", "1", "1", &format!("2026-01-0{day}")));
    }
    rows.push(r#"{"type":"DEPOSIT","amount":1,"trade_date":"2026-01-04"}"#.to_owned());
    let answer = world.batch(&portfolio, &rows).await.expect(201);
    let id = |row: usize| answer.at(&format!("/transaction_ids/{row}"));
    let list = format!("{portfolio}/transactions");
    let ids = |query: &str, size: usize| {
        let list = format!("{list}{query}");
        let world = &world;
        async move { world.all(&list, size, "transaction_id").await }
    };
    let upwards = ids("?order=asc", 200).await;
    assert_eq!(upwards.len(), rows.len());
    for size in [1, 3, 20] {
        assert_eq!(ids("?order=asc", size).await, upwards);
        let mut downwards = ids("", size).await;
        downwards.reverse();
        assert_eq!(downwards, upwards);
    }
    // Within a day: purchases as they were recorded, then money, then sales.
    assert_eq!(&upwards[..2], &[id(1), id(2)]);
    assert_eq!(&upwards[4..7], &[id(0), id(5), id(6)]);
    assert_eq!(&upwards[7..10], &[id(7), id(19), id(8)]);

    assert_eq!(ids("?ticker_symbol=msft", 5).await, [id(0)]);
    assert_eq!(ids("?type=DEPOSIT", 5).await, [id(19)]);
    assert_eq!(ids("?type=SELL", 4).await.len(), 9);
    let of_a_week = "?from=2026-01-03&to=2026-01-04&order=asc";
    assert_eq!(ids(of_a_week, 2).await, upwards[4..10]);
    let both = "?ticker_symbol=AAPL&type=BUY&from=2026-01-09";
    assert_eq!(ids(both, 2).await, [id(17)]);

    let token = world.read(&format!("{list}?page_size=1")).await;
    let token = token.at("/next_page_token");
    for query in ["order=asc&", "type=BUY&", "from=2026-01-01&"] {
        let elsewhere = format!("{list}?{query}page_size=1&page_token={token}");
        let refused = world.get(&elsewhere).send().await.expect(422);
        assert_eq!(refused.problem().errors[0].code, "INVALID_PAGE_TOKEN");
    }
    for (query, pointer) in [
        ("from=yesterday", "?from"),
        ("type=GIFT", "?type"),
        ("order=up", "?order"),
        ("ticker_symbol=A%20B", "?ticker_symbol"),
        ("kind=BUY", "?kind"),
    ] {
        let refused = world.get(&format!("{list}?{query}")).send().await;
        assert_eq!(refused.expect(422).problem().errors[0].pointer, pointer);
    }
}

#[tokio::test]
async fn rates_are_into_the_base_currency_they_were_stated_for() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let body = buy("AAPL", "1", "1", "2026-01-05").replace('}', r#","fx_rate":1}"#);
    let path = world.enter(&portfolio, &body).await;
    let change = || world.patch(&portfolio, r#"{"base_currency":"EUR"}"#);
    let refused = change().send().await.expect(409);
    assert_eq!(refused.problem().code, "RATES_IN_BASE_CURRENCY");
    let removed = world.patch(&path, r#"{"fx_rate":null}"#);
    removed.send().await.expect(200);
    change().send().await.expect(200);
}
