use proptest::prelude::*;

use super::super::fixtures::{
    Owned, close_to, daily_of, day, dec, dollars, flow, prices, range, rates, some_prices, usd,
};
use super::super::{Book, Figures, Gap, Split};
use super::*;
use crate::Quantity;

fn ticker() -> Ticker {
    Ticker::parse("SPY").unwrap()
}

fn against(daily: &Daily, closes: &Series) -> Result<Benchmark, Unvalued> {
    Benchmark::of(daily, &ticker(), Currency::USD, closes, &dollars())
}

fn values(benchmark: &Benchmark) -> Vec<String> {
    benchmark
        .values
        .iter()
        .map(|(_, value)| value.normalize().to_string())
        .collect()
}

#[test]
fn the_same_money_buys_and_sells_the_benchmark_at_its_closes() {
    let daily = daily_of(
        &["100", "220", "230", "130"],
        &[usd(day(1), "110"), usd(day(3), "-100")],
    );
    let closes = prices(&[(day(-5), "10"), (day(1), "11"), (day(3), "12.5")]);
    let found = against(&daily, &closes).unwrap();
    // Ten units for 100, ten more for 110, eight sold for 100.
    assert_eq!(values(&found), ["100", "220", "220", "150"]);
    assert_eq!(found.twr.unwrap().to_string(), "25.00 %");
    assert_eq!(found.short_from, None);
    assert_eq!(found.values[0].0, day(0));
}

#[test]
fn a_benchmark_in_another_currency_is_bought_at_the_rate_of_the_day() {
    let daily = daily_of(&["100", "100", "100"], &[]);
    let euro = rates(&[(day(-5), "1.25"), (day(2), "1.5")]);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let closes = prices(&[(day(-5), "8")]);
    let found = Benchmark::of(&daily, &ticker(), Currency::EUR, &closes, &rates).unwrap();
    assert_eq!(values(&found), ["100", "100", "120"]);
    assert_eq!(found.twr.unwrap().to_string(), "20.00 %");
}

#[test]
fn more_taken_out_than_the_benchmark_had_earned_is_a_debt_and_said() {
    let daily = daily_of(&["100", "200", "1"], &[usd(day(2), "-199")]);
    let closes = prices(&[(day(0), "10"), (day(1), "11")]);
    let found = against(&daily, &closes).unwrap();
    assert_eq!(found.short_from, Some(day(2)));
    assert!(found.values[2].1 < Decimal::ZERO);
}

#[test]
fn money_without_a_price_to_buy_at_is_named() {
    let daily = daily_of(&["100", "200", "200"], &[usd(day(1), "100")]);
    let late = prices(&[(day(2), "10")]);
    let what = Missing::Price(ticker());
    let gap = Gap {
        what,
        from: day(0),
        to: day(1),
    };
    assert_eq!(against(&daily, &late), Err(Unvalued::Missing(vec![gap])));
    let rate = Missing::Rate {
        base: Currency::GBP,
        quote: Currency::USD,
    };
    let found = Benchmark::of(
        &daily,
        &ticker(),
        Currency::GBP,
        &prices(&[(day(-5), "10")]),
        &dollars(),
    );
    assert_eq!(
        found,
        Err(Unvalued::Missing(vec![Gap {
            what: rate,
            from: day(0),
            to: day(1)
        }]))
    );
}

#[test]
fn a_benchmark_is_compared_from_the_first_money_on() {
    let held = Owned::new(
        "A",
        &[(day(2), "1")],
        prices(&[(day(2), "50")]),
        &[usd(day(2), "50")],
    );
    let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(4))).unwrap();
    let found = against(
        &daily,
        &prices(&[(day(1), "5"), (day(2), "10"), (day(4), "11")]),
    )
    .unwrap();
    assert_eq!(values(&found), ["0", "0", "0", "50", "50", "55"]);
    assert_eq!(found.twr.unwrap().to_string(), "10.00 %");
    let empty = Daily::of(&Book::default(), &dollars(), range(day(0), day(4))).unwrap();
    let found = against(&empty, &Series::default()).unwrap();
    assert_eq!(found.twr, Err(NoFigure::NothingInvested));
    assert_eq!(found.mwr, Err(NoFigure::NoFlows));
}

#[test]
fn a_split_of_the_benchmark_is_taken_out_of_its_prices() {
    let number = |text| Quantity::parse(text).unwrap();
    let split = Split {
        date: day(1),
        new: number("4"),
        old: number("1"),
    };
    let closes = prices(&[(day(0), "400"), (day(1), "100"), (day(2), "110")])
        .adjusted_for(&[split])
        .unwrap();
    let found = against(&daily_of(&["100", "100", "100"], &[]), &closes).unwrap();
    assert_eq!(values(&found), ["100", "100", "110"]);
}

#[test]
fn units_are_rounded_half_to_even_to_ten_places() {
    let daily = daily_of(&["1", "1"], &[]);
    let found = against(&daily, &prices(&[(day(0), "3")])).unwrap();
    assert_eq!(found.values[1].1, dec("0.9999999999"));
}

#[test]
fn flows_in_another_currency_reach_the_benchmark_converted() {
    let euro = rates(&[(day(-5), "2")]);
    let rates = Rates::into(Currency::USD, [(Currency::EUR, &euro)]);
    let bought = [flow(day(1), "50", Currency::EUR)];
    let held = Owned::new("A", &[(day(1), "1")], prices(&[(day(1), "100")]), &bought);
    let daily = Daily::of(&held.book(), &rates, range(day(0), day(2))).unwrap();
    let found = Benchmark::of(
        &daily,
        &ticker(),
        Currency::USD,
        &prices(&[(day(-5), "10")]),
        &rates,
    )
    .unwrap();
    assert_eq!(values(&found), ["0", "0", "100", "100"]);
}

proptest! {
    #[test]
    fn a_holding_bought_at_its_closes_is_its_own_benchmark(
        closes in some_prices(),
        buys in prop::collection::btree_map(0i32..60, 1i64..1000, 1..8),
    ) {
        let mut units = Decimal::ZERO;
        let (mut steps, mut flows) = (Vec::new(), Vec::new());
        for (number, bought) in &buys {
            units += Decimal::from(*bought);
            steps.push((day(*number), Quantity::try_new(units).unwrap()));
            let cost = closes.on(day(*number)).unwrap().value * Decimal::from(*bought);
            flows.push(usd(day(*number), &cost.to_string()));
        }
        let mut held = Owned::new("A", &[], closes.clone(), &flows);
        held.quantities = Series::quantities(steps);
        let daily = Daily::of(&held.book(), &dollars(), range(day(0), day(59))).unwrap();
        let found = against(&daily, &closes).unwrap();
        let own: Vec<_> = daily.days().map(|day| (day.date, day.value)).collect();
        prop_assert_eq!(&found.values[1..], &own[..]);
        let own = Figures::of(&daily).unwrap();
        match (found.mwr.map(|rate| rate.rate()), own.mwr) {
            (Ok(Ok(found)), Ok(own)) => prop_assert!(close_to(found.value(), own.value())),
            (Ok(found), own) => prop_assert_eq!(found.is_ok(), own.is_ok()),
            (found, own) => prop_assert_eq!(found.err(), own.err()),
        }
    }
}
