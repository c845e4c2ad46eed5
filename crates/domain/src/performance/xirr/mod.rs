//! Money-weighted return: the one rate at which the money would have earned what it did.

mod roots;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use self::roots::Polynomial;
use super::Daily;
use super::book::{minus, plus};
use super::range::{date_of, day_of};
use super::ratio::{NoFigure, Ratio, float};
use crate::money::ArithmeticError;

/// The internal rate of return of dated flows, known as XIRR: the `r` with
///
/// `Σ amount ÷ (1 + r)^(days ÷ 365) = 0`,
///
/// days counted from the first flow, a year of 365 days always (act/365
/// fixed). This is the formula Microsoft documents for XIRR. An amount put in
/// is negative and an amount got out positive; turning all signs round changes
/// nothing.
///
/// **Several rates.** Flows that change sign more than once can have more than
/// one. The one nearest to zero, in `ln(1 + r)`, is the figure, and
/// [`MoneyWeighted::others`] says that there are more. **No rate.** The reason
/// is a [`NoFigure`].
///
/// The rate is found as `x = ln(1 + r)`, which reaches from total loss to any
/// multiple on one even scale, and is right to about twelve digits.
#[derive(Debug, Clone, PartialEq)]
pub struct MoneyWeighted {
    log: f64,
    others: Vec<f64>,
    days: i32,
}

/// A yearly rate outside of −99.99999999 % to 10¹² % is no help to anyone.
const LOWEST_RATE: f64 = -0.999_999_999_9;
const HIGHEST_RATE: f64 = 1e10;

impl MoneyWeighted {
    /// The rate of flows in any order. Those of one day are added up first;
    /// zeros do not count.
    ///
    /// ```
    /// use domain::performance::MoneyWeighted;
    /// use jiff::civil::date;
    /// let flows = [(date(2024, 1, 1), (-100).into()), (date(2024, 12, 31), 110.into())];
    /// let found = MoneyWeighted::of(flows)?.unwrap();
    /// assert_eq!(found.rate().unwrap().written().unwrap().to_string(), "0.1");
    /// # Ok::<(), domain::money::ArithmeticError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `NoFlows`, `OneFlow`, `AllOnOneDay`, `AllOneSign` and `NoRoot` as a
    /// figure that does not exist; `Overflow`.
    pub fn of(
        flows: impl IntoIterator<Item = (Date, Decimal)>,
    ) -> Result<Result<Self, NoFigure>, ArithmeticError> {
        let mut by_day: BTreeMap<i32, Decimal> = BTreeMap::new();
        let mut count = 0_usize;
        for (date, amount) in flows.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            let sum = by_day.entry(day_of(date)).or_default();
            *sum = plus(*sum, amount)?;
            count = count.saturating_add(1);
        }
        if count < 2 {
            return Ok(Err(if count == 0 {
                NoFigure::NoFlows
            } else {
                NoFigure::OneFlow
            }));
        }
        if by_day.len() < 2 {
            return Ok(Err(NoFigure::AllOnOneDay));
        }
        by_day.retain(|_, amount| !amount.is_zero());
        Ok(Self::of_days(&by_day))
    }

    fn of_days(by_day: &BTreeMap<i32, Decimal>) -> Result<Self, NoFigure> {
        let (Some((first, _)), Some((last, _))) =
            (by_day.first_key_value(), by_day.last_key_value())
        else {
            return Err(NoFigure::NoFlows);
        };
        let gained = by_day
            .values()
            .filter(|amount| **amount > Decimal::ZERO)
            .count();
        if gained == 0 || gained == by_day.len() {
            return Err(NoFigure::AllOneSign);
        }
        let terms = by_day.iter().map(|(day, amount)| {
            (
                f64::from(day.saturating_sub(*first)) / 365.0,
                float(*amount),
            )
        });
        let mut roots = Polynomial::of(terms.collect()).roots();
        roots.sort_by(|left, right| left.abs().total_cmp(&right.abs()));
        let mut roots = roots.into_iter();
        Ok(Self {
            log: roots.next().ok_or(NoFigure::NoRoot)?,
            others: roots.collect(),
            days: last.saturating_sub(*first),
        })
    }

    /// The rate of a book: its opening value put in at the opening, every
    /// day's net flow on its day, its closing value got out at the end.
    ///
    /// # Errors
    ///
    /// As [`MoneyWeighted::of`].
    pub fn of_daily(daily: &Daily) -> Result<Result<Self, NoFigure>, ArithmeticError> {
        Self::of_values(daily, daily.opening_value(), daily.closing_value())
    }

    /// The same flows between other values.
    pub(super) fn of_values(
        daily: &Daily,
        opening: Decimal,
        closing: Decimal,
    ) -> Result<Result<Self, NoFigure>, ArithmeticError> {
        let mut flows = vec![
            (daily.range().opening(), minus(Decimal::ZERO, opening)?),
            (daily.range().to(), closing),
        ];
        let columns = daily.at_start.iter().zip(&daily.at_end);
        for (day, (came, went)) in daily.range().days().zip(columns) {
            // What joins and what leaves at the close of the opening is in its value already.
            if !came.is_zero() || !went.is_zero() {
                flows.push((date_of(day), minus(minus(Decimal::ZERO, *came)?, *went)?));
            }
        }
        Self::of(flows)
    }

    /// The rate of a year.
    ///
    /// # Errors
    ///
    /// `OutOfRange` outside of −99.99999999 % to 10¹² %. Over a few days any
    /// move is such a rate; [`MoneyWeighted::over`] then still says what it was.
    pub fn rate(&self) -> Result<Ratio, NoFigure> {
        yearly(self.log)
    }

    /// The same rate over a number of days, `(1 + r)^(days ÷ 365) − 1`.
    ///
    /// # Errors
    ///
    /// `OutOfRange`.
    pub fn over(&self, days: i32) -> Result<Ratio, NoFigure> {
        Ratio::try_new((self.log * f64::from(days) / 365.0).exp_m1())
    }

    /// Days from the first flow to the last.
    pub fn days(&self) -> i32 {
        self.days
    }

    /// Further rates that solve the same flows, nearest to zero first, as far
    /// as they can be shown.
    pub fn others(&self) -> impl Iterator<Item = Ratio> {
        self.others.iter().filter_map(|log| yearly(*log).ok())
    }
}

fn yearly(log: f64) -> Result<Ratio, NoFigure> {
    let rate = log.exp_m1();
    if (LOWEST_RATE..=HIGHEST_RATE).contains(&rate) {
        Ratio::try_new(rate)
    } else {
        Err(NoFigure::OutOfRange)
    }
}

#[cfg(test)]
mod tests;
