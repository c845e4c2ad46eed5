use super::super::fixtures::{Owned, balances, day, dec, dollars, prices, rates};
use super::super::{Series, Split};
use super::*;
use crate::Quantity;

fn observed(value: &str, date: Date, age: u32) -> Observed {
    Observed {
        value: dec(value),
        date,
        age,
    }
}

#[test]
fn every_line_says_which_price_and_rate_it_used_and_how_old_they_are() {
    let euro = rates(&[(day(-3), "1.25")]);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let held = Owned::new("SAP.DE", &[(day(-9), "2")], prices(&[(day(1), "100")]), &[]).in_euro();
    let balance = balances(&[(day(0), "-8")]);
    let cash = vec![CashTrack {
        currency: Currency::EUR,
        balances: &balance,
    }];
    let book = Book {
        cash,
        ..held.book()
    };
    let close = Close::of(&book, &rates, day(4)).unwrap();
    let line = &close.lines[0];
    assert_eq!(line.price, Some(observed("100", day(1), 3)));
    assert_eq!(line.rate, Some(observed("1.25", day(-3), 7)));
    assert_eq!(line.value, Some(dec("250")));
    assert_eq!(close.cash[0].value, Some(dec("-10")));
    assert_eq!(
        (close.securities(), close.value()),
        (Ok(dec("250")), Ok(dec("240")))
    );
    assert_eq!(close.status(), Status::Ok);
}

#[test]
fn a_price_in_the_base_currency_is_at_a_rate_of_one_of_that_day() {
    let held = Owned::new("AAPL", &[(day(-9), "2")], prices(&[(day(1), "100")]), &[]);
    let close = Close::of(&held.book(), &dollars(), day(4)).unwrap();
    assert_eq!(close.lines[0].rate, Some(observed("1", day(4), 0)));
}

#[test]
fn what_is_not_held_and_what_is_empty_has_no_line() {
    let held = Owned::new(
        "AAPL",
        &[(day(0), "2"), (day(2), "0")],
        prices(&[(day(1), "100")]),
        &[],
    );
    let balance = balances(&[(day(3), "5")]);
    let cash = vec![CashTrack {
        currency: Currency::USD,
        balances: &balance,
    }];
    let book = Book {
        cash,
        ..held.book()
    };
    let close = Close::of(&book, &dollars(), day(2)).unwrap();
    assert_eq!((close.lines.len(), close.cash.len()), (0, 0));
    assert_eq!(
        (close.value(), close.status()),
        (Ok(Decimal::ZERO), Status::Ok)
    );
}

#[test]
fn what_is_missing_is_named_and_left_out_of_the_total() {
    let new = Owned::new("NEW", &[(day(0), "2")], Series::default(), &[]).in_euro();
    let old = Owned::new("OLD", &[(day(0), "2")], prices(&[(day(0), "7")]), &[]);
    let book = Book {
        tracks: vec![new.track(), old.track()],
        ..Book::default()
    };
    let close = Close::of(&book, &dollars(), day(2)).unwrap();
    let named: Vec<_> = close.missing.iter().map(|gap| gap.what.clone()).collect();
    let rate = Missing::Rate {
        base: Currency::EUR,
        quote: Currency::USD,
    };
    assert_eq!(named, [Missing::Price(new.ticker.clone()), rate]);
    assert_eq!(
        (close.value(), close.status()),
        (Ok(dec("14")), Status::Partial)
    );
    assert_eq!(close.lines[0].value, None);
    let alone = Close::of(&new.book(), &dollars(), day(2)).unwrap();
    assert_eq!(alone.status(), Status::Unavailable);
}

#[test]
fn a_price_carried_over_a_split_keeps_its_day_and_not_its_level() {
    let mut held = Owned::new(
        "AAPL",
        &[(day(0), "2"), (day(3), "6")],
        prices(&[(day(1), "90")]),
        &[],
    );
    let number = |text| Quantity::parse(text).unwrap();
    held.splits = vec![Split {
        date: day(3),
        new: number("3"),
        old: number("1"),
    }];
    let close = Close::of(&held.book(), &dollars(), day(4)).unwrap();
    assert_eq!(close.lines[0].price, Some(observed("30", day(1), 3)));
    assert_eq!(close.lines[0].value, Some(dec("180")));
}
