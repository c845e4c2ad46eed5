//! Reading investments: the open lots of a portfolio at their current prices.
//!
//! What changes them is in `purchases.rs` and `corrections.rs`.

use api::Page;
use api::portfolio::Investment;
use axum::extract::State;
use domain::ledger::Lot;
use domain::{InstrumentType, PortfolioId, Ticker, TransactionId};
use service_kit::contract::{AnyRoute, IfNoneMatch, NotFound, Paging, SignedIn, WithQuery};
use service_kit::{
    Answer, CallerWithToken, Error, PageRequest, Params, PathId, PathIds, Preconditions, Result,
};

use super::figures;
use crate::state::PortfolioService;
use crate::store::ledger;

pub(super) const NOT_FOUND: Error = Error::NotFound { what: "investment" };

/// List the investments of a portfolio, by ticker, then by date of purchase.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/investments", tag = "Investments", operation_id = "list_investments",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("ticker_symbol" = Option<String>, Query, description = "Only this instrument", pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$"),
        ("instrument_type" = Option<String>, Query, description = "Only this type, in any case", min_length = 1, max_length = 40),
        Paging,
    ),
    responses(
        (status = 200, description = "One page", body = Page<Investment>),
        AnyRoute, SignedIn, NotFound, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_investments(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathId(id): PathId<PortfolioId>,
    mut params: Params,
) -> Result<Answer> {
    let ticker = params.parsed("ticker_symbol", Ticker::parse);
    let kind = params.parsed("instrument_type", InstrumentType::parse);
    let page = params.page();
    params.finish()?;
    let scope = format!("investments/{id}/{ticker:?}/{kind:?}");
    let after = page.after(&scope)?;
    let (_, ledger) =
        ledger::load(&service.table, &service.ledgers, caller.customer_id, id).await?;

    let mut rows = ledger
        .lots()
        .filter(|(held, _)| ticker.as_ref().is_none_or(|ticker| ticker == *held))
        .filter(|(_, lot)| {
            kind.as_ref()
                .is_none_or(|kind| kind.is_same_as(&lot.instrument_type))
        })
        .map(|(held, lot)| (place(held, lot), held, lot))
        .skip_while(|(place, ..)| after.as_ref().is_some_and(|after| place <= after));
    let shown: Vec<_> = rows.by_ref().take(page.size).collect();
    let next = rows
        .next()
        .and(shown.last())
        .map(|(place, ..)| PageRequest::token(&scope, place));
    let book = service
        .prices
        .book(
            shown.iter().map(|(_, held, lot)| (*held, *lot)),
            None,
            &token,
        )
        .await;
    let items: Result<Vec<_>> = shown
        .iter()
        .map(|(_, held, lot)| figures::investment(id, held, lot, &book))
        .collect();
    Answer::ok(&Page {
        items: items?,
        next_page_token: next,
    })
}

/// Where a lot stands in the list.
fn place(ticker: &Ticker, lot: &Lot) -> String {
    format!("{ticker}#{}#{}", lot.purchase_date, lot.id)
}

/// Read one investment.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/investments/{investment_id}", tag = "Investments", operation_id = "get_investment",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("investment_id" = String, Path, format = Uuid),
        IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The investment", body = Investment, headers(("ETag" = String))),
        (status = 304, description = "It is as you have it, price included"),
        AnyRoute, SignedIn, NotFound,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_investment(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathIds(id, investment): PathIds<PortfolioId, TransactionId>,
    preconditions: Preconditions,
) -> Result<Answer> {
    let (_, ledger) =
        ledger::load(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let (ticker, lot) = ledger.lot(investment).ok_or(NOT_FOUND)?;
    let book = service
        .prices
        .book([(ticker, lot)].into_iter(), None, &token)
        .await;
    let shown = figures::investment(id, ticker, lot, &book)?;
    let etag = figures::etag(lot, &shown);
    if preconditions.not_modified(&etag) {
        return Ok(Answer::not_modified(&etag));
    }
    Ok(Answer::ok(&shown)?.etag(&etag))
}
