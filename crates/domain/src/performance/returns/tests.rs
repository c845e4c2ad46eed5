use jiff::civil::date;
use proptest::prelude::*;

use super::super::fixtures::{
    Owned, close_to, daily_of, day, dec, dollars, prices, range, returns_of, some_prices, usd,
};
use super::super::{Book, Figures, Flow, Interval, Series};
use super::*;
use crate::{Currency, Money, Price, Quantity};

fn shown(ratio: Result<Ratio, NoFigure>) -> String {
    ratio.unwrap().written().unwrap().to_string()
}

fn twr(daily: &Daily) -> Result<Ratio, NoFigure> {
    Figures::of(daily).unwrap().twr
}

#[test]
fn money_that_comes_and_goes_is_no_return() {
    let flows = [usd(day(1), "100"), usd(day(3), "-150")];
    assert_eq!(
        shown(twr(&daily_of(&["100", "200", "220", "70"], &flows))),
        "0.1"
    );
}

#[test]
fn money_out_works_until_the_end_of_its_day() {
    let sold = [usd(day(1), "-110")];
    assert_eq!(
        shown(twr(&daily_of(&["100", "0.0001", "0.0001"], &sold))),
        "0.100001"
    );
}

#[test]
fn a_position_that_begins_in_the_range_is_counted_from_its_first_money() {
    let held = Owned::new(
        "A",
        &[(day(2), "1")],
        prices(&[(day(2), "50"), (day(4), "55")]),
        &[usd(day(2), "50")],
    );
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(4))).unwrap();
    let returns = Returns::of(&daily).unwrap().unwrap();
    assert_eq!(shown(returns.twr()), "0.1");
    assert_eq!((returns.since(), returns.length()), (day(2), 2));
    let before = returns_of(&["50", "55"]);
    assert_eq!((before.since(), before.length()), (day(0), 1));
}

#[test]
fn days_with_nothing_invested_leave_the_chain_as_it_is() {
    let flows = [usd(day(1), "-110"), usd(day(3), "50")];
    let held = Owned::new(
        "A",
        &[(day(-9), "1"), (day(1), "0"), (day(3), "1")],
        prices(&[(day(0), "100"), (day(3), "50"), (day(4), "60")]),
        &flows,
    );
    let daily = Daily::of(&held.book(), &dollars(), range(day(1), day(4))).unwrap();
    let figures = Figures::of(&daily).unwrap();
    assert_eq!(shown(figures.twr), "0.32");
    assert_eq!(figures.left_out, []);
}

#[test]
fn a_dividend_that_comes_when_nothing_is_held_any_more_is_said_to_be_left_out() {
    let flows = [usd(day(1), "-110"), usd(day(3), "-2")];
    let held = Owned::new(
        "A",
        &[(day(-9), "1"), (day(1), "0")],
        prices(&[(day(0), "100")]),
        &flows,
    );
    let daily = Daily::of(&held.book(), &dollars(), range(day(1), day(4))).unwrap();
    let figures = Figures::of(&daily).unwrap();
    assert_eq!(shown(figures.twr), "0.1");
    assert_eq!(figures.left_out, [day(3)]);
    assert_eq!(figures.gain, dec("12"));
}

#[test]
fn a_charge_on_a_day_that_nothing_is_held_on_loses_nothing() {
    let flows = [
        usd(day(-5), "0.5"),
        usd(day(-4), "100"),
        usd(day(1), "-110"),
        usd(day(3), "1"),
        usd(day(5), "100"),
    ];
    let held = Owned::new(
        "A",
        &[(day(-4), "1"), (day(1), "0"), (day(5), "1")],
        prices(&[
            (day(-4), "100"),
            (day(1), "110"),
            (day(5), "100"),
            (day(6), "120"),
        ]),
        &flows,
    );
    let daily = Daily::of(&held.book(), &dollars(), range(day(-9), day(6))).unwrap();
    let figures = Figures::of(&daily).unwrap();
    assert_eq!(shown(figures.twr), "0.32");
    assert_eq!(figures.left_out, [day(-5), day(3)]);
    assert_eq!(figures.since, Some(day(-4)));
    assert_eq!(figures.gain, dec("28.5"));
    assert_eq!(figures.max_drawdown.unwrap().depth, Ratio::ZERO);
}

#[test]
fn without_any_money_there_is_no_return() {
    let daily = Daily::of(&Book::default(), &dollars(), range(day(1), day(4))).unwrap();
    let figures = Figures::of(&daily).unwrap();
    assert_eq!(figures.twr, Err(NoFigure::NothingInvested));
    assert_eq!(figures.simple_return, Err(NoFigure::NothingInvested));
    assert_eq!(figures.mwr, Err(NoFigure::NoFlows));
    assert_eq!(figures.volatility, Err(NoFigure::NothingInvested));
    assert_eq!(figures.since, None);
}

#[test]
fn below_zero_there_is_no_return_and_the_day_is_named() {
    let daily = daily_of(&["100", "50", "50"], &[usd(day(2), "60")]);
    assert!(twr(&daily).is_ok());
    let overdrawn = daily_of(
        &["100", "50", "50"],
        &[usd(day(2), "60"), usd(day(1), "10")],
    );
    assert!(twr(&overdrawn).is_ok());
    let fee = [usd(day(1), "10")];
    let cash = super::super::fixtures::balances(&[(day(-1), "5"), (day(1), "-5")]);
    let book = Book {
        cash: vec![super::super::CashTrack {
            currency: Currency::USD,
            balances: &cash,
        }],
        flows: fee.to_vec(),
        cash_tracking: true,
        ..Book::default()
    };
    let daily = Daily::of(&book, &dollars(), range(day(0), day(3))).unwrap();
    assert_eq!(twr(&daily), Err(NoFigure::BelowZero { date: day(1) }));
    assert_eq!(Figures::of(&daily).unwrap().gain, dec("-20"));
}

#[test]
fn a_total_loss_is_a_hundred_per_cent_and_stays_one() {
    let held = Owned::new(
        "A",
        &[(day(-9), "1"), (day(2), "0"), (day(3), "1")],
        prices(&[(day(0), "100"), (day(3), "50")]),
        &[usd(day(3), "50")],
    );
    let daily = Daily::of(&held.book(), &dollars(), range(day(1), day(4))).unwrap();
    assert_eq!(shown(twr(&daily)), "-1");
}

#[test]
fn returns_are_annualised_from_365_days_up() {
    let half = Ratio::try_new(0.5).unwrap();
    assert_eq!(annualized(half, 364), Err(NoFigure::UnderOneYear));
    assert_eq!(shown(annualized(half, 365)), "0.5");
    assert_eq!(shown(annualized(Ratio::try_new(0.21).unwrap(), 730)), "0.1");
    assert_eq!(shown(annualized(Ratio::try_new(-1.0).unwrap(), 730)), "-1");
}

#[test]
fn a_year_held_from_its_first_day_has_365_days() {
    let closes = prices(&[(date(2025, 1, 1), "100"), (date(2026, 1, 1), "110")]);
    let bought = [usd(date(2025, 1, 1), "100")];
    let held = Owned::new("A", &[(date(2025, 1, 1), "1")], closes, &bought);
    let daily = Daily::of(
        &held.book(),
        &dollars(),
        range(date(2025, 1, 1), date(2026, 1, 1)),
    )
    .unwrap();
    let figures = Figures::of(&daily).unwrap();
    assert_eq!(figures.days, Some(365));
    assert_eq!(shown(figures.twr_annualized), "0.1");
    assert_eq!(shown(figures.mwr), "0.1");
    assert_eq!(shown(figures.mwr_over_range), "0.1");
}

#[test]
fn points_of_weeks_months_and_years_are_the_closes_of_their_last_days() {
    let held = Owned::new(
        "A",
        &[(date(2024, 1, 1), "1")],
        prices(&[(date(2024, 1, 1), "100"), (date(2025, 1, 31), "110")]),
        &[usd(date(2025, 1, 30), "1"), usd(date(2025, 2, 3), "1")],
    );
    let daily = Daily::of(
        &held.book(),
        &dollars(),
        range(date(2024, 12, 30), date(2025, 2, 4)),
    )
    .unwrap();
    let returns = Returns::of(&daily).unwrap().unwrap();
    let dates = |interval| -> Vec<String> {
        let points = daily.points(Some(&returns), interval).unwrap();
        points
            .iter()
            .map(|point| format!("{} {}", point.date, point.net_flow))
            .collect()
    };
    assert_eq!(dates(Interval::Year), ["2024-12-31 0", "2025-02-04 2"]);
    assert_eq!(
        dates(Interval::Month),
        ["2024-12-31 0", "2025-01-31 1", "2025-02-04 1"]
    );
    assert_eq!(dates(Interval::Week)[..2], ["2025-01-05 0", "2025-01-12 0"]);
    assert_eq!(dates(Interval::Day).len(), 37);
    let last = daily
        .points(Some(&returns), Interval::Month)
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(last.twr, returns.twr().ok());
    assert_eq!(daily.points(None, Interval::Year).unwrap()[0].twr, None);
}

#[test]
fn intervals_are_words() {
    for interval in Interval::ALL {
        assert_eq!(
            Interval::parse(&interval.as_str().to_uppercase()),
            Ok(interval)
        );
    }
    assert!(Interval::parse("fortnight").is_err());
}

fn price_on(prices: &Series, number: i32) -> Decimal {
    prices.on(day(number)).unwrap().value
}

/// Buys at the close of the day before, sells at the close of the day: the
/// moments at which the formula counts the money.
fn traded(prices: &Series, trades: &[(i32, i64)]) -> Option<Owned> {
    let mut held = Decimal::TEN;
    let mut steps = vec![(day(-9), Quantity::try_new(held).ok()?)];
    let mut flows = Vec::new();
    let mut sorted = trades.to_vec();
    sorted.sort_unstable();
    for (number, units) in sorted {
        held += Decimal::from(units);
        let at = if units > 0 { number - 1 } else { number };
        let amount = price_on(prices, at) * Decimal::from(units);
        steps.push((day(number), Quantity::try_new(held).ok()?));
        flows.push(Flow {
            date: day(number),
            amount: Money::new(amount, Currency::USD),
            rate: None,
        });
    }
    let mut owned = Owned::new("A", &[], prices.clone(), &flows);
    owned.quantities = Series::quantities(steps);
    Some(owned)
}

proptest! {
    #[test]
    fn the_return_of_units_that_never_change_is_the_ratio_of_the_prices(
        prices in some_prices(),
        units in 1i64..1_000_000_000,
    ) {
        let mut held = Owned::new("A", &[], prices.clone(), &[]);
        held.quantities = Series::quantities([(day(-9), Quantity::try_new(Decimal::new(units, 6)).unwrap())]);
        let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(59))).unwrap();
        let ratio = Ratio::of(price_on(&prices, 59), price_on(&prices, -1)).unwrap().value();
        let found = twr(&daily).unwrap().value();
        prop_assert!(((1.0 + found) / ratio - 1.0).abs() < 1e-11, "{found} is not {ratio} - 1");
    }

    #[test]
    fn the_return_does_not_move_when_money_is_added_or_taken(
        prices in some_prices(),
        trades in prop::collection::vec((0i32..60, -4i64..10), 0..6),
    ) {
        // One trade a day, and never all of it sold.
        let distinct: std::collections::BTreeMap<_, _> = trades.into_iter().collect();
        let trades: Vec<_> = distinct.into_iter().collect();
        let untouched = traded(&prices, &[]).unwrap();
        prop_assume!(traded(&prices, &trades).is_some());
        let moved = traded(&prices, &trades).unwrap();
        let days = range(day(0), day(59));
        let still = twr(&Daily::of(&untouched.book(), &dollars(), days).unwrap()).unwrap().value();
        let found = twr(&Daily::of(&moved.book(), &dollars(), days).unwrap()).unwrap().value();
        prop_assert!(((1.0 + found) / (1.0 + still) - 1.0).abs() < 1e-10, "{found} is not {still}");
    }

    #[test]
    fn one_price_for_ever_is_a_return_of_exactly_nothing(
        trades in prop::collection::vec((0i32..60, 1i64..10), 0..6),
    ) {
        let prices = Series::prices([(day(-10), Price::parse("12.34").unwrap())]);
        let held = traded(&prices, &trades).unwrap();
        let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(59))).unwrap();
        prop_assert_eq!(twr(&daily), Ok(Ratio::ZERO));
    }

    #[test]
    fn annualising_over_a_year_and_back_is_the_identity(ratio in -0.99f64..100.0, days in 365i32..20_000) {
        let yearly = annualized(Ratio::try_new(ratio).unwrap(), days).unwrap().value();
        prop_assert!(close_to((1.0 + yearly).powf(f64::from(days) / 365.0) - 1.0, ratio));
    }
}
