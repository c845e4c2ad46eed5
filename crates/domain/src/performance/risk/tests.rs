use proptest::prelude::*;

use super::super::fixtures::{
    Owned, close_to, day, dollars, prices, range, returns_of, some_prices,
};
use super::super::{Daily, Series};
use super::*;

fn depth(values: &[&str]) -> (String, Option<Fall>) {
    let found = Drawdown::of(&returns_of(values));
    (found.depth.written().unwrap().to_string(), found.fall)
}

#[test]
fn a_value_that_never_falls_has_no_drawdown() {
    assert_eq!(depth(&["10", "10", "11", "12"]), ("0".to_owned(), None));
}

#[test]
fn the_deepest_fall_counts_and_not_the_last() {
    let (depth, fall) = depth(&["100", "50", "100", "80", "120"]);
    assert_eq!(depth, "0.5");
    let days = Fall {
        peak: day(0),
        trough: day(1),
        recovery: Some(day(2)),
    };
    assert_eq!(fall, Some(days));
}

#[test]
fn a_fall_that_is_not_made_up_for_has_no_recovery() {
    let (depth, fall) = depth(&["100", "120", "120", "60", "119", "90"]);
    assert_eq!(depth, "0.5");
    assert_eq!(
        fall,
        Some(Fall {
            peak: day(2),
            trough: day(3),
            recovery: None
        })
    );
}

#[test]
fn a_high_is_reached_again_although_floats_do_not_add_up() {
    // 1 × 49/100 × 100/49 is a little off one.
    let (_, fall) = depth(&["100", "49", "33", "77", "100", "90"]);
    assert_eq!(
        fall,
        Some(Fall {
            peak: day(0),
            trough: day(2),
            recovery: Some(day(4))
        })
    );
}

#[test]
fn of_equally_deep_falls_the_first_counts() {
    let (_, fall) = depth(&["100", "50", "200", "100", "200"]);
    assert_eq!(fall.map(|fall| fall.trough), Some(day(1)));
}

#[test]
fn a_total_loss_is_a_drawdown_of_one() {
    let held = Owned::new(
        "A",
        &[(day(-9), "1"), (day(2), "0")],
        prices(&[(day(0), "100")]),
        &[],
    );
    let daily = Daily::of(&held.book(), &dollars(), range(day(1), day(4))).unwrap();
    let found = Drawdown::of(&Returns::of(&daily).unwrap().unwrap());
    assert_eq!(found.depth.to_string(), "100.00 %");
}

#[test]
fn weekends_and_holidays_are_no_days_without_risk() {
    // Monday to Monday, nothing on Saturday and Sunday.
    let closes = [
        (day(-3), "100"),
        (day(0), "101"),
        (day(1), "99"),
        (day(2), "100"),
        (day(3), "102"),
        (day(4), "101"),
        (day(7), "103"),
    ];
    let returns = |closes: &[_]| {
        let held = Owned::new("A", &[(day(-9), "1")], prices(closes), &[]);
        let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(7))).unwrap();
        Returns::of(&daily).unwrap().unwrap()
    };
    let found = returns(&closes);
    assert_eq!(found.by_trading_day(TradingDays::Weekdays).count(), 6);
    let each: Vec<f64> = found
        .by_trading_day(TradingDays::All)
        .map(|day| day.ratio.value())
        .collect();
    let mean = each.iter().sum::<f64>() / 6.0;
    let variance = each.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / 5.0;
    assert!(close_to(
        volatility(&found).unwrap().value(),
        (variance * 252.0).sqrt()
    ));

    // A coin has prices on the weekend; they belong to Monday.
    let mut coin = closes.to_vec();
    coin.extend([(day(5), "50"), (day(6), "102")]);
    let coin = returns(&coin);
    assert_eq!(coin.by_trading_day(TradingDays::All).count(), 8);
    assert!(close_to(
        volatility(&coin).unwrap().value(),
        volatility(&found).unwrap().value()
    ));
    let (best, worst) = best_and_worst(&coin).unwrap();
    assert_eq!((best.date, worst.date), (day(6), day(5)));
}

#[test]
fn one_return_has_no_spread_and_no_prices_have_no_best_day() {
    assert_eq!(
        volatility(&returns_of(&["100", "110"])),
        Err(NoFigure::TooFewDays)
    );
    let held = Owned::new("A", &[(day(-9), "1")], prices(&[(day(-9), "100")]), &[]);
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(7))).unwrap();
    let returns = Returns::of(&daily).unwrap().unwrap();
    assert_eq!(best_and_worst(&returns), Err(NoFigure::TooFewDays));
    assert_eq!(volatility(&returns), Err(NoFigure::TooFewDays));
}

#[test]
fn the_best_and_the_worst_day_are_the_first_of_equals() {
    let (best, worst) =
        best_and_worst(&returns_of(&["100", "110", "99", "108.9", "98.01"])).unwrap();
    assert_eq!((best.date, worst.date), (day(1), day(2)));
    assert_eq!(
        (best.ratio.to_string(), worst.ratio.to_string()),
        ("10.00 %".to_owned(), "-10.00 %".to_owned())
    );
}

fn held(prices: Series) -> Returns {
    let held = Owned::new("A", &[(day(-9), "1")], prices, &[]);
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(59))).unwrap();
    Returns::of(&daily).unwrap().unwrap()
}

proptest! {
    #[test]
    fn a_drawdown_is_between_nothing_and_everything(prices in some_prices()) {
        let found = Drawdown::of(&held(prices.clone()));
        let depth = found.depth.value();
        prop_assert!((0.0..=1.0).contains(&depth));
        prop_assert_eq!(found.fall.is_none(), depth == 0.0);
        let Some(fall) = found.fall else { return Ok(()) };
        prop_assert!(fall.peak < fall.trough);
        prop_assert!(fall.recovery.is_none_or(|recovery| fall.trough < recovery));
        let at = |date| super::super::ratio::float(prices.on(date).unwrap().value);
        prop_assert!(close_to(1.0 - at(fall.trough) / at(fall.peak), depth));
    }

    #[test]
    fn no_two_closes_are_further_apart_than_the_drawdown(prices in some_prices()) {
        let depth = Drawdown::of(&held(prices.clone())).depth.value();
        let closes: Vec<f64> = (-1..60).map(|number| super::super::ratio::float(prices.on(day(number)).unwrap().value)).collect();
        for (place, earlier) in closes.iter().enumerate() {
            for later in &closes[place..] {
                prop_assert!(1.0 - later / earlier <= depth + 1e-9);
            }
        }
    }

    #[test]
    fn every_day_lies_between_the_worst_and_the_best(prices in some_prices()) {
        let returns = held(prices);
        if let Ok((best, worst)) = best_and_worst(&returns) {
            for day in returns.by_trading_day(TradingDays::All) {
                prop_assert!(worst.ratio <= day.ratio && day.ratio <= best.ratio);
            }
        }
    }
}
