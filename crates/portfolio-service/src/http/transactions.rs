//! Reading transactions: the entries of a ledger, as they were recorded.
//!
//! Recording is in `recording.rs`, correcting and deleting in `amendments.rs`.

use std::borrow::Cow;

use api::Page;
use api::portfolio::{KindOfEntry, Transaction as Shown};
use axum::extract::State;
use domain::ledger::{EntryKind, LedgerOrder, Transaction};
use domain::{PortfolioId, Ticker, TransactionId, ValueError};
use service_kit::contract::{AnyRoute, IfNoneMatch, NotFound, Paging, SignedIn, WithQuery};
use service_kit::{
    Answer, Caller, ETag, Error, PageRequest, Params, PathId, PathIds, Preconditions, Result,
};

use super::days::Days;
use super::{entry, links};
use crate::state::PortfolioService;
use crate::store::journal::Journal;
use crate::store::ledger;

pub(super) const NOT_FOUND: Error = Error::NotFound {
    what: "transaction",
};

/// List the entries of a portfolio, the latest first unless asked otherwise.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/transactions", tag = "Transactions", operation_id = "list_transactions",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("from" = Option<Date>, Query, description = "Only entries of this day and later, not before 1900"),
        ("to" = Option<Date>, Query, description = "Only entries of this day and earlier, neither in the future nor before `from`"),
        ("ticker_symbol" = Option<String>, Query, description = "Only this instrument", pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$"),
        ("type" = Option<KindOfEntry>, Query, description = "Only this kind"),
        ("order" = inline(Option<ListOrder>), Query, description = "`desc`, the latest first, when absent"),
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
    let days = Days::take(&mut params, &service.clock);
    let ticker = params.parsed("ticker_symbol", Ticker::parse);
    let kind = params.parsed("type", EntryKind::parse);
    let order = params.parsed("order", Order::parse).unwrap_or(Order::Desc);
    let page = params.page();
    params.finish()?;
    let scope = format!("transactions/{id}/{days:?}/{ticker:?}/{kind:?}/{order:?}");
    let after = page.after(&scope)?.and_then(|text| parse_place(&text));
    let (_, _, journal) =
        ledger::load_whole(&service.table, &service.ledgers, caller.customer_id, id).await?;

    let is_wanted = |entry: &&Transaction| {
        days.include(entry.trade_date)
            && ticker
                .as_ref()
                .is_none_or(|ticker| entry.entry.ticker() == Some(ticker))
            && kind.is_none_or(|kind| entry.entry.kind() == kind)
    };
    let is_before_page = |entry: &&Transaction| {
        after.is_some_and(|after| match order {
            Order::Asc => entry.ledger_order() <= after,
            Order::Desc => entry.ledger_order() >= after,
        })
    };
    let mut rows = order
        .of(&journal)
        .skip_while(is_before_page)
        .filter(is_wanted);
    let shown: Vec<&Transaction> = rows.by_ref().take(page.size).collect();
    let next = rows.next().and(shown.last());
    let gone = links::gone(&service, caller.customer_id, shown.iter().copied()).await?;
    let current = |entry: &&Transaction| entry::shown(&links::current(entry, &gone));
    let items: Result<Vec<Shown>> = shown.iter().map(current).collect();
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

/// Where an entry stands in the list.
fn place(entry: &Transaction) -> String {
    let LedgerOrder { date, rank, id } = entry.ledger_order();
    format!("{date}#{rank}#{id}")
}

fn parse_place(text: &str) -> Option<LedgerOrder> {
    let mut parts = text.split('#');
    Some(LedgerOrder {
        date: parts.next()?.parse().ok()?,
        rank: parts.next()?.parse().ok()?,
        id: parts.next()?.parse().ok()?,
    })
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
    let gone = links::gone(&service, caller.customer_id, std::iter::once(entry)).await?;
    let current = links::current(entry, &gone);
    let etag = match &current {
        Cow::Borrowed(_) => etag(entry),
        Cow::Owned(_) => etag(entry).with_view("alone"),
    };
    if preconditions.not_modified(&etag) {
        return Ok(Answer::not_modified(&etag));
    }
    Ok(Answer::ok(&entry::shown(&current)?)?.etag(&etag))
}

pub(super) fn etag(entry: &Transaction) -> ETag {
    ETag::strong(entry.revision)
}
