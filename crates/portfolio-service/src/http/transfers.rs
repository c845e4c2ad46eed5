//! Transfers between two portfolios of one owner: both sides in one write.
//!
//! The side that lots leave names the lots it took, and the other side has what
//! was paid for them and when.
//!
//! Invariant: what departs on one side is what arrives on the other. So neither
//! side is corrected, both are deleted together, and no change of the first
//! ledger is accepted that would make other lots depart.

use api::portfolio::MOST_LOTS;
use axum::response::{IntoResponse, Response};
use domain::ledger::{
    CashTransfer, Counterpart, Departure, Entry, NamedLot, Transaction, TransferIn, TransferOut,
};
use domain::{CustomerId, InstrumentType, PortfolioId, TransactionId};
use service_kit::idempotency::{CommitError, is_replay};
use service_kit::{Answer, Error, IdempotencyGuard, Preconditions, Result};
use store::WriteError;

use super::cash;
use super::changes::{ATTEMPTS, Edit, derive, fold, keep, open};
use super::recording::answer;
use super::refusals::{changed_by_many, refused};
use super::transactions::{NOT_FOUND, etag};
use crate::state::PortfolioService;
use crate::store::change::LedgerWrite;
use crate::store::events::{self, LedgerChange};
use crate::store::ledger::{self, Depth};
use crate::store::portfolios;

/// Where the other side of an entry is. None for an entry that has none, or whose other side went
/// with its portfolio.
pub(super) async fn other_side(
    service: &PortfolioService,
    owner: CustomerId,
    id: PortfolioId,
    transaction: TransactionId,
) -> Result<Option<Counterpart>> {
    let (_, _, journal) = ledger::load_whole(&service.table, &service.ledgers, owner, id).await?;
    let entry = journal.find(transaction).ok_or(NOT_FOUND)?;
    let Some(other) = entry.entry.counterpart() else {
        return Ok(None);
    };
    match portfolios::load(&service.table, owner, other.portfolio).await {
        Ok(_) => Ok(Some(other)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Records `out` with its other side in the portfolio `to`.
pub(super) async fn record(
    service: &PortfolioService,
    owner: CustomerId,
    out: &Transaction,
    to: PortfolioId,
    guard: &IdempotencyGuard,
) -> Result<Response> {
    let refused_to = |code: &str, detail: &str| Error::invalid("/to_portfolio_id", code, detail);
    if to == out.portfolio_id {
        return Err(refused_to("SAME_PORTFOLIO", "must be another portfolio"));
    }
    let new_id = || TransactionId::from_uuid(service.clock.new_id());
    let mut tried: Vec<TransactionId> = Vec::new();
    let _turns = service.turns([out.portfolio_id, to]).await;
    let mut depth = Depth::Positions;
    for _ in 0..ATTEMPTS {
        let mut from = open(service, owner, out.portfolio_id, depth).await?;
        let mut into = match open(service, owner, to, depth).await {
            Err(Error::NotFound { .. }) => {
                return Err(refused_to("NOT_FOUND", "is no portfolio of yours"));
            }
            opened => opened?,
        };
        let journal = from.ledger().journal();
        let done = journal.and_then(|all| tried.iter().find_map(|id| all.find(*id)));
        if let Some(done) = done {
            let edit = Edit::Record(done.clone());
            let warnings = cash::warnings(&from, &edit)?.unwrap_or_default();
            return Ok(answer(done, warnings)?.into_response());
        }
        // It takes lots that nobody before it took, so that it comes after all there are by now.
        let out = Transaction {
            id: new_id(),
            ..out.clone()
        };
        tried.push(out.id);
        let Some([left, arrived]) = both_sides(&mut from, &mut into, &out, new_id())? else {
            depth = Depth::Entries;
            continue;
        };
        let edit = Edit::Record(left.clone());
        let Some(warnings) = cash::warnings(&from, &edit)? else {
            depth = Depth::Entries;
            continue;
        };
        let answer = answer(&left, warnings)?;
        from.record(vec![left.clone()])?;
        into.record(vec![arrived.clone()])?;
        let sides = [
            (from, LedgerChange::Recorded(left)),
            (into, LedgerChange::Recorded(arrived)),
        ];
        match commit(service, owner, sides, guard, answer).await? {
            Some(response) => return Ok(response),
            None => depth = Depth::Entries,
        }
    }
    Err(changed_by_many())
}

/// Both entries, with the positions after them. None if that takes entries that were not read.
fn both_sides(
    from: &mut LedgerWrite,
    into: &mut LedgerWrite,
    out: &Transaction,
    arrival: TransactionId,
) -> Result<Option<[Transaction; 2]>> {
    let there = Some(Counterpart {
        portfolio: into.portfolio().id,
        transaction: arrival,
    });
    let here = Some(Counterpart {
        portfolio: from.portfolio().id,
        transaction: out.id,
    });
    // A rate is one into the base currency.
    let has_same_base = from.portfolio().base_currency == into.portfolio().base_currency;
    let (left, arrived) = match &out.entry {
        Entry::CashTransferOut(transfer) => {
            let of = |counterpart, fx_rate| CashTransfer {
                amount: transfer.amount,
                fx_rate,
                counterpart,
            };
            let arriving_rate = transfer.fx_rate.filter(|_| has_same_base);
            (
                Entry::CashTransferOut(of(there, transfer.fx_rate)),
                Entry::CashTransferIn(of(here, arriving_rate)),
            )
        }
        Entry::TransferOut(transfer) => {
            let Some((left, mut departure)) = departing(from, out, transfer, there)? else {
                return Ok(None);
            };
            let instrument_type = type_of(from, transfer, &departure);
            for part in &mut departure.parts {
                // A part that arrives lacks no rate but its own, as it is stored.
                part.lacks_rate_of = None;
                part.fx_rate = part.fx_rate.filter(|_| has_same_base);
            }
            let arrived = TransferIn {
                ticker: transfer.ticker.clone(),
                instrument_type,
                lots: departure.parts,
                counterpart: here,
            };
            (Entry::TransferOut(left), Entry::TransferIn(arrived))
        }
        _ => return Err(Error::internal("not a transfer out")),
    };
    let left = Transaction {
        entry: left,
        ..out.clone()
    };
    let arrived = Transaction {
        id: arrival,
        portfolio_id: into.portfolio().id,
        entry: arrived,
        ..out.clone()
    };
    let of = |entry: &Transaction| Edit::Record(entry.clone());
    let are_derived = derive(from, &of(&left))? && derive(into, &of(&arrived))?;
    Ok(are_derived.then_some([left, arrived]))
}

/// The entry with the lots it takes by name, and what they take along.
fn departing(
    from: &LedgerWrite,
    out: &Transaction,
    transfer: &TransferOut,
    counterpart: Option<Counterpart>,
) -> Result<Option<(TransferOut, Departure)>> {
    let departure = |transfer: &TransferOut| {
        let edit = Edit::Record(Transaction {
            entry: Entry::TransferOut(transfer.clone()),
            ..out.clone()
        });
        let Some(folded) = fold(from, &edit).map_err(|error| refused(&error, &edit))? else {
            return Ok(None);
        };
        let departure = folded.iter().find_map(|folded| folded.departure(out.id));
        let departure = departure.ok_or_else(|| Error::internal("a transfer takes nothing"))?;
        Ok::<_, Error>(Some(departure.clone()))
    };
    let Some(chosen) = departure(transfer)? else {
        return Ok(None);
    };
    let count = chosen.parts.len();
    if count > MOST_LOTS {
        let detail = format!("takes {count} lots; transfer at most {MOST_LOTS} at once");
        return Err(Error::invalid("/quantity", "TOO_MANY_LOTS", detail));
    }
    let lots = chosen.parts.iter().map(|part| NamedLot {
        id: part.lot,
        quantity: part.quantity,
    });
    let named = TransferOut {
        lots: lots.collect(),
        counterpart,
        ..transfer.clone()
    };
    // Under AVERAGE, lots that are named round one by one.
    let departure = departure(&named)?;
    Ok(departure.map(|departure| (named, departure)))
}

fn type_of(from: &LedgerWrite, transfer: &TransferOut, departure: &Departure) -> InstrumentType {
    let ledger = from.ledger();
    let held = departure.parts.iter().find_map(|part| ledger.lot(part.lot));
    let held = held.map(|(_, lot)| lot.instrument_type.clone());
    // Of a transfer in the past, nothing may be held any more.
    let entered = || {
        let mut entries = ledger.journal()?.of(&transfer.ticker);
        entries.find_map(|entry| match &entry.entry {
            Entry::Buy(buy) => Some(buy.instrument_type.clone()),
            Entry::TransferIn(transfer) => Some(transfer.instrument_type.clone()),
            _ => None,
        })
    };
    held.or_else(entered).unwrap_or_else(InstrumentType::other)
}

/// Deletes both sides.
pub(super) async fn delete(
    service: &PortfolioService,
    owner: CustomerId,
    near: Counterpart,
    far: Counterpart,
    preconditions: &Preconditions,
) -> Result<Response> {
    let _turns = service.turns([near.portfolio, far.portfolio]).await;
    let guard = IdempotencyGuard::none();
    for _ in 0..ATTEMPTS {
        let here = open(service, owner, near.portfolio, Depth::Entries).await?;
        let there = match open(service, owner, far.portfolio, Depth::Entries).await {
            // It went with its portfolio just now.
            Err(Error::NotFound { .. }) => return Err(changed_by_many()),
            opened => opened?,
        };
        preconditions.check(&etag(&found(&here, near)?))?;
        let sides = [without(here, near)?, without(there, far)?];
        let answer = Answer::no_content();
        if let Some(response) = commit(service, owner, sides, &guard, answer).await? {
            return Ok(response);
        }
    }
    Err(changed_by_many())
}

fn found(write: &LedgerWrite, side: Counterpart) -> Result<Transaction> {
    let journal = write.ledger().journal();
    let entry = journal.and_then(|journal| journal.find(side.transaction));
    entry.cloned().ok_or(NOT_FOUND)
}

fn without(mut write: LedgerWrite, side: Counterpart) -> Result<(LedgerWrite, LedgerChange)> {
    let entry = found(&write, side)?;
    derive(&mut write, &Edit::Remove(entry.clone()))?;
    write.remove(entry.id)?;
    Ok((write, LedgerChange::Removed(entry)))
}

/// Commits both ledgers as one. None if somebody else was faster.
async fn commit(
    service: &PortfolioService,
    owner: CustomerId,
    sides: [(LedgerWrite, LedgerChange); 2],
    guard: &IdempotencyGuard,
    answer: Answer,
) -> Result<Option<Response>> {
    let mut both = service.table.write();
    let mut afters = Vec::with_capacity(2);
    for (write, change) in sides {
        let id = write.portfolio().id;
        let event = events::ledger(&change, write.portfolio(), write.version(), &service.clock)?;
        let (one, after) = write.finish(&event, 2);
        both = both.and(one);
        afters.push((id, after));
    }
    match guard.commit(both, answer).await {
        Ok(response) if is_replay(&response) => Ok(Some(response)),
        Ok(response) => {
            for (id, after) in afters {
                keep(service, owner, id, after).await;
            }
            Ok(Some(response))
        }
        Err(CommitError::Write(WriteError::ConditionFailed { .. })) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
