//! Correcting a purchase.

use jiff::SignedDuration;

use crate::world::{NOW, World, assert_figures, bought, field_errors};

#[tokio::test]
async fn a_correction_changes_what_it_names_and_keeps_the_rest() {
    let mut world = World::new().await;
    world.market.price("AAPL", "20", "USD");
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "10", "15", "2026-01-05"))
        .await;
    world.clock.advance(SignedDuration::from_mins(1));
    let body = r#"{"quantity":"12.5","fees":3}"#;
    let amended = world.patch(&path, body).send().await.expect(200);
    for (field, value) in [
        ("/ticker_symbol", "AAPL"),
        ("/instrument_type", "Stock"),
        ("/quantity", "12.5"),
        ("/purchase_price", "15"),
        ("/purchase_date", "2026-01-05"),
        ("/fees", "3"),
        ("/cost_basis", "190.5"),
        ("/market_value", "250.0"),
        ("/unrealized_gain", "59.5"),
        ("/created_at", NOW),
        ("/updated_at", "2026-03-10T21:01:00Z"),
    ] {
        assert_figures(&amended, &[(field, value)]);
    }
    for _ in 0..2 {
        let read = world.read(&path).await;
        assert_eq!(read.body, amended.body);
        assert_eq!(read.header("etag"), amended.header("etag"));
        world.restart().await;
    }
}

#[tokio::test]
async fn every_field_of_a_purchase_can_be_corrected() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "10", "15", "2026-01-05"))
        .await;
    for (field, sent, shown) in [
        ("ticker_symbol", r#""msft""#, "MSFT"),
        ("instrument_type", r#""etf""#, "ETF"),
        ("quantity", "3", "3"),
        ("purchase_price", "0.5", "0.5"),
        ("purchase_date", r#""2025-12-31""#, "2025-12-31"),
        ("currency", r#""eur""#, "EUR"),
        ("fees", "1", "1"),
        ("fees", "0", "0"),
    ] {
        let body = format!(r#"{{"{field}":{sent}}}"#);
        let amended = world.patch(&path, &body).send().await.expect(200);
        assert_figures(&amended, &[(&format!("/{field}"), shown)]);
        assert_eq!(world.read(&path).await.body, amended.body, "{field}");
    }
}

#[tokio::test]
async fn every_mistake_is_reported_at_once_and_nothing_is_changed() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "10", "15", "2026-01-05"))
        .await;
    let before = world.read(&path).await;
    let body = r#"{"ticker_symbol":null,"quantity":0,"purchase_price":"x","purchase_date":"2026-03-12",
        "currency":"","fees":-1,"investment_id":"7","market_value":1}"#;
    let refused = world.patch(&path, body).send().await.expect(422);
    let expected = [
        ("/currency", "UNKNOWN_CURRENCY"),
        ("/fees", "NEGATIVE"),
        ("/investment_id", "UNKNOWN_FIELD"),
        ("/market_value", "UNKNOWN_FIELD"),
        ("/purchase_date", "IN_THE_FUTURE"),
        ("/purchase_price", "NOT_A_NUMBER"),
        ("/quantity", "NOT_POSITIVE"),
        ("/ticker_symbol", "NOT_NULLABLE"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(field_errors(&refused), expected);
    assert_eq!(world.read(&path).await.body, before.body);
}

#[tokio::test]
async fn no_field_of_a_purchase_can_be_removed() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "10", "15", "2026-01-05"))
        .await;
    for field in [
        "ticker_symbol",
        "instrument_type",
        "quantity",
        "purchase_price",
        "purchase_date",
        "currency",
        "fees",
    ] {
        let refused = world.patch(&path, &format!(r#"{{"{field}":null}}"#));
        let refused = refused.send().await.expect(422);
        let expected = [(format!("/{field}"), "NOT_NULLABLE".to_owned())];
        assert_eq!(field_errors(&refused), expected);
    }
}

#[tokio::test]
async fn a_purchase_moves_to_another_instrument_with_its_lot() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .record(&portfolio, &bought("AAPL", "10", "15", "2026-01-05"))
        .await;
    world
        .record(&portfolio, &bought("MSFT", "3", "15", "2026-01-05"))
        .await;
    let moved = world
        .record(&portfolio, &bought("AAPL", "1", "15", "2026-01-06"))
        .await;
    let body = r#"{"ticker_symbol":"MSFT"}"#;
    world.patch(&moved, body).send().await.expect(200);
    for _ in 0..2 {
        let holdings = world.read(&format!("{portfolio}/holdings")).await;
        assert_eq!(holdings.at("/items/0/ticker_symbol"), "AAPL");
        assert_eq!(holdings.at("/items/0/quantity"), "10");
        assert_eq!(holdings.at("/items/1/ticker_symbol"), "MSFT");
        assert_eq!(holdings.at("/items/1/quantity"), "4");
        assert_eq!(world.read(&moved).await.at("/ticker_symbol"), "MSFT");
        world.restart().await;
    }
    let body = r#"{"ticker_symbol":"AAPL","purchase_date":"2026-01-01"}"#;
    world.patch(&moved, body).send().await.expect(200);
    world.restart().await;
    let list = format!("{portfolio}/investments?ticker_symbol=AAPL");
    assert_eq!(world.all(&list, 1, "quantity").await, ["1", "10"]);
}

#[tokio::test]
async fn a_purchase_moves_to_another_day() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let moved = world
        .record(&portfolio, &bought("AAPL", "1", "15", "2026-01-06"))
        .await;
    world
        .record(&portfolio, &bought("AAPL", "2", "15", "2026-01-05"))
        .await;
    let list = format!("{portfolio}/investments");
    assert_eq!(world.all(&list, 1, "quantity").await, ["2", "1"]);
    let body = r#"{"purchase_date":"2026-01-04"}"#;
    world.patch(&moved, body).send().await.expect(200);
    for _ in 0..2 {
        assert_eq!(world.all(&list, 1, "quantity").await, ["1", "2"]);
        assert_eq!(world.read(&moved).await.at("/purchase_date"), "2026-01-04");
        world.restart().await;
    }
    // The entry can still be found where it is now.
    world
        .patch(&moved, r#"{"quantity":7}"#)
        .send()
        .await
        .expect(200);
    world.delete(&moved).send().await.expect(204);
    assert_eq!(world.all(&list, 1, "quantity").await, ["2"]);
}

#[tokio::test]
async fn a_correction_of_what_somebody_else_corrected_is_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "1", "15", "2026-01-06"))
        .await;
    let etag = world.etag(&path).await;
    let amend = |quantity: u32| world.patch(&path, &format!(r#"{{"quantity":{quantity}}}"#));
    amend(2).header("if-match", &etag).send().await.expect(200);
    let late = amend(3).header("if-match", &etag).send().await.expect(412);
    assert_eq!(late.problem().code, "PRECONDITION_FAILED");
    let late = world.delete(&path).header("if-match", &etag).send().await;
    late.expect(412);
    assert_eq!(world.read(&path).await.at("/quantity"), "2");
    let etag = world.etag(&path).await;
    let deleted = world.delete(&path).header("if-match", &etag).send().await;
    deleted.expect(204);
}

#[tokio::test]
async fn a_moved_price_does_not_stop_a_correction() {
    let world = World::new().await;
    world.market.price("AAPL", "7", "USD");
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "1", "15", "2026-01-06"))
        .await;
    let etag = world.etag(&path).await;
    world.market.price("AAPL", "8", "USD");
    let amended = world.patch(&path, r#"{"quantity":2}"#);
    let amended = amended.header("if-match", &etag).send().await.expect(200);
    assert_figures(&amended, &[("/market_value", "16")]);
}

#[tokio::test]
async fn another_purchase_does_not_stop_a_correction() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "1", "15", "2026-01-06"))
        .await;
    let etag = world.etag(&path).await;
    world
        .record(&portfolio, &bought("AAPL", "9", "15", "2026-01-05"))
        .await;
    let amended = world.patch(&path, r#"{"quantity":2}"#);
    amended.header("if-match", &etag).send().await.expect(200);
}
