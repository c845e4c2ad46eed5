use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The sources of market data, in the order they are asked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MarketStatus {
    pub sources: Vec<SourceStatus>,
}

/// How one source does. Counts are those of this process since it began.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SourceStatus {
    #[schema(example = "simulated")]
    pub name: String,
    /// What it is asked about.
    pub covers: Vec<Coverage>,
    /// Whether a search asks it.
    pub can_search: bool,
    pub breaker: BreakerStatus,
    /// Only calls that are limited.
    pub budgets: Vec<Budget>,
    /// Requests sent, second tries included.
    pub calls: u64,
    /// Calls that failed, their second try included.
    pub failures: u64,
    #[schema(required)]
    pub last_success_at: Option<Timestamp>,
    #[schema(required)]
    pub last_failure_at: Option<Timestamp>,
    /// `TIMEOUT`, `CONNECTION`, `HTTP_5XX`, `TOO_MANY_REQUESTS`, `UNREADABLE`, `UNEXPECTED_STATUS`.
    #[schema(required, example = "TIMEOUT")]
    pub last_failure: Option<String>,
    /// How many of its prices were not believed, by reason: `NOT_A_NUMBER`, `NOT_POSITIVE`,
    /// `UNKNOWN_CURRENCY`, `WRONG_CURRENCY`, `NO_TIME`, `FROM_THE_FUTURE`, `OTHER_SYMBOL`, `JUMP`,
    /// `IMPOSSIBLE_ACTION`.
    pub refused: BTreeMap<String, u64>,
}

/// What a source is asked about one kind of symbol.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    pub symbols: SymbolKind,
    pub questions: Vec<MarketQuestion>,
}

/// A kind of symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SymbolKind {
    /// Shares and funds, such as `AAPL`.
    Security,
    /// Such as `BTC-USD`.
    Coin,
    /// Such as `EURUSD=X`.
    CurrencyPair,
}

/// Something to ask about a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarketQuestion {
    Quote,
    Instrument,
    History,
}

/// Whether a source is asked at present.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BreakerStatus {
    pub state: BreakerState,
    /// When it will be asked again, while it is open.
    #[schema(required)]
    pub until: Option<Timestamp>,
}

/// The states of a circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// It is asked.
    Closed,
    /// It failed too often or asked for a pause, and is left alone.
    Open,
    /// One call decides whether it is asked again.
    HalfOpen,
}

/// How many calls a source still takes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    pub window: BudgetWindow,
    pub limit: u32,
    /// `null` while the table does not say. Calls that another process has set aside are not left.
    #[schema(required)]
    pub left: Option<u32>,
    /// When calls come back: all of them, or, within a minute, the next.
    #[schema(required)]
    pub resets_at: Option<Timestamp>,
}

/// How long a budget lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BudgetWindow {
    /// Any sixty seconds, for this process.
    Minute,
    /// A UTC day, for all processes together.
    Day,
    /// A UTC month, for all processes together.
    Month,
}
