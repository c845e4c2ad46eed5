//! Transfers between two portfolios of one customer: both sides or none.

use service_kit::testing::{TestRequest, TestResponse};
use tokio::task::JoinSet;

use crate::world::{World, assert_figures, buy, field_errors, sell};

pub(crate) fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

pub(crate) fn lots_to(portfolio: &str, quantity: &str, date: &str) -> String {
    format!(
        r#"{{"type":"TRANSFER_OUT","ticker_symbol":"AAPL","quantity":{quantity},"trade_date":"{date}","to_portfolio_id":"{}"}}"#,
        id_of(portfolio)
    )
}

/// Two portfolios, the first with ten at 30 and ten at 50, with rates and fees.
pub(crate) async fn two(world: &World, second: &str) -> (String, String) {
    let first = world.portfolio().await;
    for (price, date) in [("30", "2026-01-02"), ("50", "2026-01-03")] {
        let body = buy("AAPL", "10", price, date);
        let body = body.replace('}', r#","fee":2,"fx_rate":1}"#);
        world.enter(&first, &body).await;
    }
    (first, world.open(second).await)
}

pub(crate) const IN_DOLLARS: &str = r#"{"name":"Second","type":"IRA"}"#;
const IN_EUROS: &str = r#"{"name":"Second","type":"IRA","base_currency":"EUR"}"#;

#[tokio::test]
async fn lots_arrive_with_what_was_paid_for_them_and_when() {
    let mut world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let bought = world
        .all(&format!("{first}/investments"), 50, "investment_id")
        .await;
    let body = lots_to(&second, "15", "2026-01-05");
    let left = world.try_enter(&first, &body).await.expect(201);
    assert_eq!(left.at("/counterpart/portfolio_id"), id_of(&second));
    assert_eq!(left.count("/lots"), 2);
    assert_eq!(left.at("/lots/1/investment_id"), bought[1]);
    assert_eq!(left.at("/lots/1/quantity"), "5");
    let there = left.at("/counterpart/transaction_id");
    let there = format!("{second}/transactions/{there}");
    for _ in 0..2 {
        let arrived = world.read(&there).await;
        assert_figures(
            &arrived,
            &[
                ("/type", "TRANSFER_IN"),
                ("/trade_date", "2026-01-05"),
                ("/instrument_type", "Stock"),
                ("/lots/0/purchase_date", "2026-01-02"),
                ("/lots/0/quantity", "10"),
                ("/lots/0/cost", "300"),
                ("/lots/0/fees", "2"),
                ("/lots/0/fx_rate", "1"),
                ("/lots/1/purchase_date", "2026-01-03"),
                ("/lots/1/quantity", "5"),
                ("/lots/1/cost", "250"),
                ("/lots/1/fees", "1"),
            ],
        );
        assert_eq!(
            arrived.at("/counterpart/transaction_id"),
            left.at("/transaction_id")
        );
        assert_held(&world, &first, &["5"]).await;
        assert_held(&world, &second, &["10", "5"]).await;
        world.restart().await;
    }
}

#[tokio::test]
async fn a_rate_does_not_go_along_into_another_base_currency() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_EUROS).await;
    let left = lots_to(&second, "1", "2026-01-05");
    let left = world.try_enter(&first, &left).await.expect(201);
    let there = left.at("/counterpart/transaction_id");
    let arrived = world.read(&format!("{second}/transactions/{there}")).await;
    assert_eq!(arrived.at("/lots/0/fx_rate"), "null");

    let money = format!(
        r#"{{"type":"TRANSFER_OUT","amount":5,"currency":"GBP","fx_rate":1.25,"trade_date":"2026-01-05","to_portfolio_id":"{}"}}"#,
        id_of(&second)
    );
    let left = world.try_enter(&first, &money).await.expect(201);
    assert_figures(&left, &[("/fx_rate", "1.25"), ("/cash_effect", "-5")]);
    let there = left.at("/counterpart/transaction_id");
    let arrived = world.read(&format!("{second}/transactions/{there}")).await;
    assert_figures(
        &arrived,
        &[
            ("/type", "TRANSFER_IN"),
            ("/amount", "5"),
            ("/currency", "GBP"),
            ("/fx_rate", "null"),
            ("/cash_effect", "5"),
        ],
    );
}

#[tokio::test]
async fn what_cannot_be_transferred_changes_neither_portfolio() {
    let mut world = World::new().await;
    let theirs = world.portfolio().await;
    world.become_customer(world.stranger_id());
    let (first, second) = two(&world, IN_DOLLARS).await;
    let before = (world.etag(&first).await, world.etag(&second).await);
    let nobody = "/v1/portfolios/0192f0c4-0000-7000-8000-0000000000f1";
    for (to, code) in [
        (first.as_str(), "SAME_PORTFOLIO"),
        (&theirs, "NOT_FOUND"),
        (nobody, "NOT_FOUND"),
        ("me", "MALFORMED"),
    ] {
        let body = lots_to(to, "1", "2026-01-05");
        let refused = world.try_enter(&first, &body).await.expect(422);
        let expected = [("/to_portfolio_id".to_owned(), code.to_owned())];
        assert_eq!(field_errors(&refused), expected);
    }
    for (quantity, date) in [("21", "2026-01-05"), ("11", "2026-01-02")] {
        let body = lots_to(&second, quantity, date);
        let problem = world.try_enter(&first, &body).await.expect(409).problem();
        assert_eq!(problem.code, "OVERSOLD");
        assert_eq!(problem.errors[0].pointer, "/quantity");
    }
    let after = (world.etag(&first).await, world.etag(&second).await);
    assert_eq!(after, before);
}

#[tokio::test]
async fn either_side_deletes_both() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    for delete_first in [true, false] {
        let left = world
            .enter(&first, &lots_to(&second, "15", "2026-01-05"))
            .await;
        let there = world.read(&left).await.at("/counterpart/transaction_id");
        let arrived = format!("{second}/transactions/{there}");
        let etag = world.etag(&left).await;
        let stale = world.delete(&left).header("if-match", "\"7\"").send();
        stale.await.expect(412);
        let request = if delete_first {
            world.delete(&left).header("if-match", &etag)
        } else {
            world.delete(&arrived)
        };
        request.send().await.expect(204);
        world.get(&left).send().await.expect(404);
        world.get(&arrived).send().await.expect(404);
        assert_held(&world, &first, &["10", "10"]).await;
        assert_held(&world, &second, &[]).await;
    }
}

#[tokio::test]
async fn a_transfer_whose_lots_were_sold_stays() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let left = world
        .enter(&first, &lots_to(&second, "15", "2026-01-05"))
        .await;
    let sale = world
        .enter(&second, &sell("AAPL", "1", "1", "2026-01-06"))
        .await;
    let before = (world.etag(&first).await, world.etag(&second).await);
    let problem = world.delete(&left).send().await.expect(409).problem();
    assert_eq!(problem.code, "OVERSOLD");
    assert!(problem.detail.contains(id_of(&sale)), "{}", problem.detail);
    let after = (world.etag(&first).await, world.etag(&second).await);
    assert_eq!(after, before);
}

#[tokio::test]
async fn of_a_linked_side_only_the_words_change() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let left = world
        .enter(&first, &lots_to(&second, "5", "2026-01-05"))
        .await;
    let there = world.read(&left).await.at("/counterpart/transaction_id");
    let arrived = format!("{second}/transactions/{there}");
    for path in [&left, &arrived] {
        for body in [
            r#"{"trade_date":"2026-01-06"}"#,
            r#"{"note":"x","quantity":4}"#,
        ] {
            let refused = world.patch(path, body).send().await.expect(409);
            assert_eq!(refused.problem().code, "LINKED_TRANSFER");
        }
        let body = r#"{"note":"moved","external_id":"M-1"}"#;
        let noted = world.patch(path, body).send().await.expect(200);
        assert_eq!(noted.at("/note"), "moved");
        assert_eq!(noted.at("/external_id"), "M-1");
        assert_ne!(noted.at("/counterpart"), "null");
        assert_eq!(world.read(path).await.body, noted.body);
    }
    let investment = world
        .all(&format!("{second}/investments"), 5, "investment_id")
        .await;
    let investment = format!("{second}/investments/{}", investment[0]);
    for request in [
        world.patch(&investment, r#"{"quantity":1}"#),
        world.delete(&investment),
    ] {
        let problem = request.send().await.expect(409).problem();
        assert_eq!(problem.code, "LOT_WAS_TRANSFERRED");
    }
}

#[tokio::test]
async fn what_departed_stays_what_it_was() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let purchase = world
        .all(
            &format!("{first}/transactions?order=asc"),
            50,
            "transaction_id",
        )
        .await;
    let purchase = format!("{first}/transactions/{}", purchase[0]);
    let left = world
        .enter(&first, &lots_to(&second, "5", "2026-01-05"))
        .await;
    let split = r#"{"type":"SPLIT","ticker_symbol":"AAPL","ratio":{"new":2,"old":1},"trade_date":"2026-01-04"}"#;
    for request in [
        world.patch(&purchase, r#"{"price":31}"#),
        world.patch(&first, r#"{"cost_basis_method":"AVERAGE"}"#),
        world.post(&format!("{first}/transactions"), split),
    ] {
        let problem = request.send().await.expect(409).problem();
        assert_eq!(problem.code, "LINKED_TRANSFER");
        assert!(problem.detail.contains(id_of(&left)), "{}", problem.detail);
    }
    // What does not touch the lots that left is as free as ever, a purchase before them too.
    let earlier = buy("AAPL", "10", "20", "2026-01-01");
    world.enter(&first, &earlier).await;
    world
        .patch(&first, r#"{"cost_basis_method":"LIFO"}"#)
        .send()
        .await
        .expect(200);
    assert_held(&world, &first, &["10", "5", "10"]).await;
    assert_held(&world, &second, &["5"]).await;
    world.delete(&left).send().await.expect(204);
    world
        .patch(&purchase, r#"{"price":31}"#)
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn under_average_cost_what_leaves_is_what_arrives() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let body = r#"{"cost_basis_method":"AVERAGE"}"#;
    world.patch(&first, body).send().await.expect(200);
    let third = buy("AAPL", "3", "33.33", "2026-01-04");
    world.enter(&first, &third).await;
    world
        .enter(&first, &lots_to(&second, "13", "2026-01-05"))
        .await;
    // 300 + 500 + 99.99 and 4 of fees, for 23 units.
    let sums = |path: String| {
        let world = &world;
        async move {
            world
                .read(&format!("{path}/summary"))
                .await
                .at("/cost_basis")
        }
    };
    let (here, there) = (sums(first).await, sums(second).await);
    let decimal = |text: &str| domain::decimal::parse(text).unwrap();
    assert_eq!(decimal(&here) + decimal(&there), decimal("903.99"));
    let average = decimal("903.99") * decimal("13") / decimal("23");
    assert!(
        (decimal(&there) - average).abs() < decimal("0.01"),
        "{there}"
    );
}

#[tokio::test]
async fn a_repeated_transfer_moves_once() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let path = format!("{first}/transactions");
    let body = lots_to(&second, "5", "2026-01-05");
    let send = || world.post(&path, &body).header("idempotency-key", "k-1");
    let one = send().send().await.expect(201);
    let two = send().send().await.expect(201);
    assert_eq!(two.header("idempotency-replayed"), Some("true"));
    assert_eq!(two.body, one.body);
    assert_held(&world, &second, &["5"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_both_ways_at_once_lose_nothing_and_block_nobody() {
    let world = World::new().await;
    let (first, second) = two(&world, IN_DOLLARS).await;
    let other = world.another_process().await;
    let there = lots_to(&second, "10", "2026-01-05");
    world.enter(&first, &there).await;
    let mut sending: JoinSet<TestResponse> = (0..24)
        .map(|number| {
            let (from, to) = if number % 2 == 0 {
                (&first, &second)
            } else {
                (&second, &first)
            };
            let app = if number % 3 == 0 { &other } else { &world.app };
            app.post(&format!("{from}/transactions"))
                .bearer(&world.token)
                .json_text(lots_to(to, "1", "2026-01-05"))
        })
        .map(TestRequest::send)
        .collect();
    let mut moved = [0_i32; 2];
    while let Some(answer) = sending.join_next().await {
        let answer = answer.unwrap();
        if answer.status == 201 {
            let of_first = answer.at("/portfolio_id") == id_of(&first);
            moved[usize::from(of_first)] += 1;
        } else {
            assert_eq!(answer.problem().code, "CONCURRENT_CHANGE");
        }
    }
    let sum = |held: Vec<String>| -> i32 {
        held.iter()
            .map(|quantity| quantity.parse::<i32>().unwrap())
            .sum()
    };
    let here = sum(world
        .all(&format!("{first}/investments"), 50, "quantity")
        .await);
    let there = sum(world
        .all(&format!("{second}/investments"), 50, "quantity")
        .await);
    assert_eq!(
        (here, there),
        (10 + moved[0] - moved[1], 10 + moved[1] - moved[0])
    );
    assert!(moved[0] + moved[1] > 12, "{moved:?}");
}

pub(crate) async fn assert_held(world: &World, portfolio: &str, quantities: &[&str]) {
    let held = world
        .all(&format!("{portfolio}/investments"), 50, "quantity")
        .await;
    assert_eq!(held, quantities, "{portfolio}");
}
