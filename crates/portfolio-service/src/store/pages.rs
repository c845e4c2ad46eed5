//! How the open lots of one instrument are cut into items.
//!
//! An item holds 400 KB and a position any number of lots, so lots are kept in
//! pages of at most 16. A page is a bag: a lot is put into the last page when
//! it is recorded and stays there, whatever its date. A change therefore
//! rewrites the pages of the lots it changes and no others, be they first or
//! last in the order of purchase.
//!
//! Not here: keys and writes (`ledger.rs`), and what a position means (`domain`).

use std::collections::{BTreeMap, BTreeSet};

use domain::ledger::{Lot, Position};
use domain::{Ticker, TransactionId};

const LOTS_PER_PAGE: usize = 16;

/// A position, and the page of each of its lots.
#[derive(Debug, Clone)]
pub(super) struct Paged {
    pub(super) position: Position,
    page_of: BTreeMap<TransactionId, u32>,
}

impl Paged {
    pub(super) fn empty(ticker: Ticker) -> Self {
        Self {
            position: Position::empty(ticker),
            page_of: BTreeMap::new(),
        }
    }

    pub(super) fn from_pages(ticker: Ticker, pages: Vec<(u32, Vec<Lot>)>) -> Self {
        let page_of = pages
            .iter()
            .flat_map(|(page, lots)| lots.iter().map(|lot| (lot.id, *page)))
            .collect();
        let lots = pages.into_iter().flat_map(|(_, lots)| lots).collect();
        Self {
            position: Position::from_lots(ticker, lots),
            page_of,
        }
    }

    /// The same position after a change, and what its changed pages now hold.
    /// A page that holds nothing is to be removed.
    pub(super) fn after(&self, position: Position) -> (Self, BTreeMap<u32, Vec<Lot>>) {
        let before: BTreeMap<TransactionId, &Lot> = self
            .position
            .lots()
            .iter()
            .map(|lot| (lot.id, lot))
            .collect();
        let kept: BTreeSet<TransactionId> = position.lots().iter().map(|lot| lot.id).collect();
        let mut page_of = self.page_of.clone();
        let mut changed = BTreeMap::new();
        page_of.retain(|id, page| {
            let stays = kept.contains(id);
            if !stays {
                changed.insert(*page, Vec::new());
            }
            stays
        });
        let mut last = Last::of(&page_of);
        for lot in position.lots() {
            let page = *page_of.entry(lot.id).or_insert_with(|| last.take());
            if before.get(&lot.id) != Some(&lot) {
                changed.insert(page, Vec::new());
            }
        }
        for lot in position.lots() {
            if let Some(lots) = page_of.get(&lot.id).and_then(|page| changed.get_mut(page)) {
                lots.push(lot.clone());
            }
        }
        (Self { position, page_of }, changed)
    }
}

/// The page that takes the next lot.
struct Last {
    page: u32,
    lots: usize,
}

impl Last {
    fn of(page_of: &BTreeMap<TransactionId, u32>) -> Self {
        let page = page_of.values().copied().max().unwrap_or(0);
        Self {
            page,
            lots: page_of.values().filter(|other| **other == page).count(),
        }
    }

    fn take(&mut self) -> u32 {
        if self.lots == LOTS_PER_PAGE {
            self.page = self.page.saturating_add(1);
            self.lots = 0;
        }
        self.lots += 1;
        self.page
    }
}
