//! Why a ledger refuses a change, in the words of the client.

use api::FieldError;
use domain::TransactionId;
use domain::ledger::{Entry, LedgerError, Transaction};
use domain::money::ArithmeticError;
use service_kit::Error;

use super::changes::Edit;

/// The refusal of an edit. What is wrong is an entry: one of the edit, which is
/// then pointed at, or one there is already, which is then named.
pub(super) fn refused(error: &LedgerError, edit: &Edit) -> Error {
    if let LedgerError::TooLarge | LedgerError::TooLargeAt(_) = error {
        return too_large(error, edit);
    }
    let Some((code, culprit, field)) = conflict(error) else {
        return Error::internal(error.clone());
    };
    let own = place(culprit, edit).map(|place| pointer(edit, place, field));
    // Nobody knows the id of an entry that is not recorded.
    let is_nameless = own.is_some() && !matches!(edit, Edit::Amend(_));
    let detail = match error {
        LedgerError::Oversold { .. }
        | LedgerError::LotNotHeld { .. }
        | LedgerError::LeavesNothing { .. }
            if is_nameless =>
        {
            format!("The new entry {}.", reason(error))
        }
        _ => sentence(&error.to_string()),
    };
    Error::ConflictAt {
        code,
        detail,
        errors: own
            .map(|pointer| vec![FieldError::new(pointer, code, reason(error))])
            .unwrap_or_default(),
    }
}

/// The same where nothing is edited.
pub(super) fn unworkable(error: &LedgerError) -> Error {
    match (error, conflict(error)) {
        (LedgerError::TooLarge | LedgerError::TooLargeAt(_), _) => ArithmeticError::Overflow.into(),
        (_, Some((code, ..))) => Error::Conflict {
            code,
            detail: sentence(&error.to_string()),
        },
        (_, None) => Error::internal(error.clone()),
    }
}

/// The code, the entry that does not work, and its field.
fn conflict(error: &LedgerError) -> Option<(&'static str, TransactionId, &'static str)> {
    match error {
        LedgerError::Oversold { sale, .. } => Some(("OVERSOLD", *sale, "/quantity")),
        LedgerError::LotNotHeld { sale, .. } => Some(("LOT_NOT_HELD", *sale, "/lots")),
        LedgerError::LeavesNothing { split, .. } => Some(("LEAVES_NOTHING", *split, "/ratio")),
        LedgerError::TakesOther { transfer, .. } => Some(("LINKED_TRANSFER", *transfer, "")),
        LedgerError::Inconsistent { entry, .. } => Some(("INCONSISTENT", *entry, "")),
        // A lot that comes under the id of a purchase that was made later.
        LedgerError::Duplicate(entry) => Some(("DUPLICATE_LOT", *entry, "")),
        LedgerError::TooLarge
        | LedgerError::TooLargeAt(_)
        | LedgerError::OtherInstrument { .. }
        | LedgerError::OutOfOrder(_) => None,
    }
}

fn place(culprit: TransactionId, edit: &Edit) -> Option<usize> {
    edit.added().iter().position(|entry| entry.id == culprit)
}

/// A row of a batch is pointed at as a whole.
fn pointer(edit: &Edit, place: usize, field: &str) -> String {
    match edit {
        Edit::RecordAll(_) => format!("/transactions/{place}"),
        Edit::Record(_) | Edit::Amend(_) | Edit::Remove(_) => field.to_owned(),
    }
}

fn too_large(error: &LedgerError, edit: &Edit) -> Error {
    let own = match error {
        LedgerError::TooLargeAt(culprit) => place(*culprit, edit),
        _ => None,
    };
    let pointer = match (edit, own) {
        (Edit::Remove(_), _) => return ArithmeticError::Overflow.into(),
        (Edit::Record(entry) | Edit::Amend(entry), _) => size_of(entry).to_owned(),
        (Edit::RecordAll(_), Some(row)) => pointer(edit, row, ""),
        (Edit::RecordAll(_), None) => "/transactions".to_owned(),
    };
    let detail = own.map_or_else(|| error.to_string(), |_| LedgerError::TooLarge.to_string());
    Error::invalid(pointer, "OUT_OF_RANGE", detail)
}

/// The field that says how large an entry is.
const fn size_of(entry: &Transaction) -> &'static str {
    match entry.entry {
        Entry::Buy(_) | Entry::Sell(_) | Entry::TransferOut(_) => "/quantity",
        Entry::Split(_) => "/ratio",
        Entry::TransferIn(_) => "/lots",
        Entry::Dividend(_)
        | Entry::Interest(_)
        | Entry::Fee(_)
        | Entry::Tax(_)
        | Entry::Deposit(_)
        | Entry::Withdrawal(_)
        | Entry::CashTransferIn(_)
        | Entry::CashTransferOut(_) => "/amount",
    }
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
