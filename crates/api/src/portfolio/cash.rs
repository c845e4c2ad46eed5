//! Cash, currency by currency.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::number::Number;

/// The money a ledger leaves.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Cash {
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    /// Without cash tracking there are no balances: money comes from outside and leaves again.
    pub cash_tracking: bool,
    /// At the end of which day.
    pub at: Date,
    /// By currency.
    pub items: Vec<CashBalance>,
}

/// The balance of one currency, moved by every entry.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CashBalance {
    #[schema(example = "USD")]
    pub currency: String,
    pub balance: Number,
    pub is_negative: bool,
    /// The first day up to `at` that ended below zero. An entry that takes a balance there is
    /// recorded all the same: its deposit may never have been.
    #[schema(required)]
    pub first_negative: Option<Date>,
}

/// Something that was done as asked, and may be a mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CashWarning {
    /// `NEGATIVE_CASH`: a day ends below zero, and lower than it would without this. A deposit may
    /// be missing.
    #[schema(example = "NEGATIVE_CASH")]
    pub code: String,
    #[schema(example = "USD")]
    pub currency: String,
    /// The first such day.
    pub date: Date,
    /// At its end.
    pub balance: Number,
}
