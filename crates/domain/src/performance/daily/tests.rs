use jiff::civil::date;
use proptest::prelude::*;

use super::super::fixtures::{
    MONDAY, Owned, balances, day, dec, dollars, flow, prices, range, rates, some_instrument,
    some_rates, usd,
};
use super::super::{CashTrack, Close, Figures, Flow, Returns, Series, Split};
use super::*;
use crate::valuation::Missing;
use crate::{Currency, Money, Price, Quantity, Rate, Ticker};

mod missing;

fn values(daily: &Daily) -> Vec<String> {
    daily
        .days()
        .map(|day| day.value.normalize().to_string())
        .collect()
}

fn no_price(ticker: &str) -> Missing {
    Missing::Price(Ticker::parse(ticker).unwrap())
}

#[test]
fn a_holding_is_worth_its_units_at_the_last_close_with_its_age() {
    let closes = prices(&[(day(-3), "10"), (day(1), "11"), (day(4), "12.5")]);
    let held = Owned::new("AAPL", &[(day(-9), "3")], closes, &[]);
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(5))).unwrap();
    assert_eq!(daily.opening_value(), dec("30"));
    assert_eq!(values(&daily), ["30", "33", "33", "33", "37.5", "37.5"]);
    let ages: Vec<_> = daily.days().map(|day| day.oldest_price).collect();
    assert_eq!(ages, [3, 0, 1, 2, 0, 1]);
    assert_eq!(daily.status(), Status::Ok);
    assert_eq!(daily.closing_value(), dec("37.5"));
}

#[test]
fn an_empty_book_is_worth_nothing_and_complete() {
    let daily = Daily::of(&Book::default(), &dollars(), range(day(0), day(2))).unwrap();
    assert_eq!(values(&daily), ["0", "0", "0"]);
    assert_eq!(daily.status(), Status::Ok);
    assert_eq!(daily.gain(), Ok(Decimal::ZERO));
}

#[test]
fn money_in_counts_from_the_start_of_its_day_and_money_out_until_the_end() {
    let closes = prices(&[(day(-1), "10"), (day(2), "11")]);
    let flows = [
        usd(day(1), "50"),
        usd(day(1), "-20"),
        usd(day(9), "7"),
        usd(day(-1), "7"),
    ];
    let held = Owned::new("AAPL", &[(day(-9), "1")], closes, &flows);
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(2))).unwrap();
    assert_eq!(daily.at_start, [dec("0"), dec("0"), dec("50"), dec("0")]);
    assert_eq!(daily.at_end, [dec("0"), dec("0"), dec("-20"), dec("0")]);
    let flows: Vec<_> = daily.days().map(|day| day.net_flow).collect();
    assert_eq!(flows, [dec("0"), dec("30"), dec("0")]);
    assert_eq!(daily.gain(), Ok(dec("-29")));
    assert_eq!(daily.put_in(), Ok(dec("60")));
}

#[test]
fn an_entry_with_a_rate_of_its_own_needs_none_of_the_market() {
    let own = Flow {
        rate: Some(Rate::parse("1.2").unwrap()),
        ..flow(day(1), "30", Currency::EUR)
    };
    let held = Owned::new("AAPL", &[(day(1), "1")], prices(&[(day(-1), "40")]), &[own]);
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(4))).unwrap();
    assert_eq!(daily.put_in(), Ok(dec("36.0")));
}

fn split_two_for_one(closes: Series) -> Daily {
    let mut held = Owned::new("AAPL", &[(day(-9), "3"), (day(2), "6")], closes, &[]);
    let number = |text| Quantity::parse(text).unwrap();
    held.splits = vec![Split {
        date: day(2),
        new: number("2"),
        old: number("1"),
    }];
    Daily::of(&held.book(), &dollars(), range(day(0), day(4))).unwrap()
}

#[test]
fn a_price_carried_over_a_split_is_divided_by_it() {
    let daily = split_two_for_one(prices(&[(day(0), "10"), (day(4), "6")]));
    assert_eq!(values(&daily), ["30", "30", "30", "30", "36"]);
}

#[test]
fn the_price_of_the_day_of_a_split_is_already_the_new_one() {
    let daily = split_two_for_one(prices(&[(day(0), "10"), (day(2), "5.5")]));
    assert_eq!(values(&daily), ["30", "30", "33", "33", "33"]);
}

#[test]
fn a_split_before_the_range_reaches_a_price_from_before_it() {
    let mut held = Owned::new("AAPL", &[(day(-9), "6")], prices(&[(day(-9), "10")]), &[]);
    let number = |text| Quantity::parse(text).unwrap();
    held.splits = vec![Split {
        date: day(-5),
        new: number("2"),
        old: number("1"),
    }];
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(1))).unwrap();
    assert_eq!(values(&daily), ["30", "30"]);
}

#[test]
fn with_cash_tracking_a_purchase_is_no_money_from_outside() {
    let bought = [usd(day(1), "40")];
    let held = Owned::new(
        "AAPL",
        &[(day(1), "1")],
        prices(&[(day(1), "40"), (day(2), "50")]),
        &bought,
    );
    let balance = balances(&[(day(0), "100"), (day(1), "60")]);
    let book = Book {
        tracks: vec![held.track()],
        cash: vec![CashTrack {
            currency: Currency::USD,
            balances: &balance,
        }],
        flows: vec![usd(day(0), "100")],
        cash_tracking: true,
    };
    let daily = Daily::of(&book, &dollars(), range(day(0), day(2))).unwrap();
    assert_eq!(values(&daily), ["100", "100", "110"]);
    assert_eq!(daily.put_in(), Ok(dec("100")));
    assert_eq!(daily.gain(), Ok(dec("10")));
}

#[test]
fn what_cannot_be_counted_is_an_error_and_no_panic() {
    let most = Price::parse("999999999999").unwrap();
    let held = Owned::new(
        "X",
        &[(day(-9), "9999999999999")],
        Series::prices([(day(-9), most)]),
        &[],
    )
    .in_euro();
    let euro = rates(&[(day(-9), "999999999")]);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let found = Daily::of(&held.book(), &rates, range(day(0), day(1)));
    assert_eq!(found, Err(Unvalued::Overflow(ArithmeticError::Overflow)));
    let huge = Flow {
        date: day(0),
        amount: Money::new(Decimal::MAX, Currency::USD),
        rate: None,
    };
    let book = Book {
        flows: vec![huge, huge],
        ..Book::default()
    };
    let found = Daily::of(&book, &dollars(), range(day(0), day(1)));
    assert_eq!(found, Err(Unvalued::Overflow(ArithmeticError::Overflow)));
}

#[test]
fn only_days_with_a_price_or_a_rate_of_their_own_are_fresh() {
    let held = Owned::new(
        "A",
        &[(day(-9), "1"), (day(3), "0")],
        prices(&[(day(1), "1"), (day(3), "1"), (day(4), "1")]),
        &[],
    );
    let euro = rates(&[(day(-9), "1"), (day(2), "2")]);
    let balance = balances(&[(day(-9), "5")]);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let mut book = held.book();
    let daily = Daily::of(&book, &rates, range(day(0), day(4))).unwrap();
    assert_eq!(daily.fresh, [false, false, true, false, true, false]);
    book.cash.push(CashTrack {
        currency: Currency::EUR,
        balances: &balance,
    });
    let daily = Daily::of(&book, &rates, range(day(0), day(4))).unwrap();
    assert_eq!(daily.fresh, [true, false, true, true, true, false]);
}

#[test]
fn a_range_of_ten_years_has_a_row_for_each_day() {
    let held = Owned::new(
        "A",
        &[(MONDAY, "1")],
        prices(&[(MONDAY, "1")]),
        &[usd(MONDAY, "1")],
    );
    let ten_years = range(MONDAY, date(2035, 3, 2));
    let daily = Daily::of(&held.book(), &dollars(), ten_years).unwrap();
    assert_eq!(daily.days().count(), 3652);
    assert_eq!(daily.days().last().unwrap().oldest_price, 3651);
}

proptest! {
    #[test]
    fn the_columns_say_of_every_day_what_its_lines_add_up_to(
        instruments in prop::collection::vec(some_instrument(), 1..5),
        euro in some_rates(),
    ) {
        let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
        let tracks = instruments.iter().map(Owned::track).collect();
        let book = Book { tracks, ..Book::default() };
        let daily = Daily::of(&book, &rates, range(day(0), day(59))).unwrap();
        prop_assert_eq!(daily.status(), Status::Ok);
        for day in daily.days() {
            let close = Close::of(&book, &rates, day.date).unwrap();
            prop_assert_eq!(close.status(), Status::Ok);
            prop_assert_eq!(close.value().unwrap(), day.value);
        }
    }

    #[test]
    fn the_gain_of_a_book_is_the_sum_of_the_gains_of_its_holdings(
        instruments in prop::collection::vec(some_instrument(), 1..5),
        euro in some_rates(),
    ) {
        let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
        let tracks = instruments.iter().map(Owned::track).collect();
        let days = range(day(0), day(59));
        let book = Daily::of(&Book { tracks, ..Book::default() }, &rates, days).unwrap();
        let each = instruments.iter().map(|held| Daily::of(&held.book(), &rates, days).unwrap().gain().unwrap());
        prop_assert_eq!(book.gain().unwrap(), each.sum::<Decimal>());
    }

    #[test]
    fn what_lacks_a_price_is_named_and_nothing_else_changes(
        held in some_instrument(),
        euro in some_rates(),
        cash_tracking in any::<bool>(),
    ) {
        let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
        let unpriced = Owned { prices: Series::default(), ticker: Ticker::parse("NEW").unwrap(), ..held.clone() };
        let days = range(day(0), day(59));
        let alone = Daily::of(&held.book(), &rates, days).unwrap();
        let book = Book { tracks: vec![held.track(), unpriced.track()], cash_tracking, ..Book::default() };
        let is_held = (-1..60).any(|number| !unpriced.quantities.level(day_of_test(number)).is_zero());
        match Daily::of(&book, &rates, days) {
            Ok(both) => {
                prop_assert_eq!(&both.value, &alone.value);
                prop_assert_eq!(both.status() == Status::Partial, is_held);
            }
            Err(Unvalued::Missing(gaps)) => prop_assert!(is_held && gaps.iter().any(|gap| gap.what == no_price("NEW"))),
            Err(Unvalued::Overflow(_)) => prop_assert!(false),
        }
    }
}

fn day_of_test(number: i32) -> i32 {
    super::super::range::day_of(day(number))
}
