//! In which order entries were recorded: their ids say so.

use std::collections::BTreeMap;

use jiff::civil::Date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::super::fixtures::{id, ticker};
use super::super::{Entry, Folded, Lot, LotPart, Position, Transaction, cash};
use super::random::{any_method, ledger, throws};
use crate::portfolio::CostBasisMethod;
use crate::{Money, TransactionId};

/// New ids by old ones.
struct Ids(BTreeMap<TransactionId, TransactionId>);

impl Ids {
    /// In any order, but for entries of one day and rank that `depend` on each other: those are
    /// recorded one after the other, as they were.
    fn shuffled(
        entries: &[Transaction],
        dice: &[u64],
        depend: impl Fn(&Transaction) -> bool,
    ) -> Self {
        let mut places: Vec<usize> = (0..entries.len()).collect();
        places.sort_by_key(|place| dice[*place]);
        let mut numbers = vec![0; entries.len()];
        for (number, place) in (1u128..).zip(places) {
            numbers[place] = number;
        }
        let mut of_day: BTreeMap<(Date, u8), Vec<usize>> = BTreeMap::new();
        for (place, entry) in entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| depend(entry))
        {
            let key = (entry.trade_date, entry.entry.rank());
            of_day.entry(key).or_default().push(place);
        }
        for mut places in of_day.into_values() {
            let mut own: Vec<u128> = places.iter().map(|place| numbers[*place]).collect();
            own.sort_unstable();
            places.sort_by_key(|place| entries[*place].id);
            for (place, number) in places.into_iter().zip(own) {
                numbers[place] = number;
            }
        }
        let new = entries.iter().zip(numbers);
        Self(new.map(|(entry, number)| (entry.id, id(number))).collect())
    }

    /// Lots that came from elsewhere keep the id they had there.
    fn of(&self, old: TransactionId) -> TransactionId {
        self.0.get(&old).copied().unwrap_or(old)
    }

    /// The entries as they were recorded, one after the other.
    fn recorded(&self, entries: &[Transaction]) -> Vec<Transaction> {
        let mut anew: Vec<_> = entries.iter().map(|entry| self.entry(entry)).collect();
        anew.sort_by_key(|entry| entry.id);
        anew
    }

    fn entry(&self, transaction: &Transaction) -> Transaction {
        let mut transaction = transaction.clone();
        transaction.id = self.of(transaction.id);
        match &mut transaction.entry {
            Entry::Sell(sale) => sale
                .lots
                .iter_mut()
                .for_each(|lot| lot.id = self.of(lot.id)),
            Entry::TransferOut(transfer) => {
                transfer
                    .lots
                    .iter_mut()
                    .for_each(|lot| lot.id = self.of(lot.id));
            }
            Entry::TransferIn(transfer) => {
                transfer
                    .lots
                    .iter_mut()
                    .for_each(|part| part.lot = self.of(part.lot));
            }
            _ => {}
        }
        transaction
    }

    fn parts(&self, parts: &[LotPart]) -> Vec<LotPart> {
        let renamed = |part: &LotPart| LotPart {
            lot: self.of(part.lot),
            ..part.clone()
        };
        parts.iter().map(renamed).collect()
    }

    fn lots(&self, folded: &Folded) -> Vec<Lot> {
        let renamed = |lot: &Lot| Lot {
            id: self.of(lot.id),
            ..lot.clone()
        };
        folded.position.lots().iter().map(renamed).collect()
    }
}

fn folded(entries: &[Transaction], method: CostBasisMethod) -> Folded {
    Position::fold(ticker(), entries, method).unwrap()
}

/// Equal but for what the rounding of one cost after another leaves.
fn are_close(one: Money, other: Money) -> bool {
    let apart = (one.amount() - other.amount()).abs();
    one.currency() == other.currency() && apart < Decimal::new(1, 6)
}

fn dice() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(any::<u64>(), 50)
}

proptest! {
    #[test]
    fn independent_entries_may_be_recorded_in_any_order(
        throws in throws(50), method in any_method(), dice in dice()
    ) {
        let entries = ledger(&throws, method, true);
        // Lots come and go in an order; income, fees and everything of other days have none.
        let ids = Ids::shuffled(&entries, &dice, |entry| entry.entry.rank() != 2);
        let anew = ids.recorded(&entries);
        let (one, other) = (folded(&entries, method), folded(&anew, method));
        prop_assert_eq!(ids.lots(&one), other.position.lots());
        prop_assert_eq!(one.position.totals(), other.position.totals());
        prop_assert_eq!(one.disposals.len(), other.disposals.len());
        for (one, other) in one.disposals.iter().zip(&other.disposals) {
            prop_assert_eq!(ids.of(one.transaction), other.transaction);
            prop_assert_eq!(ids.parts(&one.parts), other.parts.clone());
        }
        for (one, other) in one.departures.iter().zip(&other.departures) {
            prop_assert_eq!(ids.of(one.transaction), other.transaction);
            prop_assert_eq!(ids.parts(&one.parts), other.parts.clone());
        }
        prop_assert_eq!(cash::accounts(&entries).unwrap(), cash::accounts(&anew).unwrap());
    }

    #[test]
    fn what_leaves_on_a_day_may_be_recorded_in_any_order(
        throws in throws(50), dice in dice(),
        method in prop::sample::select(vec![
            CostBasisMethod::Fifo, CostBasisMethod::Lifo, CostBasisMethod::Average,
        ])
    ) {
        let entries = ledger(&throws, method, false);
        let ids = Ids::shuffled(&entries, &dice, |entry| entry.entry.rank() < 2);
        let anew = ids.recorded(&entries);
        let (one, other) = (folded(&entries, method), folded(&anew, method));
        let lots = ids.lots(&one);
        prop_assert_eq!(lots.len(), other.position.lots().len());
        for (one, other) in lots.iter().zip(other.position.lots()) {
            prop_assert_eq!((one.id, one.quantity), (other.id, other.quantity));
            prop_assert!(are_close(one.cost, other.cost), "{} {}", one.cost, other.cost);
            prop_assert!(are_close(one.fees, other.fees), "{} {}", one.fees, other.fees);
        }
        prop_assert_eq!(cash::accounts(&entries).unwrap(), cash::accounts(&anew).unwrap());
    }
}
