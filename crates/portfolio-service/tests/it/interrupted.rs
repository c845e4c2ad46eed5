//! Batches whose request ends before its answer: never half there, and done once when sent again.
//!
//! What a killed process leaves is in `folio/tests/it/kill.rs`; here a request
//! is dropped wherever it happens to wait.

use std::time::{Duration, Instant};

use service_kit::testing::{TestApp, TestResponse};

use crate::dice::Dice;
use crate::world::{World, buy};

const ROWS: usize = 600;
const RUNS: u32 = 8;

/// Too many instruments and too long notes for one transaction, so that pages are written ahead
/// of the commit and positions after it.
fn rows() -> Vec<String> {
    let mut dice = Dice(11);
    let mut letter = || {
        let letter = 0x4e00 + u32::try_from(dice.throw(20_000)).unwrap();
        char::from_u32(letter).unwrap()
    };
    (0..ROWS)
        .map(|row| {
            let note: String = (0..900).map(|_| letter()).collect();
            buy(&format!("T{}", row % 300), "1", "1", "2026-01-05")
                .replace('}', &format!(r#","note":"{note}"}}"#))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_interrupted_is_there_or_not_and_once_when_sent_again() {
    let world = World::new().await;
    let rows = rows();
    let portfolio = world.portfolio().await;
    let begun = Instant::now();
    world.batch(&portfolio, &rows).await.expect(201);
    let whole = begun.elapsed();
    let (mut absent, mut present) = (0, 0);
    for run in 0..RUNS {
        let portfolio = world.portfolio().await;
        let key = format!("k-{run}");
        let send = || {
            let request = world.batch_request(&portfolio, &rows);
            request.header("idempotency-key", &key).send()
        };
        let cut = whole * run / RUNS;
        drop(tokio::time::timeout(cut, send()).await);
        let other = world.another_process().await;
        match counts(&world, &other, &portfolio).await {
            (0, 0) => absent += 1,
            (ROWS, ROWS) => present += 1,
            half => panic!("half of a batch after {cut:?}: {half:?}"),
        }
        let answer = patiently(send).await;
        assert_eq!(answer.at("/recorded"), ROWS.to_string());
        assert_eq!(counts(&world, &other, &portfolio).await, (ROWS, ROWS));
        let again = patiently(send).await;
        assert_eq!(again.body, answer.body);
        assert_eq!(counts(&world, &other, &portfolio).await, (ROWS, ROWS));
    }
    println!("{absent} batches of {RUNS} were not there when interrupted, {present} were");
    assert!(absent > 0, "no batch was interrupted");
}

/// How many lots and how many entries there are.
async fn counts(world: &World, app: &TestApp, portfolio: &str) -> (usize, usize) {
    let get = async |path: String| {
        let answer = app.get(&path).bearer(&world.token).send().await;
        answer.expect(200)
    };
    let summary = get(format!("{portfolio}/summary")).await;
    let lots = summary.at("/investments_count").parse().unwrap();
    let mut entries = 0;
    let first = format!("{portfolio}/transactions?page_size=200");
    let mut next = first.clone();
    loop {
        let page = get(next).await;
        entries += page.count("/items");
        let token = page.at("/next_page_token");
        if token == "null" {
            return (lots, entries);
        }
        next = format!("{first}&page_token={token}");
    }
}

/// Sends until the request before is no longer at work.
async fn patiently<F: Future<Output = TestResponse>>(send: impl Fn() -> F) -> TestResponse {
    loop {
        let answer = send().await;
        if answer.status != 409 {
            return answer.expect(201);
        }
        assert_eq!(answer.problem().code, "IDEMPOTENCY_KEY_IN_USE");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
