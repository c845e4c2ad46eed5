//! One entry after another into a position: what each kind does to it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::exact::add;
use super::position::Tally;
use super::shelf::Shelf;
use super::totals::{raise, totals_of};
use super::{
    Departure, Disposal, Entry, Expense, LedgerError, Lot, LotPart, NamedLot, Sell, Transaction,
    TransferIn, TransferOut,
};
use crate::money::Charge;
use crate::portfolio::CostBasisMethod;
use crate::{Money, Quantity, TransactionId};

/// 10²³ of any currency. What a portfolio is worth stays countable at any rate
/// of exchange, however absurd a single entry is.
pub(super) const MOST: Decimal = Decimal::from_parts(4_135_583_744, 46_653_770, 5_421, false, 0);

/// A position between two entries.
#[derive(Debug)]
pub(super) struct Fold {
    pub(super) shelf: Shelf,
    pub(super) tally: Tally,
    pub(super) disposals: Vec<Disposal>,
    pub(super) departures: Vec<Departure>,
    naming: Naming,
}

/// What becomes of an entry whose named lots are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// It does not work.
    Binds,
    /// It takes those the method chooses.
    Yields,
}

impl Fold {
    pub(super) fn new(
        method: CostBasisMethod,
        lots: Vec<Lot>,
        tally: Tally,
        naming: Naming,
    ) -> Result<Self, LedgerError> {
        Ok(Self {
            shelf: Shelf::new(method, lots)?,
            tally,
            disposals: Vec::new(),
            departures: Vec::new(),
            naming,
        })
    }

    /// The next entry in ledger order.
    pub(super) fn step(&mut self, transaction: &Transaction) -> Result<(), LedgerError> {
        self.tally.note(transaction);
        let done = self.enter(transaction);
        done.map_err(|error| error.at(transaction.id))
    }

    fn enter(&mut self, transaction: &Transaction) -> Result<(), LedgerError> {
        match &transaction.entry {
            Entry::Buy(buy) => {
                self.spend(buy.fees, buy.tax)?;
                self.open(Lot::bought(transaction, buy)?)
            }
            Entry::TransferIn(transfer) => self.arrive(transaction, transfer),
            Entry::Sell(sale) => self.sell(transaction, sale),
            Entry::TransferOut(transfer) => self.depart(transaction, transfer),
            Entry::Split(split) => self.shelf.split(transaction, split),
            Entry::Dividend(dividend) => self.earn(dividend.amount, dividend.fee, dividend.tax),
            Entry::Interest(interest) => self.earn(interest.amount, interest.fee, interest.tax),
            Entry::Fee(Expense { amount, .. }) => self.spend(countable(*amount)?, Charge::ZERO),
            Entry::Tax(Expense { amount, .. }) => {
                let amount = countable(*amount)?;
                let totals = totals_of(&mut self.tally.totals, amount.currency());
                Ok(raise(&mut totals.taxes, amount.amount())?)
            }
            // Money alone never has an instrument.
            Entry::Deposit(_)
            | Entry::Withdrawal(_)
            | Entry::CashTransferIn(_)
            | Entry::CashTransferOut(_) => Ok(()),
        }
    }

    fn open(&mut self, lot: Lot) -> Result<(), LedgerError> {
        within_limits(&lot)?;
        self.shelf.open(lot)
    }

    fn arrive(
        &mut self,
        transaction: &Transaction,
        transfer: &TransferIn,
    ) -> Result<(), LedgerError> {
        if transfer.lots.is_empty() {
            return Err(LedgerError::Inconsistent {
                entry: transaction.id,
                reason: "no lots are transferred",
            });
        }
        for part in &transfer.lots {
            let lot = Lot::transferred(transaction, transfer, part)?;
            if self.shelf.holds(lot.id) {
                within_limits(&lot)?;
                self.shelf.merge(transaction.id, &lot)?;
            } else {
                self.open(lot)?;
            }
        }
        Ok(())
    }

    fn sell(&mut self, transaction: &Transaction, sale: &Sell) -> Result<(), LedgerError> {
        let names_sold_lots = self.names_gone_lots(&sale.lots)?;
        let parts = self.take(transaction, sale.quantity, &sale.lots)?;
        let proceeds = countable(sale.proceeds()?)?;
        self.spend(sale.fee.in_currency(sale.currency), sale.tax)?;
        let totals = totals_of(&mut self.tally.totals, sale.currency);
        raise(&mut totals.proceeds, proceeds.amount())?;
        raise(&mut totals.sale_charges, sale.fee.value())?;
        raise(&mut totals.sale_charges, sale.tax.value())?;
        for part in &parts {
            let totals = totals_of(&mut self.tally.totals, part.cost.currency());
            raise(&mut totals.cost_sold, part.cost.amount())?;
            raise(&mut totals.fees_sold, part.fees.amount())?;
        }
        self.disposals.push(Disposal {
            transaction: transaction.id,
            date: transaction.trade_date,
            quantity: sale.quantity,
            proceeds,
            fee: sale.fee.in_currency(sale.currency),
            tax: sale.tax.in_currency(sale.currency),
            fx_rate: sale.fx_rate,
            method: self.shelf.method(),
            parts,
            names_sold_lots,
        });
        Ok(())
    }

    fn depart(
        &mut self,
        transaction: &Transaction,
        transfer: &TransferOut,
    ) -> Result<(), LedgerError> {
        let parts = self.take(transaction, transfer.quantity, &transfer.lots)?;
        self.departures.push(Departure {
            transaction: transaction.id,
            date: transaction.trade_date,
            parts,
        });
        Ok(())
    }

    /// The lots that are named, or else those the method chooses.
    fn take(
        &mut self,
        transaction: &Transaction,
        wanted: Quantity,
        named: &[NamedLot],
    ) -> Result<Vec<LotPart>, LedgerError> {
        let contradiction = |reason| LedgerError::Inconsistent {
            entry: transaction.id,
            reason,
        };
        if wanted == Quantity::ZERO {
            return Err(contradiction("nothing leaves"));
        }
        let held = self.shelf.held()?;
        if wanted > held {
            return Err(LedgerError::Oversold {
                sale: transaction.id,
                date: transaction.trade_date,
                held,
                wanted,
            });
        }
        if named.is_empty() {
            return self.shelf.take(wanted);
        }
        let sum = named
            .iter()
            .try_fold(Decimal::ZERO, |sum, lot| add(sum, lot.quantity.value()))?;
        if sum != wanted.value() || named.iter().any(|lot| lot.quantity == Quantity::ZERO) {
            return Err(contradiction(
                "the named lots do not add up to the quantity",
            ));
        }
        if self.names_gone_lots(named)? {
            return self.shelf.take(wanted);
        }
        named
            .iter()
            .map(|lot| self.take_named(transaction, lot))
            .collect()
    }

    /// Whether the method chooses, because some of the named lots are gone.
    fn names_gone_lots(&self, named: &[NamedLot]) -> Result<bool, LedgerError> {
        if self.naming == Naming::Binds {
            return Ok(false);
        }
        let mut wanted: BTreeMap<TransactionId, Decimal> = BTreeMap::new();
        for lot in named {
            let of_lot = wanted.entry(lot.id).or_default();
            *of_lot = add(*of_lot, lot.quantity.value())?;
        }
        let is_gone =
            |(id, wanted): (&TransactionId, &Decimal)| self.shelf.held_of(*id).value() < *wanted;
        Ok(wanted.iter().any(is_gone))
    }

    fn take_named(
        &mut self,
        transaction: &Transaction,
        named: &NamedLot,
    ) -> Result<LotPart, LedgerError> {
        let held = self.shelf.held_of(named.id);
        if named.quantity > held {
            return Err(LedgerError::LotNotHeld {
                sale: transaction.id,
                date: transaction.trade_date,
                lot: named.id,
                held,
                wanted: named.quantity,
            });
        }
        self.shelf.take_named(named.id, named.quantity)
    }

    fn earn(&mut self, amount: Money, fee: Charge, tax: Charge) -> Result<(), LedgerError> {
        let amount = countable(amount)?;
        self.spend(fee.in_currency(amount.currency()), tax)?;
        let totals = totals_of(&mut self.tally.totals, amount.currency());
        Ok(raise(&mut totals.income, amount.amount())?)
    }

    fn spend(&mut self, fee: Money, tax: Charge) -> Result<(), LedgerError> {
        let totals = totals_of(&mut self.tally.totals, fee.currency());
        raise(&mut totals.fees, fee.amount())?;
        Ok(raise(&mut totals.taxes, tax.value())?)
    }
}

fn countable(amount: Money) -> Result<Money, LedgerError> {
    if amount.amount().abs() > MOST {
        return Err(LedgerError::TooLarge);
    }
    Ok(amount)
}

/// A lot may cost 10²³ with its fees.
fn within_limits(lot: &Lot) -> Result<(), LedgerError> {
    countable(lot.cost_basis()?).map(|_| ())
}
