//! Many clients at once on one ledger: it becomes what some order of their entries makes it, nothing
//! is lost, nothing is sold that is not there.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::portfolio::Transaction;
use rust_decimal::Decimal;
use service_kit::testing::{TestClient, TestRequest, TestResponse};
use tokio::task::JoinSet;

use crate::dice::Dice;
use crate::world::{IDS_AND_MOMENTS, World, without};

const CLIENTS: u64 = 32;
const TURNS: usize = 4;
const TICKERS: [&str; 3] = ["AAPL", "MSFT", "SAP.DE"];

/// The entries of one client that were accepted and not deleted, by id, as they were last sent.
type Own = BTreeMap<String, Order>;

#[derive(Debug, Clone)]
struct Order {
    kind: &'static str,
    ticker: &'static str,
    quantity: u64,
    price: u64,
    day: u64,
}

impl Order {
    fn random(dice: &mut Dice) -> Self {
        let kind = if dice.throw(2) == 0 { "BUY" } else { "SELL" };
        Self {
            kind,
            ticker: TICKERS[usize::try_from(dice.throw(3)).unwrap()],
            quantity: dice.throw(if kind == "BUY" { 5 } else { 3 }) + 1,
            price: dice.throw(900) + 100,
            day: dice.throw(12) + 1,
        }
    }

    /// What can be corrected.
    fn fields(&self) -> String {
        let Self {
            ticker,
            quantity,
            price,
            day,
            ..
        } = self;
        format!(
            r#""ticker_symbol":"{ticker}","quantity":{quantity},"price":{price}.25,"fee":0.{price},"currency":"USD","trade_date":"2026-02-{day:02}""#
        )
    }

    fn body(&self) -> String {
        let instrument_type = match self.kind {
            "BUY" => r#""instrument_type":"Stock","#,
            _ => "",
        };
        format!(
            r#"{{"type":"{}",{instrument_type}{}}}"#,
            self.kind,
            self.fields()
        )
    }
}

struct Client {
    app: TestClient,
    token: String,
    path: String,
    dice: Dice,
    own: Own,
}

impl Client {
    async fn trade(mut self) -> Own {
        for _ in 0..TURNS {
            let picked = usize::try_from(self.dice.throw(1000)).unwrap() % self.own.len().max(1);
            let picked = self.own.keys().nth(picked).cloned();
            match (self.dice.throw(8), picked) {
                (0, Some(id)) => self.delete(id).await,
                (1..4, Some(id)) => self.amend(id).await,
                _ => self.record().await,
            }
        }
        self.own
    }

    async fn record(&mut self) {
        let order = Order::random(&mut self.dice);
        let body = order.body();
        let request = || {
            self.app
                .post(&self.path)
                .bearer(&self.token)
                .json_text(&*body)
        };
        let answer = patiently(request).await;
        if is_accepted(&answer, 201) {
            self.own.insert(answer.at("/transaction_id"), order);
        }
    }

    async fn amend(&mut self, id: String) {
        let kind = self.own[&id].kind;
        let order = Order {
            kind,
            ..Order::random(&mut self.dice)
        };
        let (path, body) = (
            format!("{}/{id}", self.path),
            format!("{{{}}}", order.fields()),
        );
        let request = || self.app.patch(&path).bearer(&self.token).json_text(&*body);
        if is_accepted(&patiently(request).await, 200) {
            self.own.insert(id, order);
        }
    }

    async fn delete(&mut self, id: String) {
        let path = format!("{}/{id}", self.path);
        let request = || self.app.delete(&path).bearer(&self.token);
        if is_accepted(&patiently(request).await, 204) {
            self.own.remove(&id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_clients_at_once_leave_what_their_entries_make_one_after_another() {
    let world = Arc::new(World::new().await);
    let other = world.another_process().await;
    for (run, method) in (0..).zip(["FIFO", "LIFO", "HIFO", "AVERAGE"]) {
        let open = format!(r#"{{"name":"n","type":"IRA","cost_basis_method":"{method}"}}"#);
        let portfolio = world.open(&open).await;
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let app = if number % 2 == 0 { &world.app } else { &other };
            let client = Client {
                app: TestClient::new(app.url()),
                token: world.token.clone(),
                path: format!("{portfolio}/transactions"),
                dice: Dice((run * CLIENTS + number) * 7919 + 1),
                own: Own::new(),
            };
            clients.spawn(client.trade());
        }
        let own: Own = clients.join_all().await.into_iter().flatten().collect();
        let entries = entries(&world, &portfolio).await;
        assert_nothing_is_lost(&entries, &own);
        assert_nothing_is_oversold(&world, &portfolio, &entries).await;
        assert_as_one_after_another(&world, &portfolio, &open, &entries, &own).await;
    }
}

/// As they are stored: in ledger order, from a process that has seen none of them.
async fn entries(world: &World, portfolio: &str) -> Vec<Transaction> {
    let fresh = world.another_process().await;
    let list = format!("{portfolio}/transactions?page_size=200&order=asc");
    let list = fresh
        .get(&list)
        .bearer(&world.token)
        .send()
        .await
        .expect(200);
    assert_eq!(list.at("/next_page_token"), "null");
    serde_json::from_str(&list.at("/items")).unwrap()
}

fn assert_nothing_is_lost(entries: &[Transaction], own: &Own) {
    let sold = entries.iter().filter(|entry| entry.kind == "SELL").count();
    assert!(
        sold > 5 && entries.len() - sold > sold,
        "{sold} of {}",
        entries.len()
    );
    assert_eq!(entries.len(), own.len());
    for entry in entries {
        let sent = &own[&entry.transaction_id];
        assert_eq!(
            entry.ticker_symbol.as_deref(),
            Some(sent.ticker),
            "{sent:?}"
        );
        assert_eq!(
            entry.quantity.unwrap().0,
            Decimal::from(sent.quantity),
            "{sent:?}"
        );
        let price = Decimal::from(sent.price) + Decimal::new(25, 2);
        assert_eq!(entry.price.unwrap().0, price, "{sent:?}");
        assert_eq!(
            entry.trade_date.day().to_string(),
            sent.day.to_string(),
            "{sent:?}"
        );
    }
}

/// Walks through the days: purchases cover the sales of their day.
async fn assert_nothing_is_oversold(world: &World, portfolio: &str, entries: &[Transaction]) {
    let fresh = world.another_process().await;
    let list = format!("{portfolio}/holdings?which=all");
    let list = fresh
        .get(&list)
        .bearer(&world.token)
        .send()
        .await
        .expect(200);
    let holdings: Vec<api::portfolio::Holding> = serde_json::from_str(&list.at("/items")).unwrap();
    for ticker in TICKERS {
        let mut held = Decimal::ZERO;
        for entry in entries
            .iter()
            .filter(|entry| entry.ticker_symbol.as_deref() == Some(ticker))
        {
            let quantity = entry.quantity.unwrap().0;
            held += if entry.kind == "BUY" {
                quantity
            } else {
                -quantity
            };
            assert!(held >= Decimal::ZERO, "{ticker} after {entry:?}");
        }
        let shown = holdings
            .iter()
            .find(|holding| holding.ticker_symbol == ticker);
        assert_eq!(
            shown.map_or(Decimal::ZERO, |shown| shown.quantity.0),
            held,
            "{ticker}"
        );
    }
}

/// Lots, costs and gains are those of a portfolio that one client filled, in the order of the ids.
async fn assert_as_one_after_another(
    world: &World,
    portfolio: &str,
    open: &str,
    entries: &[Transaction],
    own: &Own,
) {
    let again = world.open(open).await;
    let rows: Vec<String> = own.values().map(Order::body).collect();
    assert_eq!(rows.len(), entries.len());
    world.batch(&again, &rows).await.expect(201);
    let fresh = world.another_process().await;
    for view in [
        "investments?page_size=200",
        "holdings?which=all",
        "gains?page_size=200",
    ] {
        let read = async |portfolio: &str| {
            let request = fresh.get(&format!("{portfolio}/{view}"));
            let shown = request.bearer(&world.token).send().await.expect(200);
            without(&shown.body, &IDS_AND_MOMENTS)
        };
        assert_eq!(
            read(portfolio).await,
            read(&again).await,
            "{view} {rows:#?}"
        );
    }
}

fn is_accepted(answer: &TestResponse, status: u16) -> bool {
    if answer.status == status {
        return true;
    }
    assert_eq!(answer.clone().expect(409).problem().code, "OVERSOLD");
    false
}

/// Sends again what others were faster than.
async fn patiently(request: impl Fn() -> TestRequest) -> TestResponse {
    loop {
        let answer = request().send().await;
        let is_contended = answer.status == 409 && answer.problem().code == "CONCURRENT_CHANGE";
        if !is_contended {
            return answer;
        }
    }
}
