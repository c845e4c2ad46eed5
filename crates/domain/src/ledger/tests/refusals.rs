//! What no ledger takes, and who is named for it.

use super::super::fixtures::*;
use super::super::{LedgerError, Position};
use crate::portfolio::CostBasisMethod::{Average, Fifo};
use crate::{Currency, Money, Quantity, Ticker};

#[test]
fn selling_more_than_held_is_refused_and_names_the_sale() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        sell(2, "2026-02-05", "10.5", "40", "0"),
    ];
    let refused = LedgerError::Oversold {
        sale: id(2),
        date: "2026-02-05".parse().unwrap(),
        held: units("10"),
        wanted: units("10.5"),
    };
    assert_eq!(fifo(&entries), Err(refused));
}

#[test]
fn a_sale_before_its_purchase_is_refused() {
    let entries = [
        sell(1, "2026-01-04", "1", "40", "0"),
        buy(2, "2026-01-05", "10", "30", "0"),
    ];
    let refused = fifo(&entries).unwrap_err();
    assert!(
        matches!(refused, LedgerError::Oversold { held, .. } if held == Quantity::ZERO),
        "{refused:?}"
    );
}

#[test]
fn a_purchase_made_smaller_is_refused_by_the_later_sale_that_needs_it() {
    let sales = [
        sell(3, "2026-02-05", "10", "40", "0"),
        sell(4, "2026-03-05", "10", "40", "0"),
    ];
    let with = |quantity| {
        let mut entries = sales.to_vec();
        entries.push(buy(1, "2026-01-05", quantity, "30", "0"));
        fifo(&entries)
    };
    assert!(with("20").is_ok());
    let refused = with("19").unwrap_err();
    assert!(
        matches!(refused, LedgerError::Oversold { sale, .. } if sale == id(4)),
        "{refused:?}"
    );
}

#[test]
fn a_back_dated_sale_is_refused_by_the_sale_that_it_leaves_short() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        sell(2, "2026-03-05", "8", "40", "0"),
        sell(3, "2026-02-05", "5", "40", "0"),
    ];
    let refused = fifo(&entries).unwrap_err();
    assert!(
        matches!(refused, LedgerError::Oversold { sale, .. } if sale == id(2)),
        "{refused:?}"
    );
}

#[test]
fn a_named_lot_that_holds_too_little_is_refused() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        buy(2, "2026-01-06", "10", "30", "0"),
        sell(3, "2026-02-05", "4", "40", "0"),
        sell_lots(4, "2026-03-05", "7", "40", "0", &[(1, "7")]),
    ];
    let refused = LedgerError::LotNotHeld {
        sale: id(4),
        date: "2026-03-05".parse().unwrap(),
        lot: id(1),
        held: units("6"),
        wanted: units("7"),
    };
    assert_eq!(fifo(&entries), Err(refused));
}

#[test]
fn a_named_lot_nobody_knows_is_refused() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        sell_lots(2, "2026-03-05", "7", "40", "0", &[(9, "7")]),
    ];
    let refused = fifo(&entries).unwrap_err();
    assert!(
        matches!(refused, LedgerError::LotNotHeld { held, .. } if held == Quantity::ZERO),
        "{refused:?}"
    );
}

#[test]
fn named_lots_that_do_not_add_up_are_refused() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        sell_lots(2, "2026-03-05", "7", "40", "0", &[(1, "6")]),
    ];
    let refused = fifo(&entries).unwrap_err();
    assert!(
        matches!(refused, LedgerError::Inconsistent { .. }),
        "{refused:?}"
    );
}

#[test]
fn fees_in_another_currency_than_their_price_are_refused() {
    let mut entry = buy(1, "2026-01-05", "10", "30", "0");
    bought(&mut entry).fees = Money::zero(Currency::EUR);
    let refused = fifo(&[entry]).unwrap_err();
    assert!(
        matches!(refused, LedgerError::Inconsistent { .. }),
        "{refused:?}"
    );
}

#[test]
fn an_entry_about_another_instrument_or_about_none_is_refused() {
    let msft = Ticker::parse("MSFT").unwrap();
    for entry in [
        buy(1, "2026-01-05", "10", "150.25", "0"),
        deposit(1, "2026-01-05", "10"),
    ] {
        let refused = Position::empty(msft.clone()).apply(&entry, Fifo);
        assert!(matches!(refused, Err(LedgerError::OtherInstrument { .. })));
    }
}

#[test]
fn an_entry_recorded_twice_is_refused() {
    let entry = buy(1, "2026-01-05", "10", "150.25", "0");
    let duplicate = LedgerError::Duplicate(entry.id);
    assert_eq!(fifo(&[entry.clone(), entry.clone()]), Err(duplicate));
    let position = fifo(std::slice::from_ref(&entry)).unwrap().position;
    let out_of_order = LedgerError::OutOfOrder(entry.id);
    assert_eq!(position.apply(&entry, Fifo), Err(out_of_order));
}

#[test]
fn an_entry_that_others_depend_on_is_not_applied_out_of_order() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        sell(2, "2026-02-05", "5", "40", "0"),
    ];
    let position = fifo(&entries).unwrap().position;
    let earlier = buy(3, "2026-01-06", "10", "30", "0");
    assert!(!position.is_last(&earlier));
    assert_eq!(
        position.clone().apply(&earlier, Fifo),
        Err(LedgerError::OutOfOrder(id(3)))
    );
    // Income moves no lots, so its day does not matter.
    assert!(position.is_last(&dividend(4, "2026-01-06", "10", "0")));
}

#[test]
fn a_purchase_that_costs_more_than_can_be_summed_is_refused() {
    let absurd = buy(1, "2026-01-05", "9000000000000", "900000000000", "0");
    assert_eq!(fifo(&[absurd]), Err(LedgerError::TooLargeAt(id(1))));
    let most = buy(1, "2026-01-05", "1000000000000", "100000000000", "0");
    assert!(fifo(std::slice::from_ref(&most)).is_ok());
    assert_eq!(
        super::super::fold::MOST.to_string(),
        "100000000000000000000000"
    );
    let beyond = buy(1, "2026-01-05", "1000000000000", "100000000000", "0.01");
    assert_eq!(fifo(&[beyond]), Err(LedgerError::TooLargeAt(id(1))));
}

#[test]
fn quantities_that_have_no_exact_sum_are_refused_and_not_rounded() {
    let entries = [
        buy(1, "2026-01-05", "1000000000000", "0.01", "0"),
        buy(2, "2026-01-06", "0.00000000000000000001", "0.01", "0"),
    ];
    assert_eq!(fifo(&entries), Err(LedgerError::TooLargeAt(id(2))));
}

#[test]
fn costs_that_have_no_exact_sum_fit_a_ledger_until_they_are_pooled() {
    let entries = [
        buy(1, "2026-01-05", "1000000000000", "100000000000", "0"),
        buy(2, "2026-01-06", "1", "0.0000000001", "0"),
        sell(3, "2026-01-07", "1", "1", "0"),
    ];
    assert!(fifo(&entries).is_ok());
    assert_eq!(fold(&entries, Average), Err(LedgerError::TooLargeAt(id(3))));
}

#[test]
fn coins_of_many_decimals_count_in_ten_places_beside_large_sums() {
    let entries = [
        buy(
            1,
            "2026-01-05",
            "1.123456789012345678",
            "61234.12345678",
            "4.95",
        ),
        buy(2, "2026-01-06", "40", "61234.12", "0"),
        sell(3, "2026-01-07", "0.000000000000000001", "70000", "0"),
        sell(4, "2026-01-08", "41.123456789012345677", "70000", "0"),
    ];
    for method in crate::portfolio::CostBasisMethod::ALL {
        let position = fold(&entries, method).unwrap().position;
        assert!(position.lots().is_empty());
        let sold = position.totals()[0].cost_sold;
        assert_eq!(sold.to_string(), "2518158.6917167396", "{method:?}");
    }
}
