//! Transactions: the entries of a ledger, as they were recorded.

use api::portfolio::{AmendTransaction, KindOfEntry, RecordTransaction, Transaction as Shown};
use api::{Fields, Page};
use axum::extract::State;
use axum::response::Response;
use domain::ledger::{EntryKind, LedgerOrder, Transaction};
use domain::{Currency, InstrumentType, PortfolioId, Ticker, TransactionId, ValueError};
use service_kit::contract::{
    AnyRoute, Contended, IdempotencyKey, IfMatch, IfNoneMatch, NotFound, Paging, Preconditioned,
    SignedIn, Stores, WithBody, WithQuery,
};
use service_kit::{
    AccessToken, Answer, Begun, Body, Caller, CallerWithToken, ETag, Error, Idempotency,
    IdempotencyGuard, PageRequest, Params, PathId, PathIds, Preconditions, Result,
};

use super::changes::{Decision, Edit, change};
use super::entry::{self, Draft, Known};
use crate::state::PortfolioService;
use crate::store::change::LedgerWrite;
use crate::store::journal::Journal;
use crate::store::ledger;

const NOT_FOUND: Error = Error::NotFound {
    what: "transaction",
};

/// List the entries of a portfolio, the latest first unless asked otherwise.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/transactions", tag = "Transactions", operation_id = "list_transactions",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("from" = Option<Date>, Query, description = "Only entries of this day and later"),
        ("to" = Option<Date>, Query, description = "Only entries of this day and earlier"),
        ("ticker_symbol" = Option<String>, Query, description = "Only this instrument", pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$"),
        ("type" = Option<KindOfEntry>, Query, description = "Only this kind"),
        ("order" = Option<ListOrder>, Query, description = "`desc`, the latest first, when absent"),
        Paging,
    ),
    responses(
        (status = 200, description = "One page", body = Page<Shown>),
        AnyRoute, SignedIn, NotFound, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_transactions(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathId(id): PathId<PortfolioId>,
    mut params: Params,
) -> Result<Answer> {
    let from = params.parsed("from", api::plain_date);
    let to = params.parsed("to", api::plain_date);
    let ticker = params.parsed("ticker_symbol", Ticker::parse);
    let kind = params.parsed("type", EntryKind::parse);
    let order = params.parsed("order", Order::parse).unwrap_or(Order::Desc);
    let page = params.page();
    params.finish()?;
    let scope = format!("transactions/{id}/{from:?}/{to:?}/{ticker:?}/{kind:?}/{order:?}");
    let after = page.after(&scope)?;
    let (_, _, journal) =
        ledger::load_whole(&service.table, &service.ledgers, caller.customer_id, id).await?;

    let is_wanted = |entry: &&Transaction| {
        from.is_none_or(|from| entry.trade_date >= from)
            && to.is_none_or(|to| entry.trade_date <= to)
            && ticker
                .as_ref()
                .is_none_or(|ticker| entry.entry.ticker() == Some(ticker))
            && kind.is_none_or(|kind| entry.entry.kind() == kind)
    };
    let is_before_page = |entry: &&Transaction| {
        let place = place(entry);
        after.as_ref().is_some_and(|after| match order {
            Order::Asc => place <= *after,
            Order::Desc => place >= *after,
        })
    };
    let mut rows = order
        .of(&journal)
        .skip_while(is_before_page)
        .filter(is_wanted);
    let shown: Vec<&Transaction> = rows.by_ref().take(page.size).collect();
    let next = rows.next().and(shown.last());
    let items: Result<Vec<Shown>> = shown.iter().map(|entry| entry::shown(entry)).collect();
    Answer::ok(&Page {
        items: items?,
        next_page_token: next.map(|last| PageRequest::token(&scope, &place(last))),
    })
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy)]
enum Order {
    Asc,
    Desc,
}

/// Which way a list runs.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "for the contract")]
enum ListOrder {
    Asc,
    Desc,
}

impl Order {
    fn parse(text: &str) -> std::result::Result<Self, ValueError> {
        match text {
            "asc" => Ok(Self::Asc),
            "desc" => Ok(Self::Desc),
            _ => Err(ValueError::Malformed {
                expected: "asc or desc",
            }),
        }
    }

    fn of(self, journal: &Journal) -> Box<dyn Iterator<Item = &Transaction> + Send + '_> {
        match self {
            Self::Asc => Box::new(journal.entries()),
            Self::Desc => Box::new(journal.entries().rev()),
        }
    }
}

/// Where an entry stands in the list, as text that sorts like it.
fn place(entry: &Transaction) -> String {
    let LedgerOrder { date, rank, id } = entry.ledger_order();
    format!("{date}#{rank}#{id}")
}

/// Read one entry.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/transactions/{transaction_id}", tag = "Transactions", operation_id = "get_transaction",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("transaction_id" = String, Path, format = Uuid),
        IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The entry", body = Shown, headers(("ETag" = String))),
        (status = 304, description = "It is as you have it"),
        AnyRoute, SignedIn, NotFound,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_transaction(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathIds(id, transaction): PathIds<PortfolioId, TransactionId>,
    preconditions: Preconditions,
) -> Result<Answer> {
    let (_, _, journal) =
        ledger::load_whole(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let entry = journal.find(transaction).ok_or(NOT_FOUND)?;
    let etag = etag(entry);
    if preconditions.not_modified(&etag) {
        return Ok(Answer::not_modified(&etag));
    }
    Ok(Answer::ok(&entry::shown(entry)?)?.etag(&etag))
}

pub(super) fn etag(entry: &Transaction) -> ETag {
    ETag::strong(entry.revision)
}

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
    let draft = entry::read(request, fields, service.clock.latest_date())?;
    let (portfolio, ledger) =
        ledger::load(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let base = portfolio.value.portfolio.base_currency;
    let known = known(&service, &ledger, base, &draft, &token).await?;
    let transaction = recorded(&service, id, draft, known)?;
    let location = format!("/v1/portfolios/{id}/transactions/{}", transaction.id);
    let answer = Answer::created(location, &entry::shown(&transaction)?)?.etag(&etag(&transaction));
    change(
        &service,
        caller.customer_id,
        id,
        &guard,
        |write| Ok(record(write, std::slice::from_ref(&transaction))),
        |_, _| Ok(answer.clone()),
    )
    .await
}

/// Records new entries, once.
pub(super) fn record(write: &LedgerWrite, entries: &[Transaction]) -> Decision {
    let is_there = |entry: &Transaction| {
        let journal = write.ledger().journal();
        journal.is_some_and(|journal| journal.find(entry.id).is_some())
    };
    let edit = Edit::Record(entries.to_vec());
    if entries.first().is_some_and(is_there) {
        Decision::IsDone(edit)
    } else {
        Decision::Do(edit)
    }
}

/// A draft as a new entry.
pub(super) fn recorded(
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

/// What an entry leaves out: from what is held, else from its instrument, else from the portfolio.
pub(super) async fn known(
    service: &PortfolioService,
    ledger: &ledger::Ledger,
    base: Currency,
    draft: &Draft,
    token: &AccessToken,
) -> Result<Known> {
    let (mut currency, mut instrument_type) = (None, None);
    let (lacks_currency, lacks_type) = draft.leaves_out();
    if let Some(ticker) = draft
        .ticker
        .as_ref()
        .filter(|_| lacks_currency || lacks_type)
    {
        let held = ledger.position(ticker);
        let lot = held.lots().last();
        currency = lot.map(|lot| lot.currency);
        instrument_type = lot.map(|lot| lot.instrument_type.clone());
        if (lacks_currency && currency.is_none()) || (lacks_type && instrument_type.is_none()) {
            let (own_type, own_currency) = described(service, ticker, token).await?;
            currency = currency.or(own_currency);
            instrument_type = instrument_type.or(own_type);
        }
    }
    Ok(Known {
        currency: currency.unwrap_or(base),
        instrument_type: instrument_type.unwrap_or_else(InstrumentType::other),
    })
}

pub(super) async fn described(
    service: &PortfolioService,
    ticker: &Ticker,
    token: &AccessToken,
) -> Result<(Option<InstrumentType>, Option<Currency>)> {
    let found = service.prices.instrument(ticker, token).await.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "no instrument data");
        Error::Unavailable {
            detail: "The instrument cannot be looked up now. Give instrument_type and currency, or try again.",
            retry_after_seconds: 2,
        }
    })?;
    let kind = found
        .as_ref()
        .and_then(|found| InstrumentType::parse(&found.instrument_type).ok());
    let currency = found
        .as_ref()
        .and_then(|found| Currency::parse(&found.currency).ok());
    Ok((kind, currency))
}

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
    let decide = |write: &LedgerWrite| {
        let Some(journal) = write.ledger().journal() else {
            return Ok(Decision::NeedsEntries);
        };
        let current = journal.find(transaction).ok_or(NOT_FOUND)?;
        preconditions.check(&etag(current))?;
        let base = write.portfolio().base_currency;
        let amended = amended(&service, current, request.clone(), fields.clone(), base)?;
        Ok(Decision::Do(Edit::Amend(amended)))
    };
    let answer = |_: &LedgerWrite, edit: &Edit| match edit {
        Edit::Amend(amended) => Ok(Answer::ok(&entry::shown(amended)?)?.etag(&etag(amended))),
        _ => Ok(Answer::no_content()),
    };
    let guard = IdempotencyGuard::none();
    change(&service, caller.customer_id, id, &guard, decide, answer).await
}

/// The entry after the correction.
pub(super) fn amended(
    service: &PortfolioService,
    current: &Transaction,
    request: AmendTransaction,
    fields: Fields,
    base: Currency,
) -> Result<Transaction> {
    let whole = request.onto(entry::as_request(current));
    let draft = entry::read(whole, fields, service.clock.latest_date())?;
    let known = Known {
        currency: base,
        instrument_type: InstrumentType::other(),
    };
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

/// Delete an entry.
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
    let decide = |write: &LedgerWrite| {
        let Some(journal) = write.ledger().journal() else {
            return Ok(Decision::NeedsEntries);
        };
        let current = journal.find(transaction).ok_or(NOT_FOUND)?;
        preconditions.check(&etag(current))?;
        Ok(Decision::Do(Edit::Remove(current.clone())))
    };
    let guard = IdempotencyGuard::none();
    change(&service, caller.customer_id, id, &guard, decide, |_, _| {
        Ok(Answer::no_content())
    })
    .await
}
