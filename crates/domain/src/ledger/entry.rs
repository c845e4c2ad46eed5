//! The kinds of entries, as they are recorded and stored.
//!
//! | Kind | What it moves | Rank |
//! |---|---|---|
//! | `SPLIT` | quantity × new ÷ old | 0 |
//! | `BUY` | a lot in; cash − (price × quantity + fees + tax) | 1 |
//! | `TRANSFER_IN` | lots in, or cash in | 1, cash 2 |
//! | `DIVIDEND`, `INTEREST` | cash + (amount − fee − tax) | 2 |
//! | `FEE`, `TAX` | cash − amount | 2 |
//! | `DEPOSIT`, `WITHDRAWAL` | cash + or − amount | 2 |
//! | `SELL` | lots out; cash + (price × quantity − fee − tax) | 3 |
//! | `TRANSFER_OUT` | lots out, or cash out | 3, cash 2 |
//!
//! Amounts are gross and normally positive; a negative amount is a reversal
//! (interest paid, a fee given back).
//!
//! `fx_rate` is how many units of the portfolio's base currency one unit of the
//! entry's currency cost on the trade date. Where it is absent, whoever values
//! the entry uses the market's rate of that day: nothing here looks one up.

mod kind;
mod rates;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::money::{ArithmeticError, Charge};
use crate::{
    Currency, InstrumentType, Money, PortfolioId, Price, Quantity, Rate, Ticker, TransactionId,
};

pub use kind::EntryKind;

/// What a transaction says happened. Stored under the name of its kind.
///
/// A transfer of cash is a variant of its own, because it has an amount where a
/// transfer of lots has an instrument; both have the kind of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Entry {
    Buy(Buy),
    Sell(Sell),
    Dividend(Dividend),
    Interest(Interest),
    Fee(Expense),
    Tax(Expense),
    Deposit(CashFlow),
    Withdrawal(CashFlow),
    Split(Split),
    TransferIn(TransferIn),
    TransferOut(TransferOut),
    CashTransferIn(CashTransfer),
    CashTransferOut(CashTransfer),
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
    /// Part of the cost basis too.
    #[serde(default, skip_serializing_if = "Charge::is_zero")]
    pub tax: Charge,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
}

/// Units of an instrument sold for money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sell {
    pub ticker: Ticker,
    pub quantity: Quantity,
    pub price: Price,
    pub currency: Currency,
    #[serde(default)]
    pub fee: Charge,
    #[serde(default)]
    pub tax: Charge,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
    /// The lots sold, where they are named; they add up to the quantity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<NamedLot>,
}

/// How much of which lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedLot {
    pub id: TransactionId,
    pub quantity: Quantity,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dividend {
    pub ticker: Ticker,
    /// Before fee and tax.
    pub amount: Money,
    #[serde(default)]
    pub fee: Charge,
    /// What was withheld.
    #[serde(default)]
    pub tax: Charge,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interest {
    /// The bond or fund that pays it; none for interest on cash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticker: Option<Ticker>,
    /// Before fee and tax.
    pub amount: Money,
    #[serde(default)]
    pub fee: Charge,
    /// What was withheld.
    #[serde(default)]
    pub tax: Charge,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
}

/// A fee or a tax that belongs to no other entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expense {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticker: Option<Ticker>,
    pub amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
}

/// Money paid in or out by the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashFlow {
    pub amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
}

/// Every `old` units became `new` units. `2` for `1` is `new: 2, old: 1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    pub ticker: Ticker,
    pub new: Quantity,
    pub old: Quantity,
}

/// Lots that came from elsewhere, with what was paid for them and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferIn {
    pub ticker: Ticker,
    pub instrument_type: InstrumentType,
    pub lots: Vec<LotPart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<Counterpart>,
}

/// Lots that went elsewhere. Nothing is gained or lost by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferOut {
    pub ticker: Ticker,
    pub quantity: Quantity,
    /// The lots that leave, where they are named; they add up to the quantity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lots: Vec<NamedLot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<Counterpart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashTransfer {
    pub amount: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<Counterpart>,
}

/// The other side of a transfer between two portfolios of one owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterpart {
    pub portfolio: PortfolioId,
    pub transaction: TransactionId,
}

/// Part of a lot on its way: sold, or transferred with everything known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotPart {
    pub lot: TransactionId,
    pub purchase_date: Date,
    pub quantity: Quantity,
    /// What this part cost, without fees. In the currency it was paid in.
    pub cost: Money,
    /// The fees and taxes of the purchase that fall to this part.
    pub fees: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fx_rate: Option<Rate>,
    /// As [`Lot::lacks_rate_of`](super::Lot); a part that arrives lacks none but its own.
    #[serde(skip)]
    pub lacks_rate_of: Option<Date>,
}

impl Entry {
    /// The instrument the entry is about; none where it is about money alone.
    pub fn ticker(&self) -> Option<&Ticker> {
        match self {
            Self::Buy(buy) => Some(&buy.ticker),
            Self::Sell(sale) => Some(&sale.ticker),
            Self::Dividend(dividend) => Some(&dividend.ticker),
            Self::Interest(interest) => interest.ticker.as_ref(),
            Self::Fee(expense) | Self::Tax(expense) => expense.ticker.as_ref(),
            Self::Split(split) => Some(&split.ticker),
            Self::TransferIn(transfer) => Some(&transfer.ticker),
            Self::TransferOut(transfer) => Some(&transfer.ticker),
            Self::Deposit(_)
            | Self::Withdrawal(_)
            | Self::CashTransferIn(_)
            | Self::CashTransferOut(_) => None,
        }
    }

    pub const fn kind(&self) -> EntryKind {
        match self {
            Self::Buy(_) => EntryKind::Buy,
            Self::Sell(_) => EntryKind::Sell,
            Self::Dividend(_) => EntryKind::Dividend,
            Self::Interest(_) => EntryKind::Interest,
            Self::Fee(_) => EntryKind::Fee,
            Self::Tax(_) => EntryKind::Tax,
            Self::Deposit(_) => EntryKind::Deposit,
            Self::Withdrawal(_) => EntryKind::Withdrawal,
            Self::Split(_) => EntryKind::Split,
            Self::TransferIn(_) | Self::CashTransferIn(_) => EntryKind::TransferIn,
            Self::TransferOut(_) | Self::CashTransferOut(_) => EntryKind::TransferOut,
        }
    }

    /// Where the entry stands among those of its day: a split before the trades
    /// of the day, and a purchase before the sale it covers, in whatever order
    /// they were recorded.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Split(_) => 0,
            Self::Buy(_) | Self::TransferIn(_) => 1,
            Self::Sell(_) | Self::TransferOut(_) => 3,
            Self::Dividend(_)
            | Self::Interest(_)
            | Self::Fee(_)
            | Self::Tax(_)
            | Self::Deposit(_)
            | Self::Withdrawal(_)
            | Self::CashTransferIn(_)
            | Self::CashTransferOut(_) => 2,
        }
    }

    /// The counterpart of a transfer between own portfolios.
    pub fn counterpart(&self) -> Option<Counterpart> {
        match self {
            Self::TransferIn(transfer) => transfer.counterpart,
            Self::TransferOut(transfer) => transfer.counterpart,
            Self::CashTransferIn(transfer) | Self::CashTransferOut(transfer) => {
                transfer.counterpart
            }
            _ => None,
        }
    }

    /// Makes an ordinary transfer of one between own portfolios.
    pub fn forget_counterpart(&mut self) {
        match self {
            Self::TransferIn(TransferIn { counterpart, .. })
            | Self::TransferOut(TransferOut { counterpart, .. })
            | Self::CashTransferIn(CashTransfer { counterpart, .. })
            | Self::CashTransferOut(CashTransfer { counterpart, .. }) => *counterpart = None,
            _ => {}
        }
    }
}

impl Buy {
    /// What was paid without fees and tax: `price × quantity`.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn cost(&self) -> Result<Money, ArithmeticError> {
        self.price.cost_of(self.quantity, self.currency)
    }

    /// Fees and tax: what the cost basis holds besides the cost.
    ///
    /// # Errors
    ///
    /// `CurrencyMismatch` for fees in another currency than the price, `Overflow`.
    pub fn charges(&self) -> Result<Money, ArithmeticError> {
        self.tax.in_currency(self.currency).try_add(self.fees)
    }
}

impl Sell {
    /// What was received before fee and tax: `price × quantity`.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn proceeds(&self) -> Result<Money, ArithmeticError> {
        self.price.cost_of(self.quantity, self.currency)
    }
}
