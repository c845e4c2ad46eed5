//! The daily columns thinned out for a chart.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::book::plus;
use super::{Daily, Ratio, Returns};
use crate::ValueError;
use crate::money::ArithmeticError;

/// How far apart the points of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interval {
    #[default]
    Day,
    /// ISO weeks, which end on Sunday.
    Week,
    Month,
    Year,
}

/// The close of an interval, and the money that moved during it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// The last day of the interval that is in the range.
    pub date: Date,
    pub value: Decimal,
    pub net_flow: Decimal,
    /// The time-weighted return since the opening; none where there is no chain.
    pub twr: Option<Ratio>,
}

impl Interval {
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// # Errors
    ///
    /// `Malformed` for any other word.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        Self::ALL
            .into_iter()
            .find(|interval| interval.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(ValueError::Malformed {
                expected: "day, week, month or year",
            })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Equal for two dates of one interval.
    fn key(self, date: Date) -> (i16, i16) {
        let week = date.iso_week_date();
        match self {
            Self::Day => (date.year(), date.day_of_year()),
            Self::Week => (week.year(), i16::from(week.week())),
            Self::Month => (date.year(), i16::from(date.month())),
            Self::Year => (date.year(), 0),
        }
    }
}

impl Daily {
    /// One point for each interval the range touches. The flows add up to
    /// those of the days, whatever the interval.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn points(
        &self,
        returns: Option<&Returns>,
        interval: Interval,
    ) -> Result<Vec<Point>, ArithmeticError> {
        let mut points: Vec<Point> = Vec::new();
        let mut last_key = None;
        let mut so_far = returns.map(|returns| returns.so_far().skip(1));
        for day in self.days() {
            let twr = so_far
                .as_mut()
                .and_then(Iterator::next)
                .map(|(_, ratio)| ratio);
            let mut point = Point {
                date: day.date,
                value: day.value,
                net_flow: day.net_flow,
                twr,
            };
            let key = interval.key(day.date);
            match points.last_mut().filter(|_| last_key == Some(key)) {
                Some(earlier) => {
                    point.net_flow = plus(point.net_flow, earlier.net_flow)?;
                    *earlier = point;
                }
                None => points.push(point),
            }
            last_key = Some(key);
        }
        Ok(points)
    }
}
