//! Cash: what every entry leaves of each currency, and the warning when that is less than nothing.

use std::collections::BTreeSet;

use api::Problem;
use api::portfolio::{Cash, CashBalance, CashWarning};
use axum::extract::State;
use domain::PortfolioId;
use domain::ledger::Transaction;
use domain::ledger::cash::{self, CashAccount, Overdraft};
use rust_decimal::Decimal;
use service_kit::contract::{AnyRoute, NotFound, SignedIn, WithQuery};
use service_kit::{Answer, Caller, Params, PathId, Result};

use super::changes::Edit;
use super::days::{day, last_day};
use super::figures::amount;
use super::refusals::{refused, unworkable};
use crate::state::PortfolioService;
use crate::store::change::LedgerWrite;
use crate::store::ledger;

/// Read the cash balances of a portfolio.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/cash", tag = "Holdings", operation_id = "get_cash",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("at" = Option<Date>, Query, description = "At the end of which day, neither in the future nor before 1900; today in UTC when absent, or the day of the last entry where that is later"),
    ),
    responses(
        (status = 200, description = "The balances", body = Cash),
        (status = 409, description = "Amounts are too large to be added up exactly", body = Problem, content_type = "application/problem+json"),
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
    let at = day(&mut params, "at", &service.clock);
    params.finish()?;
    let (portfolio, _, journal) =
        ledger::load_whole(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let cash_tracking = portfolio.value.portfolio.cash_tracking;
    let at = at.unwrap_or_else(|| last_day(journal.last_day(), &service.clock));
    let entries = journal.entries().filter(|entry| entry.trade_date <= at);
    let accounts = if cash_tracking {
        cash::accounts(entries).map_err(|error| unworkable(&error))?
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

/// What the entries of an edit do to the cash of a portfolio that tracks it and
/// may be a mistake. None if that takes entries that were not read.
pub(super) fn warnings(write: &LedgerWrite, edit: &Edit) -> Result<Option<Vec<CashWarning>>> {
    if !write.portfolio().cash_tracking || is_covered(write, edit) {
        return Ok(Some(Vec::new()));
    }
    let Some(journal) = write.ledger().journal() else {
        return Ok(None);
    };
    let own: BTreeSet<_> = edit.added().iter().map(|entry| entry.id).collect();
    let others = journal.entries().filter(|entry| !own.contains(&entry.id));
    let accounts = |entries: &mut dyn Iterator<Item = &Transaction>| {
        cash::accounts(entries).map_err(|error| refused(&error, edit))
    };
    let without = accounts(&mut others.clone())?;
    let with = accounts(&mut others.chain(edit.added()))?;
    let overdrafts = cash::overdrafts(&without, &with);
    Ok(Some(overdrafts.into_iter().map(warning).collect()))
}

/// Whether it shows without the days before that an edit takes no cash below zero: one new entry
/// that takes none, or is the last there is and leaves some.
fn is_covered(write: &LedgerWrite, edit: &Edit) -> bool {
    let Edit::Record(entry) = edit else {
        return false;
    };
    let moved = match cash::moved_by(&entry.entry) {
        Ok(Some(moved)) => moved,
        Ok(None) => return true,
        Err(_) => return false,
    };
    if moved.amount() >= Decimal::ZERO {
        return true;
    }
    let last_day = write.ledger().journal().map(|journal| journal.last_day());
    let is_last = last_day.is_some_and(|last| last.is_none_or(|last| last <= entry.trade_date));
    let left = write.cash().and_then(|before| {
        let before = before.of_currency(moved.currency());
        before.try_add(moved).ok()
    });
    is_last && left.is_some_and(|left| left.amount() >= Decimal::ZERO)
}

fn warning(Overdraft { date, balance }: Overdraft) -> CashWarning {
    CashWarning {
        code: "NEGATIVE_CASH".into(),
        currency: balance.currency().code().to_owned(),
        date,
        balance: amount(balance),
    }
}

fn balance(account: &CashAccount) -> CashBalance {
    CashBalance {
        currency: account.currency.code().to_owned(),
        balance: amount(account.balance),
        is_negative: account.balance.amount().is_sign_negative()
            && !account.balance.amount().is_zero(),
        first_negative: account.first_negative,
    }
}
