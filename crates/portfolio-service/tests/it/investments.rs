use jiff::SignedDuration;

use crate::market::as_of;
use crate::world::{NOW, World, assert_figures, bought, field_errors};

#[tokio::test]
async fn a_recorded_purchase_is_answered_read_and_listed_alike() {
    let world = World::new().await;
    world.market.price("AAPL", "200.5", "USD");
    let portfolio = world.portfolio().await;
    let body = r#"{"ticker_symbol":"aapl","instrument_type":"stock","quantity":10,"purchase_price":"150.25",
        "purchase_date":"2026-01-05","currency":"usd","fees":4.95}"#;
    let recorded = world.try_record(&portfolio, body).await.expect(201);
    let id = recorded.at("/investment_id");
    let path = format!("{portfolio}/investments/{id}");
    assert_eq!(recorded.header("location"), Some(path.as_str()));
    let as_of = as_of().to_string();
    for (field, value) in [
        (
            "/portfolio_id",
            portfolio.trim_start_matches("/v1/portfolios/"),
        ),
        ("/ticker_symbol", "AAPL"),
        ("/instrument_type", "Stock"),
        ("/quantity", "10"),
        ("/purchase_price", "150.25"),
        ("/purchase_date", "2026-01-05"),
        ("/currency", "USD"),
        ("/fees", "4.95"),
        ("/cost_basis", "1507.45"),
        ("/current_price", "200.5"),
        ("/market_value", "2005.0"),
        ("/unrealized_gain", "497.55"),
        ("/last_updated", NOW),
        ("/as_of", as_of.as_str()),
        ("/source", "test market"),
        ("/staleness", "fresh"),
        ("/price_unavailable_reason", "null"),
        ("/created_at", NOW),
        ("/updated_at", NOW),
    ] {
        assert_figures(&recorded, &[(field, value)]);
    }
    let read = world.read(&path).await;
    assert_eq!(read.body, recorded.body);
    assert_eq!(read.header("etag"), recorded.header("etag"));
    let listed = world.read(&format!("{portfolio}/investments")).await;
    assert_eq!(listed.at("/items/0"), recorded.body);
    assert_eq!(listed.at("/next_page_token"), "null");
}

#[tokio::test]
async fn digits_are_exact_and_survive_a_restart() {
    let mut world = World::new().await;
    world.market.price("AAPL", "0.3", "USD");
    world.market.price("WEI", "3", "USD");
    let portfolio = world.portfolio().await;
    let tenth = world
        .record(&portfolio, &bought("AAPL", "0.1", "0.2", "2026-01-05"))
        .await;
    let wei = bought(
        "WEI",
        "0.000000000000000001",
        r#""2.000000001""#,
        "2026-01-05",
    );
    let wei = world.record(&portfolio, &wei).await;
    let large = bought(
        "BIG",
        "123456789012.123456789",
        "100000000000",
        "2026-01-05",
    );
    let large = world.record(&portfolio, &large).await;
    for _ in 0..2 {
        let read = world.read(&tenth).await;
        assert_eq!(read.at("/cost_basis"), "0.02");
        assert_eq!(read.at("/market_value"), "0.03");
        assert_eq!(read.at("/unrealized_gain"), "0.01");
        let read = world.read(&wei).await;
        assert_eq!(read.at("/quantity"), "0.000000000000000001");
        assert_eq!(read.at("/cost_basis"), "0.000000000000000002000000001");
        assert_eq!(read.at("/market_value"), "0.000000000000000003");
        let read = world.read(&large).await;
        assert_eq!(read.at("/quantity"), "123456789012.123456789");
        assert_eq!(read.at("/purchase_price"), "100000000000");
        assert_figures(&read, &[("/cost_basis", "12345678901212345678900")]);
        world.restart().await;
    }
}

#[tokio::test]
async fn amounts_have_the_decimals_of_their_currency_and_no_needless_ones() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let dollars = bought("AAPL", "1.500", "2.00", "2026-01-05");
    let yen = bought("AAPL", "3.0", "0.50", "2026-01-05").replace("USD", "JPY");
    let recorded = world.try_record(&portfolio, &dollars).await.expect(201);
    let in_yen = world.try_record(&portfolio, &yen).await.expect(201);
    assert_eq!(recorded.at("/cost_basis"), "3.00");
    assert_eq!(recorded.at("/fees"), "0.00");
    assert_eq!(in_yen.at("/cost_basis"), "1.5");
    assert_eq!(in_yen.at("/fees"), "0");
    for response in [recorded, in_yen] {
        let path = format!("{portfolio}/investments/{}", response.at("/investment_id"));
        assert_eq!(world.read(&path).await.body, response.body);
        world.restart().await;
        assert_eq!(world.read(&path).await.body, response.body);
    }
}

#[tokio::test]
async fn numbers_may_be_written_in_any_form_of_json() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for (sent, meant) in [("1e3", "1000"), ("2.5E-4", "0.00025"), (r#""1.5e1""#, "15")] {
        let path = world
            .record(&portfolio, &bought("AAPL", sent, sent, "2026-01-05"))
            .await;
        let read = world.read(&path).await;
        assert_eq!(read.at("/quantity"), meant);
        assert_eq!(read.at("/purchase_price"), meant);
    }
}

#[tokio::test]
async fn what_a_purchase_leaves_out_comes_from_its_instrument() {
    let world = World::new().await;
    world.market.instrument("VOD.L", "ETF", "GBP");
    let portfolio = world.portfolio().await;
    let body =
        r#"{"ticker_symbol":"VOD.L","quantity":1,"purchase_price":2,"purchase_date":"2026-01-05"}"#;
    let recorded = world.try_record(&portfolio, body).await.expect(201);
    assert_eq!(recorded.at("/instrument_type"), "ETF");
    assert_eq!(recorded.at("/currency"), "GBP");
    assert_figures(&recorded, &[("/fees", "0")]);
}

#[tokio::test]
async fn what_nobody_knows_of_an_instrument_comes_from_the_portfolio() {
    let world = World::new().await;
    let portfolio = world
        .open(r#"{"name":"Savings","type":"IRA","base_currency":"CHF"}"#)
        .await;
    let body = r#"{"ticker_symbol":"NOBODY","quantity":1,"purchase_price":2,"purchase_date":"2026-01-05"}"#;
    let recorded = world.try_record(&portfolio, body).await.expect(201);
    assert_eq!(recorded.at("/instrument_type"), "Other");
    assert_eq!(recorded.at("/currency"), "CHF");
}

#[tokio::test]
async fn an_instrument_that_cannot_be_looked_up_is_not_guessed() {
    let world = World::new().await;
    world.market.break_down();
    let portfolio = world.portfolio().await;
    let body =
        r#"{"ticker_symbol":"AAPL","quantity":1,"purchase_price":2,"purchase_date":"2026-01-05"}"#;
    let refused = world.try_record(&portfolio, body).await.expect(503);
    assert_eq!(refused.problem().code, "UNAVAILABLE");
    assert!(refused.header("retry-after").is_some());
    world
        .record(&portfolio, &bought("AAPL", "1", "2", "2026-01-05"))
        .await;
    let listed = world.read(&format!("{portfolio}/investments")).await;
    assert_eq!(listed.count("/items"), 1);
}

#[tokio::test]
async fn the_list_is_filtered_by_ticker_and_type_in_any_case() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for (ticker, kind) in [
        ("AAPL", "Stock"),
        ("MSFT", "stock"),
        ("SPY", "ETF"),
        ("AAPL", "ETF"),
    ] {
        let body = bought(ticker, "1", "1", "2026-01-05").replace("Stock", kind);
        world.record(&portfolio, &body).await;
        world.clock.advance(SignedDuration::from_secs(1));
    }
    for (filter, expected) in [
        ("", vec!["AAPL", "AAPL", "MSFT", "SPY"]),
        ("?ticker_symbol=aapl", vec!["AAPL", "AAPL"]),
        ("?instrument_type=eTf", vec!["AAPL", "SPY"]),
        ("?instrument_type=STOCK", vec!["AAPL", "MSFT"]),
        ("?ticker_symbol=Aapl&instrument_type=etf", vec!["AAPL"]),
        ("?ticker_symbol=NONE", vec![]),
        ("?instrument_type=mutual_fund", vec![]),
    ] {
        let list = format!("{portfolio}/investments{filter}");
        for page_size in [1, 50] {
            let found = world.all(&list, page_size, "ticker_symbol").await;
            assert_eq!(found, expected, "{filter}");
        }
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let asked = format!(
        "{portfolio}/investments?ticker_symbol=A%20B&instrument_type=&colour=red&page_size=0"
    );
    let refused = world.get(&asked).send().await.expect(422);
    let expected = [
        ("?colour", "UNKNOWN_PARAMETER"),
        ("?instrument_type", "EMPTY"),
        ("?page_size", "OUT_OF_RANGE"),
        ("?ticker_symbol", "MALFORMED"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(field_errors(&refused), expected);
}

#[tokio::test]
async fn a_page_token_is_bound_to_its_filter_and_portfolio() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let other = world.portfolio().await;
    for _ in 0..2 {
        world
            .record(&portfolio, &bought("AAPL", "1", "1", "2026-01-05"))
            .await;
    }
    let list = format!("{portfolio}/investments?ticker_symbol=AAPL&page_size=1");
    let token = world.read(&list).await.at("/next_page_token");
    world.read(&format!("{list}&page_token={token}")).await;
    for elsewhere in [
        format!("{portfolio}/investments?page_token={token}"),
        format!("{portfolio}/investments?ticker_symbol=MSFT&page_token={token}"),
        format!("{other}/investments?ticker_symbol=AAPL&page_token={token}"),
        format!("{portfolio}/holdings?page_token={token}"),
    ] {
        let refused = world.get(&elsewhere).send().await.expect(422);
        let expected = [("?page_token".into(), "INVALID_PAGE_TOKEN".into())];
        assert_eq!(field_errors(&refused), expected, "{elsewhere}");
    }
}

#[tokio::test]
async fn a_back_dated_purchase_stands_in_its_place() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    for date in ["2026-02-01", "2026-03-01", "2026-01-01", "2026-02-01"] {
        world
            .record(&portfolio, &bought("AAPL", "1", "1", date))
            .await;
        world.clock.advance(SignedDuration::from_secs(1));
    }
    let list = format!("{portfolio}/investments");
    for _ in 0..2 {
        let dates = world.all(&list, 3, "purchase_date").await;
        assert_eq!(
            dates,
            ["2026-01-01", "2026-02-01", "2026-02-01", "2026-03-01"]
        );
        world.restart().await;
    }
}

#[tokio::test]
async fn a_deleted_purchase_is_gone_and_the_others_stay() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let gone = world
        .record(&portfolio, &bought("AAPL", "1", "1", "2026-01-05"))
        .await;
    let kept = world
        .record(&portfolio, &bought("AAPL", "2", "1", "2026-01-05"))
        .await;
    world.delete(&gone).send().await.expect(204);
    for _ in 0..2 {
        world.get(&gone).send().await.expect(404);
        world.delete(&gone).send().await.expect(404);
        world.patch(&gone, "{}").send().await.expect(404);
        assert_eq!(world.read(&kept).await.at("/quantity"), "2");
        let list = format!("{portfolio}/investments");
        assert_eq!(world.read(&list).await.count("/items"), 1);
        world.restart().await;
    }
    world.delete(&kept).send().await.expect(204);
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    assert_eq!(holdings.count("/items"), 0);
}

#[tokio::test]
async fn a_repeated_recording_records_once() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/investments");
    let body = bought("AAPL", "1", "1", "2026-01-05");
    let record = |world: &World| world.post(&list, &body).header("idempotency-key", "k-1");
    let first = record(&world).send().await.expect(201);
    world.restart().await;
    let second = record(&world).send().await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.body, first.body);
    assert_eq!(world.read(&list).await.count("/items"), 1);

    let elsewhere = format!("{}/investments", world.portfolio().await);
    let other = world
        .post(&elsewhere, &body)
        .header("idempotency-key", "k-1");
    let other = other.send().await.expect(422);
    assert_eq!(other.problem().code, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(world.read(&elsewhere).await.count("/items"), 0);
}
