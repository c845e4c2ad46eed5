//! Entries for the ledger's own tests.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Buy, Entry, Transaction};
use crate::money::Charge;
use crate::{Currency, InstrumentType, PortfolioId, Price, Quantity, Ticker, TransactionId};

pub(crate) fn ticker() -> Ticker {
    Ticker::parse("AAPL").unwrap()
}

pub(crate) fn buy(id: u128, date: &str, quantity: &str, price: &str, fees: &str) -> Transaction {
    Transaction {
        id: TransactionId::from_uuid(Uuid::from_u128(id)),
        portfolio_id: PortfolioId::from_uuid(Uuid::from_u128(7)),
        trade_date: date.parse().unwrap(),
        entry: Entry::Buy(Buy {
            ticker: ticker(),
            instrument_type: InstrumentType::parse("Stock").unwrap(),
            quantity: Quantity::parse(quantity).unwrap(),
            price: Price::parse(price).unwrap(),
            currency: Currency::USD,
            fees: Charge::parse(fees).unwrap().in_currency(Currency::USD),
        }),
        note: None,
        revision: 1,
        recorded_at: Timestamp::UNIX_EPOCH,
        amended_at: Timestamp::UNIX_EPOCH,
    }
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
