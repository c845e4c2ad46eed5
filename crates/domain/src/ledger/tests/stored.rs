//! What is stored is read again, also what was stored before there was more.

use super::super::fixtures::*;
use super::super::{Entry, EntryKind, Lot, Position, Tally, Transaction};
use crate::portfolio::CostBasisMethod::Fifo;

fn read_again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

const OLD_BUY: &str = r#"{"BUY":{"ticker":"AAPL","instrument_type":"Stock","quantity":"10","price":"150.25","currency":"USD","fees":{"amount":"4.95","currency":"USD"}}}"#;

#[test]
fn a_purchase_of_old_is_read_and_written_as_it_was() {
    let entry: Entry = serde_json::from_str(OLD_BUY).unwrap();
    assert_eq!(entry, buy(1, "2026-01-05", "10", "150.25", "4.95").entry);
    assert_eq!(serde_json::to_string(&entry).unwrap(), OLD_BUY);
}

#[test]
fn a_transaction_of_old_has_no_external_id() {
    let new = buy(1, "2026-01-05", "10", "150.25", "4.95");
    let text = serde_json::to_string(&new).unwrap();
    assert!(!text.contains("external_id"));
    assert_eq!(serde_json::from_str::<Transaction>(&text).unwrap(), new);
}

#[test]
fn a_lot_of_old_cost_what_was_paid() {
    let text = r#"{"id":"00000000-0000-0000-0000-000000000001","instrument_type":"Stock",
        "quantity":"10","purchase_price":"150.25","purchase_date":"2026-01-05","currency":"USD",
        "fees":{"amount":"4.95","currency":"USD"},"revision":1,
        "created_at":"1970-01-01T00:00:00Z","updated_at":"1970-01-01T00:00:00Z"}"#;
    let lot: Lot = serde_json::from_str(text).unwrap();
    let folded = fifo(&[buy(1, "2026-01-05", "10", "150.25", "4.95")]).unwrap();
    assert_eq!(lot, folded.position.lots()[0]);
    assert_eq!(
        Position::from_lots(ticker(), vec![lot]).lots(),
        folded.position.lots()
    );
}

#[test]
fn a_position_put_together_again_goes_on_as_if_nothing_had_happened() {
    let entries = [
        buy(1, "2026-01-05", "3", "10", "1"),
        dividend(2, "2026-01-06", "1", "0.1"),
        sell(3, "2026-02-05", "1", "12", "1"),
        split(4, "2026-03-05", "2", "1"),
    ];
    let position = fifo(&entries).unwrap().position;
    let lots: Vec<Lot> = position.lots().iter().map(read_again).collect();
    let tally: Tally = read_again(position.tally());
    let again = Position::from_parts(ticker(), lots, tally);
    assert_eq!(again, position);
    let next = sell(5, "2026-03-05", "4", "7", "0");
    assert_eq!(again.apply(&next, Fifo), position.apply(&next, Fifo));
}

#[test]
fn every_kind_of_entry_is_stored_under_its_name_and_read_again() {
    let money = r#"{"amount":"5","currency":"EUR"}"#;
    let lot = r#""00000000-0000-0000-0000-000000000009""#;
    let part = format!(
        r#"{{"lot":{lot},"purchase_date":"2020-01-05","quantity":"1","cost":{money},"fees":{money},"fx_rate":"1.1"}}"#
    );
    let counterpart = format!(r#"{{"portfolio":{lot},"transaction":{lot}}}"#);
    for (kind, body) in [
        (
            "SELL",
            format!(
                r#"{{"ticker":"A","quantity":"1","price":"2","currency":"EUR","fee":"1","tax":"0","fx_rate":"1.1","lots":[{{"id":{lot},"quantity":"1"}}]}}"#
            ),
        ),
        (
            "DIVIDEND",
            format!(r#"{{"ticker":"A","amount":{money},"fee":"0","tax":"1"}}"#),
        ),
        (
            "INTEREST",
            format!(r#"{{"amount":{money},"fee":"0","tax":"1"}}"#),
        ),
        ("FEE", format!(r#"{{"ticker":"A","amount":{money}}}"#)),
        ("TAX", format!(r#"{{"amount":{money}}}"#)),
        (
            "DEPOSIT",
            format!(r#"{{"amount":{money},"fx_rate":"1.1"}}"#),
        ),
        ("WITHDRAWAL", format!(r#"{{"amount":{money}}}"#)),
        ("SPLIT", r#"{"ticker":"A","new":"2","old":"1"}"#.to_owned()),
        (
            "TRANSFER_IN",
            format!(
                r#"{{"ticker":"A","instrument_type":"ETF","lots":[{part}],"counterpart":{counterpart}}}"#
            ),
        ),
        (
            "TRANSFER_OUT",
            r#"{"ticker":"A","quantity":"1"}"#.to_owned(),
        ),
        (
            "CASH_TRANSFER_IN",
            format!(r#"{{"amount":{money},"counterpart":{counterpart}}}"#),
        ),
        ("CASH_TRANSFER_OUT", format!(r#"{{"amount":{money}}}"#)),
    ] {
        let stored = format!(r#"{{"{kind}":{body}}}"#);
        let entry: Entry = serde_json::from_str(&stored).unwrap();
        assert_eq!(serde_json::to_string(&entry).unwrap(), stored);
        assert_eq!(entry.kind().as_str(), kind.trim_start_matches("CASH_"));
        assert_eq!(entry.ticker().is_some(), body.contains("ticker"), "{kind}");
        assert_eq!(
            entry.counterpart().is_some(),
            body.contains("counterpart"),
            "{kind}"
        );
    }
}

#[test]
fn kinds_have_names_of_their_own() {
    let mut names = EntryKind::ALL.map(EntryKind::as_str).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), EntryKind::ALL.len());
}

#[test]
fn a_day_begins_with_splits_then_purchases_then_money_then_sales() {
    let mut day = [
        sell(1, "2026-01-05", "1", "1", "0"),
        deposit(2, "2026-01-05", "1"),
        buy(3, "2026-01-05", "1", "1", "0"),
        split(4, "2026-01-05", "2", "1"),
        buy(5, "2026-01-04", "1", "1", "0"),
    ];
    day.sort_by_key(Transaction::ledger_order);
    assert_eq!(day.map(|entry| entry.id), [5, 4, 3, 2, 1].map(id));
}
