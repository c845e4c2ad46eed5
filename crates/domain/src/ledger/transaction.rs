use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::text::{ExternalId, Note};
use crate::{PortfolioId, TransactionId, ValueError};

/// One entry of a portfolio's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub id: TransactionId,
    pub portfolio_id: PortfolioId,
    pub trade_date: Date,
    pub entry: Entry,
    pub note: Option<Note>,
    /// What the entry is called where it came from: a broker's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// 1 when recorded; rises with every amendment.
    pub revision: u32,
    pub recorded_at: Timestamp,
    pub amended_at: Timestamp,
}

/// The place of an entry in its ledger: by day, then by [`Entry::rank`], then
/// by when it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LedgerOrder {
    pub date: Date,
    pub rank: u8,
    pub id: TransactionId,
}

impl Transaction {
    /// No trade is recorded before this day, and none after `today`.
    pub const EARLIEST: Date = Date::constant(1900, 1, 1);

    /// Holds a trade date to the days a trade can have happened on.
    ///
    /// `today` is the latest civil date anywhere on earth, so that a customer
    /// ahead of UTC can record what they bought this morning.
    ///
    /// # Errors
    ///
    /// `InTheFuture` or `TooEarly`.
    pub fn check_trade_date(date: Date, today: Date) -> Result<Date, ValueError> {
        if date > today {
            Err(ValueError::InTheFuture)
        } else if date < Self::EARLIEST {
            Err(ValueError::TooEarly {
                earliest: "1900-01-01",
            })
        } else {
            Ok(date)
        }
    }

    pub const fn ledger_order(&self) -> LedgerOrder {
        LedgerOrder {
            date: self.trade_date,
            rank: self.entry.rank(),
            id: self.id,
        }
    }
}
