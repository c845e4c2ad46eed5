//! More lots than one stored page holds, and more bytes than one item or one answer of the storage may have.

use store::Query;

use crate::dice::Dice;
use crate::raw::Transaction;
use crate::world::{World, bought, buy, field_errors};

#[tokio::test]
async fn purchases_on_several_stored_pages_are_all_there() {
    const LOTS: usize = 150;
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/investments");
    for number in 1..=LOTS {
        let body = bought("AAPL", &number.to_string(), "1.5", "2026-02-01");
        world.record(&portfolio, &body).await;
    }
    let first = bought("AAPL", "1000", "1.5", "2026-01-01");
    let first = world.record(&portfolio, &first).await;
    for _ in 0..2 {
        let mut quantities = numbers(&world.all(&list, 40, "quantity").await);
        assert_eq!(quantities.remove(0), 1000);
        quantities.sort_unstable();
        assert!(quantities.into_iter().eq(1..=LOTS));
        world.restart().await;
    }
    // It keeps its page, and yet comes last in the list.
    let amended = world.patch(&first, r#"{"purchase_date":"2026-03-01"}"#);
    amended.send().await.expect(200);
    world.restart().await;
    let quantities = numbers(&world.all(&list, 200, "quantity").await);
    assert_eq!(quantities.len(), LOTS + 1);
    assert_eq!(quantities[LOTS], 1000);
}

#[tokio::test]
async fn a_ledger_larger_than_an_item_and_an_answer_of_the_storage_works() {
    const LOTS: usize = 3000;
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    fill(&world, &portfolio, LOTS).await;
    world.restart().await;
    let list = format!("{portfolio}/investments");
    let quantities = numbers(&world.all(&list, 200, "quantity").await);
    assert!(quantities.into_iter().eq(1..=LOTS));

    let first = bought("AAPL", "7000", "1.5", "2026-01-01");
    let first = world.record(&portfolio, &first).await;
    world.restart().await;
    let quantities = numbers(&world.all(&list, 200, "quantity").await);
    assert_eq!((quantities.len(), quantities[0]), (LOTS + 1, 7000));
    let moved = world.patch(&first, r#"{"ticker_symbol":"MSFT"}"#);
    moved.send().await.expect(200);
    world.restart().await;
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    assert_eq!(
        holdings.at("/items/0/quantity"),
        (LOTS * (LOTS + 1) / 2).to_string()
    );
    assert_eq!(holdings.at("/items/1/quantity"), "7000");

    world.delete(&portfolio).send().await.expect(204);
    let left = Query::partition(portfolio.replace("/v1/portfolios/", "PF#"));
    let left = world.table().query_all::<Transaction>(&left).await;
    assert_eq!(left.unwrap().len(), 0);
}

#[tokio::test]
async fn a_purchase_before_thousands_of_others_touches_none_of_them() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    fill(&world, &portfolio, 6500).await;
    world.restart().await;
    let back_dated = bought("AAPL", "7000", "1.5", "2026-01-01");
    world.try_record(&portfolio, &back_dated).await.expect(201);
    world.restart().await;
    let list = format!("{portfolio}/investments?page_size=1");
    assert_eq!(world.read(&list).await.at("/items/0/quantity"), "7000");
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_eq!(summary.at("/investments_count"), "6501");
}

#[tokio::test]
async fn a_ledger_that_memory_cannot_keep_is_read_each_time() {
    let world = World::new().await;
    let app = world.forgetful_process().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/investments");
    for number in 1..=3 {
        let body = bought("AAPL", "1", "1", "2026-01-05");
        let request = app.post(&list).bearer(&world.token).json_text(body);
        request.send().await.expect(201);
        let listed = app.get(&list).bearer(&world.token).send().await;
        assert_eq!(listed.expect(200).count("/items"), number);
    }
}

#[tokio::test]
async fn an_entry_of_a_thousand_lots_can_be_stored_and_one_of_more_is_refused() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let mut dice = Dice(1);
    let mut entry = |lots: usize| {
        let mut digits = || {
            let (whole, rest) = (dice.throw(999) + 1, dice.throw(1_000_000_000_000));
            format!("{whole}.{rest:012}{:06}", dice.throw(1_000_000))
        };
        let lots: Vec<String> = (0..lots)
            .map(|_| {
                format!(
                    r#"{{"quantity":{},"cost":{},"fees":{},"fx_rate":{},"purchase_date":"2020-02-03","currency":"EUR"}}"#,
                    digits(), digits(), digits(), digits()
                )
            })
            .collect();
        format!(
            r#"{{"type":"TRANSFER_IN","ticker_symbol":"AAPL","instrument_type":"Stock","trade_date":"2026-01-05","lots":[{}]}}"#,
            lots.join(",")
        )
    };
    let path = world.enter(&portfolio, &entry(1000)).await;
    world.restart().await;
    assert_eq!(world.read(&path).await.count("/lots"), 1000);
    let lots = world
        .all(&format!("{portfolio}/investments"), 200, "investment_id")
        .await;
    assert_eq!(lots.len(), 1000);
    let refused = world.try_enter(&portfolio, &entry(1001)).await;
    let expected = [("/lots".to_owned(), "TOO_MANY".to_owned())];
    assert_eq!(field_errors(&refused.expect(422)), expected);
}

fn numbers(texts: &[String]) -> Vec<usize> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// Records so many purchases of one day, each of one unit more.
async fn fill(world: &World, portfolio: &str, lots: usize) {
    let rows: Vec<String> = (1..=lots)
        .map(|quantity| buy("AAPL", &quantity.to_string(), "1.5", "2026-02-01"))
        .collect();
    world.batch(portfolio, &rows).await.expect(201);
}
