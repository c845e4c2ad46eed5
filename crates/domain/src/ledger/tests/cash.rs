//! Cash by currency, and when it went below zero.

use super::super::cash::{CashAccount, accounts};
use super::super::fixtures::*;
use super::super::{CashTransfer, Entry, Expense, LedgerError};
use crate::{Currency, Money};

fn steps(account: &CashAccount) -> Vec<String> {
    let shown = |(date, balance): &(jiff::civil::Date, rust_decimal::Decimal)| {
        format!("{date} {}", balance.normalize())
    };
    account.steps.iter().map(shown).collect()
}

#[test]
fn every_kind_moves_cash_by_what_it_says() {
    let fee = Expense {
        ticker: None,
        amount: usd("7"),
        fx_rate: None,
    };
    let sent = CashTransfer {
        amount: usd("100"),
        fx_rate: None,
        counterpart: None,
    };
    let entries = [
        deposit(1, "2026-01-01", "1000"),
        buy(2, "2026-01-02", "10", "30", "1"),
        split(3, "2026-01-03", "2", "1"),
        dividend(4, "2026-01-04", "20", "3"),
        sell(5, "2026-01-05", "10", "20", "2"),
        on(6, "2026-01-06", Entry::Fee(fee)),
        on(7, "2026-01-07", Entry::CashTransferOut(sent.clone())),
        on(8, "2026-01-08", Entry::CashTransferIn(sent)),
        transfer_out(9, "2026-01-09", "5"),
    ];
    let accounts = accounts(&entries).unwrap();
    let [account] = accounts.as_slice() else {
        panic!("one currency expected")
    };
    assert_eq!(
        steps(account),
        [
            "2026-01-01 1000",
            "2026-01-02 699",
            "2026-01-04 716",
            "2026-01-05 914",
            "2026-01-06 907",
            "2026-01-07 807",
            "2026-01-08 907"
        ]
    );
    assert_eq!(account.balance, usd("907"));
    assert_eq!(account.first_negative, None);
}

#[test]
fn the_first_day_below_zero_is_flagged_and_nothing_is_refused() {
    let entries = [
        buy(1, "2026-01-02", "10", "30", "1"),
        deposit(2, "2026-01-05", "400"),
        buy(3, "2026-01-06", "10", "30", "1"),
    ];
    let accounts = accounts(&entries).unwrap();
    assert_eq!(
        accounts[0].first_negative,
        Some("2026-01-02".parse().unwrap())
    );
    assert_eq!(accounts[0].balance, usd("-202"));
}

#[test]
fn a_deposit_of_the_day_pays_for_its_purchases_in_any_order() {
    let entries = [
        buy(1, "2026-01-02", "10", "30", "0"),
        deposit(2, "2026-01-02", "300"),
    ];
    let accounts = accounts(&entries).unwrap();
    assert_eq!(accounts[0].first_negative, None);
    assert_eq!(steps(&accounts[0]), ["2026-01-02 0"]);
}

#[test]
fn each_currency_has_its_own_balance() {
    let mut in_eur = buy(2, "2026-01-02", "10", "30", "0");
    let purchase = bought(&mut in_eur);
    purchase.currency = Currency::EUR;
    purchase.fees = Money::zero(Currency::EUR);
    let entries = [deposit(1, "2026-01-01", "1000"), in_eur];
    let accounts = accounts(&entries).unwrap();
    let shown: Vec<_> = accounts
        .iter()
        .map(|account| account.balance.to_string())
        .collect();
    assert_eq!(shown, ["-300 EUR", "1000 USD"]);
    assert_eq!(
        accounts[0].first_negative,
        Some("2026-01-02".parse().unwrap())
    );
}

#[test]
fn cash_that_cannot_be_counted_is_refused() {
    let entries = [
        deposit(1, "2026-01-01", "9999999999999999999999999999"),
        deposit(2, "2026-01-01", "0.01"),
    ];
    assert_eq!(accounts(&entries), Err(LedgerError::TooLarge));
}
