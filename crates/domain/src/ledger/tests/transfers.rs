//! Lots on their way between portfolios.

use super::super::fixtures::*;
use super::super::{LedgerError, LotPart};
use crate::portfolio::CostBasisMethod::{Average, Fifo, Hifo};
use crate::{Currency, Money};

fn part(lot: u128, date: &str, quantity: &str, cost: &str, fees: &str) -> LotPart {
    LotPart {
        lot: id(lot),
        purchase_date: date.parse().unwrap(),
        quantity: units(quantity),
        cost: usd(cost),
        fees: usd(fees),
        fx_rate: None,
        lacks_rate_of: None,
    }
}

#[test]
fn what_leaves_one_portfolio_arrives_in_the_other_with_its_date_and_cost() {
    let here = [
        buy(1, "2026-01-05", "10", "30", "1"),
        buy(2, "2026-02-05", "10", "50", "2"),
        transfer_out(3, "2026-03-05", "15"),
    ];
    let folded = fifo(&here).unwrap();
    assert!(folded.disposals.is_empty());
    assert_eq!(shown(folded.position.lots()), ["2: 5 for 251"]);
    let parts = folded.departures[0].parts.clone();
    let there = fifo(&[transfer_in(4, "2026-03-05", parts)]).unwrap();
    let lots = there.position.lots();
    assert_eq!(shown(lots), ["1: 10 for 301", "2: 5 for 251"]);
    assert_eq!(lots[0].purchase_date.to_string(), "2026-01-05");
    assert_eq!(lots[1].purchase_price.to_string(), "50");
}

#[test]
fn a_transfer_gains_nothing_and_pays_no_fees() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "1"),
        transfer_out(2, "2026-03-05", "10"),
    ];
    let position = fifo(&entries).unwrap().position;
    assert_eq!(position.totals()[0].realized().unwrap(), usd("0"));
    assert_eq!(position.totals()[0].fees.to_string(), "1");
    let arrived = [transfer_in(
        1,
        "2026-03-05",
        vec![part(9, "2026-01-05", "1", "3", "1")],
    )];
    assert!(fifo(&arrived).unwrap().position.totals().is_empty());
}

#[test]
fn a_part_that_comes_back_joins_the_rest_of_its_lot() {
    for method in [Fifo, Hifo, Average] {
        let entries = [
            buy(1, "2026-01-05", "10", "30", "1"),
            transfer_out(2, "2026-03-05", "4"),
            transfer_in(
                3,
                "2026-04-05",
                vec![part(1, "2026-01-05", "4", "120", "0.4")],
            ),
        ];
        let position = fold(&entries, method).unwrap().position;
        assert_eq!(shown(position.lots()), ["1: 10 for 301"], "{method:?}");
    }
}

#[test]
fn a_part_that_comes_back_with_another_date_or_currency_is_refused() {
    let mut in_eur = part(1, "2026-01-05", "4", "120", "0");
    in_eur.cost = Money::zero(Currency::EUR);
    in_eur.fees = in_eur.cost;
    for back in [part(1, "2026-01-06", "4", "120", "0"), in_eur] {
        let entries = [
            buy(1, "2026-01-05", "10", "30", "1"),
            transfer_in(3, "2026-04-05", vec![back]),
        ];
        let refused = fifo(&entries).unwrap_err();
        assert!(
            matches!(refused, LedgerError::Inconsistent { .. }),
            "{refused:?}"
        );
    }
}

#[test]
fn an_old_lot_that_arrives_late_is_sold_first() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        transfer_in(
            2,
            "2026-03-05",
            vec![part(9, "2020-01-05", "10", "100", "0")],
        ),
        sell(3, "2026-04-05", "10", "40", "0"),
    ];
    let folded = fifo(&entries).unwrap();
    assert_eq!(folded.disposals[0].parts[0].lot, id(9));
    assert_eq!(shown(folded.position.lots()), ["1: 10 for 300"]);
}

#[test]
fn lots_that_cost_nothing_can_be_held_and_sold() {
    let entries = [
        transfer_in(1, "2026-03-05", vec![part(9, "2020-01-05", "10", "0", "0")]),
        sell(2, "2026-04-05", "10", "40", "0"),
    ];
    let folded = fifo(&entries).unwrap();
    assert_eq!(folded.position.totals()[0].realized().unwrap(), usd("400"));
}

#[test]
fn a_transfer_of_nothing_of_debt_or_from_the_future_is_refused() {
    for lots in [
        vec![],
        vec![part(9, "2026-03-06", "1", "1", "0")],
        vec![part(9, "2026-03-01", "1", "-1", "0")],
    ] {
        let refused = fifo(&[transfer_in(1, "2026-03-05", lots)]).unwrap_err();
        assert!(
            matches!(refused, LedgerError::Inconsistent { .. }),
            "{refused:?}"
        );
    }
}

#[test]
fn more_than_is_held_does_not_leave() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "1"),
        transfer_out(2, "2026-03-05", "11"),
    ];
    assert!(matches!(fifo(&entries), Err(LedgerError::Oversold { .. })));
}
