//! What sales gained, on the wire.

use domain::ledger::gains::Gain;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FigureStatus, MissingInput};
use crate::number::Number;

/// What the sales of a period gained, sale by sale and lot by lot.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Gains {
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    /// The currency of `total` and of every `before_fees` and `after_fees`: the portfolio's.
    #[schema(example = "USD")]
    pub currency: String,
    /// The method the lots were chosen by: the portfolio's, or the one asked for.
    #[schema(example = "FIFO")]
    pub method: String,
    pub from: Date,
    pub to: Date,
    /// Of `total`: sales whose rates are missing are not in it.
    pub status: FigureStatus,
    /// The rates that are missing, each with its day.
    pub missing: Vec<MissingInput>,
    /// Over all sales of the period, whatever the page; `null` where the rates of all are missing.
    #[schema(required)]
    pub total: Option<BothGains>,
    /// One page of the sales, the latest first.
    pub items: Vec<SaleGain>,
    #[schema(required)]
    pub next_page_token: Option<String>,
}

/// A gain counted without and with the fees and taxes of both sides.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BothGains {
    pub before_fees: GainFigures,
    pub after_fees: GainFigures,
}

/// `gain = proceeds − cost = price_gain + currency_gain`, to the last digit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct GainFigures {
    /// At the rate of the day of the sale.
    pub proceeds: Number,
    /// At the rate of the day of the purchase.
    pub cost: Number,
    pub gain: Number,
    /// What the price did, at the rate of the day of the sale.
    pub price_gain: Number,
    /// What the rate did to the cost between purchase and sale.
    pub currency_gain: Number,
}

impl From<Gain> for GainFigures {
    fn from(gain: Gain) -> Self {
        Self {
            proceeds: Number(gain.proceeds.written()),
            cost: Number(gain.cost.written()),
            gain: Number(gain.gain.written()),
            price_gain: Number(gain.price.written()),
            currency_gain: Number(gain.currency.written()),
        }
    }
}

/// One sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SaleGain {
    #[schema(value_type = String, format = Uuid)]
    pub transaction_id: String,
    #[schema(example = "AAPL")]
    pub ticker_symbol: String,
    pub trade_date: Date,
    pub quantity: Number,
    /// The currency of `proceeds`, `fee` and `tax`.
    #[schema(example = "USD")]
    pub currency: String,
    /// Before `fee` and `tax`.
    pub proceeds: Number,
    pub fee: Number,
    pub tax: Number,
    /// Over its lots; `null` where a rate of any of them is missing.
    #[schema(required)]
    pub gain: Option<BothGains>,
    /// Only where another method than the portfolio's was asked for: the sale names lots that this
    /// method has sold before, so that `lots` are those the method chooses.
    pub names_sold_lots: bool,
    /// In the order they were taken.
    pub lots: Vec<LotGain>,
}

/// What one lot contributed to a sale.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LotGain {
    #[schema(value_type = String, format = Uuid)]
    pub investment_id: String,
    pub purchase_date: Date,
    /// Days from the purchase to the sale.
    pub held_days: i32,
    pub quantity: Number,
    /// The lot's share of the proceeds, in the currency of the sale.
    pub proceeds: Number,
    /// The lot's share of fee and tax of the sale, likewise.
    pub charges: Number,
    /// The currency of `cost` and `fees`: the one that was paid in.
    #[schema(example = "USD")]
    pub cost_currency: String,
    /// Without fees.
    pub cost: Number,
    /// Fees and taxes of the purchase that fall to the units sold.
    pub fees: Number,
    /// `null` where a rate is missing.
    #[schema(required)]
    pub gain: Option<BothGains>,
    pub missing: Vec<MissingInput>,
}
