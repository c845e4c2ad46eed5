//! How a ledger is changed: read, decide, commit, and again if somebody else was faster.
//!
//! Every change of entries comes through here, whatever route it was asked on,
//! so that investments and transactions are two views of one ledger. What is
//! decided is the same for all: the instruments an edit touches are derived
//! anew, with everything that comes later, and the first entry that no longer
//! works refuses the edit.

use std::collections::BTreeSet;

use axum::response::{IntoResponse, Response};
use domain::ledger::{Folded, LedgerError, Position, Transaction};
use domain::{CustomerId, PortfolioId, Ticker, TransactionId};
use service_kit::idempotency::{CommitError, is_replay};
use service_kit::{Answer, Error, IdempotencyGuard, Result};
use store::WriteError;

use crate::state::PortfolioService;
use crate::store::change::{LedgerWrite, settle};
use crate::store::events::{self, LedgerChange};
use crate::store::ledger::{self, Depth};

/// How often a change is decided again before the client has to.
pub(super) const ATTEMPTS: usize = 16;

/// What happens to the entries.
#[derive(Debug)]
pub(super) enum Edit {
    Record(Vec<Transaction>),
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
/// of the ledger after it. Both may be asked several times, each time with the
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
    answer: impl Fn(&LedgerWrite, &Edit) -> Result<Answer>,
) -> Result<Response> {
    let _turn = service.turn(id).await;
    let mut depth = Depth::Positions;
    for _ in 0..ATTEMPTS {
        let mut write = open(service, owner, id, depth).await?;
        let edit = match decide(&write)? {
            Decision::Do(edit) => edit,
            Decision::IsDone(edit) => return Ok(answer(&write, &edit)?.into_response()),
            Decision::NeedsEntries => {
                depth = Depth::Entries;
                continue;
            }
        };
        let Some(folded) = fold(&write, &edit).map_err(|error| refused(&error, &edit))? else {
            depth = Depth::Entries;
            continue;
        };
        for Folded { position, .. } in folded {
            write.position(position)?;
        }
        let answer = answer(&write, &edit)?;
        let change = edit.event();
        edit.file(&mut write)?;
        match write.stage().await {
            Ok(()) => {}
            Err(WriteError::ConditionFailed { .. }) => continue,
            Err(error) => return Err(error.into()),
        }
        let event = events::ledger(&change, write.portfolio(), write.version(), &service.clock)?;
        let (commit, after) = write.finish(&event);
        match guard.commit(commit, answer).await {
            Ok(response) if is_replay(&response) => return Ok(response),
            Ok(response) => {
                if after.is_unsettled {
                    settle(&service.table, &service.ledgers, owner, id).await?;
                } else {
                    service.ledgers.remember(id, after.ledger);
                }
                return Ok(response);
            }
            // Whether an earlier attempt was committed after all shows in the entries.
            Err(CommitError::Write(WriteError::ConditionFailed { .. })) => depth = Depth::Entries,
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_by_many())
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
    LedgerWrite::new(&service.table, &portfolio, &ledger).await
}

impl Edit {
    fn event(&self) -> LedgerChange {
        match self {
            Self::Record(entries) => match &**entries {
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
            Self::Record(entries) => write.record(entries),
            Self::Amend(entry) => write.amend(entry),
            Self::Remove(entry) => write.remove(entry.id),
        }
    }

    fn added(&self) -> &[Transaction] {
        match self {
            Self::Record(entries) => entries,
            Self::Amend(entry) => std::slice::from_ref(entry),
            Self::Remove(_) => &[],
        }
    }

    /// The entry that is no longer there as it was.
    fn taken(&self) -> Option<TransactionId> {
        match self {
            Self::Record(_) => None,
            Self::Amend(entry) | Self::Remove(entry) => Some(entry.id),
        }
    }
}

/// The positions of the instruments an edit touches, after it. None if that
/// takes entries that were not read.
pub(super) fn fold(
    write: &LedgerWrite,
    edit: &Edit,
) -> std::result::Result<Option<Vec<Folded>>, LedgerError> {
    let method = write.portfolio().cost_basis_method;
    if let Edit::Record(entries) = edit
        && let [entry] = &**entries
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
    let touched: BTreeSet<&Ticker> = edit
        .added()
        .iter()
        .chain(before)
        .filter_map(|entry| entry.entry.ticker())
        .collect();
    let folded = |ticker: &Ticker| {
        let kept = journal.of(ticker).filter(|entry| Some(entry.id) != taken);
        let added = edit.added().iter();
        let added = added.filter(|entry| entry.entry.ticker() == Some(ticker));
        Position::fold(ticker.clone(), kept.chain(added), method)
    };
    touched
        .into_iter()
        .map(folded)
        .collect::<std::result::Result<Vec<_>, _>>()
        .map(Some)
}

/// Why the ledger refuses an edit.
pub(super) fn refused(error: &LedgerError, edit: &Edit) -> Error {
    let (code, culprit) = match error {
        LedgerError::TooLarge => {
            return Error::invalid("/quantity", "OUT_OF_RANGE", error.to_string());
        }
        LedgerError::Oversold { sale, .. } => ("OVERSOLD", *sale),
        LedgerError::LotNotHeld { sale, .. } => ("LOT_NOT_HELD", *sale),
        LedgerError::LeavesNothing { split, .. } => ("LEAVES_NOTHING", *split),
        LedgerError::Inconsistent { entry, .. } => ("INCONSISTENT", *entry),
        LedgerError::OtherInstrument { .. }
        | LedgerError::Duplicate(_)
        | LedgerError::OutOfOrder(_) => return Error::internal(error.clone()),
    };
    let detail = error.to_string();
    let errors = match edit {
        Edit::Record(entries) if entries.len() > 1 => entries
            .iter()
            .position(|entry| entry.id == culprit)
            .map(|row| api::FieldError::new(format!("/transactions/{row}"), code, detail.clone()))
            .into_iter()
            .collect(),
        _ => Vec::new(),
    };
    Error::ConflictAt {
        code,
        detail,
        errors,
    }
}

/// What is answered when every attempt found the portfolio changed in between.
pub(super) fn changed_by_many() -> Error {
    Error::Conflict {
        code: "CONCURRENT_CHANGE",
        detail: "The portfolio is being changed by many at once. Try again.".into(),
    }
}
