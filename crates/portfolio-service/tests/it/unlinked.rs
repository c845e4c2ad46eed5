//! What stays of a transfer between two portfolios once one of them is deleted.

use crate::transfers::{IN_DOLLARS, assert_held, id_of, lots_to, two};
use crate::world::World;

#[tokio::test]
async fn a_deleted_portfolio_leaves_an_ordinary_transfer() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let left = world
        .enter(&first, &lots_to(&second, "5", "2026-01-05"))
        .await;
    world.delete(&second).send().await.expect(204);
    assert_held(&world, &first, &["5", "10"]).await;
    let amended = world.patch(&left, r#"{"trade_date":"2026-01-06"}"#);
    amended.send().await.expect(200);
    world.delete(&left).send().await.expect(204);
    assert_held(&world, &first, &["10", "10"]).await;
}

#[tokio::test]
async fn what_departed_to_a_deleted_portfolio_is_free_again() {
    let mut world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let body = lots_to(&second, "5", "2026-01-05");
    let left = world.try_enter(&first, &body).await.expect(201);
    let purchase = left.at("/lots/0/investment_id");
    let purchase = format!("{first}/transactions/{purchase}");
    let left = format!("{first}/transactions/{}", left.at("/transaction_id"));
    let linked = world.read(&left).await;
    assert_eq!(linked.at("/counterpart/portfolio_id"), id_of(&second));
    world.delete(&second).send().await.expect(204);

    for _ in 0..2 {
        let alone = world.get(&left);
        let etag = linked.header("etag").unwrap();
        let alone = alone.header("if-none-match", etag).send().await.expect(200);
        assert_eq!(alone.at("/counterpart"), "null");
        let listed = world
            .all(&format!("{first}/transactions"), 50, "counterpart")
            .await;
        assert!(listed.iter().all(|other| other == "null"), "{listed:?}");
        world.restart().await;
    }
    for (request, status) in [
        (world.patch(&purchase, r#"{"price":31}"#), 200),
        (
            world.patch(&first, r#"{"cost_basis_method":"AVERAGE"}"#),
            200,
        ),
        (
            world.post(
                &format!("{first}/transactions"),
                r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":2,"old":1},"trade_date":"2026-01-04"}"#,
            ),
            201,
        ),
        (world.patch(&left, r#"{"quantity":4,"lots":null}"#), 200),
    ] {
        request.send().await.expect(status);
    }
    assert_held(&world, &first, &["16", "20"]).await;
}
