//! The inputs of a performance's figures, on the wire.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::asset::Staleness;
use crate::number::Number;

/// What the figures were made from. The values of the days are the series with `interval=1d`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// Every flow in the range, oldest first. Of an instrument that is missing for some days, what
    /// moved on those days is not in the figures.
    pub flows: Vec<UsedFlow>,
    /// Every part of a lot that was sold in the range: `realized` and `currency_gain` of the statement.
    pub sales: Vec<ExplainedSale>,
    /// Income, fees and taxes in the range, those of purchases and sales included.
    pub postings: Vec<ExplainedPosting>,
    /// The close of the day before `from`.
    pub opening: ExplainedClose,
    /// The close of `to`. The close of any other day is that of a range that ends on it.
    pub closing: ExplainedClose,
    /// What the money bought and sold of the benchmark; empty where none was asked for.
    pub benchmark: Vec<BenchmarkTrade>,
}

/// Money that came in (positive) or went out (negative).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UsedFlow {
    pub date: Date,
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    /// `null` where it is of no instrument.
    #[schema(required, example = "AAPL")]
    pub ticker_symbol: Option<String>,
    pub amount: Number,
    /// The currency of `amount`.
    #[schema(example = "EUR")]
    pub currency: String,
    /// The entry's own rate, or else the market's of the day; `null` when there is none.
    #[schema(required)]
    pub rate: Option<UsedPrice>,
    /// `amount × rate`.
    #[schema(required)]
    pub value: Option<Number>,
}

/// A part of a lot that was sold. With the rates `s` of the sale's day and `b` of the purchase's,
/// `realized = proceeds × s − cost × s` and `currency_gain = cost × (s − b)`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainedSale {
    pub date: Date,
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    /// Without fees and taxes.
    pub proceeds: Number,
    /// The currency of `proceeds`.
    #[schema(example = "EUR")]
    pub currency: String,
    /// Of the proceeds on `date`.
    #[schema(required)]
    pub rate: Option<UsedPrice>,
    pub purchase_date: Date,
    /// Without fees and taxes.
    pub cost: Number,
    #[schema(example = "EUR")]
    pub cost_currency: String,
    /// Of the cost on `date`.
    #[schema(required)]
    pub cost_rate: Option<UsedPrice>,
    /// Of the cost when it was paid; of an average, that of all its purchases.
    #[schema(required)]
    pub purchase_rate: Option<UsedPrice>,
    #[schema(required)]
    pub realized: Option<Number>,
    #[schema(required)]
    pub currency_gain: Option<Number>,
}

/// Income, a fee or a tax.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainedPosting {
    #[serde(rename = "type")]
    pub kind: KindOfPosting,
    pub date: Date,
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    /// `null` where it is of no instrument.
    #[schema(required, example = "AAPL")]
    pub ticker_symbol: Option<String>,
    pub amount: Number,
    /// The currency of `amount`.
    #[schema(example = "EUR")]
    pub currency: String,
    #[schema(required)]
    pub rate: Option<UsedPrice>,
    /// `amount × rate`.
    #[schema(required)]
    pub value: Option<Number>,
}

/// A line of the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KindOfPosting {
    Income,
    Fee,
    Tax,
}

/// `units = amount ÷ (price × rate)`, each division rounded half to even to ten places.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BenchmarkTrade {
    pub date: Date,
    /// In the currency of the performance.
    pub amount: Number,
    /// Divided by the splits since.
    pub price: UsedPrice,
    /// Into the currency of the performance.
    pub rate: UsedPrice,
    pub units: Number,
}

/// What was held at one close.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainedClose {
    pub date: Date,
    pub lines: Vec<ExplainedHolding>,
    pub cash: Vec<ExplainedCash>,
}

/// `quantity × price × rate = value`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainedHolding {
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    pub quantity: Number,
    /// As traded, divided by the splits since; `null` when there is none.
    #[schema(required)]
    pub price: Option<UsedPrice>,
    /// The currency of the price.
    #[schema(example = "USD")]
    pub currency: String,
    /// Into the currency of the performance; `null` when there is none.
    #[schema(required)]
    pub rate: Option<UsedPrice>,
    #[schema(required)]
    pub value: Option<Number>,
}

/// `balance × rate = value`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainedCash {
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[schema(example = "EUR")]
    pub currency: String,
    pub balance: Number,
    #[schema(required)]
    pub rate: Option<UsedPrice>,
    #[schema(required)]
    pub value: Option<Number>,
}

/// A price or a rate, and where it is from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UsedPrice {
    pub value: Number,
    /// The day it is of.
    pub date: Date,
    /// How many days it was carried forward.
    pub age_days: u32,
    /// `ledger` for a rate that an entry states and for the price of a trade before the first known
    /// close; `null` where the rate is one because the currencies are the same, and where nobody said.
    #[schema(required, example = "simulated")]
    pub source: Option<String>,
    #[schema(required)]
    pub staleness: Option<Staleness>,
}
