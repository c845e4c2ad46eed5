use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::transaction::{Buy, Transaction};
use crate::money::ArithmeticError;
use crate::{Currency, InstrumentType, Money, Price, Quantity, TransactionId};

/// What is still held of one purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The id of the BUY that opened the lot.
    pub id: TransactionId,
    pub instrument_type: InstrumentType,
    pub quantity: Quantity,
    pub purchase_price: Price,
    pub purchase_date: Date,
    pub currency: Currency,
    pub fees: Money,
    /// The revision of the BUY.
    pub revision: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Lot {
    pub(super) fn opened_by(transaction: &Transaction, buy: &Buy) -> Self {
        Self {
            id: transaction.id,
            instrument_type: buy.instrument_type.clone(),
            quantity: buy.quantity,
            purchase_price: buy.price,
            purchase_date: transaction.trade_date,
            currency: buy.currency,
            fees: buy.fees,
            revision: transaction.revision,
            created_at: transaction.recorded_at,
            updated_at: transaction.amended_at,
        }
    }

    /// `quantity × purchase price + fees`.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn cost_basis(&self) -> Result<Money, ArithmeticError> {
        self.purchase_price
            .cost_of(self.quantity, self.currency)?
            .try_add(self.fees)
    }

    pub(super) fn acquisition_order(&self) -> (Date, TransactionId) {
        (self.purchase_date, self.id)
    }
}
