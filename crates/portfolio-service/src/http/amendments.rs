//! Correcting and deleting transactions.
//!
//! A transfer between own portfolios has two sides that say the same: it is
//! deleted as one, and not corrected.

use api::Fields;
use api::portfolio::{AmendTransaction, Transaction as Shown};
use axum::extract::State;
use axum::response::Response;
use domain::ledger::{Counterpart, Transaction};
use domain::{Currency, PortfolioId, TransactionId};
use service_kit::contract::{
    AnyRoute, Contended, IfMatch, NotFound, Preconditioned, SignedIn, Stores, WithBody,
};
use service_kit::{Answer, Body, Caller, Error, IdempotencyGuard, PathIds, Preconditions, Result};

use super::changes::{Decision, Edit, change};
use super::transactions::{NOT_FOUND, etag};
use super::{draft, entry, transfers};
use crate::state::PortfolioService;
use crate::store::change::LedgerWrite;

/// Correct an entry (JSON Merge Patch).
#[utoipa::path(
    patch, path = "/v1/portfolios/{portfolio_id}/transactions/{transaction_id}", tag = "Transactions", operation_id = "amend_transaction",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("transaction_id" = String, Path, format = Uuid),
        IfMatch,
    ),
    request_body = AmendTransaction,
    responses(
        (status = 200, description = "The entry as amended", body = Shown, headers(("ETag" = String))),
        AnyRoute, SignedIn, NotFound, Preconditioned, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn amend_transaction(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathIds(id, transaction): PathIds<PortfolioId, TransactionId>,
    preconditions: Preconditions,
    Body {
        request, fields, ..
    }: Body<AmendTransaction>,
) -> Result<Response> {
    let is_linked = transfers::other_side(&service, caller.customer_id, id, transaction)
        .await?
        .is_some();
    let decide = |write: &LedgerWrite| {
        let Some(journal) = write.ledger().journal() else {
            return Ok(Decision::NeedsEntries);
        };
        let current = journal.find(transaction).ok_or(NOT_FOUND)?;
        preconditions.check(&etag(current))?;
        let base = write.portfolio().base_currency;
        let (request, fields) = (request.clone(), fields.clone());
        let amended = if is_linked {
            annotated(&service, current, request, fields)?
        } else {
            amended(&service, current, request, fields, base)?
        };
        Ok(Decision::Do(Edit::Amend(amended)))
    };
    let answer = |_: &LedgerWrite, edit: &Edit, warnings| match edit {
        Edit::Amend(amended) => {
            let shown = entry::shown(amended)?;
            Ok(Answer::ok(&Shown { warnings, ..shown })?.etag(&etag(amended)))
        }
        _ => Ok(Answer::no_content()),
    };
    let guard = IdempotencyGuard::none();
    change(&service, caller.customer_id, id, &guard, decide, answer).await
}

/// The entry after the correction.
fn amended(
    service: &PortfolioService,
    current: &Transaction,
    request: AmendTransaction,
    fields: Fields,
    base: Currency,
) -> Result<Transaction> {
    let whole = request.onto(entry::as_request(current));
    let draft = draft::read(whole, fields, service.clock.latest_date())?;
    let known = entry::known(current, base);
    let wrong_rates = draft.wrong_rates(&known, base);
    if !wrong_rates.is_empty() {
        return Err(wrong_rates.into());
    }
    Ok(Transaction {
        trade_date: draft.trade_date,
        note: draft.note.clone(),
        external_id: draft.external_id.clone(),
        entry: draft.entry(known, &service.clock)?,
        revision: current.revision.saturating_add(1),
        amended_at: service.clock.now(),
        ..current.clone()
    })
}

/// One side of a transfer between own portfolios after a correction: what moved is what the other
/// side says too.
fn annotated(
    service: &PortfolioService,
    current: &Transaction,
    request: AmendTransaction,
    mut fields: Fields,
) -> Result<Transaction> {
    let says_more = request.changes_more_than_words();
    let note = fields.patch_optional("note", request.note, current.note.clone());
    let external_id = fields.patch_optional(
        "external_id",
        request.external_id,
        current.external_id.clone(),
    );
    let (note, external_id) = fields.all((note, external_id))?;
    if says_more {
        return Err(Error::Conflict {
            code: "LINKED_TRANSFER",
            detail: "Of a transfer between your portfolios, only note and external_id can be changed. Delete it and record it anew.".into(),
        });
    }
    Ok(Transaction {
        note,
        external_id,
        revision: current.revision.saturating_add(1),
        amended_at: service.clock.now(),
        ..current.clone()
    })
}

/// Delete an entry. Of a transfer between your portfolios, both sides are deleted.
#[utoipa::path(
    delete, path = "/v1/portfolios/{portfolio_id}/transactions/{transaction_id}", tag = "Transactions", operation_id = "delete_transaction",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("transaction_id" = String, Path, format = Uuid),
        IfMatch,
    ),
    responses(
        (status = 204, description = "Deleted"),
        AnyRoute, SignedIn, NotFound, Preconditioned, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_transaction(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathIds(id, transaction): PathIds<PortfolioId, TransactionId>,
    preconditions: Preconditions,
) -> Result<Response> {
    let owner = caller.customer_id;
    if let Some(far) = transfers::other_side(&service, owner, id, transaction).await? {
        let near = Counterpart {
            portfolio: id,
            transaction,
        };
        return transfers::delete(&service, owner, near, far, &preconditions).await;
    }
    let decide = |write: &LedgerWrite| {
        let Some(journal) = write.ledger().journal() else {
            return Ok(Decision::NeedsEntries);
        };
        let current = journal.find(transaction).ok_or(NOT_FOUND)?;
        preconditions.check(&etag(current))?;
        Ok(Decision::Do(Edit::Remove(current.clone())))
    };
    let guard = IdempotencyGuard::none();
    change(&service, owner, id, &guard, decide, |_, _, _| {
        Ok(Answer::no_content())
    })
    .await
}
