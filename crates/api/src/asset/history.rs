//! What things cost day by day, and what companies did to their shares.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Staleness;
use crate::number::Number;

/// How far apart the items of a history are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Interval {
    /// Every trading day.
    #[serde(rename = "1d")]
    Day,
    /// The last trading day of each ISO week.
    #[serde(rename = "1w")]
    Week,
    /// The last trading day of each month.
    #[serde(rename = "1mo")]
    Month,
}

impl Interval {
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

/// What closes have been made comparable for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Adjusted {
    /// Nothing: closes are as they were traded.
    None,
    /// Later splits.
    Splits,
    /// Later splits and dividends.
    All,
}

impl Adjusted {
    pub const ALL: [Self; 3] = [Self::None, Self::Splits, Self::All];

    /// As it is written in a URL.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Splits => "splits",
            Self::All => "all",
        }
    }
}

/// Whether a history is all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryStatus {
    /// Everything up to the last completed session that was asked for.
    Ok,
    /// A part of it is missing; `reason` says why.
    Partial,
    /// There is nothing; `reason` says why.
    Unavailable,
}

/// Daily, weekly or monthly closes of one instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceHistory {
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    /// The currency of every close; `null` when there is none.
    #[schema(required, example = "USD")]
    pub currency: Option<String>,
    pub interval: Interval,
    pub adjusted: Adjusted,
    pub from: Date,
    pub to: Date,
    /// Oldest first.
    pub items: Vec<Close>,
    /// Trading days between the first known close and `to` that have none. They are never filled.
    pub gaps: Vec<Days>,
    /// Which days are whose. Days in no segment are not known.
    pub segments: Vec<Segment>,
    pub status: HistoryStatus,
    /// Why a part is missing, as a stable word: `SOURCE_UNAVAILABLE`, `REFUSED_HISTORY`,
    /// `STILL_FETCHING`, `NOT_YET_PUBLISHED`, `OUT_OF_REACH`, `ACTIONS_UNKNOWN`,
    /// `UNKNOWN_SYMBOL`; or why there is no close at all: `BEFORE_FIRST_CLOSE`, `NO_CLOSES` when
    /// there is none later either, `NO_SESSION_YET` when no session of these days is over. For an
    /// instrument of your own: `NO_PRICE`, and with status `ok` `EARLIER_PRICE_HOLDS`.
    #[schema(required)]
    pub reason: Option<String>,
}

/// What one unit cost when a trading day ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Close {
    pub date: Date,
    pub close: Number,
}

/// Days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Days {
    pub from: Date,
    pub to: Date,
}

/// Days whose closes are from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Segment {
    pub from: Date,
    pub to: Date,
    #[schema(example = "simulated")]
    pub source: String,
    /// When the latest of it was fetched.
    pub fetched_at: Timestamp,
    /// `stale` when closes after it are missing although their sessions are over.
    pub staleness: Staleness,
    /// The currency through which rates were crossed, where the pair itself is not quoted.
    #[schema(required)]
    pub crossed_through: Option<String>,
}

/// Dividends and splits of one instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CorporateActions {
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    pub from: Date,
    pub to: Date,
    /// Oldest first.
    pub items: Vec<CorporateAction>,
    /// The days for which it is known what happened. An absent item outside of them says nothing.
    pub segments: Vec<Segment>,
    pub status: HistoryStatus,
    /// Why a part is missing, as a stable word: `ACTIONS_UNKNOWN` when the source that knows the
    /// closes does not tell, otherwise as for prices.
    #[schema(required)]
    pub reason: Option<String>,
}

/// What a company did to its shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CorporateAction {
    #[serde(rename = "type")]
    pub kind: ActionType,
    /// The first day on which the shares trade without it.
    pub ex_date: Date,
    /// Dividends: paid for each share held before the ex-date, as declared then.
    #[schema(required)]
    pub amount: Option<Number>,
    /// Dividends: the currency of the amount.
    #[schema(required, example = "USD")]
    pub currency: Option<String>,
    /// Splits: this many shares came for each `split_old`.
    #[schema(required)]
    pub split_new: Option<Number>,
    /// Splits: this many shares became `split_new`.
    #[schema(required)]
    pub split_old: Option<Number>,
}

/// The kinds of corporate actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionType {
    Dividend,
    Split,
}

/// What one unit of `base` cost in `quote`, day by day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RateHistory {
    #[schema(example = "EUR")]
    pub base: String,
    #[schema(example = "USD")]
    pub quote: String,
    pub interval: Interval,
    pub from: Date,
    pub to: Date,
    /// Oldest first.
    pub items: Vec<DailyRate>,
    /// Weekdays between the first known rate and `to` that have none. They are never filled.
    pub gaps: Vec<Days>,
    /// Which days are whose, and whether they were crossed.
    pub segments: Vec<Segment>,
    pub status: HistoryStatus,
    /// Why a part is missing, as for prices.
    #[schema(required)]
    pub reason: Option<String>,
}

/// The rate when a day ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DailyRate {
    pub date: Date,
    pub rate: Number,
}
