//! Portfolios: what is shown of one, and what opens and changes it.

use domain::Currency;
use domain::portfolio::{CostBasisMethod, Portfolio as StoredPortfolio, PortfolioType};
use domain::text::Name;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::currency::CurrencyCode;
use crate::field::Field;

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
    /// Which lots a sale or transfer takes first.
    #[schema(example = "FIFO")]
    pub cost_basis_method: String,
    /// Whether every entry moves a cash balance.
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
    /// Which lots a sale or transfer takes first; FIFO when absent. Changes no figure before there is
    /// one.
    #[schema(value_type = Option<CostBasis>)]
    #[serde(default)]
    pub cost_basis_method: Field<CostBasisMethod>,
    /// Whether every entry moves a cash balance, which then is part of what the portfolio is worth in
    /// its performance; `false` when absent: money then comes from outside and leaves again.
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

/// Which lots a sale or transfer takes first. `AVERAGE` takes the first bought, at the average cost
/// of all lots.
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
