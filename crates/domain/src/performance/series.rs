//! Dated values as columns, and walking along them.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Split;
use super::book::times;
use super::range::{date_of, day_of};
use crate::money::ArithmeticError;
use crate::{Price, Quantity, Rate};

/// A value that holds from its date until the next one.
///
/// | Asked for | Answer |
/// |---|---|
/// | a date that has a value | that value, age 0 |
/// | a date between two values | the earlier one, with its age in days |
/// | a date after the last value | the last one, with its age in days |
/// | a date before the first value | nothing: neither zero nor a value from the future |
///
/// The same column holds the closing prices of an instrument, the rates of a
/// pair, the units held and the balance of a currency. Each kind has its own
/// constructor, and prices and rates are positive because their types are.
///
/// Invariant: one point a day, in order of days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    points: Vec<Point>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) day: i32,
    pub(super) value: Decimal,
}

impl Point {
    /// What it says about a day on which it is the last one known.
    pub(super) fn seen_on(self, day: i32) -> Observed {
        Observed {
            value: self.value,
            date: date_of(self.day),
            age: u32::try_from(day.saturating_sub(self.day)).unwrap_or(0),
        }
    }
}

/// What a series says about a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    pub value: Decimal,
    /// The day the value is of.
    pub date: Date,
    /// How many days before the date that was asked for.
    pub age: u32,
}

impl Series {
    /// Closing prices as they were traded, in any order. Of two on one date
    /// the later one given counts, here and below.
    pub fn prices(points: impl IntoIterator<Item = (Date, Price)>) -> Self {
        Self::of(
            points
                .into_iter()
                .map(|(date, price)| (date, price.value())),
        )
    }

    /// Units of one currency for one unit of another, in any order.
    pub fn rates(points: impl IntoIterator<Item = (Date, Rate)>) -> Self {
        Self::of(points.into_iter().map(|(date, rate)| (date, rate.value())))
    }

    /// How many units are held at the close of each date and from then on.
    pub fn quantities(steps: impl IntoIterator<Item = (Date, Quantity)>) -> Self {
        Self::of(
            steps
                .into_iter()
                .map(|(date, quantity)| (date, quantity.value())),
        )
    }

    /// A cash balance at the close of each date and from then on. May be negative.
    pub fn balances(steps: impl IntoIterator<Item = (Date, Decimal)>) -> Self {
        Self::of(steps)
    }

    fn of(points: impl IntoIterator<Item = (Date, Decimal)>) -> Self {
        let mut points: Vec<Point> = points
            .into_iter()
            .map(|(date, value)| Point {
                day: day_of(date),
                value,
            })
            .collect();
        // Stable, so that of one day the point given last stays last.
        points.sort_by_key(|point| point.day);
        Self {
            points: one_a_day(points),
        }
    }

    /// The first date that has a value.
    pub fn first_date(&self) -> Option<Date> {
        self.first_day().map(date_of)
    }

    /// The last date that has a value.
    pub fn last_date(&self) -> Option<Date> {
        self.points.last().map(|point| date_of(point.day))
    }

    /// The points of both. Of two on one date that of `other` counts.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let mut points = [self.points.as_slice(), other.points.as_slice()].concat();
        points.sort_by_key(|point| point.day);
        Self {
            points: one_a_day(points),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// The dates that have a value of their own, in order.
    pub fn points(&self) -> impl Iterator<Item = (Date, Decimal)> {
        self.points
            .iter()
            .map(|point| (date_of(point.day), point.value))
    }

    /// The value of a date: its own, or the last one before it.
    ///
    /// ```
    /// use domain::{Price, performance::Series};
    /// use jiff::civil::date;
    /// let friday = (date(2025, 3, 7), Price::parse("239.07")?);
    /// let prices = Series::prices([friday]);
    /// let sunday = prices.on(date(2025, 3, 9)).unwrap();
    /// assert_eq!((sunday.date, sunday.age), (date(2025, 3, 7), 2));
    /// assert_eq!(prices.on(date(2025, 3, 6)), None);
    /// # Ok::<(), domain::ValueError>(())
    /// ```
    pub fn on(&self, date: Date) -> Option<Observed> {
        let day = day_of(date);
        self.at(day).map(|point| point.seen_on(day))
    }

    /// Prices as they would have been had there always been today's units, for
    /// charts and comparisons: `price × old ÷ new` for every split after it.
    /// Quotients keep up to 28 significant digits.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn adjusted_for(&self, splits: &[Split]) -> Result<Self, ArithmeticError> {
        let mut points = self.points.clone();
        for split in splits {
            let day = day_of(split.date);
            for point in points.iter_mut().take_while(|point| point.day < day) {
                let scaled = times(point.value, split.old.value())?.checked_div(split.new.value());
                point.value = scaled.ok_or(ArithmeticError::Overflow)?;
            }
        }
        Ok(Self { points })
    }

    pub(super) fn at(&self, day: i32) -> Option<Point> {
        let after = self.points.partition_point(|point| point.day <= day);
        self.points.get(after.checked_sub(1)?).copied()
    }

    /// The value of a day, where nothing was before the first step.
    pub(super) fn level(&self, day: i32) -> Decimal {
        self.at(day).map_or(Decimal::ZERO, |point| point.value)
    }

    pub(super) fn first_day(&self) -> Option<i32> {
        self.points.first().map(|point| point.day)
    }

    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor {
            rest: &self.points,
            current: None,
        }
    }
}

/// Keeps the last of each day.
fn one_a_day(mut in_order: Vec<Point>) -> Vec<Point> {
    in_order.dedup_by(|later, earlier| {
        let same_day = later.day == earlier.day;
        if same_day {
            earlier.value = later.value;
        }
        same_day
    });
    in_order
}

/// Walks a series forward, a day at a time or in leaps, reading each point once.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a [Point],
    current: Option<Point>,
}

impl Cursor<'_> {
    /// Moves on to `day`, which is not before the last one asked for. Says
    /// whether there is a new point.
    #[inline]
    pub(super) fn advance(&mut self, day: i32) -> bool {
        let mut moved = false;
        while let Some((next, rest)) = self.rest.split_first()
            && next.day <= day
        {
            self.current = Some(*next);
            self.rest = rest;
            moved = true;
        }
        moved
    }

    #[inline]
    pub(super) fn current(&self) -> Option<Point> {
        self.current
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    fn shown(series: &Series, on: Date) -> Option<(String, u32)> {
        series.on(on).map(|seen| (seen.value.to_string(), seen.age))
    }

    #[test]
    fn a_missing_day_carries_the_last_value_with_its_age() {
        let series = Series::prices([
            (date(2025, 3, 7), price("239.07")),
            (date(2025, 3, 10), price("227.48")),
        ]);
        assert_eq!(
            shown(&series, date(2025, 3, 7)),
            Some(("239.07".to_owned(), 0))
        );
        assert_eq!(
            shown(&series, date(2025, 3, 9)),
            Some(("239.07".to_owned(), 2))
        );
        assert_eq!(
            shown(&series, date(2025, 3, 10)),
            Some(("227.48".to_owned(), 0))
        );
        assert_eq!(
            shown(&series, date(2026, 3, 10)),
            Some(("227.48".to_owned(), 365))
        );
    }

    #[test]
    fn nothing_is_known_before_the_first_value() {
        let series = Series::prices([(date(2025, 3, 7), price("1"))]);
        assert_eq!(series.on(date(2025, 3, 6)), None);
        assert_eq!(Series::default().on(date(2025, 3, 6)), None);
        assert!(Series::default().is_empty());
    }

    #[test]
    fn points_come_in_any_order_and_the_last_of_a_day_counts() {
        let day = date(2025, 3, 7);
        let series = Series::prices([
            (date(2025, 3, 9), price("3")),
            (day, price("1")),
            (day, price("2")),
        ]);
        let points: Vec<_> = series
            .points()
            .map(|(on, value)| (on, value.to_string()))
            .collect();
        assert_eq!(
            points,
            [(day, "2".to_owned()), (date(2025, 3, 9), "3".to_owned())]
        );
        assert_eq!(series.len(), 2);
    }

    #[test]
    fn two_series_become_one_and_the_other_one_counts() {
        let first = Series::prices([
            (date(2025, 3, 7), price("1")),
            (date(2025, 3, 10), price("2")),
        ]);
        let other = Series::prices([
            (date(2025, 3, 10), price("3")),
            (date(2025, 3, 5), price("4")),
        ]);
        let both: Vec<_> = first.with(&other).points().collect();
        let days: Vec<_> = both.iter().map(|(on, _)| on.day()).collect();
        let values: Vec<_> = both.iter().map(|(_, value)| value.to_string()).collect();
        assert_eq!((days, values.join(" ")), (vec![5, 7, 10], "4 1 3".into()));
        assert_eq!(first.first_date(), Some(date(2025, 3, 7)));
        assert_eq!(first.last_date(), Some(date(2025, 3, 10)));
    }

    #[test]
    fn quantities_fall_to_zero_and_balances_below_it() {
        let sold = Series::quantities([(date(2025, 3, 7), Quantity::ZERO)]);
        assert_eq!(shown(&sold, date(2025, 3, 8)), Some(("0".to_owned(), 1)));
        let overdrawn = Series::balances([(date(2025, 3, 7), Decimal::from(-5))]);
        assert_eq!(
            shown(&overdrawn, date(2025, 3, 7)),
            Some(("-5".to_owned(), 0))
        );
    }

    proptest! {
        #[test]
        fn walking_sees_what_looking_up_sees(
            points in prop::collection::vec((0i32..60, 1i64..1000), 0..40),
            leaps in prop::collection::vec(0i32..9, 1..30),
        ) {
            let series = Series::balances(points.iter().map(|(day, value)| (date_of(*day), Decimal::from(*value))));
            let mut cursor = series.cursor();
            let mut day = -5;
            let mut before = None;
            for leap in leaps {
                day += leap;
                let moved = cursor.advance(day);
                prop_assert_eq!(cursor.current(), series.at(day));
                prop_assert_eq!(moved, cursor.current() != before);
                before = cursor.current();
            }
        }
    }
}
