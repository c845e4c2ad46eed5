//! Entries between the wire and the ledger: one flat shape there, a kind each here.
//!
//! Reading is in two steps, because what an entry leaves out comes from its
//! instrument: [`read`] holds the fields to what the kind takes and gives a
//! [`Draft`]; [`Draft::entry`] puts it together once the currency is known.

use api::portfolio::{
    EntryLot, GivenLot, OtherSide, Ratio, RecordTransaction, SplitRatio, Transaction as Shown,
};
use api::{Field, FieldError, Fields, Number};
use domain::ledger::{
    Buy, CashFlow, CashTransfer, Counterpart, Dividend, Entry, EntryKind, Expense, Interest,
    LotPart, NamedLot, Sell, Split, Transaction, TransferIn, TransferOut, cash,
};
use domain::money::{Amount, Charge};
use domain::text::{ExternalId, Note};
use domain::{
    Currency, InstrumentType, Money, PortfolioId, Price, Quantity, Rate, Ticker, TransactionId,
};
use jiff::civil::Date;
use service_kit::{Clock, Error, Result};

use super::figures::{amount, number};

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
    lots: Vec<GivenLot>,
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
) -> std::result::Result<Draft, Vec<FieldError>> {
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

/// What an entry leaves out and its instrument knows.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) currency: Currency,
    pub(super) instrument_type: InstrumentType,
}

impl Draft {
    /// Whether somebody has to say in which currency the entry is, or what its instrument is.
    pub(super) fn leaves_out(&self) -> (bool, bool) {
        let currency = match self.shape {
            Shape::Of(EntryKind::Split) | Shape::LotsOut => false,
            Shape::LotsIn => self.lots.iter().any(|lot| lot.currency.is_none()),
            Shape::Of(_) => self.currency.is_none(),
        };
        let brings_lots = matches!(self.shape, Shape::Of(EntryKind::Buy) | Shape::LotsIn);
        (currency, brings_lots && self.instrument_type.is_none())
    }

    /// The entry, with what it left out.
    pub(super) fn entry(self, known: Known, clock: &Clock) -> Result<Entry> {
        let shape = self.shape.name();
        self.put_together(known, clock)
            .ok_or_else(|| Error::internal(format!("a {shape} that was read lacks a field")))
    }

    fn put_together(self, known: Known, clock: &Clock) -> Option<Entry> {
        let currency = self.currency.unwrap_or(known.currency);
        let instrument_type = self.instrument_type.unwrap_or(known.instrument_type);
        let (ticker, fee, tax, fx_rate) = (self.ticker, self.fee, self.tax, self.fx_rate);
        let money = || Some(self.amount?.in_currency(currency));
        let named = || self.lots.iter().map(named_lot).collect::<Option<Vec<_>>>();
        let flow = || {
            Some(CashFlow {
                amount: money()?,
                fx_rate,
            })
        };
        let cash_transfer = || {
            Some(CashTransfer {
                amount: money()?,
                fx_rate,
                counterpart: None,
            })
        };
        Some(match self.shape {
            Shape::Of(EntryKind::Buy) => Entry::Buy(Buy {
                ticker: ticker?,
                instrument_type,
                quantity: self.quantity?,
                price: self.price?,
                currency,
                fees: fee.in_currency(currency),
                tax,
                fx_rate,
            }),
            Shape::Of(EntryKind::Sell) => Entry::Sell(Sell {
                ticker: ticker?,
                quantity: self.quantity?,
                price: self.price?,
                currency,
                fee,
                tax,
                fx_rate,
                lots: named()?,
            }),
            Shape::Of(EntryKind::Dividend) => Entry::Dividend(Dividend {
                ticker: ticker?,
                amount: money()?,
                fee,
                tax,
                fx_rate,
            }),
            Shape::Of(EntryKind::Interest) => Entry::Interest(Interest {
                ticker,
                amount: money()?,
                fee,
                tax,
                fx_rate,
            }),
            Shape::Of(kind @ (EntryKind::Fee | EntryKind::Tax)) => {
                let expense = Expense {
                    ticker,
                    amount: money()?,
                    fx_rate,
                };
                match kind {
                    EntryKind::Fee => Entry::Fee(expense),
                    _ => Entry::Tax(expense),
                }
            }
            Shape::Of(EntryKind::Deposit) => Entry::Deposit(flow()?),
            Shape::Of(EntryKind::Withdrawal) => Entry::Withdrawal(flow()?),
            Shape::Of(EntryKind::Split) => {
                let SplitRatio { new, old } = self.ratio?;
                Entry::Split(Split {
                    ticker: ticker?,
                    new,
                    old,
                })
            }
            Shape::Of(EntryKind::TransferIn) => Entry::CashTransferIn(cash_transfer()?),
            Shape::Of(EntryKind::TransferOut) => Entry::CashTransferOut(cash_transfer()?),
            Shape::LotsIn => Entry::TransferIn(TransferIn {
                ticker: ticker?,
                instrument_type,
                lots: self
                    .lots
                    .iter()
                    .map(|lot| arriving(lot, currency, clock))
                    .collect::<Option<_>>()?,
                counterpart: None,
            }),
            Shape::LotsOut => Entry::TransferOut(TransferOut {
                ticker: ticker?,
                quantity: self.quantity?,
                lots: named()?,
                counterpart: None,
            }),
        })
    }
}

fn named_lot(lot: &GivenLot) -> Option<NamedLot> {
    Some(NamedLot {
        id: lot.investment_id?,
        quantity: lot.quantity,
    })
}

fn arriving(lot: &GivenLot, currency: Currency, clock: &Clock) -> Option<LotPart> {
    let currency = lot.currency.unwrap_or(currency);
    let new_id = || TransactionId::from_uuid(clock.new_id());
    Some(LotPart {
        lot: lot.investment_id.unwrap_or_else(new_id),
        purchase_date: lot.purchase_date?,
        quantity: lot.quantity,
        cost: lot.cost?.in_currency(currency),
        fees: lot.fees.unwrap_or(Charge::ZERO).in_currency(currency),
        fx_rate: lot.fx_rate,
    })
}

/// An entry in the flat shape of the wire.
#[derive(Debug, Default)]
struct Flat {
    ticker: Option<Ticker>,
    instrument_type: Option<InstrumentType>,
    quantity: Option<Quantity>,
    price: Option<Price>,
    money: Option<Money>,
    charges: Option<(Charge, Charge)>,
    currency: Option<Currency>,
    fx_rate: Option<Rate>,
    ratio: Option<SplitRatio>,
    lots: Option<Vec<GivenLot>>,
}

impl Flat {
    fn of(entry: &Entry) -> Self {
        let money = |money: Money, fx_rate| Self {
            money: Some(money),
            currency: Some(money.currency()),
            fx_rate,
            ..Self::default()
        };
        let flat = match entry {
            Entry::Buy(buy) => Self {
                instrument_type: Some(buy.instrument_type.clone()),
                quantity: Some(buy.quantity),
                price: Some(buy.price),
                charges: Charge::try_new(buy.fees.amount()).ok().zip(Some(buy.tax)),
                currency: Some(buy.currency),
                fx_rate: buy.fx_rate,
                ..Self::default()
            },
            Entry::Sell(sale) => Self {
                quantity: Some(sale.quantity),
                price: Some(sale.price),
                charges: Some((sale.fee, sale.tax)),
                currency: Some(sale.currency),
                fx_rate: sale.fx_rate,
                lots: named(&sale.lots),
                ..Self::default()
            },
            Entry::Dividend(Dividend {
                amount,
                fee,
                tax,
                fx_rate,
                ..
            })
            | Entry::Interest(Interest {
                amount,
                fee,
                tax,
                fx_rate,
                ..
            }) => Self {
                charges: Some((*fee, *tax)),
                ..money(*amount, *fx_rate)
            },
            Entry::Fee(expense) | Entry::Tax(expense) => money(expense.amount, expense.fx_rate),
            Entry::Deposit(flow) | Entry::Withdrawal(flow) => money(flow.amount, flow.fx_rate),
            Entry::CashTransferIn(transfer) | Entry::CashTransferOut(transfer) => {
                money(transfer.amount, transfer.fx_rate)
            }
            Entry::Split(split) => Self {
                ratio: Some(SplitRatio {
                    new: split.new,
                    old: split.old,
                }),
                ..Self::default()
            },
            Entry::TransferIn(transfer) => Self {
                instrument_type: Some(transfer.instrument_type.clone()),
                lots: Some(transfer.lots.iter().map(given_lot).collect()),
                ..Self::default()
            },
            Entry::TransferOut(transfer) => Self {
                quantity: Some(transfer.quantity),
                lots: named(&transfer.lots),
                ..Self::default()
            },
        };
        Self {
            ticker: entry.ticker().cloned(),
            ..flat
        }
    }
}

fn named(lots: &[NamedLot]) -> Option<Vec<GivenLot>> {
    let given = |lot: &NamedLot| GivenLot {
        investment_id: Some(lot.id),
        quantity: lot.quantity,
        purchase_date: None,
        cost: None,
        fees: None,
        currency: None,
        fx_rate: None,
    };
    (!lots.is_empty()).then(|| lots.iter().map(given).collect())
}

fn given_lot(part: &LotPart) -> GivenLot {
    GivenLot {
        investment_id: Some(part.lot),
        quantity: part.quantity,
        purchase_date: Some(part.purchase_date),
        cost: Charge::try_new(part.cost.amount()).ok(),
        fees: Charge::try_new(part.fees.amount()).ok(),
        currency: Some(part.cost.currency()),
        fx_rate: part.fx_rate,
    }
}

/// The request that would record this entry as it is: what a correction is laid over.
pub(super) fn as_request(transaction: &Transaction) -> RecordTransaction {
    let flat = Flat::of(&transaction.entry);
    let (fee, tax) = flat.charges.unzip();
    RecordTransaction {
        kind: Field::Value(transaction.entry.kind()),
        trade_date: Field::Value(transaction.trade_date),
        ticker_symbol: flat.ticker.into(),
        instrument_type: flat.instrument_type.into(),
        quantity: flat.quantity.into(),
        price: flat.price.into(),
        amount: flat
            .money
            .and_then(|money| Amount::try_new(money.amount()).ok())
            .into(),
        fee: fee.into(),
        tax: tax.into(),
        currency: flat.currency.into(),
        fx_rate: flat.fx_rate.into(),
        ratio: flat.ratio.into(),
        lots: flat.lots.into(),
        to_portfolio_id: Field::Missing,
        note: transaction.note.clone().into(),
        external_id: transaction.external_id.clone().into(),
    }
}

/// An entry as it is shown.
pub(super) fn shown(transaction: &Transaction) -> Result<Shown> {
    let flat = Flat::of(&transaction.entry);
    let currency = flat.currency;
    let in_currency = |charge: Charge| Some(amount(charge.in_currency(currency?)));
    let (fee, tax) = flat.charges.unzip();
    let moved = cash::moved_by(&transaction.entry)?;
    Ok(Shown {
        transaction_id: transaction.id.to_string(),
        portfolio_id: transaction.portfolio_id.to_string(),
        kind: transaction.entry.kind().as_str().to_owned(),
        trade_date: transaction.trade_date,
        ticker_symbol: flat.ticker.map(|ticker| ticker.to_string()),
        instrument_type: flat.instrument_type.map(|kind| kind.to_string()),
        quantity: flat.quantity.map(|quantity| number(quantity.value())),
        price: flat.price.map(|price| number(price.value())),
        amount: flat.money.map(amount),
        fee: fee.and_then(in_currency),
        tax: tax.and_then(in_currency),
        currency: currency.map(|currency| currency.code().to_owned()),
        fx_rate: flat.fx_rate.map(rate),
        ratio: flat.ratio.map(|ratio| Ratio {
            new: number(ratio.new.value()),
            old: number(ratio.old.value()),
        }),
        lots: flat.lots.map(|lots| lots.iter().map(lot_shown).collect()),
        cash_effect: moved.map(amount),
        counterpart: transaction.entry.counterpart().map(other_side),
        note: transaction.note.as_ref().map(ToString::to_string),
        external_id: transaction.external_id.as_ref().map(ToString::to_string),
        recorded_at: transaction.recorded_at,
        amended_at: transaction.amended_at,
    })
}

fn rate(rate: Rate) -> Number {
    number(rate.value())
}

fn lot_shown(lot: &GivenLot) -> EntryLot {
    let money = |charge: Charge| Some(amount(charge.in_currency(lot.currency?)));
    EntryLot {
        investment_id: lot
            .investment_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        quantity: number(lot.quantity.value()),
        purchase_date: lot.purchase_date,
        cost: lot.cost.and_then(money),
        fees: lot.fees.and_then(money),
        currency: lot.currency.map(|currency| currency.code().to_owned()),
        fx_rate: lot.fx_rate.map(rate),
    }
}

fn other_side(counterpart: Counterpart) -> OtherSide {
    OtherSide {
        portfolio_id: counterpart.portfolio.to_string(),
        transaction_id: counterpart.transaction.to_string(),
    }
}
