//! Cash: what every entry leaves of each currency.

use api::portfolio::{Cash, CashBalance};
use axum::extract::State;
use domain::PortfolioId;
use domain::ledger::cash::{self, CashAccount};
use service_kit::contract::{AnyRoute, NotFound, SignedIn, WithQuery};
use service_kit::{Answer, Caller, Error, Params, PathId, Result};

use super::figures::amount;
use crate::state::PortfolioService;
use crate::store::ledger;

/// Read the cash balances of a portfolio.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/cash", tag = "Holdings", operation_id = "get_cash",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("at" = Option<Date>, Query, description = "At the end of which day; today when absent"),
    ),
    responses(
        (status = 200, description = "The balances", body = Cash),
        AnyRoute, SignedIn, NotFound, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_cash(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathId(id): PathId<PortfolioId>,
    mut params: Params,
) -> Result<Answer> {
    let at = params.parsed("at", api::plain_date);
    params.finish()?;
    let (portfolio, _, journal) =
        ledger::load_whole(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let cash_tracking = portfolio.value.portfolio.cash_tracking;
    let at = at.unwrap_or_else(|| service.clock.latest_date());
    let entries = journal.entries().filter(|entry| entry.trade_date <= at);
    let accounts = if cash_tracking {
        cash::accounts(entries).map_err(Error::internal)?
    } else {
        Vec::new()
    };
    Answer::ok(&Cash {
        portfolio_id: id.to_string(),
        cash_tracking,
        at,
        items: accounts.iter().map(balance).collect(),
    })
}

fn balance(account: &CashAccount) -> CashBalance {
    CashBalance {
        currency: account.currency.code().to_owned(),
        balance: amount(account.balance),
        is_negative: account.balance.amount().is_sign_negative()
            && !account.balance.amount().is_zero(),
        negative_since: account.first_negative,
    }
}
