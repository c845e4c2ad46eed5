//! Transfers between own portfolios, seen from one side.
//!
//! What departed is recorded on the other side, so that it has to stay what it
//! was; for as long as there is another side. Once that portfolio is deleted,
//! the transfer is an ordinary one. It is not written anew for that: whoever
//! reads it looks whether the other portfolio is there.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::ledger::{Entry, Folded, LedgerError, Transaction};
use domain::{CustomerId, PortfolioId};
use service_kit::Result;

use crate::state::PortfolioService;
use crate::store::portfolios;

/// Portfolios that entries name as the other side of a transfer and that were deleted.
pub(super) type Gone = BTreeSet<PortfolioId>;

pub(super) async fn gone<'a>(
    service: &PortfolioService,
    owner: CustomerId,
    entries: impl Iterator<Item = &'a Transaction>,
) -> Result<Gone> {
    let linked = entries.filter_map(|entry| entry.entry.counterpart());
    let mut gone: Gone = linked.map(|other| other.portfolio).collect();
    if !gone.is_empty() {
        for portfolio in portfolios::all(&service.table, owner).await? {
            gone.remove(&portfolio.id);
        }
    }
    Ok(gone)
}

/// The entry as it is now that some portfolios are gone.
pub(super) fn current<'a>(entry: &'a Transaction, gone: &Gone) -> Cow<'a, Transaction> {
    let other = entry.entry.counterpart();
    if other.is_none_or(|other| !gone.contains(&other.portfolio)) {
        return Cow::Borrowed(entry);
    }
    let mut entry = entry.clone();
    entry.entry.forget_counterpart();
    Cow::Owned(entry)
}

/// Whether lots went to a portfolio that is there.
pub(super) fn is_departure(entry: &Transaction, gone: &Gone) -> bool {
    let other = match &entry.entry {
        Entry::TransferOut(transfer) => transfer.counterpart,
        _ => None,
    };
    other.is_some_and(|other| !gone.contains(&other.portfolio))
}

/// What went to another own portfolio has to stay what it was.
///
/// # Errors
///
/// `TakesOther` for a transfer that would take along something else.
pub(super) fn keeps_departures<'a>(
    before: &Folded,
    after: &Folded,
    entries: impl IntoIterator<Item = &'a Transaction>,
    gone: &Gone,
) -> std::result::Result<(), LedgerError> {
    let mut linked = entries
        .into_iter()
        .filter(|entry| is_departure(entry, gone));
    let changed = linked.find(|entry| {
        let was = before.departure(entry.id);
        was.is_some() && was != after.departure(entry.id)
    });
    changed.map_or(Ok(()), |transfer| {
        Err(LedgerError::TakesOther {
            transfer: transfer.id,
            date: transfer.trade_date,
        })
    })
}
