//! What all portfolios of a customer are worth now.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Allocation, FigureStatus, MissingInput, UsedRate};
use crate::asset::Staleness;
use crate::number::Number;

/// What all of your portfolios are worth now.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Overview {
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
    /// Over the lots whose currency could be converted, at the rates of the days they were bought on.
    #[schema(required)]
    pub cost_basis: Option<Number>,
    /// Over the lots that have a price.
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
    /// Oldest first.
    pub portfolios: Vec<PortfolioLine>,
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
    /// Different instruments held.
    pub holdings_count: u32,
    pub investments_count: u32,
}

/// One portfolio among all.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PortfolioLine {
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[schema(example = "Long-term savings")]
    pub name: String,
    #[serde(rename = "type")]
    #[schema(example = "Brokerage")]
    pub portfolio_type: String,
    #[schema(required)]
    pub market_value: Option<Number>,
    #[schema(required)]
    pub cash: Option<Number>,
    /// `market_value + cash`.
    #[schema(required)]
    pub total_value: Option<Number>,
    #[schema(required)]
    pub cost_basis: Option<Number>,
    #[schema(required)]
    pub unrealized_gain: Option<Number>,
    #[schema(required)]
    pub day_change: Option<Number>,
    /// Part of the `market_value` of all portfolios, from 0 to 1, rounded half to even to six places.
    #[schema(required)]
    pub weight: Option<Number>,
    pub status: FigureStatus,
}
