//! The open lots of one instrument while entries are folded into them.
//!
//! | Operation | Cost |
//! |---|---|
//! | open a lot, take from the next lot of any method | O(log lots) |
//! | split, transfer back into a lot | O(lots) |
//!
//! Lots come out in the order of purchase, whatever was done to them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::exact::{self, add, less, scaled, sub};
use super::pool::{CostsByRate, Pool, average};
use super::{LedgerError, Lot, LotPart, Split, Transaction};
use crate::money::ArithmeticError;
use crate::portfolio::CostBasisMethod;
use crate::{Currency, Money, Quantity, TransactionId, ValueError};

/// The order of purchase.
type Place = (Date, TransactionId);

/// Invariant: a pooled lot's own cost and fees are zero; they are in the pool
/// of its currency. Only AVERAGE pools.
#[derive(Debug)]
struct Slot {
    lot: Lot,
    pooled: bool,
}

#[derive(Debug)]
pub(super) struct Shelf {
    method: CostBasisMethod,
    /// Boxed, because a tree moves what it holds whenever it grows or shrinks.
    slots: BTreeMap<Place, Box<Slot>>,
    dates: HashMap<TransactionId, Date>,
    /// Highest cost basis per unit first, then first bought. Only under HIFO.
    by_cost: BTreeSet<(Reverse<Decimal>, Place)>,
    /// Lots that are in no pool yet. Only under AVERAGE.
    unpooled: Vec<Place>,
    pools: BTreeMap<Currency, Pool>,
    held: Decimal,
}

impl Shelf {
    pub(super) fn new(method: CostBasisMethod, lots: Vec<Lot>) -> Result<Self, LedgerError> {
        let mut shelf = Self {
            method,
            slots: BTreeMap::new(),
            dates: HashMap::with_capacity(lots.len()),
            by_cost: BTreeSet::new(),
            unpooled: Vec::new(),
            pools: BTreeMap::new(),
            held: Decimal::ZERO,
        };
        lots.into_iter().try_for_each(|lot| shelf.open(lot))?;
        Ok(shelf)
    }

    pub(super) fn method(&self) -> CostBasisMethod {
        self.method
    }

    pub(super) fn held(&self) -> Result<Quantity, ArithmeticError> {
        exact::quantity(self.held)
    }

    /// How much of one lot is held: zero if nothing is.
    pub(super) fn held_of(&self, id: TransactionId) -> Quantity {
        let place = self.dates.get(&id).map(|date| (*date, id));
        place
            .and_then(|place| self.slots.get(&place))
            .map_or(Quantity::ZERO, |slot| slot.lot.quantity)
    }

    pub(super) fn holds(&self, id: TransactionId) -> bool {
        self.dates.contains_key(&id)
    }

    /// Puts a new lot on the shelf.
    pub(super) fn open(&mut self, lot: Lot) -> Result<(), LedgerError> {
        if self.holds(lot.id) {
            return Err(LedgerError::Duplicate(lot.id));
        }
        let held = add(self.held, lot.quantity.value())?;
        let place = lot.acquisition_order();
        self.dates.insert(lot.id, lot.purchase_date);
        self.slots
            .insert(place, Box::new(Slot { lot, pooled: false }));
        self.rank(place)?;
        if self.method == CostBasisMethod::Average {
            self.unpooled.push(place);
        }
        self.held = held;
        Ok(())
    }

    /// Puts a part that comes back to a lot still open into that lot.
    pub(super) fn merge(&mut self, entry: TransactionId, part: &Lot) -> Result<(), LedgerError> {
        self.dissolve()?;
        let place = part.acquisition_order();
        self.unrank(place)?;
        let held = add(self.held, part.quantity.value())?;
        let found = self.slots.get_mut(&place).map(|slot| &mut slot.lot);
        let Some(lot) = found.filter(|lot| lot.currency == part.currency) else {
            return Err(LedgerError::Inconsistent {
                entry,
                reason: "a lot is held with another purchase date or currency",
            });
        };
        let mut paid = BTreeMap::from([(lot.fx_rate, lot.cost.amount())]);
        let other = paid.entry(part.fx_rate).or_default();
        *other = add(*other, part.cost.amount())?;
        lot.fx_rate = average(&paid)?;
        if lot.fx_rate.is_none() && paid.len() > 1 {
            lot.lacks_rate_of = lot.lacks_rate_of.or(Some(lot.purchase_date));
        }
        lot.quantity = lot.quantity.try_add(part.quantity)?;
        lot.cost = Money::new(add(lot.cost.amount(), part.cost.amount())?, lot.currency);
        lot.fees = Money::new(add(lot.fees.amount(), part.fees.amount())?, lot.currency);
        self.held = held;
        self.rank(place)
    }

    /// Takes `wanted` units, of which at least as many are held, from the lots
    /// the method chooses.
    pub(super) fn take(&mut self, wanted: Quantity) -> Result<Vec<LotPart>, LedgerError> {
        self.pool()?;
        let mut parts = Vec::new();
        let mut left = wanted;
        while left > Quantity::ZERO {
            let place = self.next().ok_or(LedgerError::TooLarge)?;
            let part = self.take_from(place, left)?;
            left = less(left, part.quantity)?;
            parts.push(part);
        }
        Ok(parts)
    }

    /// Takes units from one lot, of which at least as many are held.
    pub(super) fn take_named(
        &mut self,
        id: TransactionId,
        wanted: Quantity,
    ) -> Result<LotPart, LedgerError> {
        self.pool()?;
        let date = self.dates.get(&id).ok_or(LedgerError::TooLarge)?;
        self.take_from((*date, id), wanted)
    }

    fn next(&self) -> Option<Place> {
        match self.method {
            CostBasisMethod::Fifo | CostBasisMethod::Average => {
                self.slots.first_key_value().map(|(place, _)| *place)
            }
            CostBasisMethod::Lifo => self.slots.last_key_value().map(|(place, _)| *place),
            CostBasisMethod::Hifo => self.by_cost.first().map(|(_, place)| *place),
        }
    }

    fn take_from(&mut self, place: Place, wanted: Quantity) -> Result<LotPart, LedgerError> {
        self.unrank(place)?;
        let slot = self.slots.get_mut(&place).ok_or(LedgerError::TooLarge)?;
        let lot = &mut slot.lot;
        let part = lot.quantity.min(wanted);
        let taken = if slot.pooled {
            self.pools
                .entry(lot.currency)
                .or_default()
                .take(lot, part)?
        } else {
            lot.take(part)?
        };
        self.held = sub(self.held, part.value())?;
        if lot.quantity == Quantity::ZERO {
            self.dates.remove(&lot.id);
            self.slots.remove(&place);
        } else {
            self.rank(place)?;
        }
        Ok(taken)
    }

    /// `old` units become `new` ones, all cost stays.
    ///
    /// The total held is `total × new ÷ old` rounded half to even to ten places
    /// (or to as many as the total had), whatever lots it is made of: each lot
    /// gets what the rounded total grows by when it is added. What is held
    /// therefore never depends on the method.
    pub(super) fn split(
        &mut self,
        transaction: &Transaction,
        split: &Split,
    ) -> Result<(), LedgerError> {
        self.dissolve()?;
        self.by_cost.clear();
        let places = self.held.normalize().scale().max(exact::PLACES);
        let (mut before, mut after) = (Decimal::ZERO, Decimal::ZERO);
        for slot in self.slots.values_mut() {
            let lot = &mut slot.lot;
            before = add(before, lot.quantity.value())?;
            let total = scaled(before, split.new.value(), split.old.value(), places)?;
            let quantity = sub(total, after)?;
            lot.quantity = Quantity::try_new(quantity).map_err(|error| match error {
                ValueError::NotPositive => LedgerError::LeavesNothing {
                    split: transaction.id,
                    date: transaction.trade_date,
                    lot: lot.id,
                },
                _ => LedgerError::TooLarge,
            })?;
            after = total;
            lot.purchase_price = lot.cost.unit_price(lot.quantity)?;
        }
        self.held = after;
        let places: Vec<Place> = self.slots.keys().copied().collect();
        places.into_iter().try_for_each(|place| self.rank(place))
    }

    /// Under AVERAGE, takes every lot that is in no pool yet into its pool.
    fn pool(&mut self) -> Result<(), LedgerError> {
        let mut paid: BTreeMap<Currency, CostsByRate> = BTreeMap::new();
        for place in self.unpooled.drain(..) {
            let Some(slot) = self.slots.get_mut(&place).filter(|slot| !slot.pooled) else {
                continue;
            };
            let currency = slot.lot.currency;
            let pool = self.pools.entry(currency).or_default();
            let costs = paid.entry(currency).or_insert_with(|| pool.costs());
            pool.absorb(&mut slot.lot, costs)?;
            slot.pooled = true;
        }
        for (currency, costs) in paid {
            self.pools.entry(currency).or_default().value_at(&costs)?;
        }
        Ok(())
    }

    /// Gives pooled cost back to the lots, in the order of purchase.
    fn dissolve(&mut self) -> Result<(), LedgerError> {
        let pools = &mut self.pools;
        for (place, slot) in self.slots.iter_mut().filter(|(_, slot)| slot.pooled) {
            let pool = pools.entry(slot.lot.currency).or_default();
            pool.give_back(&mut slot.lot)?;
            slot.pooled = false;
            self.unpooled.push(*place);
        }
        pools.clear();
        Ok(())
    }

    fn unit_cost(&self, place: Place) -> Result<Option<Reverse<Decimal>>, ArithmeticError> {
        if self.method != CostBasisMethod::Hifo {
            return Ok(None);
        }
        let Some(lot) = self.slots.get(&place).map(|slot| &slot.lot) else {
            return Ok(None);
        };
        let basis = lot.cost_basis()?.amount().normalize();
        basis
            .checked_div(lot.quantity.value().normalize())
            .map(|cost| Some(Reverse(cost)))
            .ok_or(ArithmeticError::Overflow)
    }

    fn rank(&mut self, place: Place) -> Result<(), LedgerError> {
        if let Some(cost) = self.unit_cost(place)? {
            self.by_cost.insert((cost, place));
        }
        Ok(())
    }

    fn unrank(&mut self, place: Place) -> Result<(), LedgerError> {
        if let Some(cost) = self.unit_cost(place)? {
            self.by_cost.remove(&(cost, place));
        }
        Ok(())
    }

    pub(super) fn into_lots(mut self) -> Result<Vec<Lot>, LedgerError> {
        self.dissolve()?;
        Ok(self.slots.into_values().map(|slot| slot.lot).collect())
    }
}
