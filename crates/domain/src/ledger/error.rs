use jiff::civil::Date;
use thiserror::Error;

use crate::money::ArithmeticError;
use crate::{Quantity, Ticker, TransactionId};

/// Why an entry cannot be part of a ledger.
///
/// The entry named is the one that does not work, which need not be the one
/// being changed: a purchase made smaller is refused by the sale that needs it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LedgerError {
    #[error("the entry {entry} is not about {position}")]
    OtherInstrument {
        position: Ticker,
        entry: TransactionId,
    },
    #[error("the entry {0} is recorded twice")]
    Duplicate(TransactionId),
    #[error("the sale {sale} of {date} needs {wanted}, and {held} are held")]
    Oversold {
        sale: TransactionId,
        date: Date,
        held: Quantity,
        wanted: Quantity,
    },
    #[error("the sale {sale} of {date} needs {wanted} of the lot {lot}, which holds {held}")]
    LotNotHeld {
        sale: TransactionId,
        date: Date,
        lot: TransactionId,
        held: Quantity,
        wanted: Quantity,
    },
    #[error("the split {split} of {date} leaves nothing of the lot {lot}")]
    LeavesNothing {
        split: TransactionId,
        date: Date,
        lot: TransactionId,
    },
    #[error(
        "the transfer {transfer} of {date} to another portfolio would take along something else"
    )]
    TakesOther { transfer: TransactionId, date: Date },
    #[error("the entry {entry} contradicts itself: {reason}")]
    Inconsistent {
        entry: TransactionId,
        reason: &'static str,
    },
    /// Fold the instrument anew instead.
    #[error("the entry {0} comes before others that depend on it")]
    OutOfOrder(TransactionId),
    #[error("is more than can be counted exactly, or costs more than 10^23")]
    TooLarge,
    /// `TooLarge`, and with which entry it became so.
    #[error("the entry {0} makes more than can be counted exactly, or costs more than 10^23")]
    TooLargeAt(TransactionId),
}

impl LedgerError {
    /// The same, of an entry.
    pub(super) fn at(self, entry: TransactionId) -> Self {
        match self {
            Self::TooLarge => Self::TooLargeAt(entry),
            other => other,
        }
    }
}

impl From<ArithmeticError> for LedgerError {
    fn from(_: ArithmeticError) -> Self {
        Self::TooLarge
    }
}
