//! However a ledger came about, it is what its entries make it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use service_kit::testing::TestResponse;

use crate::dice::Dice;
use crate::world::{IDS_AND_MOMENTS, World, without};

const TICKERS: [&str; 3] = ["AAPL", "MSFT", "SAP.DE"];

/// An entry as the test knows it.
#[derive(Debug, Clone)]
struct Known {
    kind: &'static str,
    ticker: &'static str,
    quantity: u64,
    price: u64,
    day: u64,
}

impl Known {
    fn random(dice: &mut Dice) -> Self {
        let kind = match dice.throw(10) {
            0..4 => "BUY",
            4..7 => "SELL",
            7 => "SPLIT",
            8 => "DIVIDEND",
            _ => "TRANSFER_OUT",
        };
        Self {
            kind,
            ticker: TICKERS[usize::try_from(dice.throw(3)).unwrap()],
            quantity: dice.throw(if kind == "BUY" { 30 } else { 7 }) + 1,
            price: dice.throw(1000) + 1,
            day: dice.throw(28) + 1,
        }
    }

    fn body(&self) -> String {
        let Self {
            kind,
            ticker,
            quantity,
            price,
            day,
        } = self;
        let rest = match *kind {
            "BUY" => format!(
                r#""quantity":{quantity}.5,"price":{price}.25,"fee":0.{price},"currency":"USD","instrument_type":"Stock""#
            ),
            "SELL" => format!(r#""quantity":{quantity},"price":{price},"fee":1,"currency":"USD""#),
            "SPLIT" => format!(r#""ratio":{{"new":{quantity},"old":3}}"#),
            "DIVIDEND" => format!(r#""amount":{price},"tax":1,"currency":"USD""#),
            _ => format!(r#""quantity":{quantity}"#),
        };
        format!(
            r#"{{"type":"{kind}","ticker_symbol":"{ticker}","trade_date":"2026-02-{day:02}",{rest}}}"#
        )
    }
}

#[tokio::test]
async fn a_ledger_changed_in_any_way_equals_one_recorded_at_once() {
    for (seed, method) in [(3, "FIFO"), (5, "LIFO"), (7, "HIFO"), (11, "AVERAGE")] {
        let world = World::new().await;
        let body = format!(r#"{{"name":"n","type":"IRA","cost_basis_method":"{method}"}}"#);
        let portfolio = world.open(&body).await;
        let mut dice = Dice(seed);
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        let mut accepted = 0;
        for turn in 1..=90 {
            // An id tells when its entry was recorded.
            world.clock.advance(SignedDuration::from_millis(5));
            accepted += usize::from(change(&world, &portfolio, &mut known, &mut dice).await);
            if turn % 15 == 0 {
                assert_as_if_recorded_at_once(&world, &portfolio, &body, &known).await;
            }
        }
        assert!(accepted > 40, "{method}: {accepted} of 90");
    }
}

/// Records, amends or deletes something, and says whether that was accepted.
async fn change(
    world: &World,
    portfolio: &str,
    known: &mut BTreeMap<String, Known>,
    dice: &mut Dice,
) -> bool {
    let path = format!("{portfolio}/transactions");
    let picked = usize::try_from(dice.throw(1000)).unwrap() % known.len().max(1);
    let picked = known.keys().nth(picked).cloned();
    let new = Known::random(dice);
    match (dice.throw(10), picked) {
        (0..2, Some(id)) => {
            let answer = world.delete(&format!("{path}/{id}")).send().await;
            let is_done = accepted(&answer, 204);
            if is_done {
                known.remove(&id);
            }
            is_done
        }
        (2..5, Some(id)) => {
            let amended = Known {
                kind: known[&id].kind,
                ..new
            };
            let body = amended.body();
            let correction = body.replace(&format!(r#""type":"{}","#, amended.kind), "");
            let answer = world
                .patch(&format!("{path}/{id}"), &correction)
                .send()
                .await;
            let is_done = accepted(&answer, 200);
            if is_done {
                known.insert(id, amended);
            }
            is_done
        }
        _ => {
            let answer = world.post(&path, &new.body()).send().await;
            let is_done = accepted(&answer, 201);
            if is_done {
                known.insert(answer.at("/transaction_id"), new);
            }
            is_done
        }
    }
}

fn accepted(answer: &TestResponse, status: u16) -> bool {
    if answer.status == status {
        return true;
    }
    let code = answer.clone().expect(409).problem().code;
    assert!(
        ["OVERSOLD", "LEAVES_NOTHING"].contains(&code.as_str()),
        "{code}"
    );
    false
}

/// Reads what is stored in a fresh process, and what a fresh portfolio holds after all entries.
async fn assert_as_if_recorded_at_once(
    world: &World,
    portfolio: &str,
    open: &str,
    known: &BTreeMap<String, Known>,
) {
    let rows: Vec<String> = known.values().map(Known::body).collect();
    let again = world.open(open).await;
    if !rows.is_empty() {
        world.batch(&again, &rows).await.expect(201);
    }
    let fresh = world.another_process().await;
    for view in ["investments", "holdings", "gains"] {
        let read = async |portfolio: &str| {
            let path = format!("{portfolio}/{view}?page_size=200");
            let shown = fresh.get(&path).bearer(&world.token).send().await;
            without(&shown.expect(200).body, &IDS_AND_MOMENTS)
        };
        assert_eq!(
            read(portfolio).await,
            read(&again).await,
            "{view} {rows:#?}"
        );
    }
    let listed = format!("{portfolio}/transactions");
    let listed = world.all(&listed, 200, "transaction_id").await;
    assert_eq!(listed.len(), known.len());
    assert!(listed.iter().all(|id| known.contains_key(id)));
}
