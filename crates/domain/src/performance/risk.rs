//! How much a value moved on the way.

use jiff::civil::Date;

use super::range::date_of;
use super::ratio::{NoFigure, Ratio};
use super::returns::{DayReturn, Returns, TradingDays};

/// Trading days in a year, by convention.
const TRADING_DAYS_A_YEAR: f64 = 252.0;

/// Two indices closer than this, relatively, are the same: ten years of
/// chained floats are off by less.
const NOISE: f64 = 1e-12;

/// The sample standard deviation of the returns from weekday to weekday, times √252.
///
/// A day counts from Monday to Friday if something held has a price of that
/// very day; weekends and holidays would count as days without risk. What a
/// coin does on a weekend is part of Monday's return. The divisor is n − 1.
///
/// # Errors
///
/// `TooFewDays` below two returns, `OutOfRange`.
pub fn volatility(returns: &Returns) -> Result<Ratio, NoFigure> {
    // In one pass, by Welford's update, which does not cancel where returns hardly differ.
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for day in returns.by_trading_day(TradingDays::Weekdays) {
        count += 1.0;
        let off = day.ratio.value() - mean;
        mean += off / count;
        squares += off * (day.ratio.value() - mean);
    }
    if count < 2.0 {
        return Err(NoFigure::TooFewDays);
    }
    Ratio::try_new((squares / (count - 1.0) * TRADING_DAYS_A_YEAR).sqrt())
}

/// The deepest fall from a high: `1 − trough ÷ peak` of the time-weighted index.
///
/// Money that comes or goes is no rise and no fall. Closes are compared, so
/// that a fall within a day is not seen. Of equally deep falls the first counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawdown {
    /// 0 if the index never fell, 1 if everything was lost.
    pub depth: Ratio,
    /// None if the index never fell.
    pub fall: Option<Fall>,
}

/// The days of a fall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fall {
    /// The last close at the high.
    pub peak: Date,
    pub trough: Date,
    /// The first close at which the high was reached again, if it was.
    pub recovery: Option<Date>,
}

impl Drawdown {
    pub fn of(returns: &Returns) -> Self {
        let mut high = (returns.index_by_day().next().map_or(0, |(day, _)| day), 1.0);
        let mut deepest = 0.0;
        let mut fall: Option<Fall> = None;
        let mut high_of_fall = f64::INFINITY;
        for (day, index) in returns.index_by_day() {
            if let Some(open) = fall.as_mut().filter(|fall| fall.recovery.is_none())
                && index >= high_of_fall * (1.0 - NOISE)
            {
                open.recovery = Some(date_of(day));
            }
            if index >= high.1 * (1.0 - NOISE) {
                high = (day, index.max(high.1));
            }
            let depth = 1.0 - index / high.1;
            if depth > deepest + NOISE {
                deepest = depth;
                high_of_fall = high.1;
                fall = Some(Fall {
                    peak: date_of(high.0),
                    trough: date_of(day),
                    recovery: None,
                });
            }
        }
        Self {
            depth: Ratio::try_new(deepest).unwrap_or(Ratio::ZERO),
            fall,
        }
    }
}

/// The trading days with the highest and the lowest return, weekends included.
/// Of equal ones the first counts.
///
/// # Errors
///
/// `TooFewDays` where nothing held was ever priced.
pub fn best_and_worst(returns: &Returns) -> Result<(DayReturn, DayReturn), NoFigure> {
    let mut days = returns.by_trading_day(TradingDays::All);
    let first = days.next().ok_or(NoFigure::TooFewDays)?;
    Ok(days.fold((first, first), |(best, worst), day| {
        (
            if day.ratio > best.ratio { day } else { best },
            if day.ratio < worst.ratio { day } else { worst },
        )
    }))
}

#[cfg(test)]
mod tests;
