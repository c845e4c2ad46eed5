//! The pool of average cost: what the lots of one currency cost together.
//!
//! Every sale under AVERAGE first takes all open lots into the pool and then
//! leaves with its part of it, so each sale costs the same per unit whatever
//! lots it takes. Spreading the pool over the lots again is put off until they
//! are looked at: a thousand sales in a row spread it once.
//!
//! A pool counts in ten places: a cost that has more is rounded half to even
//! once, when it enters. From then on nothing is lost.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::exact::{add, less, round, rounded, share, sub};
use super::{Lot, LotPart};
use crate::money::ArithmeticError;
use crate::{Currency, Money, Quantity, Rate};

/// Decimal places of an average rate.
pub(super) const RATE_PLACES: u32 = 18;

/// Invariant: `quantity` is the sum of the pooled lots', and cost and fees are
/// all they cost.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    quantity: Decimal,
    cost: Decimal,
    fees: Decimal,
    rate: Option<Rate>,
    /// The first of the days whose rate is lacking, if `rate` is.
    lacks_rate_of: Option<Date>,
}

/// Costs by the rate they were paid at.
pub(super) type CostsByRate = BTreeMap<Option<Rate>, Decimal>;

impl Pool {
    /// What is in the pool, by its rate.
    pub(super) fn costs(&self) -> CostsByRate {
        let costs = (!self.quantity.is_zero()).then_some((self.rate, self.cost));
        costs.into_iter().collect()
    }

    /// Takes what a lot costs into the pool, and among the costs by rate.
    pub(super) fn absorb(
        &mut self,
        lot: &mut Lot,
        costs: &mut CostsByRate,
    ) -> Result<(), ArithmeticError> {
        // What was sold to the last unit lacks nothing any more.
        if self.quantity.is_zero() {
            self.lacks_rate_of = None;
        }
        let cost = rounded(lot.cost.amount());
        self.quantity = add(self.quantity, lot.quantity.value())?;
        self.cost = add(self.cost, cost)?;
        self.fees = add(self.fees, rounded(lot.fees.amount()))?;
        if lot.fx_rate.is_none() {
            let lacking = lot.lacks_rate_of.unwrap_or(lot.purchase_date);
            let first = self.lacks_rate_of.map_or(lacking, |day| day.min(lacking));
            self.lacks_rate_of = Some(first);
        }
        let of_rate = costs.entry(lot.fx_rate).or_default();
        *of_rate = add(*of_rate, cost)?;
        lot.cost = Money::zero(lot.currency);
        lot.fees = Money::zero(lot.currency);
        Ok(())
    }

    /// Gives the pool the average rate of all the costs in it.
    pub(super) fn value_at(&mut self, costs: &CostsByRate) -> Result<(), ArithmeticError> {
        self.rate = average(costs)?;
        if self.rate.is_some() {
            self.lacks_rate_of = None;
        }
        Ok(())
    }

    /// `part` units of the lot leave it, and the pool with their average cost.
    pub(super) fn take(
        &mut self,
        lot: &mut Lot,
        part: Quantity,
    ) -> Result<LotPart, ArithmeticError> {
        let (cost, fees) = self.withdraw(part.value(), lot.currency)?;
        lot.quantity = less(lot.quantity, part)?;
        Ok(LotPart {
            lot: lot.id,
            purchase_date: lot.purchase_date,
            quantity: part,
            cost,
            fees,
            fx_rate: self.rate,
            lacks_rate_of: self.lacks_rate_of,
        })
    }

    /// Gives a lot its part of what is left. The last lot gets all that is.
    pub(super) fn give_back(&mut self, lot: &mut Lot) -> Result<(), ArithmeticError> {
        (lot.cost, lot.fees) = self.withdraw(lot.quantity.value(), lot.currency)?;
        lot.fx_rate = self.rate;
        lot.lacks_rate_of = self.lacks_rate_of;
        Ok(())
    }

    fn withdraw(
        &mut self,
        part: Decimal,
        currency: Currency,
    ) -> Result<(Money, Money), ArithmeticError> {
        let cost = share(self.cost, part, self.quantity)?;
        let fees = share(self.fees, part, self.quantity)?;
        self.cost = sub(self.cost, cost)?;
        self.fees = sub(self.fees, fees)?;
        self.quantity = sub(self.quantity, part)?;
        Ok((Money::new(cost, currency), Money::new(fees, currency)))
    }
}

/// The rate at which the costs together are worth what they are worth each at
/// its own, rounded half to even to [`RATE_PLACES`].
///
/// None as soon as one of the costs has none: a rate that covers only some of
/// them would be wrong for all.
pub(super) fn average(costs: &CostsByRate) -> Result<Option<Rate>, ArithmeticError> {
    let mut paid: Vec<_> = costs.iter().filter(|(_, cost)| !cost.is_zero()).collect();
    if paid.is_empty() {
        paid = costs.iter().collect();
    }
    match paid.as_slice() {
        [] => return Ok(None),
        [(rate, _)] => return Ok(**rate),
        _ => {}
    }
    let (mut weighed, mut total) = (Decimal::ZERO, Decimal::ZERO);
    for (rate, cost) in paid {
        let Some(rate) = rate else { return Ok(None) };
        let value = cost.checked_mul(rate.value());
        weighed = value
            .and_then(|value| weighed.checked_add(value))
            .ok_or(ArithmeticError::Overflow)?;
        total = add(total, *cost)?;
    }
    let rate = weighed
        .checked_div(total)
        .map(|rate| round(rate, RATE_PLACES))
        .ok_or(ArithmeticError::Overflow)?;
    // Units that cost nothing at all carry no weight, and so no rate.
    Ok(Rate::try_new(rate).ok())
}
