//! Positions, in pages under `PF#<portfolio>` / `POS#<ticker>#<page>`.
//!
//! An item holds 400 KB and a position any number of lots, so lots are cut into
//! pages. A page is a bag: a lot is put into the last page when it is recorded
//! and stays there, whatever its date. A change therefore rewrites the first
//! page, which also carries the totals, and the pages of the lots it changes.
//! A position without lots keeps its first page: it is closed, not forgotten.
//! One without any entry is.
//!
//! Not here: when positions are written (`change.rs`), and what one means
//! (`domain`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::ledger::{Lot, Position, Tally};
use domain::{PortfolioId, Ticker, TransactionId};
use serde::{Deserialize, Serialize};
use service_kit::{Error, Result};
use store::{Key, Query, Record, Table};

use super::journal::ledger_partition;
use super::packed::Packed;

/// So many lots are written again with every purchase that is recorded by itself.
const SMALL_PAGE: usize = 32;
const LARGE_PAGE: usize = 512;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PositionPage {
    ticker: Ticker,
    /// As the first release stored them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lots: Vec<Lot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    packed: Option<Packed<Held>>,
}

/// What a page holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Held {
    lots: Vec<Lot>,
    /// On the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tally: Option<Tally>,
}

impl Record for PositionPage {
    const KIND: &'static str = "position";
    /// 2: packed, and with totals.
    const SCHEMA: u32 = 2;
}

impl PositionPage {
    pub(super) fn size(&self) -> usize {
        self.packed.as_ref().map_or(0, Packed::size)
    }

    fn held(self) -> Result<Held> {
        match self.packed {
            Some(packed) => packed.unpack(),
            None => Ok(Held {
                lots: self.lots,
                tally: None,
            }),
        }
    }
}

/// A position, and the page of each of its lots.
#[derive(Debug, Clone)]
pub(super) struct Paged {
    pub(super) position: Position,
    page_of: BTreeMap<TransactionId, u32>,
    /// Whether the totals were stored. The first release stored none.
    is_whole: bool,
}

/// The pages that a change writes; nothing for one to be removed.
pub(super) type PositionWrites = Vec<(Key, Option<PositionPage>)>;

type Pages = BTreeMap<u32, Option<PositionPage>>;

pub(super) fn writes(
    portfolio: PortfolioId,
    ticker: &Ticker,
    pages: Pages,
) -> impl Iterator<Item = (Key, Option<PositionPage>)> {
    let key = move |page| {
        Key::new(
            ledger_partition(portfolio),
            format!("POS#{ticker}#{page:06}"),
        )
    };
    pages
        .into_iter()
        .map(move |(number, page)| (key(number), page))
}

pub(super) async fn load(table: &Table, id: PortfolioId) -> Result<Vec<Arc<Paged>>> {
    let query = Query::partition(ledger_partition(id)).prefix("POS#");
    let mut pages: BTreeMap<Ticker, Vec<(u32, Held)>> = BTreeMap::new();
    for item in table.query_all::<PositionPage>(&query).await? {
        let number = item.key.sk.rsplit('#').next();
        let number = number.and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| Error::internal("a position page without a number"))?;
        let of_ticker = pages.entry(item.value.ticker.clone()).or_default();
        of_ticker.push((number, item.value.held()?));
    }
    let position = |(ticker, pages)| Arc::new(Paged::from_pages(ticker, pages));
    Ok(pages.into_iter().map(position).collect())
}

impl Paged {
    pub(super) fn empty(ticker: Ticker) -> Self {
        Self {
            position: Position::empty(ticker),
            page_of: BTreeMap::new(),
            is_whole: false,
        }
    }

    fn from_pages(ticker: Ticker, pages: Vec<(u32, Held)>) -> Self {
        let lots_of = |(page, held): &(u32, Held)| {
            let page = *page;
            let ids: Vec<_> = held.lots.iter().map(|lot| (lot.id, page)).collect();
            ids
        };
        let page_of = pages.iter().flat_map(lots_of).collect();
        let mut tally = None;
        let mut lots = Vec::new();
        for (_, held) in pages {
            lots.extend(held.lots);
            tally = tally.or(held.tally);
        }
        let is_whole = tally.is_some();
        let position = match tally {
            Some(tally) => Position::from_parts(ticker, lots, tally),
            None => Position::from_lots(ticker, lots),
        };
        Self {
            position,
            page_of,
            is_whole,
        }
    }

    /// The same position after a change, and its pages that differ from before.
    pub(super) fn after(&self, position: Position) -> Result<(Self, Pages)> {
        let (page_of, changed) = self.placed(&position);
        let mut held: BTreeMap<u32, Held> = changed
            .into_iter()
            .map(|page| (page, Held::default()))
            .collect();
        for lot in position.lots() {
            if let Some(page) = page_of.get(&lot.id).and_then(|page| held.get_mut(page)) {
                page.lots.push(lot.clone());
            }
        }
        if let Some(first) = held.get_mut(&0) {
            first.tally = Some(position.tally().clone());
        }
        let page = |(number, held): (u32, Held)| {
            let is_kept = match number {
                0 => !position.is_untouched(),
                _ => !held.lots.is_empty(),
            };
            let page = PositionPage {
                ticker: position.ticker.clone(),
                lots: Vec::new(),
                packed: Some(Packed::of(&held)?),
            };
            Ok((number, is_kept.then_some(page)))
        };
        let writes = held.into_iter().map(page).collect::<Result<_>>()?;
        let after = Self {
            position,
            page_of,
            is_whole: true,
        };
        Ok((after, writes))
    }

    /// Where each lot is then, and which pages change.
    fn placed(&self, position: &Position) -> (BTreeMap<TransactionId, u32>, BTreeSet<u32>) {
        let before: BTreeMap<TransactionId, &Lot> = self
            .position
            .lots()
            .iter()
            .map(|lot| (lot.id, lot))
            .collect();
        let kept: BTreeSet<TransactionId> = position.lots().iter().map(|lot| lot.id).collect();
        let mut page_of = self.page_of.clone();
        let mut changed = BTreeSet::new();
        page_of.retain(|id, page| {
            let stays = kept.contains(id);
            if !stays {
                changed.insert(*page);
            }
            stays
        });
        let new = kept.len() - page_of.len();
        let mut last = Last::of(&page_of, new);
        for lot in position.lots() {
            let page = *page_of.entry(lot.id).or_insert_with(|| last.take());
            if before.get(&lot.id) != Some(&lot) {
                changed.insert(page);
            }
        }
        if !self.is_whole || self.position.tally() != position.tally() {
            changed.insert(0);
        }
        (page_of, changed)
    }
}

/// The page that takes the next lot.
struct Last {
    page: u32,
    lots: usize,
    room: usize,
}

impl Last {
    fn of(page_of: &BTreeMap<TransactionId, u32>, new: usize) -> Self {
        let page = page_of.values().copied().max().unwrap_or(0);
        Self {
            page,
            lots: page_of.values().filter(|other| **other == page).count(),
            room: if new > SMALL_PAGE {
                LARGE_PAGE
            } else {
                SMALL_PAGE
            },
        }
    }

    fn take(&mut self) -> u32 {
        if self.lots >= self.room {
            self.page = self.page.saturating_add(1);
            self.lots = 0;
        }
        self.lots += 1;
        self.page
    }
}
