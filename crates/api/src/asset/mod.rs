//! The Asset service's resources.

mod closes;
mod history;
mod market;
mod own;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::closes::{DailyCloses, DailyClosesList, SplitRatio};
pub use self::history::{
    ActionType, Adjusted, Close, CorporateAction, CorporateActions, DailyRate, Days, HistoryStatus,
    Interval, PriceHistory, RateHistory, Segment,
};
use crate::number::Number;

pub use market::{
    BreakerState, BreakerStatus, Budget, BudgetWindow, Coverage, MarketQuestion, MarketStatus,
    SourceStatus, SymbolKind,
};
pub use own::{
    AddInstrument, DatedPrice, EnterPrice, EnterPrices, EnteredPrices, ManualPrice, PriceRow,
    UpdateInstrument,
};

/// Something that can be held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Instrument {
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    #[schema(example = "Apple Inc.")]
    pub name: String,
    #[schema(required, example = "NASDAQ")]
    pub exchange: Option<String>,
    /// Stock, ETF, Bond, Mutual Fund, Crypto, …
    #[schema(example = "Stock")]
    pub instrument_type: String,
    #[schema(required, example = "Technology")]
    pub sector: Option<String>,
    /// The ISO 4217 code of the currency it is quoted in.
    #[schema(example = "USD")]
    pub currency: String,
    /// Where this description is from; `manual` for an instrument of your own.
    #[schema(example = "simulated")]
    pub source: String,
}

/// One page of instruments that were searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InstrumentPage {
    pub items: Vec<Instrument>,
    /// Pass it as `page_token` for the next page; `null` on the last.
    #[schema(required)]
    pub next_page_token: Option<String>,
    /// Whether there may be more, because not every source answered.
    pub partial: bool,
    /// Why it is partial, as a stable word: `SOURCE_UNAVAILABLE`.
    #[schema(required)]
    pub reason: Option<String>,
}

/// How much a price can be relied on to be today's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Staleness {
    /// As recent as its source gives it.
    Fresh,
    /// Known to lag the market by the source's own delay.
    Delayed,
    /// Kept from earlier, because no source answers now.
    Stale,
    /// There is no price.
    Unavailable,
}

/// The latest price of an instrument and where it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    /// `null` when unavailable, never zero.
    #[schema(required)]
    pub price: Option<Number>,
    #[schema(required, example = "USD")]
    pub currency: Option<String>,
    /// The closing price of the session before.
    #[schema(required)]
    pub previous_close: Option<Number>,
    /// When the price was made in the market. A manual price is as of the start of its day in UTC,
    /// or of the moment it was entered if that is earlier.
    #[schema(required)]
    pub as_of: Option<Timestamp>,
    /// When Folio got it from the source; when it was entered, for a manual price.
    #[schema(required)]
    pub fetched_at: Option<Timestamp>,
    #[schema(required, example = "simulated")]
    pub source: Option<String>,
    /// The currency through which a rate was crossed, where the pair itself is not quoted.
    #[schema(required)]
    pub crossed_through: Option<String>,
    pub staleness: Staleness,
    /// Why there is no current price, as a stable word: `UNKNOWN_SYMBOL`, `SOURCE_UNAVAILABLE`,
    /// `INVALID_SYMBOL`, `REFUSED_QUOTE`, and `OLD_PRICE` when its market has gone on for five days
    /// without it. For an instrument of your own: `NO_PRICE`, and `OLD_PRICE` when the last manual
    /// price is older than 31 days.
    #[schema(required)]
    pub reason: Option<String>,
}

/// Quotes in the order they were asked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QuoteList {
    pub items: Vec<Quote>,
}

/// How many units of `quote` one unit of `base` costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FxRate {
    #[schema(example = "EUR")]
    pub base: String,
    #[schema(example = "USD")]
    pub quote: String,
    /// `null` when unavailable, never one.
    #[schema(required)]
    pub rate: Option<Number>,
    #[schema(required)]
    pub as_of: Option<Timestamp>,
    #[schema(required)]
    pub fetched_at: Option<Timestamp>,
    #[schema(required, example = "simulated")]
    pub source: Option<String>,
    /// The currency through which a rate was crossed, where the pair itself is not quoted.
    #[schema(required)]
    pub crossed_through: Option<String>,
    pub staleness: Staleness,
    /// Why there is no current rate, as a stable word.
    #[schema(required)]
    pub reason: Option<String>,
}
