//! How well money has done: values and flows day by day, returns, risk.
//!
//! | Room | What it gives |
//! |---|---|
//! | [`Series`] | prices, rates, quantities and balances as dated columns |
//! | [`Book`] | what is followed: tracks, cash, and the money that moved |
//! | [`Daily`] | the value and the flows of every day, exact |
//! | [`Close`] | one day of it, line by line, with the prices and rates used |
//! | [`Returns`] | time-weighted return, day by day and chained |
//! | [`MoneyWeighted`] | the internal rate of return of dated flows (XIRR) |
//! | [`Drawdown`], [`volatility`], [`best_and_worst`] | risk |
//! | [`Benchmark`] | the same money in another instrument |
//! | [`Statement`] | where the difference between two values came from, exact |
//! | [`Figures`] | all figures of a range at once |
//!
//! Nothing here knows the ledger. Amounts are exact decimals; a [`Ratio`] is a
//! statistic and the only kind of float. `docs/performance.md` has a section
//! for each figure: formula, source, edge cases, a worked example.
//!
//! Invariant: what is missing is named. A price or rate is carried forward with
//! its age, never taken from the future and never invented.

mod benchmark;
mod book;
mod close;
mod daily;
mod figures;
mod marked;
mod points;
mod range;
mod ratio;
mod returns;
mod risk;
mod series;
mod statement;
mod xirr;

pub use benchmark::{Benchmark, Trade};
pub use book::{Book, CashTrack, Flow, Gap, Rates, Split, Track, Unvalued};
pub use close::{CashLine, Close, Line};
pub use daily::{Daily, Day};
pub use figures::Figures;
pub use points::{Interval, Point};
pub use range::{Range, RangeError};
pub use ratio::{NoFigure, RATIO_PLACES, Ratio};
pub use returns::{DayReturn, Returns, TradingDays, annualized};
pub use risk::{Drawdown, Fall, best_and_worst, volatility};
pub use series::{Observed, Series};
pub use statement::{
    Direction, OpenLot, Posting, PostingKind, Realized, Records, Statement, Transferred,
};
pub use xirr::MoneyWeighted;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
