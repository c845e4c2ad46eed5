//! Ledgers: entries and the positions derived from them, at one version.
//!
//! How entries lie in the table is in `journal.rs`, how positions do in
//! `positions.rs`. Reading what a portfolio holds reads positions and no entry;
//! entries are read when somebody asks for them or changes one.
//!
//! Invariants: entries change only in a write that also advances the
//! portfolio's version, so a ledger decoded at a version stays right for as long
//! as the portfolio has that version. Positions change with them, unless the
//! portfolio is marked as unsettled: then the stored positions are behind, and
//! whoever reads derives them from the entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ledger::{self, Folded, Lot, Position};
use domain::portfolio::CostBasisMethod;
use domain::{CustomerId, PortfolioId, Ticker, TransactionId};
use moka::sync::Cache;
use service_kit::{Error, Result};
use store::{Item, Key, Query, Record, Table};

use super::journal::{EntryPage, Journal, Pages, StoredTransaction, ledger_partition};
use super::portfolios::{self, StoredPortfolio};
use super::positions::{self, Paged, PositionPage, PositionWrites};

/// What is known of a portfolio's ledger at one version.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    pub(crate) version: u64,
    /// By ticker. Shared, because the next version differs in one or two of them.
    pub(super) positions: Vec<Arc<Paged>>,
    /// None until an entry is asked for or recorded.
    pub(super) pages: Option<Pages>,
}

impl Ledger {
    /// Closed ones too: they have no lots, but what they brought.
    pub(crate) fn positions(&self) -> impl Iterator<Item = &Position> + Clone {
        self.positions.iter().map(|paged| &paged.position)
    }

    /// Where the instrument's position is, or would be.
    fn place(&self, ticker: &Ticker) -> std::result::Result<usize, usize> {
        self.positions
            .binary_search_by(|paged| paged.position.ticker.cmp(ticker))
    }

    pub(crate) fn position(&self, ticker: &Ticker) -> Position {
        match self.place(ticker) {
            Ok(place) => self.positions[place].position.clone(),
            Err(_) => Position::empty(ticker.clone()),
        }
    }

    pub(super) fn paged(&self, ticker: &Ticker) -> Arc<Paged> {
        match self.place(ticker) {
            Ok(place) => Arc::clone(&self.positions[place]),
            Err(_) => Arc::new(Paged::empty(ticker.clone())),
        }
    }

    pub(crate) fn lot(&self, id: TransactionId) -> Option<(&Ticker, &Lot)> {
        self.positions().find_map(|position| {
            let lot = position.lots().iter().find(|lot| lot.id == id)?;
            Some((&position.ticker, lot))
        })
    }

    pub(crate) fn lots(&self) -> impl Iterator<Item = (&Ticker, &Lot)> + Clone {
        self.positions()
            .flat_map(|position| position.lots().iter().map(|lot| (&position.ticker, lot)))
    }

    pub(crate) fn last_lot(&self, ticker: &Ticker) -> Option<&Lot> {
        let place = self.place(ticker).ok()?;
        self.positions[place].position.lots().last()
    }

    /// All entries, if they were read: [`load_whole`] reads them.
    pub(crate) fn journal(&self) -> Option<&Arc<Journal>> {
        self.pages.as_ref()?.journal()
    }

    pub(super) fn put(&mut self, paged: Paged) {
        match self.place(&paged.position.ticker) {
            Ok(place) if paged.position.is_untouched() => drop(self.positions.remove(place)),
            Ok(place) => self.positions[place] = Arc::new(paged),
            Err(_) if paged.position.is_untouched() => {}
            Err(place) => self.positions.insert(place, Arc::new(paged)),
        }
    }

    fn weight(&self) -> usize {
        let entries = self.journal().map_or(0, |journal| journal.len());
        self.lots().count() + entries
    }
}

/// Decoded ledgers, each good for one version of its portfolio.
#[derive(Debug, Clone)]
pub(crate) struct LedgerCache(Cache<PortfolioId, Arc<Ledger>>);

impl LedgerCache {
    /// For so many lots and entries together.
    pub(crate) fn new(capacity: u64) -> Self {
        let weight = |_: &PortfolioId, ledger: &Arc<Ledger>| {
            u32::try_from(ledger.weight().saturating_add(8)).unwrap_or(u32::MAX)
        };
        Self(
            Cache::builder()
                .max_capacity(capacity)
                .weigher(weight)
                .build(),
        )
    }

    pub(crate) fn remember(&self, portfolio: PortfolioId, ledger: Ledger) -> Arc<Ledger> {
        let ledger = Arc::new(ledger);
        self.0.insert(portfolio, Arc::clone(&ledger));
        ledger
    }

    fn at(&self, portfolio: &Item<StoredPortfolio>) -> Option<Arc<Ledger>> {
        let known = self.0.get(&portfolio.value.portfolio.id)?;
        (known.version == portfolio.version).then_some(known)
    }
}

/// How much of a ledger is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Positions,
    Entries,
}

/// The owner's portfolio and what it holds, both at the same version.
pub(crate) async fn load(
    table: &Table,
    cache: &LedgerCache,
    owner: CustomerId,
    id: PortfolioId,
) -> Result<(Item<StoredPortfolio>, Arc<Ledger>)> {
    load_to(Depth::Positions, table, cache, owner, id).await
}

/// The same with all entries.
pub(crate) async fn load_whole(
    table: &Table,
    cache: &LedgerCache,
    owner: CustomerId,
    id: PortfolioId,
) -> Result<(Item<StoredPortfolio>, Arc<Ledger>, Arc<Journal>)> {
    let (portfolio, ledger) = load_to(Depth::Entries, table, cache, owner, id).await?;
    let journal = ledger.journal().cloned().unwrap_or_default();
    Ok((portfolio, ledger, journal))
}

pub(crate) async fn load_to(
    depth: Depth,
    table: &Table,
    cache: &LedgerCache,
    owner: CustomerId,
    id: PortfolioId,
) -> Result<(Item<StoredPortfolio>, Arc<Ledger>)> {
    let mut portfolio = portfolios::load(table, owner, id).await?;
    loop {
        let known = cache.at(&portfolio);
        if let Some(ledger) = &known
            && (depth == Depth::Positions || ledger.journal().is_some())
        {
            return Ok((portfolio, Arc::clone(ledger)));
        }
        let ledger = Box::pin(read(depth, table, &portfolio, known)).await?;
        // Pages are read one after another: a change in between shows in the version.
        let again = portfolios::load(table, owner, id).await?;
        if again.version == portfolio.version {
            // Not read back from the cache, which may be too small to keep it.
            return Ok((again, cache.remember(id, ledger)));
        }
        portfolio = again;
    }
}

async fn read(
    depth: Depth,
    table: &Table,
    portfolio: &Item<StoredPortfolio>,
    known: Option<Arc<Ledger>>,
) -> Result<Ledger> {
    let StoredPortfolio {
        portfolio: stored,
        pages,
        is_unsettled,
        ..
    } = &portfolio.value;
    let mut ledger = match known {
        Some(ledger) => Arc::unwrap_or_clone(ledger),
        None => Ledger {
            version: portfolio.version,
            positions: positions::load(table, stored.id).await?,
            pages: None,
        },
    };
    if *is_unsettled || depth == Depth::Entries {
        let journal = Journal::load(table, stored.id, *pages).await?;
        if *is_unsettled {
            ledger.derive(stored.id, &journal, stored.cost_basis_method)?;
        }
        ledger.pages = Some(Pages::of_journal(Arc::new(journal), *pages));
    }
    Ok(ledger)
}

impl Ledger {
    /// Derives every position anew, and says which stored pages differ.
    pub(super) fn derive(
        &mut self,
        id: PortfolioId,
        journal: &Journal,
        method: CostBasisMethod,
    ) -> Result<PositionWrites> {
        let folded = ledger::fold_all(journal.entries(), method).map_err(Error::internal)?;
        // Also those that are stored and no entry is about any more.
        let stored = self.positions().map(|position| position.ticker.clone());
        let mut derived: BTreeMap<Ticker, Position> = stored
            .map(|ticker| (ticker.clone(), Position::empty(ticker)))
            .collect();
        for Folded { position, .. } in folded {
            derived.insert(position.ticker.clone(), position);
        }
        let mut behind = PositionWrites::new();
        for (ticker, position) in derived {
            let (changed, pages) = self.paged(&ticker).after(position)?;
            self.put(changed);
            behind.extend(positions::writes(id, &ticker, pages));
        }
        Ok(behind)
    }
}

/// Removes every entry and position of a deleted portfolio.
pub(crate) async fn remove_all(table: &Table, portfolio: PortfolioId) -> Result<()> {
    /// Well below the hundred actions of a transaction.
    const BATCH: usize = 50;
    let partition = || Query::partition(ledger_partition(portfolio));
    let mut found = keys::<StoredTransaction>(table, partition().prefix("TX#")).await?;
    found.extend(keys::<EntryPage>(table, partition().prefix("TXP#")).await?);
    found.extend(keys::<PositionPage>(table, partition().prefix("POS#")).await?);
    for batch in found.chunks(BATCH) {
        batch
            .iter()
            .fold(table.write(), store::Write::remove)
            .commit()
            .await?;
    }
    Ok(())
}

async fn keys<T: Record>(table: &Table, query: Query) -> Result<Vec<Key>> {
    let items = table.query_all::<T>(&query).await?;
    Ok(items.into_iter().map(|item| item.key).collect())
}
