//! Investments: the lots of a portfolio as what is left of purchases.

use domain::money::Charge;
use domain::{Currency, InstrumentType, Price, Quantity, Ticker};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CashWarning;
use crate::asset::Staleness;
use crate::currency::CurrencyCode;
use crate::field::Field;
use crate::number::{ChargeInput, Number, PositiveInput};

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
    /// What is left of the units bought, after splits.
    pub quantity: Number,
    /// As it was paid for one unit; after a split or a transfer what was paid for the units, divided
    /// by them and rounded half to even to ten places.
    pub purchase_price: Number,
    pub purchase_date: Date,
    /// The currency of every amount here.
    #[schema(example = "USD")]
    pub currency: String,
    /// The fees and taxes of the purchase that fall to the units left.
    pub fees: Number,
    /// What was paid for the units left, `fees` included. After sales under `AVERAGE` it is their part
    /// of what all lots cost, and not `quantity × purchase_price + fees`.
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
///
/// What is written as the investment shows it changes nothing. Where sales, splits or transfers
/// changed what is left of the purchase, `quantity`, `purchase_price` and `fees` may be figures of
/// what is left and no longer those of the purchase: another value is then refused as
/// `LOT_NOT_WHOLE`, and the BUY is corrected as the transaction with the id of the investment.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct AmendInvestment {
    /// The instrument that was bought; the lot moves to it.
    #[schema(value_type = String, pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$")]
    #[serde(default)]
    pub ticker_symbol: Field<Ticker>,
    /// What the instrument is; nothing else changes with it.
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    #[serde(default)]
    pub instrument_type: Field<InstrumentType>,
    /// How many units were bought. Refused where some were sold or transferred, or were split.
    #[schema(value_type = PositiveInput)]
    #[serde(default)]
    pub quantity: Field<Quantity>,
    /// What one unit cost. Refused where the units were split since.
    #[schema(value_type = PositiveInput)]
    #[serde(default)]
    pub purchase_price: Field<Price>,
    /// Not in the future, and not before 1900. Another day drops the `fx_rate` of the BUY.
    #[schema(value_type = Date)]
    #[serde(default)]
    pub purchase_date: Field<Date>,
    /// An ISO 4217 code; amounts stay the numbers they are. Another currency drops the `fx_rate` of
    /// the BUY.
    #[schema(value_type = CurrencyCode)]
    #[serde(default)]
    pub currency: Field<Currency>,
    /// All fees and taxes of the purchase: they become the `fee` of the BUY, and its `tax` zero.
    /// Refused where some units were sold or transferred, were split, or share an average cost.
    #[schema(value_type = ChargeInput)]
    #[serde(default)]
    pub fees: Field<Charge>,
}
