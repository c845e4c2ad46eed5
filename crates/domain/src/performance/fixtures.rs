//! Small markets for the tests of performance.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::range::{date_of, day_of};
use super::{Book, Daily, Flow, Range, Rates, Returns, Series, Split, Track};
use crate::{Currency, Money, Price, Quantity, Rate, Ticker, decimal};

/// A Monday.
pub(super) const MONDAY: Date = date(2025, 3, 3);

pub(super) fn dec(text: &str) -> Decimal {
    decimal::parse(text).unwrap()
}

pub(super) fn range(from: Date, to: Date) -> Range {
    Range::try_new(from, to).unwrap()
}

/// The date this many days after [`MONDAY`].
pub(super) fn day(number: i32) -> Date {
    date_of(day_of(MONDAY) + number)
}

pub(super) fn usd(date: Date, amount: &str) -> Flow {
    flow(date, amount, Currency::USD)
}

pub(super) fn flow(date: Date, amount: &str, currency: Currency) -> Flow {
    Flow {
        date,
        amount: Money::new(dec(amount), currency),
        rate: None,
    }
}

pub(super) fn prices(points: &[(Date, &str)]) -> Series {
    Series::prices(
        points
            .iter()
            .map(|(date, text)| (*date, Price::parse(text).unwrap())),
    )
}

pub(super) fn rates(points: &[(Date, &str)]) -> Series {
    Series::rates(
        points
            .iter()
            .map(|(date, text)| (*date, Rate::parse(text).unwrap())),
    )
}

pub(super) fn balances(steps: &[(Date, &str)]) -> Series {
    Series::balances(steps.iter().map(|(date, text)| (*date, dec(text))))
}

/// Only dollars.
pub(super) fn dollars() -> Rates<'static> {
    Rates::into(Currency::USD, [])
}

/// An instrument that owns its columns.
#[derive(Debug, Clone)]
pub(super) struct Owned {
    pub(super) ticker: Ticker,
    pub(super) currency: Currency,
    pub(super) quantities: Series,
    pub(super) prices: Series,
    pub(super) splits: Vec<Split>,
    pub(super) flows: Vec<Flow>,
    pub(super) transfers: Vec<Flow>,
}

impl Owned {
    pub(super) fn new(
        ticker: &str,
        steps: &[(Date, &str)],
        prices: Series,
        flows: &[Flow],
    ) -> Self {
        let quantity = |text: &str| Quantity::parse(text).unwrap_or(Quantity::ZERO);
        Self {
            ticker: Ticker::parse(ticker).unwrap(),
            currency: Currency::USD,
            quantities: Series::quantities(
                steps.iter().map(|(date, text)| (*date, quantity(text))),
            ),
            prices,
            splits: Vec::new(),
            flows: flows.to_vec(),
            transfers: Vec::new(),
        }
    }

    pub(super) fn in_euro(mut self) -> Self {
        self.currency = Currency::EUR;
        self
    }

    pub(super) fn track(&self) -> Track<'_> {
        Track {
            ticker: &self.ticker,
            currency: self.currency,
            quantities: &self.quantities,
            prices: &self.prices,
            splits: &self.splits,
            flows: &self.flows,
            transfers: &self.transfers,
        }
    }

    pub(super) fn book(&self) -> Book<'_> {
        Book::of_one(self.track())
    }
}

/// A daily column with one value a day from [`MONDAY`] on, each day priced,
/// the money `flows` into it.
pub(super) fn daily_of(values: &[&str], flows: &[Flow]) -> Daily {
    let dated: Vec<_> = (0..).map(day).zip(values.iter().copied()).collect();
    let held = Owned::new("ONE", &[(day(-9), "1")], prices(&dated), flows);
    let last = i32::try_from(values.len()).unwrap() - 1;
    Daily::of(&held.book(), &dollars(), range(day(1), day(last))).unwrap()
}

pub(super) fn returns_of(values: &[&str]) -> Returns {
    Returns::of(&daily_of(values, &[])).unwrap().unwrap()
}

pub(super) fn close_to(left: f64, right: f64) -> bool {
    (left - right).abs() <= 1e-10 * right.abs().max(1.0)
}

/// Prices on some of the days −10 to 60, one of them at the very beginning.
pub(super) fn some_prices() -> impl Strategy<Value = Series> {
    let point = (-9i32..60, 1i64..1_000_000);
    (1i64..1_000_000, prop::collection::vec(point, 0..60)).prop_map(|(first, points)| {
        let points = points.into_iter().chain([(-10, first)]);
        Series::prices(
            points.map(|(number, price)| {
                (day(number), Price::try_new(Decimal::new(price, 3)).unwrap())
            }),
        )
    })
}

/// An instrument that is held, and bought and sold, on some of those days.
pub(super) fn some_instrument() -> impl Strategy<Value = Owned> {
    let step = (-12i32..60, 0i64..100_000);
    let flow = (0i32..60, -100_000i64..100_000);
    (
        some_prices(),
        prop::collection::vec(step, 1..12),
        prop::collection::vec(flow, 0..6),
        any::<bool>(),
    )
        .prop_map(|(prices, steps, flows, euro)| {
            let currency = if euro { Currency::EUR } else { Currency::USD };
            let quantity =
                |units| Quantity::try_new(Decimal::new(units, 2)).unwrap_or(Quantity::ZERO);
            let flows = flows.into_iter().map(|(number, cents)| Flow {
                date: day(number),
                amount: Money::new(Decimal::new(cents, 2), currency),
                rate: None,
            });
            Owned {
                ticker: Ticker::parse("SOME").unwrap(),
                currency,
                quantities: Series::quantities(
                    steps
                        .into_iter()
                        .map(|(number, units)| (day(number), quantity(units))),
                ),
                prices,
                splits: Vec::new(),
                flows: flows.collect(),
                transfers: Vec::new(),
            }
        })
}

/// Rates of the euro on some of those days.
pub(super) fn some_rates() -> impl Strategy<Value = Series> {
    let point = (-9i32..60, 1i64..30_000);
    (1i64..30_000, prop::collection::vec(point, 0..40)).prop_map(|(first, points)| {
        let points = points.into_iter().chain([(-10, first)]);
        Series::rates(
            points
                .map(|(number, rate)| (day(number), Rate::try_new(Decimal::new(rate, 4)).unwrap())),
        )
    })
}
