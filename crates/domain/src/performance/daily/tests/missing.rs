//! What has no price or no rate, and what becomes of the rest.

use super::*;

fn gap(what: Missing, from: Date, to: Date) -> Gap {
    Gap { what, from, to }
}

const NO_EURO: Missing = Missing::Rate {
    base: Currency::EUR,
    quote: Currency::USD,
};

#[test]
fn an_instrument_without_a_price_yet_is_named_and_joins_without_moving_the_return() {
    let known = Owned::new(
        "OLD",
        &[(day(-9), "1")],
        prices(&[(day(-9), "100"), (day(3), "110")]),
        &[],
    );
    let bought = [usd(day(1), "60")];
    let late = Owned::new(
        "NEW",
        &[(day(1), "2")],
        prices(&[(day(3), "40"), (day(4), "44")]),
        &bought,
    );
    let book = Book {
        tracks: vec![known.track(), late.track()],
        ..Book::default()
    };
    let daily = Daily::of(&book, &dollars(), range(day(0), day(4))).unwrap();
    assert_eq!(values(&daily), ["100", "100", "100", "190", "198"]);
    assert_eq!(daily.status(), Status::Partial);
    assert_eq!(daily.missing(), [gap(no_price("NEW"), day(1), day(2))]);
    let returns = Returns::of(&daily).unwrap().unwrap();
    let so_far: Vec<_> = returns
        .so_far()
        .map(|(_, ratio)| ratio.to_string())
        .collect();
    assert_eq!(
        so_far,
        ["0.00 %", "0.00 %", "0.00 %", "0.00 %", "10.00 %", "14.63 %"]
    );
    assert_eq!(daily.gain(), Ok(dec("18")));
}

#[test]
fn what_is_sold_on_the_day_of_the_first_price_is_left_out_with_what_it_brought() {
    let known = Owned::new("OLD", &[(day(-9), "1")], prices(&[(day(-9), "100")]), &[]);
    let trades = [usd(day(1), "60"), usd(day(3), "-35")];
    let late = Owned::new(
        "NEW",
        &[(day(1), "2"), (day(3), "1")],
        prices(&[(day(3), "40")]),
        &trades,
    );
    let book = Book {
        tracks: vec![known.track(), late.track()],
        ..Book::default()
    };
    let daily = Daily::of(&book, &dollars(), range(day(0), day(4))).unwrap();
    assert_eq!(values(&daily), ["100", "100", "100", "140", "140"]);
    assert_eq!(daily.gain(), Ok(Decimal::ZERO));
    let returns = Returns::of(&daily).unwrap().unwrap();
    assert!(returns.so_far().all(|(_, ratio)| ratio.value() == 0.0));
}

#[test]
fn where_nothing_ever_has_a_price_there_is_no_value_rather_than_zero() {
    let held = Owned::new(
        "NEW",
        &[(day(1), "2")],
        Series::default(),
        &[usd(day(1), "60")],
    );
    let found = Daily::of(&held.book(), &dollars(), range(day(0), day(4)));
    assert_eq!(
        found,
        Err(Unvalued::Missing(vec![gap(
            no_price("NEW"),
            day(1),
            day(4)
        )]))
    );
}

#[test]
fn a_price_known_before_the_first_purchase_leaves_no_gap() {
    let held = Owned::new(
        "NEW",
        &[(day(2), "2")],
        prices(&[(day(2), "40")]),
        &[usd(day(2), "80")],
    );
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(4))).unwrap();
    assert_eq!(values(&daily), ["0", "0", "80", "80", "80"]);
    assert_eq!(daily.status(), Status::Ok);
}

#[test]
fn a_price_from_the_future_is_never_taken() {
    let held = Owned::new("NEW", &[(day(-1), "2")], prices(&[(day(9), "40")]), &[]);
    let found = Daily::of(&held.book(), &dollars(), range(day(0), day(4)));
    assert_eq!(
        found,
        Err(Unvalued::Missing(vec![gap(
            no_price("NEW"),
            day(-1),
            day(4)
        )]))
    );
}

#[test]
fn a_missing_rate_names_the_pair_and_the_days_and_is_never_one() {
    let held = Owned::new("SAP.DE", &[(day(-1), "2")], prices(&[(day(-1), "40")]), &[]).in_euro();
    let known = Owned::new("OLD", &[(day(-9), "1")], prices(&[(day(-9), "100")]), &[]);
    let book = Book {
        tracks: vec![held.track(), known.track()],
        ..Book::default()
    };
    let daily = Daily::of(&book, &dollars(), range(day(0), day(1))).unwrap();
    assert_eq!(values(&daily), ["100", "100"]);
    assert_eq!(daily.missing(), [gap(NO_EURO, day(-1), day(1))]);
    let euro = rates(&[(day(1), "1.1")]);
    let with_rate = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let daily = Daily::of(&book, &with_rate, range(day(0), day(1))).unwrap();
    assert_eq!(values(&daily), ["100", "188"]);
    assert_eq!(daily.missing(), [gap(NO_EURO, day(-1), day(0))]);
}

#[test]
fn a_flow_or_a_balance_without_a_rate_leaves_nothing_to_compute_with() {
    let closes = prices(&[(day(-1), "40")]);
    let bought = [flow(day(1), "36", Currency::EUR)];
    let held = Owned::new("AAPL", &[(day(1), "1")], closes, &bought);
    let found = Daily::of(&held.book(), &dollars(), range(day(0), day(4)));
    assert_eq!(
        found,
        Err(Unvalued::Missing(vec![gap(NO_EURO, day(1), day(1))]))
    );

    let balance = balances(&[(day(1), "5"), (day(3), "0")]);
    let cash = vec![CashTrack {
        currency: Currency::EUR,
        balances: &balance,
    }];
    let book = Book {
        cash,
        cash_tracking: true,
        ..Book::default()
    };
    let found = Daily::of(&book, &dollars(), range(day(0), day(4)));
    assert_eq!(
        found,
        Err(Unvalued::Missing(vec![gap(NO_EURO, day(1), day(2))]))
    );
}

#[test]
fn cash_that_became_something_without_a_price_is_no_loss() {
    let bought = [usd(day(1), "40")];
    let held = Owned::new(
        "NEW",
        &[(day(1), "1")],
        prices(&[(day(3), "50"), (day(4), "55")]),
        &bought,
    );
    let balance = balances(&[(day(-1), "100"), (day(1), "60")]);
    let book = Book {
        tracks: vec![held.track()],
        cash: vec![CashTrack {
            currency: Currency::USD,
            balances: &balance,
        }],
        flows: Vec::new(),
        cash_tracking: true,
    };
    let daily = Daily::of(&book, &dollars(), range(day(0), day(4))).unwrap();
    assert_eq!(values(&daily), ["100", "60", "60", "110", "115"]);
    assert_eq!(daily.gain(), Ok(dec("5")));
    let figures = Figures::of(&daily).unwrap();
    assert_eq!(figures.twr.unwrap().to_string(), "4.55 %");
    assert_eq!(figures.status, Status::Partial);
}
