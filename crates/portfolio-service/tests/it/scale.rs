//! More lots than one stored page holds, and more bytes than one item or one answer of the storage may have.

use crate::world::{World, bought};

/// Long words make large lots: about 500 bytes each in storage.
const LONG_TYPE: &str =
    "🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦🏦";
const LOTS: usize = 150;

#[tokio::test]
async fn purchases_on_several_stored_pages_are_all_there() {
    let mut world = World::new().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/investments");
    for number in 1..=LOTS {
        let quantity = format!("{number}.000000000000000000000001");
        let body = bought("AAPL", &quantity, "1.5", "2026-02-01").replace("Stock", LONG_TYPE);
        world.record(&portfolio, &body).await;
    }
    let first = bought("AAPL", "7", "1.5", "2026-01-01");
    let first = world.record(&portfolio, &first).await;
    for _ in 0..2 {
        let quantities = world.all(&list, 200, "quantity").await;
        assert_eq!(quantities.len(), LOTS + 1);
        assert_eq!(quantities[0], "7");
        let mut numbers: Vec<usize> = quantities[1..]
            .iter()
            .map(|quantity| quantity.split('.').next().unwrap().parse().unwrap())
            .collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(1..=LOTS));
        world.restart().await;
    }
    // Moving the first to the end shifts every page, and reads every entry.
    let amended = world.patch(&first, r#"{"purchase_date":"2026-03-01"}"#);
    amended.send().await.expect(200);
    world.restart().await;
    let dates = world.all(&list, 200, "purchase_date").await;
    assert_eq!(dates.last().unwrap(), "2026-03-01");
    assert_eq!(dates.len(), LOTS + 1);
    world.delete(&first).send().await.expect(204);
    world.delete(&portfolio).send().await.expect(204);
}
