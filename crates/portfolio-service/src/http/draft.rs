//! Entries from the wire to the ledger: one flat shape there, a kind each here.
//!
//! Reading is in two steps, because what an entry leaves out comes from its
//! instrument: [`read`] holds the fields to what the kind takes and gives a
//! [`Draft`]; `draft/entry.rs` puts it together once the currency is known.

mod entry;
mod rates;

use api::portfolio::{GivenLot, RecordTransaction, SplitRatio};
use api::{Field, FieldError, Fields};
use domain::ledger::{EntryKind, Transaction};
use domain::money::{Amount, Charge};
use domain::text::{ExternalId, Note};
use domain::{Currency, InstrumentType, PortfolioId, Price, Quantity, Rate, Ticker};
use jiff::civil::Date;

pub(super) use self::entry::Known;

/// An entry that was read. What its kind does not take is not there.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    shape: Shape,
    pub(super) trade_date: Date,
    pub(super) ticker: Option<Ticker>,
    pub(super) instrument_type: Option<InstrumentType>,
    quantity: Option<Quantity>,
    price: Option<Price>,
    amount: Option<Amount>,
    fee: Charge,
    tax: Charge,
    pub(super) currency: Option<Currency>,
    fx_rate: Option<Rate>,
    ratio: Option<SplitRatio>,
    pub(super) lots: Vec<GivenLot>,
    pub(super) to_portfolio: Option<PortfolioId>,
    pub(super) note: Option<Note>,
    pub(super) external_id: Option<ExternalId>,
}

/// What decides which fields there are: the kind, and of a transfer what it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Of(EntryKind),
    LotsIn,
    LotsOut,
}

impl Shape {
    fn of(kind: EntryKind, request: &RecordTransaction) -> Self {
        let of_lots = request.ticker_symbol.is_given()
            || request.quantity.is_given()
            || request.lots.is_given();
        match kind {
            EntryKind::TransferIn if of_lots => Self::LotsIn,
            EntryKind::TransferOut if of_lots => Self::LotsOut,
            kind => Self::Of(kind),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Of(EntryKind::TransferIn) => "TRANSFER_IN of money",
            Self::Of(EntryKind::TransferOut) => "TRANSFER_OUT of money",
            Self::Of(kind) => kind.as_str(),
            Self::LotsIn => "TRANSFER_IN of an instrument",
            Self::LotsOut => "TRANSFER_OUT of an instrument",
        }
    }

    const fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Of(EntryKind::Buy | EntryKind::Sell) => &["ticker_symbol", "quantity", "price"],
            Self::Of(EntryKind::Dividend) => &["ticker_symbol", "amount"],
            Self::Of(EntryKind::Split) => &["ticker_symbol", "ratio"],
            Self::LotsIn => &["ticker_symbol", "lots"],
            Self::LotsOut => &["ticker_symbol", "quantity"],
            Self::Of(_) => &["amount"],
        }
    }

    const fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Of(EntryKind::Buy) => &["instrument_type", "currency", "fee", "tax", "fx_rate"],
            Self::Of(EntryKind::Sell) => &["currency", "fee", "tax", "fx_rate", "lots"],
            Self::Of(EntryKind::Dividend) => &["currency", "fee", "tax", "fx_rate"],
            Self::Of(EntryKind::Interest) => {
                &["ticker_symbol", "currency", "fee", "tax", "fx_rate"]
            }
            Self::Of(EntryKind::Fee | EntryKind::Tax) => &["ticker_symbol", "currency", "fx_rate"],
            Self::Of(EntryKind::TransferOut) => &["currency", "fx_rate", "to_portfolio_id"],
            Self::Of(EntryKind::Split) => &[],
            Self::Of(_) => &["currency", "fx_rate"],
            Self::LotsIn => &["instrument_type"],
            Self::LotsOut => &["lots", "to_portfolio_id"],
        }
    }
}

/// Takes the fields of a request one by one.
struct Reader {
    shape: Option<Shape>,
    fields: Fields,
}

impl Reader {
    fn take<T>(&mut self, name: &str, field: impl Into<Field<T>>) -> Option<T> {
        let field = field.into();
        let Some(shape) = self.shape else {
            return self.fields.optional(name, field).flatten();
        };
        if shape.needs().contains(&name) {
            self.fields.required(name, field)
        } else if shape.takes().contains(&name) {
            self.fields.optional(name, field).flatten()
        } else {
            if field.is_given() {
                let detail = format!("is not a field of a {}", shape.name());
                self.fields.refuse(name, "NOT_TAKEN", &detail);
            }
            None
        }
    }
}

/// Reads an entry, with every mistake in it.
pub(super) fn read(
    request: RecordTransaction,
    mut fields: Fields,
    today: Date,
) -> Result<Draft, Vec<FieldError>> {
    let kind = match &request.kind {
        Field::Value(kind) => Some(*kind),
        _ => None,
    };
    let shape = kind.map(|kind| Shape::of(kind, &request));
    fields.required("type", request.kind);
    let trade_date = fields.required("trade_date", request.trade_date);
    let trade_date = fields.check("trade_date", trade_date, |date| {
        Transaction::check_trade_date(date, today)
    });
    let note = fields.optional("note", request.note).flatten();
    let external_id = fields
        .optional("external_id", request.external_id)
        .flatten();
    let mut reader = Reader { shape, fields };
    let ticker = reader.take("ticker_symbol", request.ticker_symbol);
    let instrument_type = reader.take("instrument_type", request.instrument_type);
    let quantity = reader.take("quantity", request.quantity);
    let price = reader.take("price", request.price);
    let amount = reader.take("amount", request.amount);
    let fee = reader.take("fee", request.fee).unwrap_or(Charge::ZERO);
    let tax = reader.take("tax", request.tax).unwrap_or(Charge::ZERO);
    let currency = reader.take("currency", request.currency);
    let fx_rate = reader.take("fx_rate", request.fx_rate);
    let ratio = reader.take("ratio", request.ratio);
    let lots = reader.take("lots", request.lots).unwrap_or_default();
    let to_portfolio = reader.take("to_portfolio_id", request.to_portfolio_id);
    let mut fields = reader.fields;
    if let Some(Shape::Of(
        EntryKind::Deposit | EntryKind::Withdrawal | EntryKind::TransferIn | EntryKind::TransferOut,
    )) = shape
    {
        fields.check("amount", amount, Amount::check_positive);
    }
    match shape {
        Some(Shape::LotsIn) => check_arriving(&mut fields, &lots, trade_date),
        Some(_) => check_named(&mut fields, &lots, quantity),
        None => {}
    }
    let (shape, trade_date) = fields.all((shape, trade_date))?;
    Ok(Draft {
        shape,
        trade_date,
        ticker,
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
        to_portfolio,
        note,
        external_id,
    })
}

/// Lots that come need to say what they cost and when they were bought.
fn check_arriving(fields: &mut Fields, lots: &[GivenLot], arrival: Option<Date>) {
    for (place, lot) in lots.iter().enumerate() {
        let mut refuse = |name: &str, code: &str, detail: &str| {
            fields.refuse(&format!("lots/{place}/{name}"), code, detail);
        };
        match lot.purchase_date {
            None => refuse("purchase_date", api::code::REQUIRED, "is required"),
            Some(date) if date < Transaction::EARLIEST => {
                refuse(
                    "purchase_date",
                    "TOO_EARLY",
                    "must not be before 1900-01-01",
                );
            }
            Some(date) if arrival.is_some_and(|arrival| date > arrival) => {
                refuse(
                    "purchase_date",
                    "AFTER_TRADE_DATE",
                    "must not be after the trade date",
                );
            }
            Some(_) => {}
        }
        if lot.cost.is_none() {
            refuse("cost", api::code::REQUIRED, "is required");
        }
    }
}

/// Lots that leave are named, and add up.
fn check_named(fields: &mut Fields, lots: &[GivenLot], quantity: Option<Quantity>) {
    for (place, lot) in lots.iter().enumerate() {
        let mut refuse = |name: &str, code: &str, detail: &str| {
            fields.refuse(&format!("lots/{place}/{name}"), code, detail);
        };
        if lot.investment_id.is_none() {
            refuse("investment_id", api::code::REQUIRED, "is required");
        }
        for (name, is_given) in [
            ("purchase_date", lot.purchase_date.is_some()),
            ("cost", lot.cost.is_some()),
            ("fees", lot.fees.is_some()),
            ("currency", lot.currency.is_some()),
            ("fx_rate", lot.fx_rate.is_some()),
        ] {
            if is_given {
                refuse(name, "NOT_TAKEN", "is known of a lot that is held");
            }
        }
    }
    let sum = lots
        .iter()
        .try_fold(Quantity::ZERO, |sum, lot| sum.try_add(lot.quantity));
    if !lots.is_empty() && quantity.is_some() && sum.ok() != quantity {
        fields.refuse("lots", "SUM_DIFFERS", "must add up to the quantity");
    }
}
