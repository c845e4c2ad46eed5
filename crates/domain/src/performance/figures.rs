//! All figures of a range at once.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::ratio::{NoFigure, Ratio};
use super::risk::{best_and_worst, volatility};
use super::{Daily, DayReturn, Drawdown, MoneyWeighted, Returns, annualized};
use crate::money::ArithmeticError;
use crate::valuation::Status;

/// A figure is a value, or the reason why there is none.
type Figure<T> = Result<T, NoFigure>;

/// Every figure of one [`Daily`]. Each stands for itself: one that does not
/// exist takes no other with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Of all figures: [`Daily::missing`] names what they do not cover.
    pub status: Status,
    /// Exact: closing value less opening value less net flows.
    pub gain: Decimal,
    /// `gain ÷ (opening value + all that came in)`.
    pub simple_return: Figure<Ratio>,
    pub twr: Figure<Ratio>,
    pub twr_annualized: Figure<Ratio>,
    /// A yearly rate, whatever the length of the range.
    pub mwr: Figure<Ratio>,
    /// The same rate over the days there was money.
    pub mwr_over_range: Figure<Ratio>,
    /// Further rates that solve the same flows.
    pub mwr_others: Vec<Ratio>,
    pub volatility: Figure<Ratio>,
    pub max_drawdown: Figure<Drawdown>,
    pub best_day: Figure<DayReturn>,
    pub worst_day: Figure<DayReturn>,
    /// The first day there was money, from which `days` are counted.
    pub since: Option<Date>,
    pub days: Option<i32>,
    /// Days whose earnings the time-weighted figures do not hold.
    pub left_out: Vec<Date>,
    /// The day that leaves no return, because it began or ended with less than nothing.
    pub below_zero: Option<Date>,
}

impl Figures {
    /// # Errors
    ///
    /// `Overflow`.
    pub fn of(daily: &Daily) -> Result<Self, ArithmeticError> {
        Ok(Self::with_returns(daily)?.0)
    }

    /// The figures and the chain of returns they were made from.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn with_returns(daily: &Daily) -> Result<(Self, Figure<Returns>), ArithmeticError> {
        let returns = Returns::of(daily)?;
        let chain = || returns.as_ref().map_err(|none| *none);
        let mwr = MoneyWeighted::of_daily(daily)?;
        let rate = || mwr.as_ref().map_err(|none| *none);
        let extremes = chain().and_then(best_and_worst);
        let gain = daily.gain()?;
        let figures = Self {
            status: daily.status(),
            gain,
            simple_return: Ratio::of(gain, daily.put_in()?),
            twr: chain().and_then(Returns::twr),
            twr_annualized: chain().and_then(|chain| annualized(chain.twr()?, chain.length())),
            mwr: rate().and_then(MoneyWeighted::rate),
            mwr_over_range: rate().and_then(|rate| rate.over(rate.days())),
            mwr_others: rate().map_or_else(|_| Vec::new(), |rate| rate.others().collect()),
            volatility: chain().and_then(volatility),
            max_drawdown: chain().map(Drawdown::of),
            best_day: extremes.map(|(best, _)| best),
            worst_day: extremes.map(|(_, worst)| worst),
            since: chain().map(Returns::since).ok(),
            days: chain().map(Returns::length).ok(),
            below_zero: match &returns {
                Err(NoFigure::BelowZero { date }) => Some(*date),
                _ => None,
            },
            left_out: chain().map_or_else(|_| Vec::new(), |chain| chain.left_out().to_vec()),
        };
        Ok((figures, returns))
    }
}
