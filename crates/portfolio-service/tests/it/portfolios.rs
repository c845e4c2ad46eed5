use jiff::SignedDuration;
use store::Query;

use crate::raw::{Entries, Position, Purge, Transaction};
use crate::world::{NOW, World, bought, buy, field_errors};

const LIST: &str = "/v1/portfolios";

#[tokio::test]
async fn an_opened_portfolio_is_answered_read_and_listed_alike() {
    let world = World::new().await;
    let body = r#"{"name":"Long-term","type":"roth ira","base_currency":"EUR","cost_basis_method":"HIFO","cash_tracking":true}"#;
    let opened = world.post(LIST, body).send().await.expect(201);
    let id = opened.at("/portfolio_id");
    let path = format!("{LIST}/{id}");
    assert_eq!(opened.header("location"), Some(path.as_str()));
    assert_eq!(opened.header("content-type"), Some("application/json"));
    for (field, value) in [
        ("/customer_id", world.customer.to_string().as_str()),
        ("/name", "Long-term"),
        ("/type", "Roth IRA"),
        ("/base_currency", "EUR"),
        ("/cost_basis_method", "HIFO"),
        ("/cash_tracking", "true"),
        ("/created_at", NOW),
        ("/updated_at", NOW),
    ] {
        assert_eq!(opened.at(field), value, "{field}");
    }
    let read = world.read(&path).await;
    assert_eq!(read.body, opened.body);
    assert_eq!(read.header("etag"), opened.header("etag"));
    assert_eq!(world.read(LIST).await.at("/items/0"), opened.body);
}

#[tokio::test]
async fn what_is_left_out_has_a_default() {
    let world = World::new().await;
    let path = world.portfolio().await;
    let read = world.read(&path).await;
    assert_eq!(read.at("/base_currency"), "USD");
    assert_eq!(read.at("/cost_basis_method"), "FIFO");
    assert_eq!(read.at("/cash_tracking"), "false");
}

#[tokio::test]
async fn every_mistake_is_reported_at_once_and_nothing_is_opened() {
    let world = World::new().await;
    let body = r#"{"name":"  ","base_currency":"DOLLAR","cost_basis_method":"RANDOM","cash_tracking":"yes","colour":"red"}"#;
    let refused = world.post(LIST, body).send().await.expect(422);
    let expected = [
        ("/base_currency", "UNKNOWN_CURRENCY"),
        ("/cash_tracking", "WRONG_TYPE"),
        ("/colour", "UNKNOWN_FIELD"),
        ("/cost_basis_method", "MALFORMED"),
        ("/name", "EMPTY"),
        ("/type", "REQUIRED"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(field_errors(&refused), expected);
    assert_eq!(world.read(LIST).await.count("/items"), 0);
}

#[tokio::test]
async fn names_of_any_script_are_kept_and_long_or_invisible_ones_refused() {
    let world = World::new().await;
    for name in [
        "退職金",
        "مدخرات",
        "Zoë’s 401(k)",
        "🏠 Haus",
        &"ß".repeat(100),
    ] {
        let body = format!(r#"{{"name":"{name}","type":"IRA"}}"#);
        let opened = world.post(LIST, &body).send().await.expect(201);
        assert_eq!(opened.at("/name"), name);
    }
    for (name, code) in [
        ("x".repeat(10_000), "TOO_LONG"),
        ("ß".repeat(101), "TOO_LONG"),
        (r"a\u0000b".to_owned(), "CONTROL_CHARACTER"),
        (r"a\u202eb".to_owned(), "CONTROL_CHARACTER"),
    ] {
        let body = format!(r#"{{"name":"{name}","type":"IRA"}}"#);
        let refused = world.post(LIST, &body).send().await.expect(422);
        assert_eq!(field_errors(&refused), [("/name".into(), code.into())]);
    }
}

#[tokio::test]
async fn paging_reaches_every_portfolio_once_and_oldest_first() {
    let world = World::new().await;
    let mut opened = Vec::new();
    for _ in 0..7 {
        opened.push(world.portfolio().await.replace("/v1/portfolios/", ""));
        world.clock.advance(SignedDuration::from_secs(1));
    }
    for page_size in [1, 3, 7, 200] {
        assert_eq!(world.all(LIST, page_size, "portfolio_id").await, opened);
    }
}

#[tokio::test]
async fn edited_and_foreign_page_tokens_are_refused() {
    let world = World::new().await;
    let path = world.portfolio().await;
    world.portfolio().await;
    world
        .record(&path, &bought("AAPL", "1", "1", "2026-01-05"))
        .await;
    world
        .record(&path, &bought("MSFT", "1", "1", "2026-01-05"))
        .await;
    let first = world.read("/v1/portfolios?page_size=1").await;
    let token = first.at("/next_page_token");
    let other = if token.starts_with('A') { 'B' } else { 'A' };
    let edited = format!("{other}{}", &token[1..]);
    let list = format!("{path}/investments?page_size=1");
    let of_investments = world.read(&list).await.at("/next_page_token");
    for token in [edited.as_str(), &of_investments, "x", "%00"] {
        let asked = format!("{LIST}?page_token={token}");
        let refused = world.get(&asked).send().await.expect(422);
        let expected = [("?page_token".into(), "INVALID_PAGE_TOKEN".into())];
        assert_eq!(field_errors(&refused), expected, "{token}");
    }
    let of_another = world.app.get(&format!("{LIST}?page_token={token}"));
    of_another
        .bearer(&world.stranger())
        .send()
        .await
        .expect(422);
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_keeps_the_rest() {
    let world = World::new().await;
    let path = world.portfolio().await;
    world.clock.advance(SignedDuration::from_mins(1));
    let changed = world
        .patch(&path, r#"{"name":"Renamed","base_currency":"GBP"}"#)
        .send()
        .await
        .expect(200);
    assert_eq!(changed.at("/name"), "Renamed");
    assert_eq!(changed.at("/base_currency"), "GBP");
    assert_eq!(changed.at("/type"), "Brokerage");
    assert_eq!(changed.at("/created_at"), NOW);
    assert_eq!(changed.at("/updated_at"), "2026-03-10T21:01:00Z");
    let read = world.read(&path).await;
    assert_eq!(read.body, changed.body);
    assert_eq!(read.header("etag"), changed.header("etag"));
}

#[tokio::test]
async fn a_merge_patch_is_taken_by_its_own_media_type_too() {
    let world = World::new().await;
    let path = world.portfolio().await;
    let request = world.app.patch(&path).bearer(&world.token);
    let body = br#"{"name":"Renamed"}"#.to_vec();
    let changed = request.body("application/merge-patch+json", body).send();
    assert_eq!(changed.await.expect(200).at("/name"), "Renamed");
}

#[tokio::test]
async fn null_removes_nothing_that_is_required() {
    let world = World::new().await;
    let path = world.portfolio().await;
    for field in [
        "name",
        "type",
        "base_currency",
        "cost_basis_method",
        "cash_tracking",
    ] {
        let refused = world.patch(&path, &format!(r#"{{"{field}":null}}"#));
        let refused = refused.send().await.expect(422);
        let expected = [(format!("/{field}"), "NOT_NULLABLE".to_owned())];
        assert_eq!(field_errors(&refused), expected);
    }
    assert_eq!(world.read(&path).await.at("/name"), "Savings");
}

#[tokio::test]
async fn a_change_bound_to_an_old_version_is_refused() {
    let world = World::new().await;
    let path = world.portfolio().await;
    let etag = world.etag(&path).await;
    let unchanged = world.get(&path).header("if-none-match", &etag).send().await;
    let unchanged = unchanged.expect(304);
    assert_eq!(unchanged.body, "");
    assert_eq!(unchanged.header("etag"), Some(etag.as_str()));

    let rename = |name: &str| world.patch(&path, &format!(r#"{{"name":"{name}"}}"#));
    rename("First")
        .header("if-match", &etag)
        .send()
        .await
        .expect(200);
    let late = rename("Second").header("if-match", &etag).send().await;
    assert_eq!(late.expect(412).problem().code, "PRECONDITION_FAILED");
    rename("Third")
        .header("if-match", "*")
        .send()
        .await
        .expect(200);
    assert_eq!(world.read(&path).await.at("/name"), "Third");

    let stale = world.get(&path).header("if-none-match", &etag).send().await;
    assert_eq!(stale.expect(200).at("/name"), "Third");
    let late = world.delete(&path).header("if-match", &etag).send().await;
    late.expect(412);
    world.read(&path).await;
}

#[tokio::test]
async fn a_deleted_portfolio_is_gone_and_stays_gone() {
    let world = World::new().await;
    let path = world.portfolio().await;
    let kept = world.portfolio().await;
    let investment = world
        .record(&path, &bought("AAPL", "1", "1", "2026-01-05"))
        .await;
    let deleted = world.delete(&path).send().await.expect(204);
    assert_eq!(deleted.body, "");
    world.get(&path).send().await.expect(404);
    world.get(&investment).send().await.expect(404);
    world.delete(&path).send().await.expect(404);
    let again = bought("AAPL", "1", "1", "2026-01-05");
    world.try_record(&path, &again).await.expect(404);
    let left = world.all(LIST, 50, "portfolio_id").await;
    assert_eq!(left, [kept.replace("/v1/portfolios/", "")]);
}

#[tokio::test]
async fn deleting_a_portfolio_leaves_nothing_of_its_investments() {
    let world = World::new().await;
    let path = world.portfolio().await;
    let purchase = |number| {
        let ticker = if number % 2 == 0 { "AAPL" } else { "MSFT" };
        buy(ticker, "1", "1", "2026-01-05")
    };
    let rows: Vec<String> = (0..3000).map(purchase).collect();
    world.batch(&path, &rows).await.expect(201);
    for number in 0..3 {
        world.enter(&path, &purchase(number)).await;
    }
    let ledger = Query::partition(path.replace("/v1/portfolios/", "PF#"));
    let entries = ledger.clone().prefix("TXP#");
    let table = world.table();
    let pages = table.query_all::<Entries>(&entries).await.unwrap();
    assert!(pages.len() > 5, "{}", pages.len());

    world.delete(&path).send().await.expect(204);
    assert_eq!(
        table.query_all::<Transaction>(&ledger).await.unwrap().len(),
        0
    );
    let markers = Query::partition(format!("CUST#{}", world.customer)).prefix("PURGE#");
    assert_eq!(table.query_all::<Purge>(&markers).await.unwrap().len(), 0);
    let pages = ledger.prefix("POS#");
    assert_eq!(table.query_all::<Position>(&pages).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_repeated_opening_opens_once() {
    let world = World::new().await;
    let body = r#"{"name":"Savings","type":"IRA"}"#;
    let open = |body: &str| world.post(LIST, body).header("idempotency-key", "k-1");
    let first = open(body).send().await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    let second = open(body).send().await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(second.header("etag"), first.header("etag"));
    assert_eq!(world.read(LIST).await.count("/items"), 1);

    let other = open(r#"{"name":"Other","type":"IRA"}"#).send().await;
    assert_eq!(other.expect(422).problem().code, "IDEMPOTENCY_KEY_REUSED");
    let of_a_stranger = world.app.post(LIST).bearer(&world.stranger());
    let theirs = of_a_stranger
        .json_text(body)
        .header("idempotency-key", "k-1");
    assert_ne!(theirs.send().await.expect(201).body, first.body);
}

#[tokio::test]
async fn a_refused_request_does_not_use_up_its_key() {
    let world = World::new().await;
    let open = |body: &str| world.post(LIST, body).header("idempotency-key", "k-1");
    open(r#"{"name":"Savings"}"#).send().await.expect(422);
    let corrected = open(r#"{"name":"Savings","type":"IRA"}"#).send().await;
    corrected.expect(201);
}
