//! What is amended and amended back, or deleted and recorded again, leaves every figure as it was; and
//! in between, a process that has seen nothing of it shows the same.

use std::collections::BTreeMap;

use api::portfolio::Transaction;
use serde_json::value::RawValue;
use service_kit::testing::TestApp;

use crate::reconciled::METHODS;
use crate::trading::{Habits, Trading, is_accepted};
use crate::world::without;

/// Everything that is shown of two portfolios, by path, but for moments.
type Shown = BTreeMap<String, String>;

const MOMENTS: [&str; 4] = ["recorded_at", "amended_at", "created_at", "updated_at"];
const AMENDED: usize = 5;

impl Trading {
    async fn shown(&self, app: &TestApp) -> Shown {
        let mut paths = vec![
            "/v1/summary".to_owned(),
            "/v1/performance".to_owned(),
            "/v1/performance?currency=GBP".to_owned(),
        ];
        for portfolio in &self.portfolios {
            let lists = ["investments?page_size=200", "transactions?page_size=200"];
            let views = ["holdings?which=all", "cash", "summary", "performance"];
            let own = lists.into_iter().chain(views);
            paths.extend(own.map(|view| format!("{portfolio}/{view}")));
            let gains =
                METHODS.map(|method| format!("{portfolio}/gains?page_size=200&method={method}"));
            paths.extend(gains);
        }
        let mut shown = Shown::new();
        for path in paths {
            let answer = app.get(&path).bearer(&self.world.token).send().await;
            let text = if answer.status == 200 {
                without(&answer.body, &MOMENTS)
            } else {
                // A preview may meet a named lot that another method had sold.
                answer.expect(409).problem().code
            };
            shown.insert(path, text);
        }
        shown
    }

    fn path(&self, place: usize, entry: &Transaction) -> String {
        format!(
            "{}/transactions/{}",
            self.portfolios[place], entry.transaction_id
        )
    }

    /// Another entry of the same kind, where it can be corrected to one.
    fn correction(&mut self, place: usize, entry: &Transaction) -> String {
        if entry.counterpart.is_some() {
            return r#"{"note":"moved","external_id":"7"}"#.to_owned();
        }
        let ticker = match self.dice.throw(3) {
            0 => Some("ACME"),
            _ => entry.ticker_symbol.as_deref(),
        };
        let fields = match (&*entry.kind, ticker, &entry.ticker_symbol) {
            ("TRANSFER_OUT", _, Some(_)) => r#""quantity":0.125"#.to_owned(),
            ("TRANSFER_OUT" | "TRANSFER_IN", _, None) => r#""amount":8.25"#.to_owned(),
            (kind, ticker, _) => self.fields(kind, ticker.unwrap_or("ACME"), place),
        };
        format!("{{{fields}}}")
    }
}

/// The correction that makes an entry what it is.
fn as_it_was(entry: &Transaction) -> String {
    let entry = entry.clone();
    if entry.counterpart.is_some() {
        return r#"{"note":null,"external_id":null}"#.to_owned();
    }
    let whole = serde_json::to_string(&entry).unwrap();
    let whole: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&whole).unwrap();
    let is_taken = |name: &str, value: &RawValue| match name {
        "transaction_id" | "portfolio_id" | "type" | "cash_effect" | "counterpart"
        | "recorded_at" | "amended_at" => false,
        // One that is absent is taken away.
        "fx_rate" => entry.currency.is_some(),
        _ => value.get() != "null",
    };
    let fields: Vec<String> = whole
        .iter()
        .filter(|(name, value)| is_taken(name, value))
        .map(|(name, value)| format!(r#""{name}":{value}"#))
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn assert_same(before: &Shown, after: &Shown, what: &str) {
    for (path, text) in before {
        assert_eq!(text, &after[path], "{path} after {what}");
    }
}

fn habits(method: &'static str) -> Habits {
    Habits {
        method,
        bases: ["USD", "EUR"],
        track_cash: [method == "FIFO" || method == "AVERAGE", false],
        charges: true,
        arrivals: true,
        departures: true,
    }
}

#[tokio::test]
async fn entries_amended_and_amended_back_change_nothing() {
    let mut amended = 0;
    for (seed, method) in (21..).zip(METHODS) {
        let mut trading = Trading::after(seed, habits(method), 40).await;
        let before = trading.shown(&trading.world.app).await;
        for _ in 0..2 {
            let mut undo = Vec::new();
            for _ in 0..AMENDED {
                let place = usize::from(trading.dice.throw(3) == 0);
                let entries = trading.entries(place).await;
                let entry = &entries[trading.pick(u64::try_from(entries.len()).unwrap())];
                let path = trading.path(place, entry);
                let body = trading.correction(place, entry);
                let answer = trading.world.patch(&path, &body).send().await;
                if is_accepted(&answer, 200) {
                    undo.push((path, as_it_was(entry)));
                }
            }
            amended += undo.len();
            let amended_to = trading.shown(&trading.world.app).await;
            assert!(undo.is_empty() || amended_to != before, "{undo:?}");
            let fresh = trading.world.another_process().await;
            let what = format!("{method} {undo:#?}");
            assert_same(&trading.shown(&fresh).await, &amended_to, &what);
            for (path, body) in undo.iter().rev() {
                trading.world.patch(path, body).send().await.expect(200);
            }
            assert_same(&before, &trading.shown(&trading.world.app).await, &what);
        }
    }
    assert!(amended > 15, "{amended}");
}

#[tokio::test]
async fn entries_deleted_and_recorded_again_change_nothing() {
    let mut again = 0;
    for (seed, method) in (31..).zip(METHODS) {
        let mut trading = Trading::after(seed, habits(method), 40).await;
        let mut before = trading.shown(&trading.world.app).await;
        for _ in 0..8 {
            let place = usize::from(trading.dice.throw(3) == 0);
            let all = [trading.entries(0).await, trading.entries(1).await];
            let entries = &all[place];
            let entry = &entries[trading.pick(u64::try_from(entries.len()).unwrap())];
            if !stands_alone(entry, &all) {
                continue;
            }
            let answer = trading
                .world
                .delete(&trading.path(place, entry))
                .send()
                .await;
            if !is_accepted(&answer, 204) {
                continue;
            }
            let body = format!(r#"{{"type":"{}",{}"#, entry.kind, &as_it_was(entry)[1..]);
            let id = trading
                .enter(place, &body)
                .await
                .expect("what was there before");
            for text in before.values_mut() {
                *text = text.replace(&entry.transaction_id, &id);
            }
            again += 1;
            let after = sorted(trading.shown(&trading.world.app).await);
            assert_same(&sorted(before.clone()), &after, &format!("{method} {body}"));
        }
    }
    assert!(again > 10, "{again}");
}

/// Whether the moment it was recorded in makes no difference: no other entry of its day moves lots of
/// the same instrument in the same way, nor opens lots of that day that may meet its own.
fn stands_alone(entry: &Transaction, all: &[Vec<Transaction>; 2]) -> bool {
    let way = |entry: &Transaction| match &*entry.kind {
        "BUY" | "TRANSFER_IN" => 1,
        "SELL" | "TRANSFER_OUT" => 3,
        _ => 0,
    };
    let is_like = |other: &&Transaction| {
        other.ticker_symbol == entry.ticker_symbol
            && other.trade_date == entry.trade_date
            && way(other) == way(entry)
    };
    let moves_lots = entry.ticker_symbol.is_some() && entry.kind != "DIVIDEND";
    let alike = all.iter().flatten().filter(is_like).count();
    entry.counterpart.is_none() && (!moves_lots || alike == 1)
}

/// Entries of a day are listed as they were recorded, which is what has changed.
fn sorted(shown: Shown) -> Shown {
    let in_order = |text: String| {
        let Ok(mut page) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&text) else {
            return text;
        };
        let items = page.remove("items");
        let mut items: Vec<Box<RawValue>> =
            items.map_or_else(Vec::new, |items| serde_json::from_str(items.get()).unwrap());
        items.sort_by(|one, other| one.get().cmp(other.get()));
        format!("{page:?} {items:?}")
    };
    shown
        .into_iter()
        .map(|(path, text)| (path, in_order(text)))
        .collect()
}
