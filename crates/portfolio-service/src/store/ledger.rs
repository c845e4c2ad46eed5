//! Ledgers: entries and the positions derived from them, under `PF#<portfolio>`.
//!
//! | Sort key | Item |
//! |---|---|
//! | `TX#<trade date>#<id>` | one entry; also by ticker in the local index |
//! | `POS#<ticker>#<page>` | up to 16 open lots of one instrument |
//!
//! How lots are cut into pages is in `pages.rs`.
//!
//! Invariant: entries and positions change only in one write that also
//! advances the portfolio's version, so a ledger decoded at a version stays
//! right for as long as the portfolio has that version.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ledger::{Lot, Position, Transaction};
use domain::{CustomerId, PortfolioId, Ticker, TransactionId};
use jiff::civil::Date;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use service_kit::{Error, Result};
use store::{Item, Key, Query, Record, Table, Write};

use super::pages::Paged;
use super::portfolios::{self, StoredPortfolio};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct StoredTransaction(pub(crate) Transaction);

impl Record for StoredTransaction {
    const KIND: &'static str = "transaction";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LotPage {
    ticker: Ticker,
    lots: Vec<Lot>,
}

impl Record for LotPage {
    const KIND: &'static str = "position";
}

pub(crate) fn ledger_partition(id: PortfolioId) -> String {
    format!("PF#{id}")
}

fn transaction_key(portfolio: PortfolioId, date: Date, id: TransactionId) -> Key {
    Key::new(ledger_partition(portfolio), format!("TX#{date}#{id}"))
}

/// None for an entry about money alone: the index holds those of instruments.
fn ticker_key(transaction: &Transaction) -> Option<String> {
    let ticker = transaction.entry.ticker()?;
    Some(format!(
        "{ticker}#{}#{}",
        transaction.trade_date, transaction.id
    ))
}

fn indexed(write: Write, transaction: &Transaction) -> Write {
    match ticker_key(transaction) {
        Some(key) => write.ticker_key(&key),
        None => write,
    }
}

fn page_key(portfolio: PortfolioId, ticker: &Ticker, page: u32) -> Key {
    Key::new(
        ledger_partition(portfolio),
        format!("POS#{ticker}#{page:06}"),
    )
}

/// All positions of a portfolio, as they are at one version.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    pub(crate) version: u64,
    /// By ticker. Shared, because the next version differs in one or two of them.
    positions: Vec<Arc<Paged>>,
}

impl Ledger {
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

    fn paged(&self, ticker: &Ticker) -> Arc<Paged> {
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

    fn with(&self, changed: Vec<Paged>, version: u64) -> Self {
        let mut after = Self {
            version,
            ..self.clone()
        };
        for paged in changed {
            let position = &paged.position;
            match (after.place(&position.ticker), position.lots().is_empty()) {
                (Ok(place), true) => drop(after.positions.remove(place)),
                (Ok(place), false) => after.positions[place] = Arc::new(paged),
                (Err(_), true) => {}
                (Err(place), false) => after.positions.insert(place, Arc::new(paged)),
            }
        }
        after
    }
}

/// Decoded ledgers, each good for one version of its portfolio.
#[derive(Debug, Clone)]
pub(crate) struct LedgerCache(Cache<PortfolioId, Arc<Ledger>>);

impl LedgerCache {
    pub(crate) fn new(max_lots: u64) -> Self {
        let weight = |_: &PortfolioId, ledger: &Arc<Ledger>| {
            u32::try_from(ledger.lots().count().saturating_add(8)).unwrap_or(u32::MAX)
        };
        Self(
            Cache::builder()
                .max_capacity(max_lots)
                .weigher(weight)
                .build(),
        )
    }

    /// Whether this process has seen a later version than `ledger`.
    pub(crate) fn has_moved_on(&self, portfolio: PortfolioId, ledger: &Ledger) -> bool {
        self.0
            .get(&portfolio)
            .is_some_and(|known| known.version > ledger.version)
    }

    pub(crate) fn remember(&self, portfolio: PortfolioId, ledger: Ledger) -> Arc<Ledger> {
        let ledger = Arc::new(ledger);
        self.0.insert(portfolio, Arc::clone(&ledger));
        ledger
    }
}

/// The owner's portfolio and its ledger, both at the same version.
pub(crate) async fn load(
    table: &Table,
    cache: &LedgerCache,
    owner: CustomerId,
    id: PortfolioId,
) -> Result<(Item<StoredPortfolio>, Arc<Ledger>)> {
    let mut portfolio = portfolios::load(table, owner, id).await?;
    loop {
        if let Some(ledger) = cache.0.get(&id)
            && ledger.version == portfolio.version
        {
            return Ok((portfolio, ledger));
        }
        let positions = read_positions(table, id).await?;
        // Pages are read one after another: a change in between shows in the version.
        let again = portfolios::load(table, owner, id).await?;
        if again.version == portfolio.version {
            let version = again.version;
            let ledger = Ledger { version, positions };
            // Not read back from the cache, which may be too small to keep it.
            return Ok((again, cache.remember(id, ledger)));
        }
        portfolio = again;
    }
}

async fn read_positions(table: &Table, id: PortfolioId) -> Result<Vec<Arc<Paged>>> {
    let query = Query::partition(ledger_partition(id)).prefix("POS#");
    let mut pages: BTreeMap<Ticker, Vec<(u32, Vec<Lot>)>> = BTreeMap::new();
    for item in table.query_all::<LotPage>(&query).await? {
        let number = item
            .key
            .sk
            .rsplit('#')
            .next()
            .and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| Error::internal("a position page without a number"))?;
        pages
            .entry(item.value.ticker)
            .or_default()
            .push((number, item.value.lots));
    }
    let position = |(ticker, pages)| Arc::new(Paged::from_pages(ticker, pages));
    Ok(pages.into_iter().map(position).collect())
}

pub(crate) async fn load_transaction(
    table: &Table,
    portfolio: PortfolioId,
    lot: &Lot,
) -> Result<Option<Item<StoredTransaction>>> {
    Ok(table
        .get(&transaction_key(portfolio, lot.purchase_date, lot.id))
        .await?)
}

/// Every entry of one instrument, to derive its position anew.
pub(crate) async fn load_entries(
    table: &Table,
    portfolio: PortfolioId,
    ticker: &Ticker,
) -> Result<Vec<Transaction>> {
    let query = Query::partition(ledger_partition(portfolio)).by_ticker(format!("{ticker}#"));
    let items = table.query_all::<StoredTransaction>(&query).await?;
    Ok(items.into_iter().map(|item| item.value.0).collect())
}

/// Removes every entry and position of a deleted portfolio.
pub(crate) async fn remove_all(table: &Table, portfolio: PortfolioId) -> Result<()> {
    /// Well below the hundred actions of a transaction.
    const BATCH: usize = 50;
    let partition = || Query::partition(ledger_partition(portfolio));
    let entries = table
        .query_all::<StoredTransaction>(&partition().prefix("TX#"))
        .await?;
    let pages = table
        .query_all::<LotPage>(&partition().prefix("POS#"))
        .await?;
    let keys = entries.into_iter().map(|item| item.key);
    let keys: Vec<Key> = keys.chain(pages.into_iter().map(|item| item.key)).collect();
    for batch in keys.chunks(BATCH) {
        batch
            .iter()
            .fold(table.write(), Write::remove)
            .commit()
            .await?;
    }
    Ok(())
}

/// One change of a ledger being put together: it advances the portfolio's
/// version and carries every entry and position that changes with it.
#[derive(Debug)]
pub(crate) struct LedgerWrite {
    portfolio: PortfolioId,
    before: Arc<Ledger>,
    changed: Vec<Paged>,
    write: Write,
}

impl LedgerWrite {
    pub(crate) fn new(table: &Table, read: &Item<StoredPortfolio>, before: Arc<Ledger>) -> Self {
        let write = portfolios::advance(table, read);
        Self {
            portfolio: read.value.0.id,
            before,
            changed: Vec::new(),
            write,
        }
    }

    pub(crate) fn record(mut self, transaction: &Transaction) -> Self {
        let key = transaction_key(self.portfolio, transaction.trade_date, transaction.id);
        let stored = StoredTransaction(transaction.clone());
        self.write = indexed(self.write.create(&key, &stored), transaction);
        self
    }

    /// Puts the amended entry in the place of the one read. The key holds the
    /// trade date, so an entry that moves to another day moves to another key.
    pub(crate) fn amend(mut self, read: &Item<StoredTransaction>, amended: &Transaction) -> Self {
        let key = transaction_key(self.portfolio, amended.trade_date, amended.id);
        if key == read.key {
            let stored = StoredTransaction(amended.clone());
            let write = self.write.replace(&key, read.version, &stored);
            self.write = indexed(write, amended);
            return self;
        }
        self.remove(read).record(amended)
    }

    pub(crate) fn remove(mut self, read: &Item<StoredTransaction>) -> Self {
        self.write = self.write.delete(&read.key, read.version);
        self
    }

    /// Stores the pages of a position that differ from before.
    pub(crate) fn position(mut self, after: Position) -> Self {
        let ticker = after.ticker.clone();
        let (position, changed) = self.before.paged(&ticker).after(after);
        for (number, lots) in changed {
            let key = page_key(self.portfolio, &ticker, number);
            self.write = if lots.is_empty() {
                self.write.remove(&key)
            } else {
                self.write.put(
                    &key,
                    &LotPage {
                        ticker: ticker.clone(),
                        lots,
                    },
                )
            };
        }
        self.changed.push(position);
        self
    }

    pub(crate) fn event(mut self, event: &store::Event) -> Self {
        self.write = self.write.event(event);
        self
    }

    /// The write, and the ledger as it will be once it is committed.
    pub(crate) fn finish(self) -> (Write, Ledger) {
        let after = self.before.with(self.changed, self.before.version + 1);
        (self.write, after)
    }
}
