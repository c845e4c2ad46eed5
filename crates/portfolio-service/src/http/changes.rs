//! How a ledger is changed: read, decide, commit, and again if somebody else was faster.
//!
//! Every change of entries comes through here, whatever route it was asked on,
//! so that investments and transactions are two views of one ledger. What is
//! decided is the same for all: the instruments an edit touches are derived
//! anew, with everything that comes later, and the first entry that no longer
//! works refuses the edit.

use std::collections::BTreeMap;

use api::portfolio::CashWarning;
use axum::response::{IntoResponse, Response};
use domain::ledger::{Folded, LedgerError, Position, Transaction};
use domain::{CustomerId, PortfolioId, Ticker, TransactionId};
use service_kit::idempotency::{CommitError, is_replay};
use service_kit::{Answer, IdempotencyGuard, Result};
use store::WriteError;

use super::links::{is_departure, keeps_departures};
use super::refusals::{changed_by_many, refused};
use super::{cash, links};
use crate::state::PortfolioService;
use crate::store::change::{After, LedgerWrite, settle};
use crate::store::events::{self, LedgerChange};
use crate::store::ledger::{self, Depth};

/// How often a change is decided again before the client has to.
pub(super) const ATTEMPTS: usize = 16;

/// What happens to the entries.
#[derive(Debug)]
pub(super) enum Edit {
    Record(Transaction),
    /// The rows of a batch.
    RecordAll(Vec<Transaction>),
    Amend(Transaction),
    Remove(Transaction),
}

/// What was decided.
#[derive(Debug)]
pub(super) enum Decision {
    /// It cannot be told from the positions alone.
    NeedsEntries,
    /// An attempt whose outcome got lost on the way has done it.
    IsDone(Edit),
    Do(Edit),
}

/// Changes the owner's ledger as `decide` says, and answers what `answer` makes
/// of the ledger after it, with what it does to cash. Both may be asked several times, each time with the
/// ledger as it is then.
///
/// # Errors
///
/// Those of `decide`; why the ledger refuses the edit; `CONCURRENT_CHANGE` when
/// others were faster every time.
pub(super) async fn change(
    service: &PortfolioService,
    owner: CustomerId,
    id: PortfolioId,
    guard: &IdempotencyGuard,
    decide: impl Fn(&LedgerWrite) -> Result<Decision>,
    answer: impl Fn(&LedgerWrite, &Edit, Vec<CashWarning>) -> Result<Answer>,
) -> Result<Response> {
    let _turn = service.turn(id).await;
    let mut depth = Depth::Positions;
    for _ in 0..ATTEMPTS {
        let mut write = open(service, owner, id, depth).await?;
        let edit = match decide(&write)? {
            Decision::Do(edit) => edit,
            Decision::IsDone(edit) => {
                let warnings = cash::warnings(&write, &edit)?.unwrap_or_default();
                return Ok(answer(&write, &edit, warnings)?.into_response());
            }
            Decision::NeedsEntries => {
                depth = Depth::Entries;
                continue;
            }
        };
        if !derive(&mut write, &edit)? {
            depth = Depth::Entries;
            continue;
        }
        let Some(warnings) = cash::warnings(&write, &edit)? else {
            depth = Depth::Entries;
            continue;
        };
        let answer = answer(&write, &edit, warnings)?;
        let change = edit.event();
        edit.file(&mut write)?;
        match write.stage().await {
            Ok(()) => {}
            Err(WriteError::ConditionFailed { .. }) => continue,
            Err(error) => return Err(error.into()),
        }
        let event = events::ledger(&change, write.portfolio(), write.version(), &service.clock)?;
        let (commit, after) = write.finish(&event, 1);
        match guard.commit(commit, answer).await {
            Ok(response) if is_replay(&response) => return Ok(response),
            Ok(response) => {
                keep(service, owner, id, after).await;
                return Ok(response);
            }
            // Whether an earlier attempt was committed after all shows in the entries.
            Err(CommitError::Write(WriteError::ConditionFailed { .. })) => depth = Depth::Entries,
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_by_many())
}

/// Keeps a ledger in memory, or settles it first. That it cannot be settled now takes nothing back:
/// the change is made, and whoever changes the portfolio next settles it.
pub(super) async fn keep(
    service: &PortfolioService,
    owner: CustomerId,
    id: PortfolioId,
    after: After,
) {
    if !after.is_unsettled {
        service.ledgers.remember(id, after.ledger);
    } else if let Err(error) = settle(&service.table, &service.ledgers, owner, id).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "a portfolio is not settled yet");
    }
}

/// The ledger as it is, ready to be changed.
pub(super) async fn open(
    service: &PortfolioService,
    owner: CustomerId,
    id: PortfolioId,
    depth: Depth,
) -> Result<LedgerWrite> {
    let load = || ledger::load_to(depth, &service.table, &service.ledgers, owner, id);
    let (mut portfolio, mut ledger) = load().await?;
    if portfolio.value.is_unsettled {
        settle(&service.table, &service.ledgers, owner, id).await?;
        (portfolio, ledger) = load().await?;
    }
    let mut write = LedgerWrite::new(&service.table, &portfolio, &ledger).await?;
    if let Some(journal) = ledger.journal() {
        write.gone = links::gone(service, owner, journal.entries()).await?;
    }
    Ok(write)
}

impl Edit {
    fn event(&self) -> LedgerChange {
        match self {
            Self::Record(_) | Self::RecordAll(_) => match self.added() {
                [one] => LedgerChange::Recorded(one.clone()),
                many => LedgerChange::RecordedMany {
                    count: many.len(),
                    tickers: many
                        .iter()
                        .filter_map(|entry| entry.entry.ticker())
                        .cloned()
                        .collect(),
                },
            },
            Self::Amend(entry) => LedgerChange::Amended(entry.clone()),
            Self::Remove(entry) => LedgerChange::Removed(entry.clone()),
        }
    }

    fn file(self, write: &mut LedgerWrite) -> Result<()> {
        match self {
            Self::Record(entry) => write.record(vec![entry]),
            Self::RecordAll(entries) => write.record(entries),
            Self::Amend(entry) => write.amend(entry),
            Self::Remove(entry) => write.remove(entry.id),
        }
    }

    pub(super) fn added(&self) -> &[Transaction] {
        match self {
            Self::Record(entry) | Self::Amend(entry) => std::slice::from_ref(entry),
            Self::RecordAll(entries) => entries,
            Self::Remove(_) => &[],
        }
    }

    /// The entry that is no longer there as it was.
    fn taken(&self) -> Option<TransactionId> {
        match self {
            Self::Record(_) | Self::RecordAll(_) => None,
            Self::Amend(entry) | Self::Remove(entry) => Some(entry.id),
        }
    }
}

/// Puts the positions after an edit into the write. False if that takes entries that were not read.
pub(super) fn derive(write: &mut LedgerWrite, edit: &Edit) -> Result<bool> {
    let Some(folded) = fold(write, edit).map_err(|error| refused(&error, edit))? else {
        return Ok(false);
    };
    for Folded { position, .. } in folded {
        write.position(position)?;
    }
    Ok(true)
}

/// The positions of the instruments an edit touches, after it. None if that
/// takes entries that were not read.
pub(super) fn fold(
    write: &LedgerWrite,
    edit: &Edit,
) -> std::result::Result<Option<Vec<Folded>>, LedgerError> {
    let method = write.portfolio().cost_basis_method;
    if let Edit::Record(_) | Edit::RecordAll(_) = edit
        && let [entry] = edit.added()
    {
        let Some(ticker) = entry.entry.ticker() else {
            return Ok(Some(Vec::new()));
        };
        let position = write.ledger().position(ticker);
        if position.is_last(entry) {
            return position
                .apply(entry, method)
                .map(|folded| Some(vec![folded]));
        }
    }
    let Some(journal) = write.ledger().journal() else {
        return Ok(None);
    };
    let taken = edit.taken();
    let before = taken.and_then(|id| journal.find(id));
    let touched = edit.added().iter().chain(before);
    let mut entries: BTreeMap<&Ticker, Vec<&Transaction>> = touched
        .filter_map(|entry| Some((entry.entry.ticker()?, Vec::new())))
        .collect();
    let kept = journal.entries().filter(|entry| Some(entry.id) != taken);
    for entry in kept.chain(edit.added()) {
        let of_ticker = entry.entry.ticker();
        if let Some(all) = of_ticker.and_then(|ticker| entries.get_mut(ticker)) {
            all.push(entry);
        }
    }
    let folded = |(ticker, entries): (&Ticker, Vec<&Transaction>)| {
        let after = Position::fold(ticker.clone(), entries.iter().copied(), method)?;
        if entries.iter().any(|entry| is_departure(entry, &write.gone)) {
            let before = Position::fold(ticker.clone(), journal.of(ticker), method)?;
            keeps_departures(&before, &after, entries, &write.gone)?;
        }
        Ok(after)
    };
    let all: std::result::Result<_, LedgerError> = entries.into_iter().map(folded).collect();
    all.map(Some)
}
