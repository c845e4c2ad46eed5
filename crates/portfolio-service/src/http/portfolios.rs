//! Portfolios: list, open, read, change, delete.
//!
//! When somebody else changed the portfolio in between, a change is decided
//! again on what there is now.

use api::portfolio::{OpenPortfolio, Portfolio, UpdatePortfolio};
use api::{Fields, Page};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ledger::fold_all;
use domain::portfolio::{CostBasisMethod, Portfolio as StoredPortfolio};
use domain::{Currency, PortfolioId};
use jiff::Timestamp;
use service_kit::contract::{
    AnyRoute, Contended, IdempotencyKey, IfMatch, IfNoneMatch, NotFound, Paging, Preconditioned,
    SignedIn, Stores, WithBody, WithQuery,
};
use service_kit::{
    Answer, Begun, Body, Caller, ETag, Error, Idempotency, PageRequest, Params, PathId,
    Preconditions, Result,
};
use store::{Item, WriteError};

use super::changes::ATTEMPTS;
use super::links::{self, keeps_departures};
use super::refusals::{changed_by_many, unworkable};
use crate::state::PortfolioService;
use crate::store::change::settle;
use crate::store::journal::Journal;
use crate::store::portfolios;

/// List your portfolios, oldest first.
#[utoipa::path(
    get, path = "/v1/portfolios", tag = "Portfolios", operation_id = "list_portfolios",
    params(
        Paging,
    ),
    responses(
        (status = 200, description = "One page", body = Page<Portfolio>),
        AnyRoute, SignedIn, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_portfolios(
    State(service): State<PortfolioService>,
    caller: Caller,
    mut params: Params,
) -> Result<Answer> {
    let page = params.page();
    params.finish()?;
    let scope = format!("portfolios/{}", caller.customer_id);
    let after = page.after(&scope)?;
    let found = portfolios::list(&service.table, caller.customer_id, after, page.size).await?;
    Answer::ok(&Page {
        items: found
            .items
            .iter()
            .map(|item| Portfolio::from(&item.value.portfolio))
            .collect(),
        next_page_token: found.next.map(|next| PageRequest::token(&scope, &next)),
    })
}

/// Open a portfolio.
#[utoipa::path(
    post, path = "/v1/portfolios", tag = "Portfolios", operation_id = "open_portfolio",
    params(IdempotencyKey),
    request_body = OpenPortfolio,
    responses(
        (status = 201, description = "Opened", body = Portfolio, headers(("Location" = String), ("ETag" = String))),
        AnyRoute, SignedIn, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn open_portfolio(
    State(service): State<PortfolioService>,
    caller: Caller,
    idempotency: Idempotency,
    Body {
        request,
        mut fields,
        bytes,
    }: Body<OpenPortfolio>,
) -> Result<Response> {
    let principal = caller.customer_id.to_string();
    let guard = match idempotency
        .begin(&service.table, &principal, &bytes, &service.clock)
        .await?
    {
        Begun::Replay(response) => return Ok(response),
        Begun::Run(guard) => guard,
    };
    let name = fields.required("name", request.name);
    let portfolio_type = fields.required("type", request.portfolio_type);
    let base_currency = fields.optional("base_currency", request.base_currency);
    let method = fields.optional("cost_basis_method", request.cost_basis_method);
    let cash_tracking = fields.optional("cash_tracking", request.cash_tracking);
    let (name, portfolio_type, base_currency, method, cash_tracking) =
        fields.all((name, portfolio_type, base_currency, method, cash_tracking))?;

    let now = service.clock.now();
    let portfolio = StoredPortfolio {
        id: PortfolioId::from_uuid(service.clock.new_id()),
        customer_id: caller.customer_id,
        name,
        portfolio_type,
        base_currency: base_currency.unwrap_or(Currency::USD),
        cost_basis_method: method.unwrap_or(CostBasisMethod::default()),
        cash_tracking: cash_tracking.unwrap_or(false),
        created_at: now,
        updated_at: now,
    };
    let location = format!("/v1/portfolios/{}", portfolio.id);
    let answer = Answer::created(location, &Portfolio::from(&portfolio))?.etag(&ETag::strong(1));
    let write = portfolios::create(&service.table, &portfolio, &service.clock)?;
    let response = guard.commit(write, answer).await?;
    portfolios::purge_deleted(&service.table, caller.customer_id).await;
    Ok(response)
}

/// Read one portfolio.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}", tag = "Portfolios", operation_id = "get_portfolio",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The portfolio", body = Portfolio, headers(("ETag" = String))),
        (status = 304, description = "It is as you have it"),
        AnyRoute, SignedIn, NotFound,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_portfolio(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathId(id): PathId<PortfolioId>,
    preconditions: Preconditions,
) -> Result<Answer> {
    let item = portfolios::load(&service.table, caller.customer_id, id).await?;
    let etag = ETag::strong(item.version);
    if preconditions.not_modified(&etag) {
        return Ok(Answer::not_modified(&etag));
    }
    Ok(Answer::ok(&Portfolio::from(&item.value.portfolio))?.etag(&etag))
}

/// Change a portfolio (JSON Merge Patch).
#[utoipa::path(
    patch, path = "/v1/portfolios/{portfolio_id}", tag = "Portfolios", operation_id = "update_portfolio",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        IfMatch,
    ),
    request_body = UpdatePortfolio,
    responses(
        (status = 200, description = "The portfolio as changed", body = Portfolio, headers(("ETag" = String))),
        AnyRoute, SignedIn, NotFound, Preconditioned, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn update_portfolio(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathId(id): PathId<PortfolioId>,
    preconditions: Preconditions,
    Body {
        request, fields, ..
    }: Body<UpdatePortfolio>,
) -> Result<Answer> {
    let _turn = service.turn(id).await;
    for _ in 0..ATTEMPTS {
        let item = portfolios::load(&service.table, caller.customer_id, id).await?;
        preconditions.check(&ETag::strong(item.version))?;
        let current = item.value.portfolio.clone();
        let now = service.clock.now();
        let changed = changed(current, fields.clone(), request.clone(), now)?;
        let rederives = rederives(&service, &item, &changed).await?;
        let write = portfolios::update(&service.table, &item, &changed, rederives, &service.clock)?;
        match write.commit().await {
            Ok(()) => {
                let mut version = item.version + 1;
                if rederives {
                    let settled = settle(&service.table, &service.ledgers, caller.customer_id, id);
                    version = settled.await.unwrap_or(version);
                }
                let etag = ETag::strong(version);
                return Ok(Answer::ok(&Portfolio::from(&changed))?.etag(&etag));
            }
            Err(WriteError::ConditionFailed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_by_many())
}

/// Whether the positions are other ones after the change.
///
/// # Errors
///
/// A conflict when an entry no longer works, or would mean something else.
async fn rederives(
    service: &PortfolioService,
    item: &Item<portfolios::StoredPortfolio>,
    changed: &StoredPortfolio,
) -> Result<bool> {
    let current = &item.value.portfolio;
    let has_new_method = changed.cost_basis_method != current.cost_basis_method;
    let has_new_base = changed.base_currency != current.base_currency;
    if !has_new_method && !has_new_base {
        return Ok(false);
    }
    let journal = Journal::load(&service.table, current.id, item.value.pages).await?;
    if has_new_base && journal.entries().any(|entry| entry.entry.states_rate()) {
        return Err(Error::Conflict {
            code: "RATES_IN_BASE_CURRENCY",
            detail: format!(
                "Entries state rates in {}. Remove their fx_rate first.",
                current.base_currency
            ),
        });
    }
    let fold = |method| fold_all(journal.entries(), method).map_err(|error| unworkable(&error));
    let before = fold(current.cost_basis_method)?;
    let after = fold(changed.cost_basis_method)?;
    let gone = links::gone(service, current.customer_id, journal.entries()).await?;
    for (before, after) in before.iter().zip(&after) {
        let entries = journal.of(&after.position.ticker);
        let kept = keeps_departures(before, after, entries, &gone);
        kept.map_err(|error| unworkable(&error))?;
    }
    Ok(has_new_method)
}

/// The portfolio after the change.
fn changed(
    current: StoredPortfolio,
    mut fields: Fields,
    request: UpdatePortfolio,
    now: Timestamp,
) -> Result<StoredPortfolio> {
    let name = fields.patch("name", request.name, current.name);
    let kind = fields.patch("type", request.portfolio_type, current.portfolio_type);
    let base = fields.patch(
        "base_currency",
        request.base_currency,
        current.base_currency,
    );
    let method = fields.patch(
        "cost_basis_method",
        request.cost_basis_method,
        current.cost_basis_method,
    );
    let cash = fields.patch(
        "cash_tracking",
        request.cash_tracking,
        current.cash_tracking,
    );
    let (name, portfolio_type, base_currency, cost_basis_method, cash_tracking) =
        fields.all((name, kind, base, method, cash))?;
    Ok(StoredPortfolio {
        name,
        portfolio_type,
        base_currency,
        cost_basis_method,
        cash_tracking,
        updated_at: now,
        ..current
    })
}

/// Delete a portfolio and everything in it.
#[utoipa::path(
    delete, path = "/v1/portfolios/{portfolio_id}", tag = "Portfolios", operation_id = "delete_portfolio",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        IfMatch,
    ),
    responses(
        (status = 204, description = "Deleted"),
        AnyRoute, SignedIn, NotFound, Preconditioned, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_portfolio(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathId(id): PathId<PortfolioId>,
    preconditions: Preconditions,
) -> Result<Response> {
    let _turn = service.turn(id).await;
    for _ in 0..ATTEMPTS {
        let item = portfolios::load(&service.table, caller.customer_id, id).await?;
        preconditions.check(&ETag::strong(item.version))?;
        let write = portfolios::delete(&service.table, &item, &service.clock)?;
        match write.commit().await {
            Ok(()) => {
                portfolios::purge_deleted(&service.table, caller.customer_id).await;
                return Ok(Answer::no_content().into_response());
            }
            Err(WriteError::ConditionFailed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_by_many())
}
