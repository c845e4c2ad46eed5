//! One change of a ledger being put together, and how it is committed.
//!
//! It advances the portfolio's version and carries every page of entries and
//! positions that changes, the event and the answer. What does not fit one
//! transaction goes ahead of it or comes after it:
//!
//! | What | When | Seen |
//! |---|---|---|
//! | new pages of entries | before, each step at a version of its own | not before the commit counts them |
//! | positions | after, by [`settle`] | derived from the entries meanwhile |
//!
//! Invariant: the commit happens only if nothing else changed the portfolio
//! since it was read, the steps ahead included. Whoever loses begins anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::ledger::cash::Balances;
use domain::ledger::{Position, Transaction};
use domain::portfolio::Portfolio;
use domain::{CustomerId, PortfolioId, TransactionId};
use service_kit::Result;
use store::{Event, Item, Key, Table, Write, WriteError};

use super::journal::{self, Journal, PageWrites, Pages};
use super::ledger::{Ledger, LedgerCache};
use super::portfolios::{self, StoredPortfolio};
use super::positions::{self, PositionPage, PositionWrites};

/// Below the hundred of a transaction, so that event, answer and portfolio fit too.
const MOST_ACTIONS: usize = 90;
/// Below the four megabytes of a transaction, so that one between two portfolios fits too.
const MOST_BYTES: usize = 3 << 19;

#[derive(Debug)]
pub(crate) struct LedgerWrite {
    table: Table,
    read: Item<StoredPortfolio>,
    next: StoredPortfolio,
    ledger: Ledger,
    entries: PageWrites,
    positions: PositionWrites,
    /// Deleted portfolios that entries name as the other side of a transfer.
    pub(crate) gone: BTreeSet<PortfolioId>,
}

impl LedgerWrite {
    pub(crate) async fn new(
        table: &Table,
        read: &Item<StoredPortfolio>,
        before: &Ledger,
    ) -> Result<Self> {
        let mut ledger = before.clone();
        if ledger.pages.is_none() {
            let id = read.value.portfolio.id;
            ledger.pages = Some(Pages::of_last(table, id, read.value.pages).await?);
        }
        Ok(Self {
            table: table.clone(),
            read: read.clone(),
            next: read.value.clone(),
            ledger,
            entries: PageWrites::default(),
            positions: PositionWrites::new(),
            gone: BTreeSet::new(),
        })
    }

    /// The cash before what is put together here, if it was counted.
    pub(crate) fn cash(&self) -> Option<&Balances> {
        self.read.value.cash.as_ref()
    }

    pub(crate) fn portfolio(&self) -> &Portfolio {
        &self.next.portfolio
    }

    /// The ledger with the change as far as it was put together.
    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub(crate) fn record(&mut self, entries: Vec<Transaction>) -> Result<()> {
        self.count_cash(None, &entries);
        self.edit(|pages, writes| pages.add(entries, writes))
    }

    /// Puts the amended entry in the place of the one with its id.
    pub(crate) fn amend(&mut self, amended: Transaction) -> Result<()> {
        self.count_cash(Some(amended.id), std::slice::from_ref(&amended));
        self.edit(|pages, writes| pages.replace(amended, writes))
    }

    pub(crate) fn remove(&mut self, id: TransactionId) -> Result<()> {
        self.count_cash(Some(id), &[]);
        self.edit(|pages, writes| pages.remove(id, writes).map(drop))
    }

    fn count_cash(&mut self, taken: Option<TransactionId>, added: &[Transaction]) {
        let journal = self.ledger.journal();
        let count = |mut cash: Balances| {
            if let Some(id) = taken {
                cash.take_back(&journal?.find(id)?.entry).ok()?;
            }
            for transaction in added {
                cash.count(&transaction.entry).ok()?;
            }
            Some(cash)
        };
        self.next.cash = self.next.cash.take().and_then(count);
    }

    fn edit(&mut self, edit: impl FnOnce(&mut Pages, &mut PageWrites) -> Result<()>) -> Result<()> {
        let pages = self.ledger.pages.get_or_insert_default();
        edit(pages, &mut self.entries)?;
        self.next.pages = pages.count;
        Ok(())
    }

    /// Stores the pages of a position that differ from before.
    pub(crate) fn position(&mut self, after: Position) -> Result<()> {
        let ticker = after.ticker.clone();
        let (changed, pages) = self.ledger.paged(&ticker).after(after)?;
        self.ledger.put(changed);
        let id = self.next.portfolio.id;
        self.positions.extend(positions::writes(id, &ticker, pages));
        Ok(())
    }

    /// Writes ahead what does not fit the commit. Nobody sees it before the commit.
    ///
    /// # Errors
    ///
    /// `ConditionFailed` when somebody else was first.
    pub(crate) async fn stage(&mut self) -> std::result::Result<(), WriteError> {
        let id = self.next.portfolio.id;
        let counted = self.read.value.pages;
        while self.entries.size() > MOST_BYTES || self.entries.pages.len() > MOST_ACTIONS {
            let mut write = portfolios::advance(&self.table, &self.read, &self.read.value);
            let mut size = 0;
            let mut actions = 0;
            while let Some(last) = self.entries.pages.last_entry()
                && *last.key() >= counted
                && actions < MOST_ACTIONS
                && (actions == 0 || size + last.get().size() <= MOST_BYTES)
            {
                let (number, page) = last.remove_entry();
                size += page.size();
                actions += 1;
                write = write.put(&journal::page_key(id, number), &page);
            }
            if actions == 0 {
                return Ok(());
            }
            write.commit().await?;
            self.read.version += 1;
        }
        Ok(())
    }

    /// The version that the commit makes.
    pub(crate) fn version(&self) -> u64 {
        self.read.version + 1
    }

    /// The commit, and the ledger as it will be after it.
    /// One of `share` ledgers changed by one transaction takes its share of the room.
    pub(crate) fn finish(mut self, event: &Event, share: usize) -> (Write, After) {
        let id = self.next.portfolio.id;
        let fits = self.entries.size() + size_of(&self.positions) <= MOST_BYTES
            && self.entries.actions() + self.positions.len() <= MOST_ACTIONS / share;
        if !fits {
            self.next.is_unsettled = true;
            self.positions.clear();
        }
        let mut write = portfolios::advance(&self.table, &self.read, &self.next).event(event);
        for (number, page) in &self.entries.pages {
            write = write.put(&journal::page_key(id, *number), page);
        }
        for key in &self.entries.removed {
            write = write.remove(key);
        }
        write = with_positions(write, &self.positions);
        self.ledger.version = self.version();
        let after = After {
            ledger: self.ledger,
            is_unsettled: self.next.is_unsettled,
        };
        (write, after)
    }
}

/// A ledger as it is once a change is committed.
#[derive(Debug)]
pub(crate) struct After {
    pub(crate) ledger: Ledger,
    /// Whether it is to be settled.
    pub(crate) is_unsettled: bool,
}

/// Stores the positions of an unsettled portfolio, in as many steps as it takes.
///
/// Each step is at a version of its own. If somebody else changes the portfolio
/// in between, or this process dies, the portfolio stays unsettled: it is read
/// rightly all the same, and settled before it is changed again. Gives the
/// version the portfolio has then.
pub(crate) async fn settle(
    table: &Table,
    cache: &LedgerCache,
    owner: CustomerId,
    id: PortfolioId,
) -> Result<u64> {
    loop {
        let mut read = portfolios::load(table, owner, id).await?;
        if !read.value.is_unsettled {
            return Ok(read.version);
        }
        let journal = Box::pin(Journal::load(table, id, read.value.pages)).await?;
        let mut ledger = Ledger {
            version: read.version,
            positions: positions::load(table, id).await?,
            pages: None,
        };
        let behind = ledger.derive(id, &journal, read.value.portfolio.cost_basis_method)?;
        read.value.cash = Balances::of(journal.entries()).ok();
        match write_behind(table, &mut read, &behind).await {
            Ok(()) => {
                ledger.version = read.version;
                ledger.pages = Some(Pages::of_journal(Arc::new(journal), read.value.pages));
                cache.remember(id, ledger);
                return Ok(read.version);
            }
            Err(WriteError::ConditionFailed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes the positions, the last step together with the word that all are there.
async fn write_behind(
    table: &Table,
    read: &mut Item<StoredPortfolio>,
    mut behind: &[(Key, Option<PositionPage>)],
) -> std::result::Result<(), WriteError> {
    loop {
        let (step, rest) = behind.split_at(how_many_fit(behind));
        let next = StoredPortfolio {
            is_unsettled: !rest.is_empty(),
            ..read.value.clone()
        };
        let write = portfolios::advance(table, read, &next);
        with_positions(write, step).commit().await?;
        read.version += 1;
        if rest.is_empty() {
            return Ok(());
        }
        behind = rest;
    }
}

fn with_positions(write: Write, positions: &[(Key, Option<PositionPage>)]) -> Write {
    positions
        .iter()
        .fold(write, |write, (key, page)| match page {
            Some(page) => write.put(key, page),
            None => write.remove(key),
        })
}

/// As many as fit one write.
fn how_many_fit(behind: &[(Key, Option<PositionPage>)]) -> usize {
    let mut size = 0;
    let fits = |(_, page): &&(Key, Option<PositionPage>)| {
        size += page.as_ref().map_or(0, PositionPage::size);
        size <= MOST_BYTES
    };
    behind.iter().take(MOST_ACTIONS).take_while(fits).count()
}

fn size_of(positions: &[(Key, Option<PositionPage>)]) -> usize {
    let pages = positions.iter().filter_map(|(_, page)| page.as_ref());
    pages.map(PositionPage::size).sum()
}
