use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Buy, LedgerError, LotPart, Transaction, TransferIn, exact};
use crate::money::ArithmeticError;
use crate::{Currency, InstrumentType, Money, Price, Quantity, Rate, TransactionId};

/// What is still held of one purchase.
///
/// | Figure | Is |
/// |---|---|
/// | `cost` | what was paid for the units still held, without fees |
/// | `fees` | the fees and taxes of the purchase that fall to them |
/// | [`Lot::cost_basis`] | `cost + fees` |
///
/// Taking part of a lot takes `cost × part ÷ quantity`, rounded half to even to
/// ten places, and the fees likewise; the rest stays, so the parts of a lot
/// always add up to what was paid for it. A split leaves cost and fees alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredLot")]
pub struct Lot {
    /// The id of the BUY that opened the lot, here or where it was transferred from.
    pub id: TransactionId,
    pub instrument_type: InstrumentType,
    pub quantity: Quantity,
    /// As it was paid. After a split or a transfer, `cost ÷ quantity` rounded
    /// half to even to ten places. For showing: figures come from `cost`.
    pub purchase_price: Price,
    pub purchase_date: Date,
    pub currency: Currency,
    pub cost: Money,
    pub fees: Money,
    /// Base currency for one unit of `currency` on the day of purchase, if it was stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
    /// Where the cost is made of several purchases and not all of them state a rate: the day of
    /// the first that does not. The market's rate of `purchase_date` is then not that of the cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks_rate_of: Option<Date>,
    /// The revision of the entry that opened the lot.
    pub revision: u32,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A lot as it was stored before it knew its cost: then it was whole, and the
/// cost is that of the purchase.
#[derive(Deserialize)]
struct StoredLot {
    id: TransactionId,
    instrument_type: InstrumentType,
    quantity: Quantity,
    purchase_price: Price,
    purchase_date: Date,
    currency: Currency,
    #[serde(default)]
    cost: Option<Money>,
    fees: Money,
    #[serde(default)]
    fx_rate: Option<Rate>,
    #[serde(default)]
    lacks_rate_of: Option<Date>,
    revision: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<StoredLot> for Lot {
    type Error = ArithmeticError;

    fn try_from(stored: StoredLot) -> Result<Self, ArithmeticError> {
        let price = stored.purchase_price;
        let paid = || price.cost_of(stored.quantity, stored.currency);
        let cost = stored.cost.map_or_else(paid, Ok)?;
        Ok(Self {
            id: stored.id,
            instrument_type: stored.instrument_type,
            quantity: stored.quantity,
            purchase_price: stored.purchase_price,
            purchase_date: stored.purchase_date,
            currency: stored.currency,
            cost,
            fees: stored.fees,
            fx_rate: stored.fx_rate,
            lacks_rate_of: stored.lacks_rate_of,
            revision: stored.revision,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        })
    }
}

impl Lot {
    pub(super) fn bought(transaction: &Transaction, buy: &Buy) -> Result<Self, LedgerError> {
        let fees = buy.charges().map_err(|error| match error {
            ArithmeticError::Overflow => LedgerError::TooLarge,
            ArithmeticError::CurrencyMismatch { .. } => LedgerError::Inconsistent {
                entry: transaction.id,
                reason: "the fees are in another currency than the price",
            },
        })?;
        Ok(Self {
            id: transaction.id,
            instrument_type: buy.instrument_type.clone(),
            quantity: buy.quantity,
            purchase_price: buy.price,
            purchase_date: transaction.trade_date,
            currency: buy.currency,
            cost: buy.cost()?,
            fees,
            fx_rate: buy.fx_rate,
            lacks_rate_of: None,
            revision: transaction.revision,
            created_at: transaction.recorded_at,
            updated_at: transaction.amended_at,
        })
    }

    pub(super) fn transferred(
        transaction: &Transaction,
        transfer: &TransferIn,
        part: &LotPart,
    ) -> Result<Self, LedgerError> {
        let contradiction = |reason| LedgerError::Inconsistent {
            entry: transaction.id,
            reason,
        };
        if part.cost.currency() != part.fees.currency() {
            return Err(contradiction(
                "the fees are in another currency than the cost",
            ));
        }
        if part.purchase_date > transaction.trade_date {
            return Err(contradiction("a lot was bought after it was transferred"));
        }
        if part.quantity == Quantity::ZERO {
            return Err(contradiction("a lot of nothing is transferred"));
        }
        if part.cost.amount().is_sign_negative() && !part.cost.amount().is_zero() {
            return Err(contradiction("a lot cost less than nothing"));
        }
        Ok(Self {
            id: part.lot,
            instrument_type: transfer.instrument_type.clone(),
            quantity: part.quantity,
            purchase_price: part.cost.unit_price(part.quantity)?,
            purchase_date: part.purchase_date,
            currency: part.cost.currency(),
            cost: part.cost,
            fees: part.fees,
            fx_rate: part.fx_rate,
            lacks_rate_of: None,
            revision: transaction.revision,
            created_at: transaction.recorded_at,
            updated_at: transaction.amended_at,
        })
    }

    /// `cost + fees`.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn cost_basis(&self) -> Result<Money, ArithmeticError> {
        self.cost.try_add(self.fees)
    }

    /// The lot once all of it is sold.
    #[must_use]
    pub fn sold(self) -> Self {
        Self {
            quantity: Quantity::ZERO,
            cost: Money::zero(self.currency),
            fees: Money::zero(self.currency),
            ..self
        }
    }

    pub(super) const fn acquisition_order(&self) -> (Date, TransactionId) {
        (self.purchase_date, self.id)
    }

    /// Takes `part` units out of the lot, with what they cost.
    pub(super) fn take(&mut self, part: Quantity) -> Result<LotPart, ArithmeticError> {
        let whole = self.quantity.value();
        let [cost, fees] =
            [self.cost, self.fees].map(|money| exact::share(money.amount(), part.value(), whole));
        let (cost, fees) = (cost?, fees?);
        self.cost = Money::new(exact::sub(self.cost.amount(), cost)?, self.currency);
        self.fees = Money::new(exact::sub(self.fees.amount(), fees)?, self.currency);
        self.quantity = exact::less(self.quantity, part)?;
        Ok(LotPart {
            lot: self.id,
            purchase_date: self.purchase_date,
            quantity: part,
            cost: Money::new(cost, self.currency),
            fees: Money::new(fees, self.currency),
            fx_rate: self.fx_rate,
            lacks_rate_of: self.lacks_rate_of,
        })
    }
}
