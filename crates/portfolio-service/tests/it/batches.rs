//! Many entries at once: all or none, whatever their number and size.

use std::collections::BTreeSet;

use service_kit::testing::TestApp;

use crate::dice::Dice;
use crate::raw::{Entries, Portfolio, Raw};
use crate::world::{World, assert_figures, buy, field_errors, sell};

#[tokio::test]
async fn a_batch_is_there_as_a_whole_and_in_the_order_of_its_rows() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let rows: Vec<String> = (1..=40)
        .map(|quantity| buy("AAPL", &quantity.to_string(), "2", "2026-01-05"))
        .chain([sell("AAPL", "820", "3", "2026-01-06")])
        .chain([buy("MSFT", "1", "1", "2025-12-31")])
        .collect();
    let answer = world.batch(&portfolio, &rows).await.expect(201);
    assert_figures(
        &answer,
        &[
            ("/recorded", "42"),
            ("/first_trade_date", "2025-12-31"),
            ("/last_trade_date", "2026-01-06"),
        ],
    );
    for _ in 0..2 {
        let list = format!("{portfolio}/transactions?order=asc&ticker_symbol=AAPL");
        let listed = world.all(&list, 15, "transaction_id").await;
        for (row, id) in listed.iter().enumerate() {
            assert_eq!(*id, answer.at(&format!("/transaction_ids/{row}")));
        }
        let held = format!("{portfolio}/investments");
        assert_eq!(world.all(&held, 50, "ticker_symbol").await, ["MSFT"]);
        world.restart().await;
    }
}

#[tokio::test]
async fn every_bad_row_is_reported_and_nothing_is_written() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    let mut rows: Vec<String> = (0..30)
        .map(|_| buy("AAPL", "1", "1", "2026-01-05"))
        .collect();
    rows[3] = "7".to_owned();
    rows[17] = buy("AAPL", "-1", "1", "2026-03-12");
    rows[20] = r#"{"type":"TRANSFER_OUT","amount":1,"to_portfolio_id":"0192f0c4-0000-7000-8000-0000000000f1","trade_date":"2026-01-05"}"#.to_owned();
    rows[29] = r#"{"type":"SPLIT","ticker_symbol":"A","ratio":{"new":0,"old":1},"trade_date":"2026-01-05"}"#.to_owned();
    let refused = world.batch(&portfolio, &rows).await.expect(422);
    let expected = [
        ("/transactions/17/quantity", "NOT_POSITIVE"),
        ("/transactions/17/trade_date", "IN_THE_FUTURE"),
        ("/transactions/20/to_portfolio_id", "NOT_TAKEN"),
        ("/transactions/29/ratio/new", "NOT_POSITIVE"),
        ("/transactions/3", "WRONG_TYPE"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(field_errors(&refused), expected);

    let bad = vec![r#"{"type":"BUY"}"#.to_owned(); 500];
    let refused = world.batch(&portfolio, &bad).await.expect(422);
    assert_eq!(refused.problem().errors.len(), 200);
    assert_untouched(&world, &portfolio, &etag).await;
}

#[tokio::test]
async fn a_body_that_is_no_batch_is_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    let path = format!("{portfolio}/transactions:batch");
    for (body, pointer, code) in [
        ("{}", "/transactions", "REQUIRED"),
        (r#"{"transactions":null}"#, "/transactions", "REQUIRED"),
        (r#"{"transactions":[]}"#, "/transactions", "EMPTY"),
        (r#"{"transactions":{}}"#, "/transactions", "WRONG_TYPE"),
        (r#"{"transactions":"x"}"#, "/transactions", "WRONG_TYPE"),
    ] {
        let refused = world.post(&path, body).send().await.expect(422);
        let expected = [(pointer.to_owned(), code.to_owned())];
        assert_eq!(field_errors(&refused), expected, "{body}");
    }
    let many = vec!["{}".to_owned(); 10_001];
    let refused = world.batch(&portfolio, &many).await.expect(422);
    assert_eq!(field_errors(&refused)[0].1, "TOO_MANY");
    let large = " ".repeat(17 * 1024 * 1024);
    let refused = world.post(&path, &large).send().await.expect(413);
    assert_eq!(refused.problem().code, "PAYLOAD_TOO_LARGE");
    assert_untouched(&world, &portfolio, &etag).await;
}

#[tokio::test]
async fn a_row_that_sells_too_much_is_pointed_at() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .enter(&portfolio, &buy("MSFT", "5", "1", "2026-01-05"))
        .await;
    let sale = world
        .enter(&portfolio, &sell("MSFT", "5", "1", "2026-01-09"))
        .await;
    let etag = world.etag(&portfolio).await;
    let rows = [
        buy("AAPL", "5", "1", "2026-01-05"),
        sell("AAPL", "3", "1", "2026-01-07"),
        sell("AAPL", "3", "1", "2026-01-06"),
    ];
    let refused = world.batch(&portfolio, &rows).await.expect(409);
    let problem = refused.problem();
    assert_eq!(problem.code, "OVERSOLD");
    assert_eq!(problem.errors[0].pointer, "/transactions/1");

    let rows = [
        buy("AAPL", "5", "1", "2026-01-05"),
        sell("MSFT", "1", "1", "2026-01-06"),
    ];
    let problem = world.batch(&portfolio, &rows).await.expect(409).problem();
    assert_eq!(problem.errors, []);
    let sale = sale.rsplit('/').next().unwrap();
    assert!(problem.detail.contains(sale), "{}", problem.detail);
    assert_eq!(world.etag(&portfolio).await, etag);
    let list = world.read(&format!("{portfolio}/transactions")).await;
    assert_eq!(list.count("/items"), 2);
}

#[tokio::test]
async fn what_rows_leave_out_is_looked_up_once_an_instrument_or_not_at_all() {
    let world = World::new().await;
    world.market.instrument("SAP.DE", "Stock", "EUR");
    world.market.instrument("VOD.L", "Stock", "GBP");
    let portfolio = world.portfolio().await;
    world
        .enter(&portfolio, &buy("HELD", "1", "1", "2026-01-05"))
        .await;
    let bare = |ticker: &str| {
        format!(
            r#"{{"type":"BUY","ticker_symbol":"{ticker}","quantity":1,"price":1,"trade_date":"2026-01-06"}}"#
        )
    };
    let rows = [
        bare("SAP.DE"),
        bare("SAP.DE"),
        bare("VOD.L"),
        bare("HELD"),
        bare("SAID"),
        buy("SAID", "1", "1", "2026-01-06").replace("Stock", "ETF"),
    ];
    world.batch(&portfolio, &rows).await.expect(201);
    let mut lookups = world.market.lookups();
    lookups.sort();
    assert_eq!(lookups, ["SAP.DE", "VOD.L"]);
    let list = format!("{portfolio}/transactions?order=asc&from=2026-01-06");
    let currencies = world.all(&list, 50, "currency").await;
    assert_eq!(currencies, ["EUR", "EUR", "GBP", "USD", "USD", "USD"]);
    let types = world.all(&list, 50, "instrument_type").await;
    assert_eq!(types[4..], ["ETF", "ETF"]);

    world.market.break_down();
    let said = [buy("ELSE", "1", "1", "2026-01-06")];
    world.batch(&portfolio, &said).await.expect(201);
    let unsaid = [buy("ELSE", "1", "1", "2026-01-06"), bare("NEW")];
    let refused = world.batch(&portfolio, &unsaid).await.expect(503);
    assert_eq!(refused.problem().code, "UNAVAILABLE");
    assert_eq!(world.all(&list, 50, "ticker_symbol").await.len(), 7);
}

#[tokio::test]
async fn a_repeated_batch_is_recorded_once() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let rows = vec![buy("AAPL", "1", "1", "2026-01-05"); 3];
    let send = || world.batch_request(&portfolio, &rows);
    let first = send().header("idempotency-key", "k-1").send().await;
    let first = first.expect(201);
    let other = world.another_process().await;
    let body = format!(r#"{{"transactions":[{}]}}"#, rows.join(","));
    let path = format!("{portfolio}/transactions:batch");
    let there = other.post(&path).bearer(&world.token).json_text(body);
    let there = there.header("idempotency-key", "k-1").send().await;
    let there = there.expect(201);
    assert_eq!(there.body, first.body);
    assert_eq!(there.header("idempotency-replayed"), Some("true"));
    let list = world.read(&format!("{portfolio}/transactions")).await;
    assert_eq!(list.count("/items"), 3);
}

#[tokio::test]
async fn ten_thousand_entries_are_one_batch() {
    const ROWS: usize = 10_000;
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let rows: Vec<String> = (0..ROWS)
        .map(|row| {
            let ticker = format!("T{}", row % 20);
            let date = format!("20{:02}-01-05", row * 20 / ROWS + 5);
            if row / 20 % 5 == 4 {
                sell(&ticker, "3", "2", &date)
            } else {
                buy(&ticker, "1", "1.5", &date)
            }
        })
        .collect();
    let answer = world.batch(&portfolio, &rows).await.expect(201);
    assert_eq!(answer.at("/recorded"), ROWS.to_string());
    for _ in 0..2 {
        // 400 bought and 300 sold of each.
        let holdings = world.read(&format!("{portfolio}/holdings")).await;
        assert_eq!(holdings.count("/items"), 20);
        for place in 0..20 {
            assert_eq!(holdings.at(&format!("/items/{place}/quantity")), "100");
        }
        world.restart().await;
    }
    let listed = world
        .all(&format!("{portfolio}/transactions"), 200, "transaction_id")
        .await;
    let listed: BTreeSet<String> = listed.into_iter().collect();
    assert_eq!(listed.len(), ROWS);
    // A single entry afterwards is recorded into a page of its own.
    world
        .enter(&portfolio, &sell("T7", "100", "1", "2026-01-05"))
        .await;
    world.restart().await;
    let holdings = world.read(&format!("{portfolio}/investments")).await;
    assert!(!holdings.body.contains("\"T7\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn positions_that_do_not_fit_one_transaction_are_there_with_the_entries() {
    const TICKERS: usize = 400;
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let rows = |price: usize| -> Vec<String> {
        let row = |ticker| {
            buy(
                &format!("T{ticker:03}"),
                "1",
                &price.to_string(),
                "2026-01-05",
            )
        };
        (0..TICKERS).map(row).collect()
    };
    // Twice: into an empty ledger, and into one whose positions are there.
    for time in 1..=2 {
        let counts = watched(&world, &portfolio, &rows(time)).await;
        let all_or_nothing = [(time - 1) * TICKERS, time * TICKERS];
        let seen: BTreeSet<usize> = counts.into_iter().collect();
        assert!(
            seen.iter().all(|count| all_or_nothing.contains(count)),
            "{seen:?}"
        );
        assert_settled(&world, &portfolio).await;
    }
    let forgetful = world.forgetful_process().await;
    let holdings = format!("{portfolio}/holdings?page_size=200");
    let holdings = forgetful.get(&holdings).bearer(&world.token).send().await;
    let holdings = holdings.expect(200);
    for place in 0..200 {
        let field = |name: &str| format!("/items/{place}/{name}");
        assert_figures(
            &holdings,
            &[(&field("quantity"), "2"), (&field("cost_basis"), "3")],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_do_not_fit_one_transaction_are_there_all_at_once() {
    const ROWS: usize = 3000;
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let mut dice = Dice(7);
    let rows: Vec<String> = (0..ROWS)
        .map(|_| {
            let note = dice.noise(900);
            buy("AAPL", "1", "1", "2026-01-05").replace('}', &format!(r#","note":"{note}"}}"#))
        })
        .collect();
    let counts = watched(&world, &portfolio, &rows).await;
    let seen: BTreeSet<usize> = counts.into_iter().collect();
    assert!(
        seen.iter().all(|count| [0, ROWS].contains(count)),
        "{seen:?}"
    );
    let pages = store::Query::partition(portfolio.replace("/v1/portfolios/", "PF#"));
    let pages = pages.prefix("TXP#");
    let pages = world.table().query_all::<Entries>(&pages).await.unwrap();
    let bytes = |page: &Raw| page.leaves()["/entries"].len();
    let stored: usize = pages.iter().map(|page| bytes(&page.value.0)).sum();
    assert!(stored > 2_500_000, "{stored}");
    world.restart().await;
    let listed = world
        .all(&format!("{portfolio}/transactions?order=asc"), 200, "note")
        .await;
    assert!(
        listed
            .iter()
            .zip(&rows)
            .all(|(note, row)| row.contains(note.as_str()))
    );
    assert_settled(&world, &portfolio).await;
}

/// Sends a batch while another process counts the entries again and again.
async fn watched(world: &World, portfolio: &str, rows: &[String]) -> Vec<usize> {
    let other = world.another_process().await;
    let (done, is_done) = tokio::sync::oneshot::channel();
    let token = world.token.clone();
    let path = portfolio.to_owned();
    let watching = tokio::spawn(async move {
        let mut counts = Vec::new();
        let mut is_done = is_done;
        while is_done.try_recv() == Err(tokio::sync::oneshot::error::TryRecvError::Empty) {
            counts.push(lots_of(&other, &path, &token).await);
        }
        counts.push(lots_of(&other, &path, &token).await);
        counts
    });
    world.batch(portfolio, rows).await.expect(201);
    done.send(()).unwrap();
    let counts = watching.await.unwrap();
    let last = counts.last().copied();
    let here = lots_of(&world.app, portfolio, &world.token).await;
    assert_eq!(last, Some(here));
    counts
}

async fn lots_of(app: &TestApp, portfolio: &str, token: &str) -> usize {
    let summary = app.get(&format!("{portfolio}/summary")).bearer(token);
    let count = summary.send().await.expect(200).at("/investments_count");
    count.parse().unwrap()
}

async fn assert_settled(world: &World, portfolio: &str) {
    let pk = format!("CUST#{}", world.customer);
    let key = store::Key::new(pk, portfolio.replace("/v1/portfolios/", "PF#"));
    let stored = world.table().get::<Portfolio>(&key).await.unwrap().unwrap();
    assert_eq!(stored.value.0.leaves()["/is_unsettled"], "false");
}

async fn assert_untouched(world: &World, portfolio: &str, etag: &str) {
    let list = world.read(&format!("{portfolio}/transactions")).await;
    assert_eq!(list.count("/items"), 0);
    assert_eq!(world.etag(portfolio).await, etag);
}
