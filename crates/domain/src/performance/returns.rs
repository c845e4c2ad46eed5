//! Time-weighted return: what the money earned, whenever it came and went.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Daily;
use super::book::{minus, plus};
use super::range::{date_of, is_weekday};
use super::ratio::{NoFigure, Ratio, float};
use crate::money::ArithmeticError;

/// The daily returns of a [`Daily`] and their chain.
///
/// `factor = (V_end − at_end) ÷ (V_previous + at_start)`, where `at_start` is
/// what came in on the day and `at_end` what went out, as a negative amount;
/// `twr = Π factor − 1` over calendar days. The amounts are exact decimals, the
/// quotients and their product are binary floats (53 bits).
///
/// | A day | Its factor |
/// |---|---|
/// | with nothing invested and nothing earned | 1 |
/// | with nothing invested on which money still came out (a late dividend) or went in (a late fee) | 1; the day is in [`Returns::left_out`] |
/// | that begins or ends below zero | none: there is no chain (`BelowZero`) |
/// | on which everything is lost | 0, and the chain stays at −100 % |
///
/// Source: the formula is the daily valuation method of the GIPS standards,
/// with the flow timing stated above.
#[derive(Debug, Clone, PartialEq)]
pub struct Returns {
    opening: i32,
    /// One for each day of the range.
    factors: Vec<f64>,
    /// Whether money was at work on the day.
    invested: Vec<bool>,
    fresh: Vec<bool>,
    /// 1 at the opening, then the product of the factors.
    index: Vec<f64>,
    left_out: Vec<Date>,
    since: i32,
}

/// The return of one trading day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayReturn {
    pub date: Date,
    pub ratio: Ratio,
}

impl Returns {
    /// # Errors
    ///
    /// `NothingInvested` and `BelowZero` as a figure that does not exist;
    /// `Overflow`.
    pub fn of(daily: &Daily) -> Result<Result<Self, NoFigure>, ArithmeticError> {
        let opening = daily.range().opening_day();
        let rows = daily.value.iter().zip(daily.value.iter().skip(1));
        let flows = daily.at_start.iter().zip(&daily.at_end).skip(1);
        let mut chain = Self {
            opening,
            factors: Vec::with_capacity(daily.value.len()),
            invested: Vec::with_capacity(daily.value.len()),
            fresh: daily.fresh.get(1..).unwrap_or_default().to_vec(),
            index: vec![1.0],
            left_out: Vec::new(),
            since: opening,
        };
        let days = daily.range().days().skip(1);
        for (day, ((previous, value), (came, went))) in days.zip(rows.zip(flows)) {
            let start = plus(*previous, *came)?;
            let end = minus(*value, *went)?;
            if start < Decimal::ZERO || end < Decimal::ZERO {
                return Ok(Err(NoFigure::BelowZero { date: date_of(day) }));
            }
            // A charge on a day that nothing was held on is no loss of what was.
            let nothing_held = previous.is_zero() && value.is_zero() && went.is_zero();
            let start = if nothing_held { Decimal::ZERO } else { start };
            if start.is_zero() && !(end.is_zero() && came.is_zero()) {
                chain.left_out.push(date_of(day));
            }
            chain.push(start, end);
        }
        if !chain.invested.contains(&true) {
            return Ok(Err(NoFigure::NothingInvested));
        }
        if daily.opening_value().is_zero() {
            chain.since = chain.first_invested_day(&daily.at_start);
        }
        Ok(Ok(chain))
    }

    fn push(&mut self, start: Decimal, end: Decimal) {
        let invested = !start.is_zero();
        let factor = if invested {
            float(end) / float(start)
        } else {
            1.0
        };
        let index = self.index.last().copied().unwrap_or(1.0) * factor;
        self.factors.push(factor);
        self.invested.push(invested);
        self.index.push(index);
    }

    /// The day the first money came: at its start, or at its close and so at work from the next.
    fn first_invested_day(&self, at_start: &[Decimal]) -> i32 {
        let days = (self.opening..).zip(at_start).skip(1).zip(&self.invested);
        let first = days
            .map(|((day, came), invested)| (day, came, *invested))
            .find(|(_, _, invested)| *invested);
        first.map_or(self.opening, |(day, came, _)| {
            day.saturating_sub(i32::from(came.is_zero()))
        })
    }

    /// The time-weighted return of the range, not annualised.
    ///
    /// # Errors
    ///
    /// `OutOfRange`.
    pub fn twr(&self) -> Result<Ratio, NoFigure> {
        Ratio::try_new(self.index.last().copied().unwrap_or(1.0) - 1.0)
    }

    /// The return so far at the opening and at every close, for a chart.
    pub fn so_far(&self) -> impl Iterator<Item = (Date, Ratio)> {
        self.index_by_day().map(|(day, index)| {
            let ratio = Ratio::try_new(index - 1.0);
            (date_of(day), ratio.unwrap_or(Ratio::ZERO))
        })
    }

    /// The first day there was money: the opening, or the day of the first flow.
    pub fn since(&self) -> Date {
        date_of(self.since)
    }

    /// Days from [`Returns::since`] to the end: what the return is annualised over.
    pub fn length(&self) -> i32 {
        let days = i32::try_from(self.factors.len()).unwrap_or(i32::MAX);
        self.opening.saturating_add(days).saturating_sub(self.since)
    }

    /// Days on which money came out although nothing was invested. The chain
    /// does not hold it; the gain and the money-weighted return do.
    pub fn left_out(&self) -> &[Date] {
        &self.left_out
    }

    pub(super) fn index_by_day(&self) -> impl Iterator<Item = (i32, f64)> {
        (self.opening..).zip(self.index.iter().copied())
    }

    /// Returns from one trading day to the next. What happened on the days
    /// between, where nothing was priced, belongs to the next trading day.
    pub fn by_trading_day(&self, days: TradingDays) -> impl Iterator<Item = DayReturn> {
        let mut pending = 1.0;
        let rows = (self.opening.saturating_add(1)..)
            .zip(&self.factors)
            .zip(self.invested.iter().zip(&self.fresh));
        rows.filter_map(move |((day, factor), (invested, fresh))| {
            pending *= factor;
            let counts = *invested && *fresh && (days == TradingDays::All || is_weekday(day));
            counts.then(|| {
                let ratio = Ratio::try_new(std::mem::replace(&mut pending, 1.0) - 1.0);
                DayReturn {
                    date: date_of(day),
                    ratio: ratio.unwrap_or(Ratio::ZERO),
                }
            })
        })
    }
}

/// Which days count as trading days: those on which something held has a price
/// of that very day, and money was at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradingDays {
    /// Also Saturdays and Sundays, on which coins are traded.
    All,
    /// Monday to Friday, so that a year has about 252 of them.
    Weekdays,
}

/// A return over `days` as a return over a year, `(1 + r)^(365 ÷ days) − 1`.
///
/// The year has 365 days, as in the money-weighted return. Shorter returns are
/// not annualised, which the GIPS standards forbid.
///
/// ```
/// use domain::performance::{NoFigure, Ratio, annualized};
/// use rust_decimal::Decimal;
/// let two_years = Ratio::of(Decimal::new(342, 3), Decimal::ONE)?;
/// assert_eq!(annualized(two_years, 730)?.written()?.to_string(), "0.15844724");
/// assert_eq!(annualized(two_years, 364), Err(NoFigure::UnderOneYear));
/// # Ok::<(), NoFigure>(())
/// ```
///
/// # Errors
///
/// `UnderOneYear` below 365 days, `OutOfRange`.
pub fn annualized(ratio: Ratio, days: i32) -> Result<Ratio, NoFigure> {
    if days < 365 {
        return Err(NoFigure::UnderOneYear);
    }
    Ratio::try_new((ratio.value().ln_1p() * 365.0 / f64::from(days)).exp_m1())
}

#[cfg(test)]
mod tests;
