//! Recording transactions: one, or a batch of up to ten thousand.

use api::portfolio::{
    CashWarning, MOST_TRANSACTIONS, RecordTransaction, RecordTransactions, RecordedTransactions,
    Transaction as Shown,
};
use api::{Field, FieldError, Fields, MOST_ERRORS, Rows};
use axum::extract::State;
use axum::response::Response;
use domain::ledger::Transaction;
use domain::{Currency, PortfolioId, TransactionId};
use jiff::civil::Date;
use service_kit::contract::{
    AnyRoute, Contended, IdempotencyKey, NotFound, SignedIn, Stores, WithBody,
};
use service_kit::{Answer, Begun, Body, CallerWithToken, Error, Idempotency, PathId, Result};

use super::changes::{Decision, Edit, change};
use super::draft::{self, Draft, Known};
use super::instruments::Instruments;
use super::transactions::etag;
use super::{entry, transfers};
use crate::state::PortfolioService;
use crate::store::change::LedgerWrite;
use crate::store::ledger;

/// Record an entry.
#[utoipa::path(
    post, path = "/v1/portfolios/{portfolio_id}/transactions", tag = "Transactions", operation_id = "record_transaction",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        IdempotencyKey,
    ),
    request_body = RecordTransaction,
    responses(
        (status = 201, description = "Recorded", body = Shown, headers(("Location" = String), ("ETag" = String))),
        AnyRoute, SignedIn, NotFound, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn record_transaction(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathId(id): PathId<PortfolioId>,
    idempotency: Idempotency,
    Body {
        request,
        fields,
        bytes,
    }: Body<RecordTransaction>,
) -> Result<Response> {
    let principal = caller.customer_id.to_string();
    let guard = match idempotency
        .begin(&service.table, &principal, &bytes, &service.clock)
        .await?
    {
        Begun::Replay(response) => return Ok(response),
        Begun::Run(guard) => guard,
    };
    let draft = draft::read(request, fields, service.clock.latest_date())?;
    let owner = caller.customer_id;
    let (portfolio, ledger) = ledger::load(&service.table, &service.ledgers, owner, id).await?;
    let base = portfolio.value.portfolio.base_currency;
    let drafts = std::slice::from_ref(&draft);
    let known = Instruments::of(&service, &ledger, drafts, &token).await?;
    let (known, to) = (known.known(&draft, base), draft.to_portfolio);
    let wrong_rates = draft.wrong_rates(&known, base);
    if !wrong_rates.is_empty() {
        return Err(wrong_rates.into());
    }
    let transaction = recorded(&service, id, draft, known)?;
    if let Some(to) = to {
        return transfers::record(&service, owner, &transaction, to, &guard).await;
    }
    change(
        &service,
        owner,
        id,
        &guard,
        |write| Ok(record(write, Edit::Record(transaction.clone()))),
        |_, _, warnings| answer(&transaction, warnings),
    )
    .await
}

pub(super) fn answer(recorded: &Transaction, warnings: Vec<CashWarning>) -> Result<Answer> {
    let Transaction {
        id, portfolio_id, ..
    } = recorded;
    let location = format!("/v1/portfolios/{portfolio_id}/transactions/{id}");
    let shown = entry::shown(recorded)?;
    Ok(Answer::created(location, &Shown { warnings, ..shown })?.etag(&etag(recorded)))
}

/// Record up to 10,000 entries together: all of them or none.
///
/// A body may have 16 MiB, and its rows up to 10,000 lots together. What rows leave out of `currency`
/// and `instrument_type`, and no other row of the same instrument states, is looked up for up to 100
/// instruments. Every row that is wrong is reported, up to 200 mistakes. Sent again under one
/// `Idempotency-Key`, whatever became of the first try, the batch is recorded once.
#[utoipa::path(
    post, path = "/v1/portfolios/{portfolio_id}/transactions:batch", tag = "Transactions", operation_id = "record_transactions",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        IdempotencyKey,
    ),
    request_body = RecordTransactions,
    responses(
        (status = 201, description = "Recorded", body = RecordedTransactions),
        AnyRoute, SignedIn, NotFound, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn record_transactions(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathId(id): PathId<PortfolioId>,
    idempotency: Idempotency,
    Body {
        request,
        fields,
        bytes,
    }: Body<RecordTransactions>,
) -> Result<Response> {
    let principal = caller.customer_id.to_string();
    let guard = match idempotency
        .begin(&service.table, &principal, &bytes, &service.clock)
        .await?
    {
        Begun::Replay(response) => return Ok(response),
        Begun::Run(guard) => guard,
    };
    let drafts = rows(request.transactions, fields, service.clock.latest_date())?;
    let owner = caller.customer_id;
    let (portfolio, ledger) = ledger::load(&service.table, &service.ledgers, owner, id).await?;
    let base = portfolio.value.portfolio.base_currency;
    let known = Instruments::of(&service, &ledger, &drafts, &token).await?;
    let entries = all_recorded(&service, id, drafts, &known, base)?;
    change(
        &service,
        owner,
        id,
        &guard,
        |write| Ok(record(write, Edit::RecordAll(entries.clone()))),
        |_, _, warnings| summed_up(&entries, warnings),
    )
    .await
}

/// Of all rows together, so that one request is not the work of a hundred.
const MOST_LOTS_A_BATCH: usize = 10_000;

fn rows(
    rows: Field<Rows>,
    mut fields: Fields,
    today: Date,
) -> std::result::Result<Vec<Draft>, Vec<FieldError>> {
    let read = |row: RecordTransaction, mut fields: Fields| {
        if row.to_portfolio_id.is_given() {
            let detail = "is not taken in a batch: record the transfer by itself";
            fields.refuse("to_portfolio_id", "NOT_TAKEN", detail);
        }
        draft::read(row, fields, today)
    };
    let drafts = match rows {
        Field::Value(rows) => match rows.read(MOST_TRANSACTIONS, read) {
            Ok(drafts) => Field::Value(drafts),
            Err(errors) => Field::Invalid(errors),
        },
        Field::Missing | Field::Null => Field::Missing,
        Field::Invalid(errors) => Field::Invalid(errors),
    };
    let drafts = fields.required("transactions", drafts);
    let (drafts,) = fields.all((drafts,))?;
    let mut lots = 0;
    let is_beyond = |draft: &Draft| {
        lots += draft.lots.len();
        lots > MOST_LOTS_A_BATCH
    };
    match drafts.iter().position(is_beyond) {
        None => Ok(drafts),
        Some(row) => Err(vec![FieldError::new(
            format!("/transactions/{row}/lots"),
            "TOO_MANY",
            format!("a batch has at most {MOST_LOTS_A_BATCH} lots"),
        )]),
    }
}

fn summed_up(entries: &[Transaction], warnings: Vec<CashWarning>) -> Result<Answer> {
    let dates = || entries.iter().map(|entry| entry.trade_date);
    let none = || Error::internal("a batch without an entry");
    Answer::created_here(&RecordedTransactions {
        recorded: entries.len(),
        first_trade_date: dates().min().ok_or_else(none)?,
        last_trade_date: dates().max().ok_or_else(none)?,
        transaction_ids: entries.iter().map(|entry| entry.id.to_string()).collect(),
        warnings,
    })
}

/// Records new entries, once.
pub(super) fn record(write: &LedgerWrite, edit: Edit) -> Decision {
    let is_there = |entry: &Transaction| {
        let journal = write.ledger().journal();
        journal.is_some_and(|journal| journal.find(entry.id).is_some())
    };
    if edit.added().first().is_some_and(is_there) {
        Decision::IsDone(edit)
    } else {
        Decision::Do(edit)
    }
}

/// The rows of a batch as new entries. Those of one day count in their order, which is that of
/// their ids.
fn all_recorded(
    service: &PortfolioService,
    portfolio: PortfolioId,
    drafts: Vec<Draft>,
    known: &Instruments,
    base: Currency,
) -> Result<Vec<Transaction>> {
    let known = |draft: &Draft| known.known(draft, base);
    let rows = drafts.iter().enumerate();
    let wrong_rates = rows.flat_map(|(row, draft)| {
        let wrong = draft.wrong_rates(&known(draft), base).into_iter();
        wrong.map(move |error| FieldError {
            pointer: format!("/transactions/{row}{}", error.pointer),
            ..error
        })
    });
    let wrong_rates: Vec<FieldError> = wrong_rates.take(MOST_ERRORS).collect();
    if !wrong_rates.is_empty() {
        return Err(wrong_rates.into());
    }
    let entries = drafts.into_iter().map(|draft| {
        let known = known(&draft);
        recorded(service, portfolio, draft, known)
    });
    entries.collect()
}

/// A draft as a new entry.
fn recorded(
    service: &PortfolioService,
    portfolio_id: PortfolioId,
    draft: Draft,
    known: Known,
) -> Result<Transaction> {
    let now = service.clock.now();
    Ok(Transaction {
        id: TransactionId::from_uuid(service.clock.new_id()),
        portfolio_id,
        trade_date: draft.trade_date,
        note: draft.note.clone(),
        external_id: draft.external_id.clone(),
        entry: draft.entry(known, &service.clock)?,
        revision: 1,
        recorded_at: now,
        amended_at: now,
    })
}
