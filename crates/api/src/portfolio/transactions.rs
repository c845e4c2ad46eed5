//! Entries of a ledger on the wire: one flat shape for every kind.
//!
//! Which fields a kind takes is decided where it is read, in the Portfolio
//! service; here every field may be there or not.

use domain::ledger::EntryKind;
use domain::money::{Amount, Charge};
use domain::text::{ExternalId, Note};
use domain::{Currency, InstrumentType, PortfolioId, Price, Quantity, Rate, Ticker};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{CashWarning, EntryLot, GivenLot, LotInput, Ratio, RatioInput, SplitRatio};
use crate::currency::CurrencyCode;
use crate::field::Field;
use crate::number::{AmountInput, ChargeInput, Number, PositiveInput};

/// What an entry is.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KindOfEntry {
    Buy,
    Sell,
    Dividend,
    Interest,
    Fee,
    Tax,
    Deposit,
    Withdrawal,
    Split,
    TransferIn,
    TransferOut,
}

/// An entry of a ledger to record.
///
/// | `type` | needs | takes |
/// |---|---|---|
/// | `BUY` | `ticker_symbol`, `quantity`, `price` | `instrument_type`, `currency`, `fee`, `tax`, `fx_rate` |
/// | `SELL` | `ticker_symbol`, `quantity`, `price` | `currency`, `fee`, `tax`, `fx_rate`, `lots` |
/// | `DIVIDEND` | `ticker_symbol`, `amount` | `currency`, `fee`, `tax`, `fx_rate` |
/// | `INTEREST` | `amount` | `ticker_symbol`, `currency`, `fee`, `tax`, `fx_rate` |
/// | `FEE`, `TAX` | `amount` | `ticker_symbol`, `currency`, `fx_rate` |
/// | `DEPOSIT`, `WITHDRAWAL` | `amount` | `currency`, `fx_rate` |
/// | `SPLIT` | `ticker_symbol`, `ratio` | |
/// | `TRANSFER_IN` of an instrument | `ticker_symbol`, `lots` | `instrument_type` |
/// | `TRANSFER_OUT` of an instrument | `ticker_symbol`, `quantity` | `lots`, `to_portfolio_id` |
/// | `TRANSFER_IN` of money | `amount` | `currency`, `fx_rate` |
/// | `TRANSFER_OUT` of money | `amount` | `currency`, `fx_rate`, `to_portfolio_id` |
///
/// All take `note` and `external_id` and need `trade_date`. A field that a kind does not take is
/// refused.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub struct RecordTransaction {
    #[serde(rename = "type", default)]
    #[schema(value_type = KindOfEntry, required)]
    pub kind: Field<EntryKind>,
    /// Not in the future, and not before 1900.
    #[schema(value_type = Date, required, example = "2026-01-05")]
    #[serde(default)]
    pub trade_date: Field<Date>,
    #[schema(value_type = Option<String>, pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$", example = "AAPL")]
    #[serde(default)]
    pub ticker_symbol: Field<Ticker>,
    /// The instrument's own type when absent.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40, example = "Stock")]
    #[serde(default)]
    pub instrument_type: Field<InstrumentType>,
    #[schema(value_type = Option<PositiveInput>)]
    #[serde(default)]
    pub quantity: Field<Quantity>,
    /// Of one unit.
    #[schema(value_type = Option<PositiveInput>)]
    #[serde(default)]
    pub price: Field<Price>,
    /// Before `fee` and `tax`. Negative only for the reversal of a dividend, interest, fee or tax.
    #[schema(value_type = Option<AmountInput>)]
    #[serde(default)]
    pub amount: Field<Amount>,
    /// Zero when absent.
    #[schema(value_type = Option<ChargeInput>)]
    #[serde(default)]
    pub fee: Field<Charge>,
    /// Paid or withheld; zero when absent.
    #[schema(value_type = Option<ChargeInput>)]
    #[serde(default)]
    pub tax: Field<Charge>,
    /// An ISO 4217 code; when absent the currency the instrument is held in, else the
    /// instrument's, else the portfolio's.
    #[schema(value_type = Option<CurrencyCode>)]
    #[serde(default)]
    pub currency: Field<Currency>,
    /// What one unit of `currency` cost on the trade date, in the portfolio's base currency; the
    /// market's rate of that day counts when absent. Of that currency itself only 1.
    #[schema(value_type = Option<PositiveInput>)]
    #[serde(default)]
    pub fx_rate: Field<Rate>,
    #[schema(value_type = Option<RatioInput>)]
    #[serde(default)]
    pub ratio: Field<SplitRatio>,
    /// Which lots are sold or leave, adding up to `quantity`; the portfolio's method chooses when
    /// absent. For a `TRANSFER_IN` the lots that come, with what they cost and when.
    #[schema(value_type = Option<Vec<LotInput>>, min_items = 1, max_items = 1_000)]
    #[serde(default)]
    pub lots: Field<Vec<GivenLot>>,
    /// Another portfolio of yours, which gets the lots or the money in the same moment.
    #[schema(value_type = Option<String>, format = Uuid)]
    #[serde(default)]
    pub to_portfolio_id: Field<PortfolioId>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    #[serde(default)]
    pub note: Field<Note>,
    /// What the entry is called where it came from: a broker's number.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    #[serde(default)]
    pub external_id: Field<ExternalId>,
}

/// A correction of an entry, as a JSON Merge Patch: what is absent stays, `null` removes what the
/// kind does not need. The kind itself stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub struct AmendTransaction {
    #[schema(value_type = Date)]
    #[serde(default)]
    pub trade_date: Field<Date>,
    #[schema(value_type = Option<String>, pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$")]
    #[serde(default)]
    pub ticker_symbol: Field<Ticker>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    #[serde(default)]
    pub instrument_type: Field<InstrumentType>,
    #[schema(value_type = Option<PositiveInput>)]
    #[serde(default)]
    pub quantity: Field<Quantity>,
    #[schema(value_type = Option<PositiveInput>)]
    #[serde(default)]
    pub price: Field<Price>,
    #[schema(value_type = Option<AmountInput>)]
    #[serde(default)]
    pub amount: Field<Amount>,
    #[schema(value_type = Option<ChargeInput>)]
    #[serde(default)]
    pub fee: Field<Charge>,
    #[schema(value_type = Option<ChargeInput>)]
    #[serde(default)]
    pub tax: Field<Charge>,
    #[schema(value_type = Option<CurrencyCode>)]
    #[serde(default)]
    pub currency: Field<Currency>,
    #[schema(value_type = Option<PositiveInput>)]
    #[serde(default)]
    pub fx_rate: Field<Rate>,
    #[schema(value_type = Option<RatioInput>)]
    #[serde(default)]
    pub ratio: Field<SplitRatio>,
    #[schema(value_type = Option<Vec<LotInput>>, min_items = 1, max_items = 1_000)]
    #[serde(default)]
    pub lots: Field<Vec<GivenLot>>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    #[serde(default)]
    pub note: Field<Note>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    #[serde(default)]
    pub external_id: Field<ExternalId>,
}

impl AmendTransaction {
    /// Whether it names anything but the note and the external id.
    pub const fn changes_more_than_words(&self) -> bool {
        let Self {
            trade_date,
            ticker_symbol,
            instrument_type,
            quantity,
            price,
            amount,
            fee,
            tax,
            currency,
            fx_rate,
            ratio,
            lots,
            note: _,
            external_id: _,
        } = self;
        !(trade_date.is_missing()
            && ticker_symbol.is_missing()
            && instrument_type.is_missing()
            && quantity.is_missing()
            && price.is_missing()
            && amount.is_missing()
            && fee.is_missing()
            && tax.is_missing()
            && currency.is_missing()
            && fx_rate.is_missing()
            && ratio.is_missing()
            && lots.is_missing())
    }

    /// The whole entry after the correction, as if it were recorded so.
    pub fn onto(self, current: RecordTransaction) -> RecordTransaction {
        RecordTransaction {
            kind: current.kind,
            to_portfolio_id: Field::Missing,
            trade_date: self.trade_date.or(current.trade_date),
            ticker_symbol: self.ticker_symbol.or(current.ticker_symbol),
            instrument_type: self.instrument_type.or(current.instrument_type),
            quantity: self.quantity.or(current.quantity),
            price: self.price.or(current.price),
            amount: self.amount.or(current.amount),
            fee: self.fee.or(current.fee),
            tax: self.tax.or(current.tax),
            currency: self.currency.or(current.currency),
            fx_rate: self.fx_rate.or(current.fx_rate),
            ratio: self.ratio.or(current.ratio),
            lots: self.lots.or(current.lots),
            note: self.note.or(current.note),
            external_id: self.external_id.or(current.external_id),
        }
    }
}

/// An entry of a ledger. What its kind does not have is `null`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Transaction {
    #[schema(value_type = String, format = Uuid)]
    pub transaction_id: String,
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[serde(rename = "type")]
    #[schema(example = "BUY")]
    pub kind: String,
    pub trade_date: Date,
    #[schema(required, example = "AAPL")]
    pub ticker_symbol: Option<String>,
    #[schema(required, example = "Stock")]
    pub instrument_type: Option<String>,
    #[schema(required)]
    pub quantity: Option<Number>,
    /// Of one unit.
    #[schema(required)]
    pub price: Option<Number>,
    /// Before `fee` and `tax`.
    #[schema(required)]
    pub amount: Option<Number>,
    #[schema(required)]
    pub fee: Option<Number>,
    #[schema(required)]
    pub tax: Option<Number>,
    #[schema(required, example = "USD")]
    pub currency: Option<String>,
    /// As it was stated.
    #[schema(required)]
    pub fx_rate: Option<Number>,
    #[schema(required)]
    pub ratio: Option<Ratio>,
    #[schema(required)]
    pub lots: Option<Vec<EntryLot>>,
    /// What the entry does to the cash of `currency`; `null` for a split and a transfer of lots.
    #[schema(required)]
    pub cash_effect: Option<Number>,
    /// The other side of a transfer between your portfolios, for as long as both are there.
    #[schema(required)]
    pub counterpart: Option<OtherSide>,
    #[schema(required)]
    pub note: Option<String>,
    #[schema(required)]
    pub external_id: Option<String>,
    pub recorded_at: Timestamp,
    pub amended_at: Timestamp,
    /// Only in the answer that records or amends it, and only where `cash_tracking` is on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<CashWarning>,
}

/// An entry in another portfolio.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OtherSide {
    #[schema(value_type = String, format = Uuid)]
    pub portfolio_id: String,
    #[schema(value_type = String, format = Uuid)]
    pub transaction_id: String,
}
