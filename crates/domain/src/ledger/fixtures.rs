//! Entries for the ledger's own tests.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Buy, CashFlow, Dividend, Entry, Folded, LedgerError, Lot, NamedLot, Position, Sell, Split,
    Transaction, TransferIn, TransferOut,
};
use crate::money::Charge;
use crate::portfolio::CostBasisMethod;
use crate::{Currency, InstrumentType, Money, PortfolioId, Price, Quantity, Ticker, TransactionId};

pub(crate) fn ticker() -> Ticker {
    Ticker::parse("AAPL").unwrap()
}

pub(crate) fn id(number: u128) -> TransactionId {
    TransactionId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn units(number: &str) -> Quantity {
    Quantity::parse(number).unwrap()
}

pub(crate) fn usd(amount: &str) -> Money {
    Money::new(crate::decimal::parse(amount).unwrap(), Currency::USD)
}

pub(crate) fn on(id: u128, date: &str, entry: Entry) -> Transaction {
    Transaction {
        id: self::id(id),
        portfolio_id: PortfolioId::from_uuid(Uuid::from_u128(7)),
        trade_date: date.parse().unwrap(),
        entry,
        note: None,
        external_id: None,
        revision: 1,
        recorded_at: Timestamp::UNIX_EPOCH,
        amended_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn buy(id: u128, date: &str, quantity: &str, price: &str, fees: &str) -> Transaction {
    let entry = Entry::Buy(Buy {
        ticker: ticker(),
        instrument_type: InstrumentType::parse("Stock").unwrap(),
        quantity: units(quantity),
        price: Price::parse(price).unwrap(),
        currency: Currency::USD,
        fees: Charge::parse(fees).unwrap().in_currency(Currency::USD),
        tax: Charge::ZERO,
        fx_rate: None,
    });
    on(id, date, entry)
}

pub(crate) fn bought(transaction: &mut Transaction) -> &mut Buy {
    match &mut transaction.entry {
        Entry::Buy(buy) => buy,
        other => panic!("a purchase expected, not {other:?}"),
    }
}

pub(crate) fn sell(id: u128, date: &str, quantity: &str, price: &str, fee: &str) -> Transaction {
    sell_lots(id, date, quantity, price, fee, &[])
}

pub(crate) fn sell_lots(
    id: u128,
    date: &str,
    quantity: &str,
    price: &str,
    fee: &str,
    lots: &[(u128, &str)],
) -> Transaction {
    let entry = Entry::Sell(Sell {
        ticker: ticker(),
        quantity: units(quantity),
        price: Price::parse(price).unwrap(),
        currency: Currency::USD,
        fee: Charge::parse(fee).unwrap(),
        tax: Charge::ZERO,
        fx_rate: None,
        lots: lots.iter().map(named).collect(),
    });
    on(id, date, entry)
}

fn named((lot, quantity): &(u128, &str)) -> NamedLot {
    NamedLot {
        id: id(*lot),
        quantity: units(quantity),
    }
}

pub(crate) fn split(id: u128, date: &str, new: &str, old: &str) -> Transaction {
    let entry = Entry::Split(Split {
        ticker: ticker(),
        new: units(new),
        old: units(old),
    });
    on(id, date, entry)
}

pub(crate) fn dividend(id: u128, date: &str, amount: &str, tax: &str) -> Transaction {
    let entry = Entry::Dividend(Dividend {
        ticker: ticker(),
        amount: usd(amount),
        fee: Charge::ZERO,
        tax: Charge::parse(tax).unwrap(),
        fx_rate: None,
    });
    on(id, date, entry)
}

pub(crate) fn deposit(id: u128, date: &str, amount: &str) -> Transaction {
    let flow = CashFlow {
        amount: usd(amount),
        fx_rate: None,
    };
    on(id, date, Entry::Deposit(flow))
}

pub(crate) fn transfer_out(id: u128, date: &str, quantity: &str) -> Transaction {
    let entry = Entry::TransferOut(TransferOut {
        ticker: ticker(),
        quantity: units(quantity),
        lots: Vec::new(),
        counterpart: None,
    });
    on(id, date, entry)
}

pub(crate) fn transfer_in(id: u128, date: &str, lots: Vec<super::LotPart>) -> Transaction {
    let entry = Entry::TransferIn(TransferIn {
        ticker: ticker(),
        instrument_type: InstrumentType::parse("Stock").unwrap(),
        lots,
        counterpart: None,
    });
    on(id, date, entry)
}

pub(crate) fn fold(
    entries: &[Transaction],
    method: CostBasisMethod,
) -> Result<Folded, LedgerError> {
    Position::fold(ticker(), entries, method)
}

pub(crate) fn fifo(entries: &[Transaction]) -> Result<Folded, LedgerError> {
    fold(entries, CostBasisMethod::Fifo)
}

/// Id, quantity and cost basis of each lot.
pub(crate) fn shown(lots: &[Lot]) -> Vec<String> {
    let text = |lot: &Lot| {
        let basis = lot.cost_basis().unwrap().amount().normalize();
        let number = lot.id.as_uuid().as_u128();
        format!("{number}: {} for {basis}", lot.quantity.value().normalize())
    };
    lots.iter().map(text).collect()
}

/// Random buys with distinct ids.
pub(crate) fn buys(count: Range<usize>) -> impl Strategy<Value = Vec<Transaction>> {
    let one = (
        0i32..20_000,
        1i64..1_000_000_000,
        1i64..100_000_000,
        0i64..10_000,
    );
    prop::collection::vec(one, count).prop_map(|rows| {
        let epoch = Date::constant(1970, 1, 1);
        rows.into_iter()
            .zip(1u128..)
            .map(|((day, quantity, price, fees), id)| {
                let date = epoch.checked_add(jiff::Span::new().days(day)).unwrap();
                let number =
                    |mantissa, scale| rust_decimal::Decimal::new(mantissa, scale).to_string();
                buy(
                    id,
                    &date.to_string(),
                    &number(quantity, 6),
                    &number(price, 4),
                    &number(fees, 2),
                )
            })
            .collect()
    })
}
