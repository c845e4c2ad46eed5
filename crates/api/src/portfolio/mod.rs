//! The Portfolio service's resources.

mod batches;
mod cash;
mod gains;
mod overview;
mod performance;
mod transactions;

pub use batches::{MOST_TRANSACTIONS, RecordTransactions, RecordedTransactions};
pub use cash::{Cash, CashBalance, CashWarning};
pub use gains::{BothGains, GainFigures, Gains, LotGain, SaleGain};
pub use overview::{Overview, PortfolioLine};
pub use performance::{
    BenchmarkPerformance, BenchmarkPoint, ExplainedCash, ExplainedClose, ExplainedHolding,
    Explanation, MaxDrawdown, MissingDays, Performance, PerformanceInterval, PerformancePoint,
    PerformanceStatement, PerformanceWarning, ReturnOfDay, UsedFlow, UsedPrice,
};
pub use transactions::{
    AmendTransaction, EntryLot, GivenLot, KindOfEntry, LotInput, MOST_LOTS, OtherSide, Ratio,
    RatioInput, RecordTransaction, SplitRatio, Transaction,
};

use domain::money::Charge;
use domain::portfolio::{CostBasisMethod, Portfolio as StoredPortfolio, PortfolioType};
use domain::text::Name;
use domain::{Currency, InstrumentType, Price, Quantity, Ticker};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::asset::Staleness;
use crate::currency::CurrencyCode;
use crate::field::Field;
use crate::number::{ChargeInput, Number, PositiveInput};

/// An account of one customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Portfolio {
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[schema(value_type = String, format = Uuid)]
    pub customer_id: String,
    #[schema(example = "Long-term savings")]
    pub name: String,
    /// Brokerage, IRA, Roth IRA, 401k, … or the customer's own word.
    #[serde(rename = "type")]
    #[schema(example = "Brokerage")]
    pub portfolio_type: String,
    /// The currency totals are given in.
    #[schema(example = "USD")]
    pub base_currency: String,
    /// Which lots a sale consumes first.
    #[schema(example = "FIFO")]
    pub cost_basis_method: String,
    pub cash_tracking: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<&StoredPortfolio> for Portfolio {
    fn from(portfolio: &StoredPortfolio) -> Self {
        Self {
            portfolio_id: portfolio.id.to_string(),
            customer_id: portfolio.customer_id.to_string(),
            name: portfolio.name.to_string(),
            portfolio_type: portfolio.portfolio_type.to_string(),
            base_currency: portfolio.base_currency.code().to_owned(),
            cost_basis_method: portfolio.cost_basis_method.as_str().to_owned(),
            cash_tracking: portfolio.cash_tracking,
            created_at: portfolio.created_at,
            updated_at: portfolio.updated_at,
        }
    }
}

/// A portfolio to open.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OpenPortfolio {
    #[schema(value_type = String, required, min_length = 1, max_length = 100, example = "Long-term savings")]
    #[serde(default)]
    pub name: Field<Name>,
    /// Brokerage, IRA, Roth IRA, 401k, … or your own word.
    #[serde(rename = "type")]
    #[schema(value_type = String, required, min_length = 1, max_length = 40, example = "Brokerage")]
    #[serde(default)]
    pub portfolio_type: Field<PortfolioType>,
    /// An ISO 4217 code; USD when absent.
    #[schema(value_type = Option<CurrencyCode>)]
    #[serde(default)]
    pub base_currency: Field<Currency>,
    /// Which lots a sale consumes first; FIFO when absent. Changes no figure before there are sales.
    #[schema(value_type = Option<CostBasis>)]
    #[serde(default)]
    pub cost_basis_method: Field<CostBasisMethod>,
    /// Whether buys and sells move a cash balance; `false` when absent. Changes no figure yet.
    #[schema(value_type = Option<bool>)]
    #[serde(default)]
    pub cash_tracking: Field<bool>,
}

/// A change of a portfolio, as a JSON Merge Patch.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct UpdatePortfolio {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    #[serde(default)]
    pub name: Field<Name>,
    #[serde(rename = "type")]
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    #[serde(default)]
    pub portfolio_type: Field<PortfolioType>,
    #[schema(value_type = CurrencyCode)]
    #[serde(default)]
    pub base_currency: Field<Currency>,
    #[schema(value_type = CostBasis)]
    #[serde(default)]
    pub cost_basis_method: Field<CostBasisMethod>,
    #[schema(value_type = bool)]
    #[serde(default)]
    pub cash_tracking: Field<bool>,
}

/// Which lots a sale consumes first.
#[derive(Debug, Clone, Copy, ToSchema)]
pub enum CostBasis {
    #[schema(rename = "FIFO")]
    Fifo,
    #[schema(rename = "LIFO")]
    Lifo,
    #[schema(rename = "HIFO")]
    Hifo,
    #[schema(rename = "AVERAGE")]
    Average,
}

/// What is still held of one purchase, at its current price.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Investment {
    #[schema(value_type = String, format = Uuid)]
    pub investment_id: String,
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    #[schema(example = "Stock")]
    pub instrument_type: String,
    pub quantity: Number,
    pub purchase_price: Number,
    pub purchase_date: Date,
    /// The currency of every amount here.
    #[schema(example = "USD")]
    pub currency: String,
    pub fees: Number,
    /// `quantity × purchase_price + fees`.
    pub cost_basis: Number,
    /// `null` when there is no price, never zero.
    #[schema(required)]
    pub current_price: Option<Number>,
    #[schema(required)]
    pub market_value: Option<Number>,
    /// `market_value − cost_basis`.
    #[schema(required)]
    pub unrealized_gain: Option<Number>,
    /// When the current price was last got from its source.
    #[schema(required)]
    pub last_updated: Option<Timestamp>,
    /// When the current price was made in the market.
    #[schema(required)]
    pub as_of: Option<Timestamp>,
    /// Where the current price is from.
    #[schema(required, example = "simulated")]
    pub source: Option<String>,
    pub staleness: Staleness,
    /// Why there is no current price, as a stable word.
    #[schema(required)]
    pub price_unavailable_reason: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Only in the answer that records or amends it, and only where `cash_tracking` is on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<CashWarning>,
}

/// A purchase to record. It opens a lot, and becomes a BUY in the ledger.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RecordInvestment {
    #[schema(value_type = String, required, pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$", example = "AAPL")]
    #[serde(default)]
    pub ticker_symbol: Field<Ticker>,
    /// The instrument's own type when absent.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40, example = "Stock")]
    #[serde(default)]
    pub instrument_type: Field<InstrumentType>,
    #[schema(value_type = PositiveInput, required)]
    #[serde(default)]
    pub quantity: Field<Quantity>,
    /// What one unit cost.
    #[schema(value_type = PositiveInput, required)]
    #[serde(default)]
    pub purchase_price: Field<Price>,
    /// Not in the future, and not before 1900.
    #[schema(value_type = Date, required, example = "2026-01-05")]
    #[serde(default)]
    pub purchase_date: Field<Date>,
    /// An ISO 4217 code; the instrument's currency when absent, else the portfolio's.
    #[schema(value_type = Option<CurrencyCode>)]
    #[serde(default)]
    pub currency: Field<Currency>,
    /// Part of the cost basis; zero when absent.
    #[schema(value_type = Option<ChargeInput>)]
    #[serde(default)]
    pub fees: Field<Charge>,
}

/// A correction of a purchase, as a JSON Merge Patch.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct AmendInvestment {
    #[schema(value_type = String, pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$")]
    #[serde(default)]
    pub ticker_symbol: Field<Ticker>,
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    #[serde(default)]
    pub instrument_type: Field<InstrumentType>,
    #[schema(value_type = PositiveInput)]
    #[serde(default)]
    pub quantity: Field<Quantity>,
    #[schema(value_type = PositiveInput)]
    #[serde(default)]
    pub purchase_price: Field<Price>,
    #[schema(value_type = Date)]
    #[serde(default)]
    pub purchase_date: Field<Date>,
    #[schema(value_type = CurrencyCode)]
    #[serde(default)]
    pub currency: Field<Currency>,
    #[schema(value_type = ChargeInput)]
    #[serde(default)]
    pub fees: Field<Charge>,
}

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
