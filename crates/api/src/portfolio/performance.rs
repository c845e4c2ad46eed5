//! How well money has done: figures, their series, the statement.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Explanation, FigureStatus};
use crate::number::Number;

/// How far apart the points of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum PerformanceInterval {
    /// Every calendar day.
    #[serde(rename = "1d")]
    Day,
    /// ISO weeks, which end on Sunday.
    #[serde(rename = "1w")]
    Week,
    #[serde(rename = "1mo")]
    Month,
}

impl PerformanceInterval {
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// As it is written in a URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "1d",
            Self::Week => "1w",
            Self::Month => "1mo",
        }
    }
}

/// How well money has done over a range of days, both included.
///
/// Amounts are exact and in `currency`. Ratios (0.05 is five per cent) are statistics with eight
/// decimal places, rounded half to even. A figure that does not exist is `null`, and `reasons` says
/// why.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Performance {
    /// `null` when it is of all portfolios.
    #[schema(required, value_type = Option<String>, format = Uuid)]
    pub portfolio_id: Option<String>,
    /// `null` unless it is of one holding.
    #[schema(required, example = "AAPL")]
    pub ticker_symbol: Option<String>,
    /// The currency of every amount that does not name its own.
    #[schema(example = "USD")]
    pub currency: String,
    /// The range opens at the close of the day before.
    pub from: Date,
    pub to: Date,
    pub interval: PerformanceInterval,
    /// `partial` where `missing` names something the figures do not cover, `unavailable` where there
    /// are none for it.
    pub status: FigureStatus,
    pub missing: Vec<MissingDays>,
    /// What looks wrong in the ledger.
    pub warnings: Vec<PerformanceWarning>,
    /// At the close of the day before `from`.
    #[schema(required)]
    pub start_value: Option<Number>,
    /// At the close of `to`; of today, at the current prices.
    #[schema(required)]
    pub end_value: Option<Number>,
    /// Money that came in less money that went out.
    #[schema(required)]
    pub net_flow: Option<Number>,
    /// `end_value − start_value − net_flow`.
    #[schema(required)]
    pub gain: Option<Number>,
    /// `gain` divided by the start value and all that came in.
    #[schema(required)]
    pub simple_return: Option<Number>,
    /// Time-weighted return of the range: what the money earned, whenever it came and went.
    #[schema(required)]
    pub twr: Option<Number>,
    /// From one year up.
    #[schema(required)]
    pub twr_annualized: Option<Number>,
    /// Money-weighted return (XIRR): a yearly rate, however long the range.
    #[schema(required)]
    pub mwr: Option<Number>,
    /// The same rate over the days there was money: the one to show for less than a year.
    #[schema(required)]
    pub mwr_over_range: Option<Number>,
    /// Other rates that solve the same flows.
    pub mwr_others: Vec<Number>,
    /// Of a year, from the returns of trading days.
    #[schema(required)]
    pub volatility: Option<Number>,
    #[schema(required)]
    pub max_drawdown: Option<MaxDrawdown>,
    #[schema(required)]
    pub best_day: Option<ReturnOfDay>,
    #[schema(required)]
    pub worst_day: Option<ReturnOfDay>,
    /// The first day there was money: the opening, or the day of the first flow.
    #[schema(required)]
    pub since: Option<Date>,
    /// Days from `since` to `to`, over which `twr_annualized` is counted.
    #[schema(required)]
    pub days: Option<i32>,
    /// Days on which money came out although nothing was held. `twr` does not have it, `gain` and
    /// `mwr` do.
    pub left_out: Vec<Date>,
    /// The first day that began or ended below zero, where returns are `VALUE_BELOW_ZERO`.
    #[schema(required)]
    pub below_zero: Option<Date>,
    /// Why a figure is `null`, by its name, as a stable word: `MISSING_INPUT` where `missing` says
    /// what, else as for the figure in the documentation (`UNDER_ONE_YEAR`, `NOTHING_INVESTED`, …).
    pub reasons: BTreeMap<String, String>,
    /// Where the difference between the two values came from; `null` unless it is whole.
    #[schema(required)]
    pub statement: Option<PerformanceStatement>,
    /// `null` unless asked for.
    #[schema(required)]
    pub benchmark: Option<BenchmarkPerformance>,
    /// Oldest first; none when `unavailable`.
    pub series: Vec<PerformancePoint>,
    /// `null` unless asked for with `explain=true`.
    #[schema(required)]
    pub explanation: Option<Explanation>,
}

/// A price or a rate that was needed on some days and not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissingDays {
    /// The instrument without a price, or the pair without a rate (`EURUSD=X`).
    #[schema(example = "AAPL")]
    pub symbol: String,
    /// Why, as a stable word: as for the prices of the instrument, and `NO_CLOSE_YET` on days before
    /// its first known close.
    #[schema(example = "SOURCE_UNAVAILABLE")]
    pub reason: String,
    pub from: Date,
    pub to: Date,
}

/// Something in the ledger that the market contradicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PerformanceWarning {
    /// `SPLIT_NOT_RECORDED`: the instrument was split while it was held, and the ledger has no SPLIT
    /// within a week of that day.
    #[schema(example = "SPLIT_NOT_RECORDED")]
    pub code: String,
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    pub date: Date,
    #[schema(example = "4 for 1")]
    pub detail: String,
}

/// The deepest fall of the time-weighted index from a high.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MaxDrawdown {
    /// From 0 to 1.
    pub depth: Number,
    /// The last day at the high; `null` where there was no fall.
    #[schema(required)]
    pub peak: Option<Date>,
    #[schema(required)]
    pub trough: Option<Date>,
    /// The first day at the high again, if there was one.
    #[schema(required)]
    pub recovery: Option<Date>,
}

/// The return of one trading day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnOfDay {
    pub date: Date,
    #[serde(rename = "return")]
    pub ratio: Number,
}

/// One point of a series: the close of its interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PerformancePoint {
    /// The last day of the interval that is in the range.
    pub date: Date,
    pub value: Number,
    /// Of all days of the interval.
    pub net_flow: Number,
    /// Since the opening.
    #[schema(required)]
    pub twr: Option<Number>,
}

/// `start_value + net_transfers + realized + unrealized + income + currency_gain − fees − taxes =
/// end_value`, exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PerformanceStatement {
    pub start_value: Number,
    /// Money that came in less money that went out.
    pub net_transfers: Number,
    /// What sales brought above cost, due to prices, without fees.
    pub realized: Number,
    /// The change of what is held above cost, due to prices.
    pub unrealized: Number,
    /// Dividends and interest before fees and taxes.
    pub income: Number,
    pub fees: Number,
    pub taxes: Number,
    /// What changing rates did to what was sold, what is held, and foreign cash.
    pub currency_gain: Number,
    pub end_value: Number,
    /// What the lines do not explain, rounded half to even to eight places: zero.
    pub remainder: Number,
}

/// The same money, put into one other instrument.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BenchmarkPerformance {
    #[schema(example = "SPY")]
    pub ticker_symbol: String,
    pub status: FigureStatus,
    pub missing: Vec<MissingDays>,
    /// Price to price from the first money to the end; dividends are not in it.
    #[schema(required)]
    pub twr: Option<Number>,
    #[schema(required)]
    pub mwr: Option<Number>,
    #[schema(required)]
    pub end_value: Option<Number>,
    /// The first day on which more was taken out than the benchmark had earned.
    #[schema(required)]
    pub short_from: Option<Date>,
    /// Why a figure is `null`, by its name.
    pub reasons: BTreeMap<String, String>,
    /// At the dates of the performance's own series.
    pub series: Vec<BenchmarkPoint>,
}

/// What the same money is worth in the benchmark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BenchmarkPoint {
    pub date: Date,
    pub value: Number,
}
