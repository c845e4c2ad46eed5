//! Correcting a purchase of which something was sold, split or averaged: what is shown can be
//! written back, and what cannot be said is refused.

use service_kit::testing::TestResponse;

use crate::world::{World, assert_figures, sell, traded};

const FIELDS: [&str; 7] = [
    "ticker_symbol",
    "instrument_type",
    "quantity",
    "purchase_price",
    "purchase_date",
    "currency",
    "fees",
];

fn split(date: &str) -> String {
    format!(
        r#"{{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{{"new":2,"old":1}},"trade_date":"{date}"}}"#
    )
}

/// Records a purchase with fee and tax; answers the paths of the entry and of the investment.
async fn bought(world: &World, portfolio: &str, more: &str) -> (String, String) {
    let more = format!(r#","fee":1,"tax":0.5{more}"#);
    let body = traded("BUY", "AAPL", "20", "15", "2026-01-05", &more);
    let entry = world.enter(portfolio, &body).await;
    let investment = entry.replace("/transactions/", "/investments/");
    (entry, investment)
}

/// Everything that is shown of an investment and can be written.
fn shown(investment: &TestResponse) -> String {
    let fields = FIELDS.map(|name| {
        let value = investment.at(&format!("/{name}"));
        match domain::decimal::parse(&value) {
            Ok(_) => format!(r#""{name}":{value}"#),
            Err(_) => format!(r#""{name}":"{value}""#),
        }
    });
    format!("{{{}}}", fields.join(","))
}

/// An entry without what an amendment always changes.
async fn entry(world: &World, path: &str) -> String {
    let read = world.read(path).await;
    let amended = format!(r#""amended_at":"{}""#, read.at("/amended_at"));
    read.body.replace(&amended, "")
}

#[tokio::test]
async fn what_an_investment_shows_can_be_written_back() {
    for method in ["FIFO", "AVERAGE"] {
        let world = World::new().await;
        let body = format!(r#"{{"name":"n","type":"IRA","cost_basis_method":"{method}"}}"#);
        let portfolio = world.open(&body).await;
        let more = r#","currency":"EUR","fx_rate":1.1"#;
        let (path, investment) = bought(&world, &portfolio, more).await;
        bought(&world, &portfolio, more).await;
        let sold = sell("AAPL", "7", "20", "2026-01-07").replace("USD", "EUR");
        let later = [String::new(), sold, split("2026-01-08")];
        for entered in later {
            if !entered.is_empty() {
                world.enter(&portfolio, &entered).await;
            }
            let before = (entry(&world, &path).await, world.read(&investment).await);
            let written = shown(&before.1);
            world.patch(&investment, &written).send().await.expect(200);
            assert_eq!(entry(&world, &path).await, before.0, "{written}");
            let after = world.read(&investment).await;
            assert_eq!(shown(&after), written);
            assert_figures(&after, &[("/cost_basis", &before.1.at("/cost_basis"))]);
        }
    }
}

#[tokio::test]
async fn fees_that_are_written_are_all_there_are() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let (path, investment) = bought(&world, &portfolio, "").await;
    assert_figures(&world.read(&investment).await, &[("/fees", "1.5")]);
    let amended = world.patch(&investment, r#"{"fees":2}"#).send().await;
    assert_figures(&amended.expect(200), &[("/fees", "2")]);
    let entry = world.read(&path).await;
    assert_figures(&entry, &[("/fee", "2"), ("/tax", "0")]);
}

#[tokio::test]
async fn another_currency_or_day_takes_the_rate_away() {
    for body in [r#"{"currency":"GBP"}"#, r#"{"purchase_date":"2026-01-06"}"#] {
        let world = World::new().await;
        let portfolio = world.portfolio().await;
        let more = r#","currency":"EUR","fx_rate":1.1"#;
        let (path, investment) = bought(&world, &portfolio, more).await;
        let other = r#"{"fees":1,"purchase_price":14}"#;
        world.patch(&investment, other).send().await.expect(200);
        assert_eq!(world.read(&path).await.at("/fx_rate"), "1.1");
        world.patch(&investment, body).send().await.expect(200);
        assert_eq!(world.read(&path).await.at("/fx_rate"), "null");
    }
}

#[tokio::test]
async fn figures_of_what_is_left_are_not_taken_for_those_of_the_purchase() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let (path, investment) = bought(&world, &portfolio, "").await;
    let id = path.rsplit('/').next().unwrap();
    let sold = sell("AAPL", "10", "20", "2026-01-07");
    world.enter(&portfolio, &sold).await;
    let all = r#"{"quantity":12,"purchase_price":16,"fees":3}"#;
    assert_refused(&world, &investment, all, id, &["/quantity", "/fees"]).await;
    // What one unit cost is still shown.
    let amended = world.patch(&investment, r#"{"purchase_price":16}"#);
    assert_figures(
        &amended.send().await.expect(200),
        &[("/quantity", "10"), ("/cost_basis", "160.75")],
    );
    // As many units as were bought, at half the price.
    world.enter(&portfolio, &split("2026-01-08")).await;
    assert_figures(&world.read(&investment).await, &[("/quantity", "20")]);
    let all = r#"{"quantity":12,"purchase_price":15,"fees":3}"#;
    let pointers = ["/quantity", "/purchase_price", "/fees"];
    assert_refused(&world, &investment, all, id, &pointers).await;
    world
        .patch(&path, r#"{"quantity":30,"fee":3}"#)
        .send()
        .await
        .expect(200);
    assert_figures(&world.read(&investment).await, &[("/quantity", "40")]);
}

async fn assert_refused(world: &World, path: &str, body: &str, id: &str, pointers: &[&str]) {
    let before = world.read(path).await;
    let refused = world.patch(path, body).send().await.expect(409);
    let problem = refused.problem();
    assert_eq!(problem.code, "LOT_NOT_WHOLE");
    assert!(problem.detail.contains(id), "{}", problem.detail);
    let found: Vec<_> = problem.errors.iter().map(|error| &error.pointer).collect();
    assert_eq!(found, pointers);
    assert_eq!(world.read(path).await.body, before.body);
}
