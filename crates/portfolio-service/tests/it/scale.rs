//! More lots than one stored page holds, and more bytes than one item or one answer of the storage may have.

use store::{Key, Query};

use crate::raw::{Position, Raw, Transaction};
use crate::world::{World, bought};

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

fn numbers(texts: &[String]) -> Vec<usize> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// Records one purchase and copies it and its lot, which is much faster than recording as many.
async fn fill(world: &World, portfolio: &str, lots: usize) {
    const LOTS_PER_PAGE: usize = 16;
    let body = bought("AAPL", "1", "1.5", "2026-02-01");
    world.record(portfolio, &body).await;
    let table = world.table();
    let ledger = portfolio.replace("/v1/portfolios/", "PF#");
    let query = Query::partition(&ledger);
    let entries = query.clone().prefix("TX#");
    let entry = table
        .query_all::<Transaction>(&entries)
        .await
        .unwrap()
        .remove(0);
    let pages = table.query_all::<Position>(&query.prefix("POS#")).await;
    let page = pages.unwrap().remove(0);
    table.write().remove(&entry.key).commit().await.unwrap();

    let id = |number: usize| Raw::Text(format!("0192f0c4-0000-7000-8000-{number:012}"));
    let quantity = |number: usize| Raw::Number(number.to_string());
    let all: Vec<usize> = (1..=lots).collect();
    for (place, numbers) in all.chunks(LOTS_PER_PAGE).enumerate() {
        let mut copy = page.value.clone();
        let mut copied = Vec::new();
        let mut write = table.write();
        for &number in numbers {
            let mut lot = copy.0.at("lots/0").clone();
            *lot.at("id") = id(number);
            *lot.at("quantity") = quantity(number);
            let (whole, tenths) = (number * 15 / 10, number * 15 % 10);
            *lot.at("cost/amount") = Raw::Number(format!("{whole}.{tenths}"));
            copied.push(lot);

            let mut entry = entry.value.clone();
            *entry.0.at("id") = id(number);
            *entry.0.at("entry/BUY/quantity") = quantity(number);
            let sort_key = format!("2026-02-01#0192f0c4-0000-7000-8000-{number:012}");
            let key = Key::new(&ledger, format!("TX#{sort_key}"));
            write = write
                .put(&key, &entry)
                .ticker_key(&format!("AAPL#{sort_key}"));
        }
        *copy.0.at("lots") = Raw::List(copied);
        let key = Key::new(&ledger, format!("POS#AAPL#{place:06}"));
        write.put(&key, &copy).commit().await.unwrap();
    }
}
