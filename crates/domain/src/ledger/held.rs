//! How many units of an instrument are held, day by day.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::exact::{self, add, scaled, sub};
use super::{Entry, LedgerError, Transaction};
use crate::Quantity;

/// The units held at the end of each day on which an entry changed them.
///
/// The entries are those of one instrument, in ledger order. What is held never
/// depends on the method, so that no lot is needed to know it; after a split it
/// is rounded as in a [`Position`](super::Position).
///
/// # Errors
///
/// `TooLarge`, also where less than nothing would be held.
pub fn held_by_day<'a>(
    in_order: impl IntoIterator<Item = &'a Transaction>,
) -> Result<Vec<(Date, Quantity)>, LedgerError> {
    let mut held = Decimal::ZERO;
    let mut steps: Vec<(Date, Quantity)> = Vec::new();
    for transaction in in_order {
        held = match &transaction.entry {
            Entry::Buy(buy) => add(held, buy.quantity.value())?,
            Entry::TransferIn(transfer) => transfer
                .lots
                .iter()
                .try_fold(held, |held, lot| add(held, lot.quantity.value()))?,
            Entry::Sell(sale) => sub(held, sale.quantity.value())?,
            Entry::TransferOut(transfer) => sub(held, transfer.quantity.value())?,
            Entry::Split(split) => {
                let places = held.normalize().scale().max(exact::PLACES);
                scaled(held, split.new.value(), split.old.value(), places)?
            }
            _ => continue,
        };
        let quantity = exact::quantity(held)?;
        match steps.last_mut() {
            Some((date, last)) if *date == transaction.trade_date => *last = quantity,
            _ => steps.push((transaction.trade_date, quantity)),
        }
    }
    Ok(steps)
}
