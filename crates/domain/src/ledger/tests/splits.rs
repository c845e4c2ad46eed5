//! Splits scale quantities and leave cost alone.

use super::super::LedgerError;
use super::super::fixtures::*;
use crate::portfolio::CostBasisMethod;

#[test]
fn a_split_scales_the_lots_held_before_and_keeps_their_cost() {
    let entries = [
        buy(1, "2026-01-05", "10", "300", "1"),
        split(2, "2026-02-05", "3", "1"),
        buy(3, "2026-02-06", "10", "100", "0"),
    ];
    let position = fifo(&entries).unwrap().position;
    assert_eq!(shown(position.lots()), ["1: 30 for 3001", "3: 10 for 1000"]);
    assert_eq!(position.lots()[0].purchase_price.to_string(), "100");
}

#[test]
fn a_split_counts_before_the_trades_of_its_day() {
    let entries = [
        buy(1, "2026-01-05", "10", "300", "0"),
        buy(2, "2026-02-05", "1", "100", "0"),
        sell(3, "2026-02-05", "30", "100", "0"),
        split(4, "2026-02-05", "3", "1"),
    ];
    let position = fifo(&entries).unwrap().position;
    assert_eq!(shown(position.lots()), ["2: 1 for 100"]);
}

#[test]
fn a_reverse_split_that_does_not_come_out_even_is_rounded_to_ten_places() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        split(2, "2026-02-05", "1", "3"),
    ];
    let position = fifo(&entries).unwrap().position;
    assert_eq!(shown(position.lots()), ["1: 3.3333333333 for 300"]);
}

#[test]
fn what_is_held_after_a_split_does_not_depend_on_how_many_lots_there_are() {
    let many: Vec<_> = (1..=9)
        .map(|number| buy(number, "2026-01-05", "1", "30", "0"))
        .chain([split(10, "2026-02-05", "1", "7")])
        .collect();
    let one = [
        buy(1, "2026-01-05", "9", "30", "0"),
        split(2, "2026-02-05", "1", "7"),
    ];
    let held = |entries: &[_]| fifo(entries).unwrap().position.quantity().unwrap();
    assert_eq!(held(&many), held(&one));
    assert_eq!(held(&one), units("1.2857142857"));
}

#[test]
fn all_can_be_sold_after_a_split_under_every_method() {
    for method in CostBasisMethod::ALL {
        let entries = [
            buy(1, "2026-01-05", "1", "30", "0"),
            buy(2, "2026-01-06", "1", "50", "0"),
            buy(3, "2026-01-07", "1", "40", "0"),
            sell(4, "2026-01-08", "0.5", "40", "0"),
            split(5, "2026-02-05", "1", "3"),
            sell(6, "2026-02-06", "0.8333333333", "40", "0"),
        ];
        let position = fold(&entries, method).unwrap().position;
        assert!(position.lots().is_empty(), "{method:?}");
        let sold = position.totals()[0].cost_sold;
        assert_eq!(sold, rust_decimal::Decimal::from(120), "{method:?}");
    }
}

#[test]
fn a_split_that_leaves_nothing_of_a_lot_is_refused() {
    let entries = [
        buy(1, "2026-01-05", "0.0000000001", "30", "0"),
        split(2, "2026-02-05", "1", "3"),
    ];
    let refused = LedgerError::LeavesNothing {
        split: id(2),
        date: "2026-02-05".parse().unwrap(),
        lot: id(1),
    };
    assert_eq!(fifo(&entries), Err(refused));
}

#[test]
fn a_split_beyond_any_quantity_is_refused() {
    let entries = [
        buy(1, "2026-01-05", "1000000", "30", "0"),
        split(2, "2026-02-05", "9999999999", "1"),
    ];
    assert_eq!(fifo(&entries), Err(LedgerError::TooLargeAt(id(2))));
}

#[test]
fn a_split_of_nothing_held_does_nothing() {
    let position = fifo(&[split(1, "2026-02-05", "3", "1")]).unwrap().position;
    assert!(position.lots().is_empty());
}
