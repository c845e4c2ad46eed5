//! However a ledger came about, it is what its entries make it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use service_kit::testing::TestResponse;
use tokio::task::JoinSet;

use crate::dice::Dice;
use crate::world::World;

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
    for list in ["investments", "holdings"] {
        let read = async |portfolio: &str| {
            let path = format!("{portfolio}/{list}?page_size=200");
            let list = fresh.get(&path).bearer(&world.token).send().await;
            figures(&list.expect(200))
        };
        assert_eq!(
            read(portfolio).await,
            read(&again).await,
            "{list} {rows:#?}"
        );
    }
    let listed = format!("{portfolio}/transactions");
    let listed = world.all(&listed, 200, "transaction_id").await;
    assert_eq!(listed.len(), known.len());
    assert!(listed.iter().all(|id| known.contains_key(id)));
}

/// Everything of a list but ids and moments.
fn figures(list: &TestResponse) -> Vec<Vec<(String, String)>> {
    let fields = |place: usize| {
        let item: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&list.at(&format!("/items/{place}"))).unwrap();
        let is_figure = |name: &String| !name.ends_with("_id") && !name.ends_with("_at");
        let names = item.into_keys().filter(is_figure);
        names
            .map(|name| {
                let value = list.at(&format!("/items/{place}/{name}"));
                (name, value)
            })
            .collect()
    };
    (0..list.count("/items")).map(fields).collect()
}

const CLIENTS: u64 = 32;

/// What a client did that was accepted: how much came in by purchases and went out by sales.
#[derive(Debug, Default)]
struct Done {
    entries: usize,
    bought: u64,
    sold: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_clients_at_once_lose_nothing_and_oversell_nothing() {
    let world = World::new().await;
    let other = world.another_process().await;
    let portfolio = world.portfolio().await;
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let app = if client % 2 == 0 { &world.app } else { &other };
        let app = service_kit::testing::TestClient::new(app.url());
        let (token, path) = (world.token.clone(), format!("{portfolio}/transactions"));
        clients.spawn(async move {
            let mut dice = Dice(client * 7919 + 1);
            let mut done = Done::default();
            let mut own: Vec<(String, u64)> = Vec::new();
            for _ in 0..6 {
                let quantity = dice.throw(5) + 1;
                let day = dice.throw(20) + 1;
                match dice.throw(3) {
                    0 => {
                        let body = format!(r#"{{"type":"BUY","ticker_symbol":"AAPL","instrument_type":"Stock","currency":"USD","quantity":{quantity},"price":2,"trade_date":"2026-01-{day:02}"}}"#);
                        let answer = patiently(|| app.post(&path).bearer(&token).json_text(&*body)).await;
                        let id = answer.expect(201).at("/transaction_id");
                        own.push((id, quantity));
                        done.entries += 1;
                        done.bought += quantity;
                    }
                    1 => {
                        let body = format!(r#"{{"type":"SELL","ticker_symbol":"AAPL","currency":"USD","quantity":{quantity},"price":3,"trade_date":"2026-02-{day:02}"}}"#);
                        let answer = patiently(|| app.post(&path).bearer(&token).json_text(&*body)).await;
                        if accepted(&answer, 201) {
                            done.entries += 1;
                            done.sold += quantity;
                        }
                    }
                    _ => {
                        let Some((id, before)) = own.last_mut() else {
                            continue;
                        };
                        let body = format!(r#"{{"quantity":{quantity},"trade_date":"2026-01-{day:02}"}}"#);
                        let path = format!("{path}/{id}");
                        let answer = patiently(|| app.patch(&path).bearer(&token).json_text(&*body)).await;
                        if accepted(&answer, 200) {
                            done.bought = done.bought + quantity - *before;
                            *before = quantity;
                        }
                    }
                }
            }
            done
        });
    }
    let done = clients.join_all().await;
    let sum = |of: fn(&Done) -> u64| done.iter().map(of).sum::<u64>();
    let (bought, sold) = (sum(|done| done.bought), sum(|done| done.sold));
    let entries: usize = done.iter().map(|done| done.entries).sum();
    assert!(sold > 0 && bought >= sold, "{bought} bought, {sold} sold");
    let fresh = world.another_process().await;
    let holdings = fresh
        .get(&format!("{portfolio}/holdings"))
        .bearer(&world.token);
    let holdings = holdings.send().await.expect(200);
    if bought > sold {
        assert_eq!(
            holdings.at("/items/0/quantity"),
            (bought - sold).to_string()
        );
    }
    let listed = world
        .all(&format!("{portfolio}/transactions"), 200, "transaction_id")
        .await;
    assert_eq!(listed.len(), entries);
}

/// Sends again what others were faster than.
async fn patiently(request: impl Fn() -> service_kit::testing::TestRequest) -> TestResponse {
    loop {
        let answer = request().send().await;
        let is_contended = answer.status == 409 && answer.problem().code == "CONCURRENT_CHANGE";
        if !is_contended {
            return answer;
        }
    }
}
