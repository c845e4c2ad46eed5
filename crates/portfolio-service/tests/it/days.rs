//! Which days can be asked about: one rule for every route, and how far back rates reach.

use crate::world::{World, assert_figures, buy, entry, field_errors, sell, traded};

/// The routes that take a range, without and with other parameters.
const RANGES: [&str; 5] = [
    "gains?",
    "gains?method=LIFO&",
    "transactions?",
    "performance?",
    "holdings/AAPL/performance?",
];

/// The last day that has begun anywhere on earth at the time of the tests is 2026-03-11.
#[tokio::test]
async fn no_route_takes_a_day_that_nobody_trades_on() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    world
        .enter(&portfolio, &buy("AAPL", "1", "1", "2026-01-05"))
        .await;
    for range in RANGES {
        for (query, pointer, code) in [
            ("from=1899-12-31", "?from", "TOO_EARLY"),
            ("from=2026-03-12", "?from", "IN_THE_FUTURE"),
            ("to=1066-10-14", "?to", "TOO_EARLY"),
            ("to=2999-01-01", "?to", "IN_THE_FUTURE"),
            ("from=2026-03-01&to=2026-02-28", "?from", "OUT_OF_RANGE"),
        ] {
            let path = format!("{portfolio}/{range}{query}");
            let refused = world.get(&path).send().await.expect(422);
            let expected = [(pointer.to_owned(), code.to_owned())];
            assert_eq!(field_errors(&refused), expected, "{path}");
        }
        for query in ["to=1900-01-01", "from=1900-01-01&to=2026-03-11"] {
            world.read(&format!("{portfolio}/{range}{query}")).await;
        }
    }
    for (at, code) in [("2026-03-12", "IN_THE_FUTURE"), ("1899-12-31", "TOO_EARLY")] {
        let path = format!("{portfolio}/cash?at={at}");
        let refused = world.get(&path).send().await.expect(422);
        let expected = [("?at".to_owned(), code.to_owned())];
        assert_eq!(field_errors(&refused), expected);
    }
}

#[tokio::test]
async fn today_is_that_of_utc_until_something_happens_tomorrow() {
    let world = World::new().await;
    let body = r#"{"name":"n","type":"IRA","cash_tracking":true}"#;
    let portfolio = world.open(body).await;
    let cash = format!("{portfolio}/cash");
    let gains = format!("{portfolio}/gains");
    let deposit = |date: &str| entry("DEPOSIT", date, r#""amount":10,"currency":"USD""#);
    world.enter(&portfolio, &deposit("2026-03-02")).await;
    assert_figures(
        &world.read(&gains).await,
        &[("/from", "2026-03-02"), ("/to", "2026-03-10")],
    );
    assert_figures(
        &world.read(&cash).await,
        &[("/at", "2026-03-10"), ("/items/0/balance", "10")],
    );
    world.enter(&portfolio, &deposit("2026-03-11")).await;
    assert_figures(&world.read(&gains).await, &[("/to", "2026-03-11")]);
    assert_figures(
        &world.read(&cash).await,
        &[("/at", "2026-03-11"), ("/items/0/balance", "20")],
    );
}

#[tokio::test]
async fn nothing_is_asked_from_after_the_last_day() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for range in ["gains", "performance"] {
        let path = format!("{portfolio}/{range}?from=2026-03-11");
        let refused = world.get(&path).send().await.expect(422);
        let expected = [("?from".to_owned(), "OUT_OF_RANGE".to_owned())];
        assert_eq!(field_errors(&refused), expected, "{range}");
    }
}

/// A hundred years of rates are asked for at once, and a lot of 1920 needs no more than to be named.
#[tokio::test]
async fn a_very_old_lot_takes_no_rate_from_the_others() {
    let world = World::new().await;
    world.market.price("EURO", "20", "EUR");
    world.market.price("EURUSD=X", "1.5", "USD");
    let rates = [("2021-01-04", "1.2"), ("2024-01-02", "1.1")];
    world.market.closes("EURUSD=X", "USD", &rates);
    world.market.closes("EURO", "EUR", &[("2024-01-02", "15")]);
    let portfolio = world.portfolio().await;
    let euros = r#","currency":"EUR""#;
    let lot = |ticker: &str, date: &str| traded("BUY", ticker, "10", "10", date, euros);
    world.enter(&portfolio, &lot("OLD", "1920-01-05")).await;
    world.enter(&portfolio, &lot("EURO", "2021-01-04")).await;
    let sold = sell("EURO", "4", "15", "2024-01-02").replace("USD", "EUR");
    world.enter(&portfolio, &sold).await;
    let sold = sell("OLD", "4", "15", "2024-01-02").replace("USD", "EUR");
    world.enter(&portfolio, &sold).await;

    let gains = world.read(&format!("{portfolio}/gains")).await;
    assert_figures(
        &gains,
        &[
            ("/status", "partial"),
            ("/missing/0/date", "1920-01-05"),
            // 60 € at 1.1 for 40 € at 1.2.
            ("/total/before_fees/gain", "18"),
        ],
    );
    assert_eq!(gains.count("/missing"), 1);
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_figures(
        &summary,
        &[
            ("/status", "partial"),
            // 60 € at 1.2.
            ("/cost_basis", "72"),
        ],
    );
    let dates = (0..summary.count("/missing")).map(|place| format!("/missing/{place}/date"));
    let dates: Vec<String> = dates.map(|date| summary.at(&date)).collect();
    let past: Vec<&String> = dates.iter().filter(|date| *date != "null").collect();
    assert_eq!(past, ["1920-01-05"]);
}
