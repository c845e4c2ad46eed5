//! Sums of valued lots, with what could not be summed.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{LotValue, Market, Missing, Status};
use crate::ledger::Lot;
use crate::money::ArithmeticError;
use crate::{Currency, Money, Quantity, Ticker};

/// Amounts summed in one currency, with what could not be summed.
///
/// The sum of nothing is zero and complete; a sum that lacks all its parts is
/// unknown (`None`), never zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    pub currency: Currency,
    pub missing: BTreeSet<Missing>,
    lots: usize,
    /// Of the lots in `cost_basis`.
    quantity: Quantity,
    cost_basis: Option<Money>,
    market_value: Option<Money>,
    unrealized_gain: Option<Money>,
    currency_gain: Option<Money>,
    day_change: Option<Money>,
}

impl Total {
    pub fn zero(currency: Currency) -> Self {
        Self {
            currency,
            missing: BTreeSet::new(),
            lots: 0,
            quantity: Quantity::ZERO,
            cost_basis: None,
            market_value: None,
            unrealized_gain: None,
            currency_gain: None,
            day_change: None,
        }
    }

    /// Whether there are no lots in it.
    pub const fn is_empty(&self) -> bool {
        self.lots == 0
    }

    pub fn status(&self) -> Status {
        if self.missing.is_empty() {
            Status::Ok
        } else if self.market_value.is_some() {
            Status::Partial
        } else {
            Status::Unavailable
        }
    }

    fn known(&self, sum: Option<Money>) -> Option<Money> {
        if self.lots == 0 {
            Some(Money::zero(self.currency))
        } else {
            sum
        }
    }

    /// Over the lots whose currency could be converted.
    pub fn cost_basis(&self) -> Option<Money> {
        self.known(self.cost_basis)
    }

    /// Over the lots that have a price.
    pub fn market_value(&self) -> Option<Money> {
        self.known(self.market_value)
    }

    /// Over the lots that have a price.
    pub fn unrealized_gain(&self) -> Option<Money> {
        self.known(self.unrealized_gain)
    }

    /// What rates did to the unrealized gain, over the lots that have a price and both rates.
    pub fn currency_gain(&self) -> Option<Money> {
        self.known(self.currency_gain)
    }

    /// Over the lots whose previous close is known.
    pub fn day_change(&self) -> Option<Money> {
        self.known(self.day_change)
    }

    /// Cost per unit over the lots in [`Total::cost_basis`], rounded half to even to ten places.
    pub fn average_cost(&self) -> Option<Decimal> {
        self.cost_basis?.per(self.quantity).ok()
    }

    pub(super) fn of(
        ticker: &Ticker,
        lots: &[Lot],
        currency: Currency,
        market: &Market,
    ) -> Result<Self, ArithmeticError> {
        let mut total = Self::zero(currency);
        for lot in lots {
            total.add(&LotValue::of(ticker, lot, currency, market)?)?;
        }
        Ok(total)
    }

    pub(super) fn merge(&mut self, part: &Self) -> Result<(), ArithmeticError> {
        self.lots = self.lots.saturating_add(part.lots);
        self.quantity = self.quantity.try_add(part.quantity)?;
        self.missing.extend(part.missing.iter().cloned());
        sum(&mut self.cost_basis, part.cost_basis)?;
        sum(&mut self.market_value, part.market_value)?;
        sum(&mut self.unrealized_gain, part.unrealized_gain)?;
        sum(&mut self.currency_gain, part.currency_gain)?;
        sum(&mut self.day_change, part.day_change)
    }

    /// Adds one lot that was valued in this currency.
    ///
    /// # Errors
    ///
    /// `Overflow`, `CurrencyMismatch`.
    pub fn add(&mut self, lot: &LotValue) -> Result<(), ArithmeticError> {
        self.lots = self.lots.saturating_add(1);
        match &lot.cost_basis {
            Ok(cost_basis) => {
                sum(&mut self.cost_basis, Some(*cost_basis))?;
                self.quantity = self.quantity.try_add(lot.quantity)?;
            }
            Err(missing) => {
                self.missing.insert(missing.clone());
            }
        }
        match &lot.current {
            Ok(current) => {
                sum(&mut self.market_value, Some(current.market_value))?;
                sum(&mut self.unrealized_gain, current.unrealized_gain)?;
                match &current.currency_gain {
                    Ok(gain) => sum(&mut self.currency_gain, Some(*gain))?,
                    Err(missing) => drop(self.missing.insert(missing.clone())),
                }
                sum(&mut self.day_change, current.day_change)?;
            }
            Err(missing) => {
                self.missing.insert(missing.clone());
            }
        }
        Ok(())
    }
}

fn sum(total: &mut Option<Money>, part: Option<Money>) -> Result<(), ArithmeticError> {
    if let Some(part) = part {
        *total = Some(
            total
                .unwrap_or(Money::zero(part.currency()))
                .try_add(part)?,
        );
    }
    Ok(())
}
