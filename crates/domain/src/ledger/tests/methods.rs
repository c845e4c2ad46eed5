//! Which lots a sale takes, and what they cost.

use super::super::fixtures::*;
use super::super::{Disposal, Position};
use crate::Currency;
use crate::portfolio::CostBasisMethod::{self, Average, Fifo, Hifo, Lifo};

/// Id, quantity, cost and fees of each part.
fn parts(disposal: &Disposal) -> Vec<String> {
    let shown = |part: &super::super::LotPart| {
        format!(
            "{}: {} for {} + {}",
            part.lot.as_uuid().as_u128(),
            part.quantity.value().normalize(),
            part.cost.amount().normalize(),
            part.fees.amount().normalize()
        )
    };
    disposal.parts.iter().map(shown).collect()
}

fn three_lots() -> Vec<super::super::Transaction> {
    vec![
        buy(1, "2026-01-05", "10", "30", "1"),
        buy(2, "2026-02-05", "10", "50", "2"),
        buy(3, "2026-03-05", "10", "40", "3"),
    ]
}

fn sold(method: CostBasisMethod) -> Vec<String> {
    let mut entries = three_lots();
    entries.push(sell(4, "2026-04-05", "15", "60", "0"));
    parts(&fold(&entries, method).unwrap().disposals[0])
}

#[test]
fn a_buy_opens_a_lot_whose_cost_includes_the_fees() {
    let folded = fifo(&[buy(1, "2026-01-05", "10", "150.25", "4.95")]).unwrap();
    assert_eq!(shown(folded.position.lots()), ["1: 10 for 1507.45"]);
    assert!(folded.disposals.is_empty());
}

#[test]
fn lots_stand_in_the_order_of_purchase_whatever_the_order_of_recording() {
    let entries = [
        buy(1, "2026-03-01", "1", "1", "0"),
        buy(2, "2026-01-01", "2", "1", "0"),
        buy(3, "2026-03-01", "3", "1", "0"),
    ];
    let position = fifo(&entries).unwrap().position;
    assert_eq!(
        shown(position.lots()),
        ["2: 2 for 2", "1: 1 for 1", "3: 3 for 3"]
    );
}

#[test]
fn fifo_takes_what_was_bought_first() {
    assert_eq!(sold(Fifo), ["1: 10 for 300 + 1", "2: 5 for 250 + 1"]);
}

#[test]
fn lifo_takes_what_was_bought_last() {
    assert_eq!(sold(Lifo), ["3: 10 for 400 + 3", "2: 5 for 250 + 1"]);
}

#[test]
fn hifo_takes_what_cost_most_per_unit() {
    assert_eq!(sold(Hifo), ["2: 10 for 500 + 2", "3: 5 for 200 + 1.5"]);
}

#[test]
fn hifo_counts_fees_as_cost_and_breaks_ties_by_date() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "0"),
        buy(2, "2026-01-06", "10", "30", "0"),
        buy(3, "2026-01-07", "10", "29.9", "5"),
        sell(4, "2026-02-05", "15", "60", "0"),
    ];
    let folded = fold(&entries, Hifo).unwrap();
    assert_eq!(
        parts(&folded.disposals[0]),
        ["3: 10 for 299 + 5", "1: 5 for 150 + 0"]
    );
}

#[test]
fn average_takes_the_first_lots_at_the_cost_of_all() {
    // 1,200 for 30 units is 40 each, and 6 of fees are 0.2 each.
    assert_eq!(sold(Average), ["1: 10 for 400 + 2", "2: 5 for 200 + 1"]);
}

#[test]
fn after_an_average_sale_every_lot_left_costs_the_average() {
    let mut entries = three_lots();
    entries.push(sell(4, "2026-04-05", "15", "60", "0"));
    entries.push(buy(5, "2026-05-05", "1", "100", "0"));
    let position = fold(&entries, Average).unwrap().position;
    let lots = shown(position.lots());
    assert_eq!(lots, ["2: 5 for 201", "3: 10 for 402", "5: 1 for 100"]);
}

#[test]
fn average_cost_is_kept_apart_by_currency() {
    let mut in_eur = buy(2, "2026-01-06", "10", "90", "0");
    let purchase = bought(&mut in_eur);
    purchase.currency = Currency::EUR;
    purchase.fees = crate::Money::zero(Currency::EUR);
    let entries = [
        buy(1, "2026-01-05", "10", "100", "0"),
        in_eur,
        buy(3, "2026-01-07", "10", "120", "0"),
        sell(4, "2026-02-05", "15", "60", "0"),
    ];
    let folded = fold(&entries, Average).unwrap();
    assert_eq!(
        parts(&folded.disposals[0]),
        ["1: 10 for 1100 + 0", "2: 5 for 450 + 0"]
    );
    assert_eq!(folded.disposals[0].parts[1].cost.currency(), Currency::EUR);
}

#[test]
fn named_lots_are_taken_whatever_the_method() {
    for method in [Fifo, Lifo, Hifo] {
        let mut entries = three_lots();
        let lots = [(3, "4"), (1, "2")];
        entries.push(sell_lots(4, "2026-04-05", "6", "60", "0", &lots));
        let folded = fold(&entries, method).unwrap();
        let taken = parts(&folded.disposals[0]);
        assert_eq!(
            taken,
            ["3: 4 for 160 + 1.2", "1: 2 for 60 + 0.2"],
            "{method:?}"
        );
    }
}

#[test]
fn named_lots_leave_an_average_pool_at_the_average() {
    let mut entries = three_lots();
    entries.push(sell_lots(4, "2026-04-05", "4", "60", "0", &[(3, "4")]));
    let folded = fold(&entries, Average).unwrap();
    assert_eq!(parts(&folded.disposals[0]), ["3: 4 for 160 + 0.8"]);
}

#[test]
fn a_purchase_covers_a_sale_of_its_day_in_whatever_order_they_were_recorded() {
    let entries = [
        sell(1, "2026-01-05", "10", "40", "0"),
        buy(2, "2026-01-05", "10", "30", "0"),
    ];
    let folded = fifo(&entries).unwrap();
    assert!(folded.position.lots().is_empty());
}

#[test]
fn a_position_without_lots_keeps_its_totals() {
    let entries = [
        buy(1, "2026-01-05", "10", "30", "1"),
        dividend(2, "2026-02-05", "5", "0.75"),
        sell(3, "2026-03-05", "10", "40", "2"),
    ];
    let position = fifo(&entries).unwrap().position;
    let [totals] = position.totals() else {
        panic!("one currency expected")
    };
    assert_eq!(totals.realized().unwrap(), usd("100"));
    assert_eq!(totals.realized_net().unwrap(), usd("97"));
    assert_eq!(totals.income.to_string(), "5");
    assert_eq!(totals.fees.to_string(), "3");
    assert_eq!(totals.taxes.to_string(), "0.75");
}

#[test]
fn parts_of_an_indivisible_cost_add_up_to_it() {
    let mut entries = vec![buy(9, "2026-01-05", "3", "33.3333333333", "0.01")];
    for sale in 1..=3 {
        entries.push(sell(sale, "2026-02-05", "1", "40", "0"));
    }
    let folded = fifo(&entries).unwrap();
    let taken: Vec<_> = folded.disposals.iter().flat_map(parts).collect();
    assert_eq!(
        taken,
        [
            "9: 1 for 33.3333333333 + 0.0033333333",
            "9: 1 for 33.3333333333 + 0.0033333334",
            "9: 1 for 33.3333333333 + 0.0033333333"
        ]
    );
}

#[test]
fn ten_thousand_entries_fold_under_every_method() {
    let mut entries = Vec::new();
    for number in 0..5_000u32 {
        let date = jiff::civil::Date::constant(2000, 1, 1)
            .checked_add(jiff::Span::new().days(number))
            .unwrap()
            .to_string();
        let price = format!("{}.25", 100 + number % 97);
        entries.push(buy(u128::from(number), &date, "3", &price, "1"));
        entries.push(sell(10_000 + u128::from(number), &date, "2", &price, "1"));
    }
    for method in CostBasisMethod::ALL {
        let folded = Position::fold(ticker(), &entries, method).unwrap();
        assert_eq!(folded.disposals.len(), 5_000);
        assert_eq!(folded.position.quantity().unwrap(), units("5000"));
    }
}
