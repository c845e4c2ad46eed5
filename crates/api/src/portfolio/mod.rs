//! The Portfolio service's resources.

mod batches;
mod cash;
mod explanation;
mod gains;
mod investments;
mod lots;
mod overview;
mod performance;
mod portfolios;
mod transactions;

pub use batches::{MOST_TRANSACTIONS, RecordTransactions, RecordedTransactions};
pub use cash::{Cash, CashBalance, CashWarning};
pub use explanation::{
    BenchmarkTrade, ExplainedCash, ExplainedClose, ExplainedHolding, ExplainedPosting,
    ExplainedSale, Explanation, KindOfPosting, UsedFlow, UsedPrice,
};
pub use gains::{BothGains, GainFigures, Gains, LotGain, SaleGain};
pub use investments::{AmendInvestment, Investment, RecordInvestment};
pub use lots::{EntryLot, GivenLot, LotInput, MOST_LOTS, Ratio, RatioInput, SplitRatio};
pub use overview::{Overview, PortfolioLine};
pub use performance::{
    BenchmarkPerformance, BenchmarkPoint, MaxDrawdown, MissingDays, Performance,
    PerformanceInterval, PerformancePoint, PerformanceStatement, PerformanceWarning, ReturnOfDay,
};
pub use portfolios::{CostBasis, OpenPortfolio, Portfolio, UpdatePortfolio};
pub use transactions::{AmendTransaction, KindOfEntry, OtherSide, RecordTransaction, Transaction};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::asset::Staleness;
use crate::number::Number;

/// Whether a figure covers everything it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureStatus {
    /// Nothing is missing.
    Ok,
    /// Some parts are missing and left out; `missing` names them.
    Partial,
    /// Nothing could be valued; `missing` names why.
    Unavailable,
}

/// A price or a rate that a figure needed and did not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MissingInput {
    /// The instrument without a price, or the pair without a rate (`EURUSD=X`).
    #[schema(example = "AAPL")]
    pub symbol: String,
    /// The day of a past rate; `null` for what is current.
    #[schema(required)]
    pub date: Option<Date>,
    /// Why, as a stable word.
    #[schema(example = "SOURCE_UNAVAILABLE")]
    pub reason: String,
}

/// Which holdings are listed.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum WhichHoldings {
    Open,
    Closed,
    All,
}

/// All open lots of one instrument in one portfolio, and what it brought so far.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Holding {
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    /// That of the lots; `null` when nothing is held.
    #[schema(required, example = "Stock")]
    pub instrument_type: Option<String>,
    pub quantity: Number,
    /// Cost per unit, fees included, rounded half to even to ten places; over the lots in
    /// `cost_basis`.
    #[schema(required)]
    pub average_cost: Option<Number>,
    /// Over the lots whose currency could be converted.
    #[schema(required)]
    pub cost_basis: Option<Number>,
    #[schema(required)]
    pub current_price: Option<Number>,
    #[schema(required)]
    pub market_value: Option<Number>,
    #[schema(required)]
    pub unrealized_gain: Option<Number>,
    /// Of all sales ever, after the fees and taxes of both sides; `null` where the instrument was
    /// traded in more than this one currency, and `totals` has it by currency.
    #[schema(required)]
    pub realized_gain: Option<Number>,
    /// Dividends and interest ever received, before tax and fees; `null` like `realized_gain`.
    #[schema(required)]
    pub income: Option<Number>,
    /// What the instrument brought and cost over its whole life here, by currency.
    pub totals: Vec<LifetimeTotals>,
    /// Since the previous close.
    #[schema(required)]
    pub day_change: Option<Number>,
    /// Part of the portfolio's value, from 0 to 1, rounded half to even to six places.
    #[schema(required)]
    pub weight: Option<Number>,
    /// The currency of every amount here.
    #[schema(example = "USD")]
    pub currency: String,
    pub status: FigureStatus,
    pub missing: Vec<MissingInput>,
    #[schema(required)]
    pub as_of: Option<Timestamp>,
    #[schema(required)]
    pub source: Option<String>,
    pub staleness: Staleness,
}

/// What an instrument brought and cost over its whole life in a portfolio, in one currency.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LifetimeTotals {
    #[schema(example = "USD")]
    pub currency: String,
    /// Of sales, before their fees and taxes.
    pub proceeds: Number,
    /// What the units sold had cost, without fees.
    pub cost_sold: Number,
    /// `proceeds − cost_sold`.
    pub realized_gain_before_fees: Number,
    /// The same after the fees and taxes of the sales and of the purchases of what was sold.
    pub realized_gain: Number,
    /// Dividends and interest, before tax and fees.
    pub income: Number,
    /// All fees, those of purchases and sales included.
    pub fees: Number,
    /// All taxes, those of purchases and sales and those withheld included.
    pub taxes: Number,
}

/// What a portfolio is worth now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    /// The currency of every amount here.
    #[schema(example = "USD")]
    pub currency: String,
    /// Of what is held; `null` when nothing could be valued, never zero.
    #[schema(required)]
    pub market_value: Option<Number>,
    /// What the cash is worth, of portfolios with `cash_tracking`; `null` where there are none, and
    /// where no balance could be converted.
    #[schema(required)]
    pub cash: Option<Number>,
    /// `market_value + cash`.
    #[schema(required)]
    pub total_value: Option<Number>,
    /// Over the lots whose currency could be converted.
    #[schema(required)]
    pub cost_basis: Option<Number>,
    /// Over the lots that have a price: `market_value` less what they cost at the rates of the days
    /// they were bought on.
    #[schema(required)]
    pub unrealized_gain: Option<Number>,
    /// Of it, what changing rates did; the rest is due to prices.
    #[schema(required)]
    pub unrealized_currency_gain: Option<Number>,
    /// Since the previous close, over the lots that have one.
    #[schema(required)]
    pub day_change: Option<Number>,
    pub status: FigureStatus,
    /// Prices and rates that are missing from the totals.
    pub missing: Vec<MissingInput>,
    pub allocation: Vec<Allocation>,
    /// The rates the amounts were converted with.
    pub rates: Vec<UsedRate>,
    /// The oldest price in the totals.
    #[schema(required)]
    pub as_of: Option<Timestamp>,
    /// The worst staleness of any price or rate asked for; `unavailable` when one is missing.
    pub staleness: Staleness,
    /// Every source a price in the totals is from.
    pub sources: Vec<String>,
    pub holdings_count: u32,
    pub investments_count: u32,
}

/// The part of one instrument type in a portfolio.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Allocation {
    #[schema(example = "Stock")]
    pub instrument_type: String,
    #[schema(required)]
    pub market_value: Option<Number>,
    /// Over the lots whose currency could be converted.
    #[schema(required)]
    pub cost_basis: Option<Number>,
    #[schema(required)]
    pub unrealized_gain: Option<Number>,
    /// Part of the portfolio's value, from 0 to 1, rounded half to even to six places.
    #[schema(required)]
    pub weight: Option<Number>,
    pub status: FigureStatus,
}

/// A rate that amounts were converted with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UsedRate {
    #[schema(example = "EUR")]
    pub base: String,
    #[schema(example = "USD")]
    pub quote: String,
    pub rate: Number,
    pub as_of: Timestamp,
    #[schema(example = "simulated")]
    pub source: String,
}
