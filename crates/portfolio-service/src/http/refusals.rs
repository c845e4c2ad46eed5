//! Why a ledger refuses a change, in the words of the client.

use api::FieldError;
use domain::TransactionId;
use domain::ledger::{Entry, LedgerError, Transaction};
use service_kit::Error;

use super::changes::Edit;

/// The refusal of an edit. What is wrong is an entry: one of the edit, which is
/// then pointed at, or one there is already, which is then named.
pub(super) fn refused(error: &LedgerError, edit: &Edit) -> Error {
    let (code, culprit, field) = match error {
        LedgerError::Oversold { sale, .. } => ("OVERSOLD", *sale, "/quantity"),
        LedgerError::LotNotHeld { sale, .. } => ("LOT_NOT_HELD", *sale, "/lots"),
        LedgerError::LeavesNothing { split, .. } => ("LEAVES_NOTHING", *split, "/ratio"),
        LedgerError::TakesOther { transfer, .. } => ("LINKED_TRANSFER", *transfer, ""),
        LedgerError::Inconsistent { entry, .. } => ("INCONSISTENT", *entry, ""),
        LedgerError::TooLarge => return too_large(error, edit),
        LedgerError::OtherInstrument { .. }
        | LedgerError::Duplicate(_)
        | LedgerError::OutOfOrder(_) => return Error::internal(error.clone()),
    };
    let own = place(culprit, edit).map(|place| match edit {
        Edit::Record(entries) if entries.len() > 1 => format!("/transactions/{place}"),
        _ => field.to_owned(),
    });
    let errors = own.map(|pointer| vec![FieldError::new(pointer, code, reason(error))]);
    Error::ConflictAt {
        code,
        detail: sentence(&error.to_string()),
        errors: errors.unwrap_or_default(),
    }
}

/// The same where nothing is edited.
pub(super) fn unworkable(error: &LedgerError) -> Error {
    refused(error, &Edit::Record(Vec::new()))
}

fn place(culprit: TransactionId, edit: &Edit) -> Option<usize> {
    edit.added().iter().position(|entry| entry.id == culprit)
}

fn too_large(error: &LedgerError, edit: &Edit) -> Error {
    let pointer = match edit.added() {
        [one] if has_quantity(one) => "/quantity",
        [_] => "/amount",
        _ => "/transactions",
    };
    Error::invalid(pointer, "OUT_OF_RANGE", error.to_string())
}

fn has_quantity(entry: &Transaction) -> bool {
    matches!(
        entry.entry,
        Entry::Buy(_) | Entry::Sell(_) | Entry::TransferOut(_)
    )
}

/// Without the id that a new entry has got and nobody knows yet.
fn reason(error: &LedgerError) -> String {
    match error {
        LedgerError::Oversold {
            date, held, wanted, ..
        } => format!("needs {wanted} on {date}, and {held} are held"),
        LedgerError::LotNotHeld {
            lot, held, wanted, ..
        } => format!("needs {wanted} of the lot {lot}, which holds {held}"),
        LedgerError::LeavesNothing { lot, .. } => format!("leaves nothing of the lot {lot}"),
        LedgerError::Inconsistent { reason, .. } => (*reason).to_owned(),
        other => other.to_string(),
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

/// What is answered when every attempt found the portfolio changed in between.
pub(super) fn changed_by_many() -> Error {
    Error::Conflict {
        code: "CONCURRENT_CHANGE",
        detail: "The portfolio is being changed by many at once. Try again.".into(),
    }
}
