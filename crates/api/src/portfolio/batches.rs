//! Many entries at once.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CashWarning, RecordTransaction};
use crate::field::Field;
use crate::rows::Rows;

/// How many entries one batch takes.
pub const MOST_TRANSACTIONS: usize = 10_000;

/// Entries to record together: all of them or, if one is wrong, none.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub struct RecordTransactions {
    /// In any order; those of one day count in this one. None has a `to_portfolio_id`.
    #[schema(value_type = Vec<RecordTransaction>, required, min_items = 1, max_items = 10_000)]
    #[serde(default)]
    pub transactions: Field<Rows>,
}

/// What a batch recorded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecordedTransactions {
    /// How many entries.
    pub recorded: usize,
    pub first_trade_date: Date,
    pub last_trade_date: Date,
    /// One for each row, in the same order.
    #[schema(value_type = Vec<String>)]
    pub transaction_ids: Vec<String>,
    /// Where `cash_tracking` is on.
    pub warnings: Vec<CashWarning>,
}
