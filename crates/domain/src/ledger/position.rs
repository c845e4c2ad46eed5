//! The open lots of one instrument in one portfolio, derived from its entries.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

use rust_decimal::Decimal;
use thiserror::Error;

use super::{Entry, Lot, Transaction};
use crate::money::ArithmeticError;
use crate::{Quantity, Ticker, TransactionId};

/// 10²³ of any currency. What a portfolio is worth stays countable at any rate
/// of exchange, however absurd a single entry is.
const MOST_A_LOT_COSTS: Decimal = Decimal::from_parts(4_135_583_744, 46_653_770, 5_421, false, 0);

/// Invariant: lots are ordered by purchase date, then by when they were recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub ticker: Ticker,
    lots: Vec<Lot>,
}

/// Why an entry cannot be part of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LedgerError {
    #[error("the entry is about {entry}, the position is in {position}")]
    OtherInstrument { position: Ticker, entry: Ticker },
    #[error("the entry {0} is recorded twice")]
    Duplicate(TransactionId),
    #[error("is more than can be counted exactly, or costs more than 10^23")]
    TooLarge,
}

impl From<ArithmeticError> for LedgerError {
    fn from(_: ArithmeticError) -> Self {
        Self::TooLarge
    }
}

impl Position {
    pub const fn empty(ticker: Ticker) -> Self {
        Self {
            ticker,
            lots: Vec::new(),
        }
    }

    /// For reading back what was stored. The lots may come in any order.
    pub fn from_lots(ticker: Ticker, mut lots: Vec<Lot>) -> Self {
        lots.sort_by_key(Lot::acquisition_order);
        Self { ticker, lots }
    }

    /// Derives the position from all its entries, in any order.
    ///
    /// # Errors
    ///
    /// Those of [`Position::apply`].
    pub fn fold(ticker: Ticker, entries: &[Transaction]) -> Result<Self, LedgerError> {
        let mut in_order: Vec<&Transaction> = entries.iter().collect();
        in_order.sort_by_key(|entry| entry.ledger_order());
        let mut position = Self::empty(ticker);
        in_order
            .into_iter()
            .try_for_each(|entry| position.insert(entry))?;
        position.quantity()?;
        Ok(position)
    }

    /// The position after one more entry.
    ///
    /// # Errors
    ///
    /// `OtherInstrument`, `Duplicate`, `TooLarge`. The position is consumed, so
    /// a refused entry leaves nothing half-applied.
    pub fn apply(mut self, transaction: &Transaction) -> Result<Self, LedgerError> {
        self.insert(transaction)?;
        self.quantity()?;
        Ok(self)
    }

    fn insert(&mut self, transaction: &Transaction) -> Result<(), LedgerError> {
        if *transaction.entry.ticker() != self.ticker {
            let position = self.ticker.clone();
            let entry = transaction.entry.ticker().clone();
            return Err(LedgerError::OtherInstrument { position, entry });
        }
        match &transaction.entry {
            Entry::Buy(buy) => self.open(Lot::opened_by(transaction, buy)),
        }
    }

    fn open(&mut self, lot: Lot) -> Result<(), LedgerError> {
        if lot.cost_basis()?.amount() > MOST_A_LOT_COSTS {
            return Err(LedgerError::TooLarge);
        }
        let place = self
            .lots
            .binary_search_by_key(&lot.acquisition_order(), Lot::acquisition_order);
        match place {
            Ok(_) => Err(LedgerError::Duplicate(lot.id)),
            Err(place) => {
                self.lots.insert(place, lot);
                Ok(())
            }
        }
    }

    pub fn lots(&self) -> &[Lot] {
        &self.lots
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixtures::{buy, buys, ticker};
    use super::*;
    use crate::{Currency, Money};

    fn cost(position: &Position) -> Money {
        let zero = Money::zero(Currency::USD);
        position
            .lots()
            .iter()
            .try_fold(zero, |sum, lot| sum.try_add(lot.cost_basis()?))
            .unwrap()
    }

    #[test]
    fn a_buy_opens_a_lot_whose_cost_includes_the_fees() {
        let entry = buy(1, "2026-01-05", "10", "150.25", "4.95");
        let position = Position::empty(ticker()).apply(&entry).unwrap();
        let [lot] = position.lots() else {
            panic!("one lot expected")
        };
        assert_eq!(lot.id, entry.id);
        assert_eq!(lot.cost_basis().unwrap().amount().to_string(), "1507.45");
    }

    #[test]
    fn lots_stand_in_the_order_of_purchase_whatever_the_order_of_recording() {
        let entries = [
            buy(1, "2026-03-01", "1", "1", "0"),
            buy(2, "2026-01-01", "2", "1", "0"),
            buy(3, "2026-03-01", "3", "1", "0"),
        ];
        let position = Position::fold(ticker(), &entries).unwrap();
        let dates: Vec<_> = position
            .lots()
            .iter()
            .map(|lot| lot.quantity.to_string())
            .collect();
        assert_eq!(dates, ["2", "1", "3"]);
    }

    #[test]
    fn an_entry_about_another_instrument_or_recorded_twice_is_refused() {
        let entry = buy(1, "2026-01-05", "10", "150.25", "0");
        let other = Position::empty(Ticker::parse("MSFT").unwrap());
        assert!(matches!(
            other.apply(&entry),
            Err(LedgerError::OtherInstrument { .. })
        ));
        let twice = [entry.clone(), entry.clone()];
        assert_eq!(
            Position::fold(ticker(), &twice),
            Err(LedgerError::Duplicate(entry.id))
        );
    }

    #[test]
    fn a_purchase_that_costs_more_than_can_be_summed_is_refused() {
        let absurd = buy(1, "2026-01-05", "9000000000000", "900000000000", "0");
        assert_eq!(
            Position::empty(ticker()).apply(&absurd),
            Err(LedgerError::TooLarge)
        );
        assert_eq!(MOST_A_LOT_COSTS.to_string(), "100000000000000000000000");
        let just = buy(1, "2026-01-05", "1000000000000", "100000000000", "0");
        assert!(Position::empty(ticker()).apply(&just).is_ok());
    }

    proptest! {
        #[test]
        fn quantity_and_cost_are_conserved(entries in buys(1..40)) {
            let position = Position::fold(ticker(), &entries).unwrap();
            let mut quantity = Quantity::ZERO;
            let mut spent = Money::zero(Currency::USD);
            for entry in &entries {
                let Entry::Buy(buy) = &entry.entry;
                quantity = quantity.try_add(buy.quantity).unwrap();
                let price = buy.price.cost_of(buy.quantity, Currency::USD).unwrap();
                spent = spent.try_add(price).unwrap().try_add(buy.fees).unwrap();
            }
            prop_assert_eq!(position.quantity().unwrap(), quantity);
            prop_assert_eq!(cost(&position), spent);
        }

        #[test]
        fn applying_one_by_one_in_any_order_equals_folding_all(
            entries in buys(1..40).prop_shuffle()
        ) {
            let folded = Position::fold(ticker(), &entries).unwrap();
            let applied = entries.iter().try_fold(Position::empty(ticker()), Position::apply).unwrap();
            prop_assert_eq!(folded, applied);
        }
    }
}
