//! Entries from the ledger to the wire: a kind each there, one flat shape here.

use api::portfolio::{
    EntryLot, GivenLot, OtherSide, Ratio, RecordTransaction, SplitRatio, Transaction as Shown,
};
use api::{Field, Number};
use domain::ledger::{
    Counterpart, Dividend, Entry, Interest, LotPart, NamedLot, Transaction, cash,
};
use domain::money::{Amount, Charge};
use domain::{Currency, InstrumentType, Money, Price, Quantity, Rate, Ticker};
use service_kit::Result;

use super::draft::Known;
use super::figures::{amount, number};

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

/// What the entry says of its instrument, which a correction that removes it means to keep.
pub(super) fn known(transaction: &Transaction, base: Currency) -> Known {
    let flat = Flat::of(&transaction.entry);
    let of_lots = || flat.lots.iter().flatten().find_map(|lot| lot.currency);
    Known {
        currency: flat.currency.or_else(of_lots).unwrap_or(base),
        instrument_type: flat.instrument_type.unwrap_or_else(InstrumentType::other),
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
        warnings: Vec::new(),
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
