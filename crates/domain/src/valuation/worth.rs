//! What is held and the cash beside it, together.

use std::collections::BTreeSet;

use super::{Market, Missing, Status, Total};
use crate::money::ArithmeticError;
use crate::{Currency, Money};

/// Cash in one currency, and what could not be converted into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashValue {
    currency: Currency,
    balances: usize,
    known: Option<Money>,
    pub missing: BTreeSet<Missing>,
}

impl CashValue {
    /// # Errors
    ///
    /// `Overflow`.
    pub fn of(
        balances: impl IntoIterator<Item = Money>,
        currency: Currency,
        market: &Market,
    ) -> Result<Self, ArithmeticError> {
        let mut cash = Self {
            currency,
            balances: 0,
            known: None,
            missing: BTreeSet::new(),
        };
        for balance in balances {
            cash.balances = cash.balances.saturating_add(1);
            match market.rate(balance.currency(), currency) {
                Ok(rate) => {
                    let worth = balance.convert(rate, currency)?;
                    let sum = cash.known.unwrap_or(Money::zero(currency)).try_add(worth)?;
                    cash.known = Some(sum);
                }
                Err(missing) => drop(cash.missing.insert(missing)),
            }
        }
        Ok(cash)
    }

    /// No cash is worth nothing; cash that cannot be converted is unknown.
    pub fn value(&self) -> Option<Money> {
        if self.balances == 0 {
            Some(Money::zero(self.currency))
        } else {
            self.known
        }
    }
}

/// Securities, with cash where it is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worth<'a> {
    pub held: &'a Total,
    pub cash: Option<CashValue>,
}

impl Worth<'_> {
    /// What is known of it; a part without any known value is left out and in
    /// [`Worth::missing`].
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn total(&self) -> Result<Option<Money>, ArithmeticError> {
        let held = (!self.held.is_empty()).then(|| self.held.market_value());
        let cash = self.cash.as_ref().filter(|cash| cash.balances > 0);
        let parts = [held, cash.map(|cash| cash.known)];
        if parts == [None, None] {
            return Ok(Some(Money::zero(self.held.currency)));
        }
        let mut known = parts.into_iter().flatten().flatten();
        let first = known.next();
        known.try_fold(first, |sum, part| {
            sum.map(|sum| sum.try_add(part)).transpose()
        })
    }

    pub fn missing(&self) -> BTreeSet<Missing> {
        let of_cash = self.cash.iter().flat_map(|cash| &cash.missing);
        self.held.missing.iter().chain(of_cash).cloned().collect()
    }

    /// # Errors
    ///
    /// `Overflow`.
    pub fn status(&self) -> Result<Status, ArithmeticError> {
        Ok(match (self.missing().is_empty(), self.total()?) {
            (true, _) => Status::Ok,
            (false, Some(_)) => Status::Partial,
            (false, None) => Status::Unavailable,
        })
    }
}
