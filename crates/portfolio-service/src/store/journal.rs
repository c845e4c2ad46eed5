//! The entries of a ledger, in pages under `PF#<portfolio>`.
//!
//! | Sort key | Item |
//! |---|---|
//! | `TXP#<page>` | entries in no order, packed |
//! | `TX#<trade date>#<id>` | one entry, as the first release stored it; moved into a page when it is amended |
//!
//! Entries recorded one by one fill the last page; a batch makes pages of its
//! own. The portfolio says how many pages count: what lies beyond was written
//! for a batch that is not committed, and nobody reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ledger::Transaction;
use domain::{PortfolioId, Ticker, TransactionId};
use futures::try_join;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use service_kit::{Error, Result};
use store::{Key, Query, Record, Table};

use super::packed::Packed;

/// So much is written again with every entry that is recorded by itself.
const SMALL_PAGE: usize = 64;
const LARGE_PAGE: usize = 512;
/// An item holds 400 KB.
const MOST_BYTES: usize = 300 * 1024;

/// As the first release stored an entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct StoredTransaction(pub(crate) Transaction);

impl Record for StoredTransaction {
    const KIND: &'static str = "transaction";
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct EntryPage {
    entries: Packed<Vec<Transaction>>,
}

impl Record for EntryPage {
    const KIND: &'static str = "entries";
}

impl EntryPage {
    pub(super) fn size(&self) -> usize {
        self.entries.size()
    }
}

pub(super) fn ledger_partition(id: PortfolioId) -> String {
    format!("PF#{id}")
}

pub(super) fn page_key(portfolio: PortfolioId, page: u32) -> Key {
    Key::new(ledger_partition(portfolio), format!("TXP#{page:06}"))
}

fn single_key(entry: &Transaction) -> Key {
    let partition = ledger_partition(entry.portfolio_id);
    Key::new(partition, format!("TX#{}#{}", entry.trade_date, entry.id))
}

/// Where an entry is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Page(u32),
    Alone,
}

#[derive(Debug, Clone)]
struct Filed {
    entry: Arc<Transaction>,
    place: Place,
}

/// All entries of a portfolio at one version, in ledger order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal(Vec<Filed>);

impl Journal {
    pub(crate) async fn load(table: &Table, id: PortfolioId, pages: u32) -> Result<Self> {
        let partition = || Query::partition(ledger_partition(id));
        let singles = partition().prefix("TX#");
        let (singles, pages) = try_join!(
            async { Ok(table.query_all::<StoredTransaction>(&singles).await?) },
            load_pages(table, id, pages),
        )?;
        let singles = singles.into_iter().map(|item| Filed {
            entry: Arc::new(item.value.0),
            place: Place::Alone,
        });
        let mut all: Vec<Filed> = singles.chain(pages).collect();
        all.sort_unstable_by_key(|filed| filed.entry.ledger_order());
        Ok(Self(all))
    }

    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Transaction> + Clone {
        self.0.iter().map(|filed| &*filed.entry)
    }

    /// The same, to be kept.
    pub(crate) fn shared(&self) -> impl Iterator<Item = &Arc<Transaction>> + Clone {
        self.0.iter().map(|filed| &filed.entry)
    }

    pub(crate) fn first_day(&self) -> Option<Date> {
        self.0.first().map(|filed| filed.entry.trade_date)
    }

    pub(crate) fn last_day(&self) -> Option<Date> {
        self.0.last().map(|filed| filed.entry.trade_date)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn find(&self, id: TransactionId) -> Option<&Transaction> {
        self.filed(id).map(|filed| &*filed.entry)
    }

    /// The entries of one instrument.
    pub(crate) fn of(&self, ticker: &Ticker) -> impl Iterator<Item = &Transaction> {
        self.entries()
            .filter(move |entry| entry.entry.ticker() == Some(ticker))
    }

    fn filed(&self, id: TransactionId) -> Option<&Filed> {
        self.0.iter().find(|filed| filed.entry.id == id)
    }

    fn on_page(&self, page: u32) -> Vec<Arc<Transaction>> {
        let on_it = |filed: &&Filed| filed.place == Place::Page(page);
        let entries = self.0.iter().filter(on_it);
        entries.map(|filed| Arc::clone(&filed.entry)).collect()
    }

    fn put(&mut self, filed: Filed) {
        let order = filed.entry.ledger_order();
        let place = self
            .0
            .partition_point(|other| other.entry.ledger_order() < order);
        self.0.insert(place, filed);
    }

    fn take(&mut self, id: TransactionId) {
        self.0.retain(|filed| filed.entry.id != id);
    }

    fn extend(&mut self, filed: Vec<Filed>) {
        if let [one] = &*filed {
            return self.put(one.clone());
        }
        self.0.extend(filed);
        // Stable sorting is fast on what is sorted already but for its end.
        self.0.sort_by_key(|filed| filed.entry.ledger_order());
    }
}

async fn load_pages(table: &Table, id: PortfolioId, count: u32) -> Result<Vec<Filed>> {
    let Some(last) = count.checked_sub(1) else {
        return Ok(Vec::new());
    };
    let query =
        Query::partition(ledger_partition(id)).between(page_key(id, 0).sk, page_key(id, last).sk);
    let mut all = Vec::new();
    for item in table.query_all::<EntryPage>(&query).await? {
        let number = item.key.sk.strip_prefix("TXP#");
        let number = number.and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| Error::internal("a page without a number"))?;
        all.extend(item.value.entries.unpack()?.into_iter().map(|entry| Filed {
            entry: Arc::new(entry),
            place: Place::Page(number),
        }));
    }
    Ok(all)
}

/// The pages of a ledger while it changes: what is known of them, and what is
/// to be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    /// How many count.
    pub(super) count: u32,
    /// What the last one holds.
    last: Arc<Vec<Arc<Transaction>>>,
    /// Everything, if it was read.
    journal: Option<Arc<Journal>>,
}

/// What a change writes.
#[derive(Debug, Default)]
pub(super) struct PageWrites {
    pub(super) pages: BTreeMap<u32, EntryPage>,
    pub(super) removed: Vec<Key>,
}

impl PageWrites {
    pub(super) fn size(&self) -> usize {
        self.pages.values().map(EntryPage::size).sum()
    }

    pub(super) fn actions(&self) -> usize {
        self.pages.len() + self.removed.len()
    }
}

impl Pages {
    pub(super) async fn of_last(table: &Table, id: PortfolioId, count: u32) -> Result<Self> {
        let last = match count.checked_sub(1) {
            Some(last) => table.get::<EntryPage>(&page_key(id, last)).await?,
            None => None,
        };
        let last = last.map_or_else(|| Ok(Vec::new()), |item| item.value.entries.unpack())?;
        Ok(Self {
            count,
            last: Arc::new(last.into_iter().map(Arc::new).collect()),
            journal: None,
        })
    }

    pub(super) fn of_journal(journal: Arc<Journal>, count: u32) -> Self {
        let last = count.checked_sub(1).map(|last| journal.on_page(last));
        Self {
            count,
            last: Arc::new(last.unwrap_or_default()),
            journal: Some(journal),
        }
    }

    pub(super) fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    /// Files new entries: in the last page while they fit there, else in new ones.
    pub(super) fn add(&mut self, new: Vec<Transaction>, writes: &mut PageWrites) -> Result<()> {
        let new: Vec<Arc<Transaction>> = new.into_iter().map(Arc::new).collect();
        let filed = match self.joined(&new)? {
            Some((number, page)) => {
                writes.pages.insert(number, page);
                Arc::make_mut(&mut self.last).extend(new.iter().cloned());
                file(&new, number)
            }
            None => self.add_pages(&new, writes)?,
        };
        if let Some(journal) = &mut self.journal {
            Arc::make_mut(journal).extend(filed);
        }
        Ok(())
    }

    /// The last page with the new entries, if it takes them.
    fn joined(&self, new: &[Arc<Transaction>]) -> Result<Option<(u32, EntryPage)>> {
        let Some(number) = self.count.checked_sub(1) else {
            return Ok(None);
        };
        if self.last.len() + new.len() > SMALL_PAGE {
            return Ok(None);
        }
        let page = page_of(self.last.iter().chain(new))?;
        Ok((page.size() <= MOST_BYTES).then_some((number, page)))
    }

    fn add_pages(
        &mut self,
        new: &[Arc<Transaction>],
        writes: &mut PageWrites,
    ) -> Result<Vec<Filed>> {
        let mut filed = Vec::with_capacity(new.len());
        let mut waiting: Vec<&[Arc<Transaction>]> = new.chunks(LARGE_PAGE).rev().collect();
        while let Some(entries) = waiting.pop() {
            let page = page_of(entries)?;
            if page.size() > MOST_BYTES && entries.len() > 1 {
                let (left, right) = entries.split_at(entries.len() / 2);
                waiting.extend([right, left]);
                continue;
            }
            filed.extend(file(entries, self.count));
            writes.pages.insert(self.count, page);
            self.count += 1;
            self.last = Arc::new(entries.to_vec());
        }
        Ok(filed)
    }

    /// Puts the amended entry in the place of the one with its id.
    pub(super) fn replace(&mut self, amended: Transaction, writes: &mut PageWrites) -> Result<()> {
        let place = self.remove(amended.id, writes)?;
        let Place::Page(number) = place else {
            return self.add(vec![amended], writes);
        };
        let mut entries = self.journal_mut()?.on_page(number);
        let amended = Arc::new(amended);
        entries.push(Arc::clone(&amended));
        let page = page_of(&entries)?;
        if page.size() > MOST_BYTES {
            return self.add(vec![Arc::unwrap_or_clone(amended)], writes);
        }
        writes.pages.insert(number, page);
        self.note_last(number, &entries);
        let place = Place::Page(number);
        self.journal_mut()?.put(Filed {
            entry: amended,
            place,
        });
        Ok(())
    }

    /// Takes an entry out and says where it was.
    pub(super) fn remove(&mut self, id: TransactionId, writes: &mut PageWrites) -> Result<Place> {
        let journal = self.journal_mut()?;
        let filed = journal
            .filed(id)
            .cloned()
            .ok_or_else(|| Error::internal("an entry that is not there"))?;
        journal.take(id);
        match filed.place {
            Place::Alone => writes.removed.push(single_key(&filed.entry)),
            Place::Page(number) => {
                let left = journal.on_page(number);
                writes.pages.insert(number, page_of(&left)?);
                self.note_last(number, &left);
            }
        }
        Ok(filed.place)
    }

    fn note_last(&mut self, number: u32, entries: &[Arc<Transaction>]) {
        if number + 1 == self.count {
            self.last = Arc::new(entries.to_vec());
        }
    }

    /// Only a ledger whose entries were read can be changed in the middle.
    fn journal_mut(&mut self) -> Result<&mut Journal> {
        let journal = self.journal.as_mut();
        let journal = journal.ok_or_else(|| Error::internal("entries that were not read"))?;
        Ok(Arc::make_mut(journal))
    }
}

fn file(entries: &[Arc<Transaction>], number: u32) -> Vec<Filed> {
    let filed = |entry: &Arc<Transaction>| Filed {
        entry: Arc::clone(entry),
        place: Place::Page(number),
    };
    entries.iter().map(filed).collect()
}

fn page_of<'a>(entries: impl IntoIterator<Item = &'a Arc<Transaction>>) -> Result<EntryPage> {
    let entries: Vec<Transaction> = entries.into_iter().map(|entry| (**entry).clone()).collect();
    Ok(EntryPage {
        entries: Packed::of(&entries)?,
    })
}
