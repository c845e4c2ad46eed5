//! What is left of one instrument in one portfolio, derived from its entries.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fold::{Fold, Naming};
use super::{Departure, Disposal, Entry, LedgerError, LedgerOrder, Lot, Totals, Transaction};
use crate::money::ArithmeticError;
use crate::portfolio::CostBasisMethod;
use crate::{Quantity, Ticker, TransactionId};

/// The open lots of one instrument, and the totals of its whole life here.
///
/// A position whose lots are all sold stays, with its totals.
///
/// Invariants: lots are ordered by purchase date, then by id. A position is a
/// function of the instrument's entries and the method alone: kept up entry by
/// entry or folded anew, it is equal to the last digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub ticker: Ticker,
    lots: Vec<Lot>,
    tally: Tally,
}

/// What a position remembers besides its lots; stored with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// By currency.
    pub(super) totals: Vec<Totals>,
    /// The last purchase or transfer in.
    last_acquired: Option<LedgerOrder>,
    /// The last sale, transfer out or split.
    last_settled: Option<LedgerOrder>,
}

/// A position, and what the entries folded into it took out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    pub position: Position,
    /// In ledger order.
    pub disposals: Vec<Disposal>,
    /// In ledger order.
    pub departures: Vec<Departure>,
}

impl Folded {
    /// What a transfer took along.
    pub fn departure(&self, transfer: TransactionId) -> Option<&Departure> {
        self.departures
            .iter()
            .find(|departure| departure.transaction == transfer)
    }
}

impl Tally {
    pub(super) fn note(&mut self, transaction: &Transaction) {
        let order = transaction.ledger_order();
        let last = match order.rank {
            1 => &mut self.last_acquired,
            0 | 3 => &mut self.last_settled,
            _ => return,
        };
        *last = (*last).max(Some(order));
    }

    fn settled_before(&self, order: LedgerOrder) -> bool {
        self.last_settled.is_none_or(|last| order > last)
    }

    fn acquired_before(&self, order: LedgerOrder) -> bool {
        self.last_acquired.is_none_or(|last| order > last)
    }
}

impl Position {
    pub const fn empty(ticker: Ticker) -> Self {
        Self {
            ticker,
            lots: Vec::new(),
            tally: Tally {
                totals: Vec::new(),
                last_acquired: None,
                last_settled: None,
            },
        }
    }

    /// For reading back what was stored when there were only purchases. The
    /// lots may come in any order.
    pub fn from_lots(ticker: Ticker, lots: Vec<Lot>) -> Self {
        let bought = |lot: &Lot| LedgerOrder {
            date: lot.purchase_date,
            rank: 1,
            id: lot.id,
        };
        let tally = Tally {
            last_acquired: lots.iter().map(bought).max(),
            ..Tally::default()
        };
        Self::from_parts(ticker, lots, tally)
    }

    /// For reading back what was stored. The lots may come in any order.
    pub fn from_parts(ticker: Ticker, mut lots: Vec<Lot>, tally: Tally) -> Self {
        lots.sort_by_key(Lot::acquisition_order);
        Self {
            ticker,
            lots,
            tally,
        }
    }

    /// Derives the position from all its entries, in any order, and says what
    /// each sale took.
    ///
    /// Takes n log n for n entries, whatever the method and however many sales.
    ///
    /// # Errors
    ///
    /// Those of the first entry in ledger order that does not work: `Oversold`
    /// and `LotNotHeld` name the sale, `LeavesNothing` the split. `Duplicate`
    /// for an id that is there twice; `OtherInstrument`, `Inconsistent` and
    /// `TooLarge`.
    pub fn fold<'a>(
        ticker: Ticker,
        entries: impl IntoIterator<Item = &'a Transaction>,
        method: CostBasisMethod,
    ) -> Result<Folded, LedgerError> {
        Self::fold_all_of(ticker, entries, method, Naming::Binds)
    }

    fn fold_all_of<'a>(
        ticker: Ticker,
        entries: impl IntoIterator<Item = &'a Transaction>,
        method: CostBasisMethod,
        naming: Naming,
    ) -> Result<Folded, LedgerError> {
        let mut in_order: Vec<&Transaction> = entries.into_iter().collect();
        refuse_duplicates(&in_order)?;
        in_order.sort_unstable_by_key(|entry| entry.ledger_order());
        Self::empty(ticker).step_through(in_order, method, naming)
    }

    /// Whether [`Position::apply`] with this entry gives what folding all
    /// entries anew would.
    ///
    /// True for the last entry in ledger order, and for some that are not:
    /// income at any time, and a purchase after the last sale or split.
    pub fn is_last(&self, transaction: &Transaction) -> bool {
        let order = transaction.ledger_order();
        match transaction.entry {
            Entry::Buy(_) => self.tally.settled_before(order) && !self.holds(transaction),
            // A lot may come back to one that is open, so their order matters.
            Entry::TransferIn(_) | Entry::Sell(_) | Entry::TransferOut(_) | Entry::Split(_) => {
                self.tally.settled_before(order) && self.tally.acquired_before(order)
            }
            _ => true,
        }
    }

    fn holds(&self, purchase: &Transaction) -> bool {
        let order = (purchase.trade_date, purchase.id);
        let found = self
            .lots
            .binary_search_by_key(&order, Lot::acquisition_order);
        found.is_ok()
    }

    /// The position after one more entry, and what the entry took out.
    ///
    /// # Errors
    ///
    /// `OutOfOrder` unless [`Position::is_last`]; else those of
    /// [`Position::fold`], but for `Duplicate`: that an entry is new is for the
    /// caller to know. The position is consumed, so a refused entry leaves
    /// nothing half-applied.
    pub fn apply(
        self,
        transaction: &Transaction,
        method: CostBasisMethod,
    ) -> Result<Folded, LedgerError> {
        if !self.is_last(transaction) {
            return Err(LedgerError::OutOfOrder(transaction.id));
        }
        self.step_through([transaction], method, Naming::Binds)
    }

    fn step_through<'a>(
        self,
        in_order: impl IntoIterator<Item = &'a Transaction>,
        method: CostBasisMethod,
        naming: Naming,
    ) -> Result<Folded, LedgerError> {
        let ticker = self.ticker;
        let mut fold = Fold::new(method, self.lots, self.tally, naming)?;
        for transaction in in_order {
            if transaction.entry.ticker() != Some(&ticker) {
                let entry = transaction.id;
                let position = ticker;
                return Err(LedgerError::OtherInstrument { position, entry });
            }
            fold.step(transaction)?;
        }
        Ok(Folded {
            position: Self {
                ticker,
                lots: fold.shelf.into_lots()?,
                tally: fold.tally,
            },
            disposals: fold.disposals,
            departures: fold.departures,
        })
    }

    /// Whether no entry at all is about the instrument.
    pub fn is_untouched(&self) -> bool {
        self.lots.is_empty() && self.tally == Tally::default()
    }

    /// In the order of purchase.
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// One for each currency the instrument was ever traded in, ordered by it.
    pub fn totals(&self) -> &[Totals] {
        &self.tally.totals
    }

    /// What is to be stored besides the lots.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How many units are held.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn quantity(&self) -> Result<Quantity, ArithmeticError> {
        self.lots
            .iter()
            .try_fold(Quantity::ZERO, |sum, lot| sum.try_add(lot.quantity))
    }
}

/// The position of every instrument the entries are about, by ticker. The
/// entries may come in any order; those about money alone are left out.
///
/// # Errors
///
/// Those of [`Position::fold`].
pub fn fold_all<'a>(
    entries: impl IntoIterator<Item = &'a Transaction>,
    method: CostBasisMethod,
) -> Result<Vec<Folded>, LedgerError> {
    fold_each(entries, method, Naming::Binds)
}

/// What every instrument would be under a method that the entries were not
/// recorded under: a sale or transfer that names lots the method has sold before
/// takes those the method chooses, and a sale is marked for it.
///
/// # Errors
///
/// Those of [`Position::fold`], but for `LotNotHeld`.
pub fn preview_all<'a>(
    entries: impl IntoIterator<Item = &'a Transaction>,
    method: CostBasisMethod,
) -> Result<Vec<Folded>, LedgerError> {
    fold_each(entries, method, Naming::Yields)
}

fn fold_each<'a>(
    entries: impl IntoIterator<Item = &'a Transaction>,
    method: CostBasisMethod,
    naming: Naming,
) -> Result<Vec<Folded>, LedgerError> {
    let mut by_ticker: BTreeMap<&Ticker, Vec<&Transaction>> = BTreeMap::new();
    for transaction in entries {
        if let Some(ticker) = transaction.entry.ticker() {
            by_ticker.entry(ticker).or_default().push(transaction);
        }
    }
    let folded = |(ticker, entries): (&Ticker, Vec<_>)| {
        Position::fold_all_of(ticker.clone(), entries, method, naming)
    };
    by_ticker.into_iter().map(folded).collect()
}

fn refuse_duplicates(entries: &[&Transaction]) -> Result<(), LedgerError> {
    let mut ids: Vec<TransactionId> = entries.iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).find(|pair| pair[0] == pair[1]);
    twice.map_or(Ok(()), |pair| Err(LedgerError::Duplicate(pair[0])))
}
