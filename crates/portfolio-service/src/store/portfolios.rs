//! Portfolios, under their owner: `CUST#<customer>` / `PF#<portfolio>`.
//!
//! The item's version is the version of the whole ledger: every accepted change
//! of an entry raises it. A deleted portfolio leaves a `PURGE#<portfolio>`
//! marker until its ledger is gone, so that a crash half-way loses no work.

use domain::ledger::cash::Balances;
use domain::portfolio::Portfolio;
use domain::{CustomerId, PortfolioId};
use serde::{Deserialize, Serialize};
use service_kit::{Clock, Error, Result};
use store::{Item, Key, Page, Query, Record, Table, Write};

use super::events::{self, PortfolioChange};
use super::ledger;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredPortfolio {
    #[serde(flatten)]
    pub(crate) portfolio: Portfolio,
    /// How many pages of entries count.
    #[serde(default)]
    pub(crate) pages: u32,
    /// Whether the stored positions are behind the entries, as those of the first release are:
    /// they had no totals.
    #[serde(default = "unsettled")]
    pub(crate) is_unsettled: bool,
    /// Of all entries. None where they were not counted, or are too large to be added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cash: Option<Balances>,
}

fn unsettled() -> bool {
    true
}

impl Record for StoredPortfolio {
    const KIND: &'static str = "portfolio";
    /// 2: says how many pages there are, which older code would forget.
    const SCHEMA: u32 = 2;
}

#[derive(Debug, Serialize, Deserialize)]
struct Purge {
    portfolio_id: PortfolioId,
}

impl Record for Purge {
    const KIND: &'static str = "purge";
}

pub(crate) fn owner_partition(owner: CustomerId) -> String {
    format!("CUST#{owner}")
}

pub(crate) fn key(owner: CustomerId, id: PortfolioId) -> Key {
    Key::new(owner_partition(owner), format!("PF#{id}"))
}

/// The portfolio, if it is the owner's.
pub(crate) async fn load(
    table: &Table,
    owner: CustomerId,
    id: PortfolioId,
) -> Result<Item<StoredPortfolio>> {
    let found = table.get(&key(owner, id)).await?;
    found.ok_or(Error::NotFound { what: "portfolio" })
}

/// One page of the owner's portfolios, oldest first.
pub(crate) async fn list(
    table: &Table,
    owner: CustomerId,
    after: Option<String>,
    size: usize,
) -> Result<Page<StoredPortfolio>> {
    let size = u16::try_from(size).unwrap_or(u16::MAX);
    let query = Query::partition(owner_partition(owner))
        .prefix("PF#")
        .limit(size);
    let query = match after {
        Some(after) => query.after(after),
        None => query,
    };
    Ok(table.query(&query).await?)
}

/// All of the owner's portfolios, oldest first.
pub(crate) async fn all(table: &Table, owner: CustomerId) -> Result<Vec<Portfolio>> {
    let query = Query::partition(owner_partition(owner)).prefix("PF#");
    let items = table.query_all::<StoredPortfolio>(&query).await?;
    Ok(items.into_iter().map(|item| item.value.portfolio).collect())
}

/// None for a portfolio that is deleted while all are read.
pub(crate) fn if_still_there<T>(read: Result<T>) -> Option<Result<T>> {
    match read {
        Err(Error::NotFound { .. }) => None,
        read => Some(read),
    }
}

pub(crate) fn create(table: &Table, portfolio: &Portfolio, clock: &Clock) -> Result<Write> {
    let event = events::portfolio(PortfolioChange::Created, portfolio, 1, clock)?;
    let stored = StoredPortfolio {
        portfolio: portfolio.clone(),
        pages: 0,
        is_unsettled: false,
        cash: Some(Balances::default()),
    };
    Ok(table
        .write()
        .create(&key(portfolio.customer_id, portfolio.id), &stored)
        .event(&event))
}

/// The next version of a portfolio, as the start of a write: nothing else in
/// it happens unless the portfolio is still at the version that was read.
pub(crate) fn advance(
    table: &Table,
    read: &Item<StoredPortfolio>,
    next: &StoredPortfolio,
) -> Write {
    table.write().replace(&read.key, read.version, next)
}

/// The portfolio's own fields changed; `rederives` if its positions do with them.
pub(crate) fn update(
    table: &Table,
    read: &Item<StoredPortfolio>,
    changed: &Portfolio,
    rederives: bool,
    clock: &Clock,
) -> Result<Write> {
    let event = events::portfolio(PortfolioChange::Updated, changed, read.version + 1, clock)?;
    let next = StoredPortfolio {
        portfolio: changed.clone(),
        pages: read.value.pages,
        is_unsettled: read.value.is_unsettled || rederives,
        cash: read.value.cash.clone(),
    };
    Ok(advance(table, read, &next).event(&event))
}

/// Makes the portfolio disappear at once; [`purge_deleted`] then removes its ledger.
pub(crate) fn delete(table: &Table, read: &Item<StoredPortfolio>, clock: &Clock) -> Result<Write> {
    let portfolio = &read.value.portfolio;
    let event = events::portfolio(PortfolioChange::Deleted, portfolio, read.version + 1, clock)?;
    let purge = Purge {
        portfolio_id: portfolio.id,
    };
    Ok(table
        .write()
        .delete(&read.key, read.version)
        .create(&purge_key(portfolio.customer_id, portfolio.id), &purge)
        .event(&event))
}

fn purge_key(owner: CustomerId, id: PortfolioId) -> Key {
    Key::new(owner_partition(owner), format!("PURGE#{id}"))
}

/// Removes what is left of the owner's deleted portfolios. They are gone for
/// their owner already, so a failure is no answer to anybody: the marker stays,
/// and the next time the owner opens or deletes a portfolio takes it up again.
pub(crate) async fn purge_deleted(table: &Table, owner: CustomerId) {
    if let Err(error) = purge(table, owner).await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "a deleted portfolio is not purged yet");
    }
}

async fn purge(table: &Table, owner: CustomerId) -> Result<()> {
    let markers = Query::partition(owner_partition(owner)).prefix("PURGE#");
    for marker in table.query_all::<Purge>(&markers).await? {
        ledger::remove_all(table, marker.value.portfolio_id).await?;
        table.write().remove(&marker.key).commit().await?;
    }
    Ok(())
}
