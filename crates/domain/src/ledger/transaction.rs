use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::text::Note;
use crate::{
    Currency, InstrumentType, Money, PortfolioId, Price, Quantity, Ticker, TransactionId,
    ValueError,
};

/// One entry of a portfolio's ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub id: TransactionId,
    pub portfolio_id: PortfolioId,
    pub trade_date: Date,
    pub entry: Entry,
    pub note: Option<Note>,
    /// 1 when recorded; rises with every amendment.
    pub revision: u32,
    pub recorded_at: Timestamp,
    pub amended_at: Timestamp,
}

/// What the entry says happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Entry {
    Buy(Buy),
}

/// Money spent on units of an instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buy {
    pub ticker: Ticker,
    pub instrument_type: InstrumentType,
    pub quantity: Quantity,
    pub price: Price,
    pub currency: Currency,
    /// Part of the cost basis. In the same currency as the price.
    pub fees: Money,
}

impl Entry {
    /// The instrument the entry is about.
    pub fn ticker(&self) -> &Ticker {
        match self {
            Self::Buy(buy) => &buy.ticker,
        }
    }
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

    /// Entries of one day keep the order in which they were recorded.
    pub fn ledger_order(&self) -> (Date, TransactionId) {
        (self.trade_date, self.id)
    }
}
