//! What sales gained, in the base currency, with price and currency apart.
//!
//! With P the proceeds, C the cost, `r_s` and `r_b` the price of one unit of their
//! currency in the base currency on the day of the sale and of the purchase:
//!
//! | Figure | Formula |
//! |---|---|
//! | `gain` | `P·r_s − C·r_b` |
//! | `price` | `(P − C)·r_s` |
//! | `currency` | `C·(r_s − r_b)` |
//!
//! so `gain = price + currency`, to the last digit: P, C, and each of `P·r_s`, `C·r_s` and
//! `C·r_b` is rounded half to even to ten places once, and the figures are
//! exact differences of those. All three exist twice: without any fees, and net
//! (P after the fee and tax of the sale, C with the fees of the purchase).
//!
//! Where proceeds and cost are in different currencies, `C·r_s` takes the rate
//! of the cost's currency on the day of the sale, which is then the market's.
//!
//! An entry's own rate comes before the market's. A rate that nobody has makes
//! the part [`MissingRate`], with pair and day; it is never taken as one.

use std::collections::BTreeSet;

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::exact::{add, product, rounded, share, sub};
use super::{Disposal, LotPart};
use crate::money::ArithmeticError;
use crate::{Currency, Money, Quantity, Rate, TransactionId};

/// A rate a gain needed and did not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MissingRate {
    pub currency: Currency,
    pub base: Currency,
    pub date: Date,
}

/// One way of counting a gain, in the base currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gain {
    /// `P·r_s`.
    pub proceeds: Money,
    /// `C·r_b`.
    pub cost: Money,
    pub gain: Money,
    pub price: Money,
    pub currency: Money,
}

/// What one lot contributed to a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartGain {
    pub lot: TransactionId,
    pub purchase_date: Date,
    pub quantity: Quantity,
    /// Days from the purchase to the sale.
    pub held_days: i32,
    /// The part's share of the proceeds, in the currency of the sale.
    pub proceeds: Money,
    /// The part's share of fee and tax of the sale, in the same currency.
    pub charges: Money,
    /// In the currency the lot was paid in, without fees.
    pub cost: Money,
    pub fees: Money,
    /// In the base currency, if every rate is known.
    pub figures: Result<Figures, BTreeSet<MissingRate>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Fees and taxes of both sides left out.
    pub gross: Gain,
    /// After the fees and taxes of both sides.
    pub net: Gain,
}

impl Figures {
    pub const fn zero(base: Currency) -> Self {
        let nothing = Gain::zero(base);
        Self {
            gross: nothing,
            net: nothing,
        }
    }

    /// The sum, exactly.
    ///
    /// # Errors
    ///
    /// `Overflow`, `CurrencyMismatch`.
    pub fn plus(&self, other: &Self) -> Result<Self, ArithmeticError> {
        Ok(Self {
            gross: self.gross.plus(&other.gross)?,
            net: self.net.plus(&other.net)?,
        })
    }
}

impl Gain {
    pub const fn zero(base: Currency) -> Self {
        let zero = Money::zero(base);
        Self {
            proceeds: zero,
            cost: zero,
            gain: zero,
            price: zero,
            currency: zero,
        }
    }

    fn plus(&self, other: &Self) -> Result<Self, ArithmeticError> {
        let exactly = |left: Money, right: Money| {
            left.try_add(Money::zero(right.currency()))?;
            Ok(Money::new(
                add(left.amount(), right.amount())?,
                left.currency(),
            ))
        };
        Ok(Self {
            proceeds: exactly(self.proceeds, other.proceeds)?,
            cost: exactly(self.cost, other.cost)?,
            gain: exactly(self.gain, other.gain)?,
            price: exactly(self.price, other.price)?,
            currency: exactly(self.currency, other.currency)?,
        })
    }
}

/// The gain of each part of a sale. `market` gives the base currency's price of
/// one unit of a currency on a day, where it is known.
///
/// Proceeds and charges are spread over the parts by quantity, rounded half to
/// even to ten places; the last part has what is left.
///
/// # Errors
///
/// `Overflow`.
pub fn of_disposal(
    disposal: &Disposal,
    base: Currency,
    market: impl Fn(Currency, Date) -> Option<Rate>,
) -> Result<Vec<PartGain>, ArithmeticError> {
    let rates = Rates { base, market };
    let mut proceeds = rounded(disposal.proceeds.amount());
    let [fee, tax] = [disposal.fee, disposal.tax].map(|charge| rounded(charge.amount()));
    let mut charges = add(fee, tax)?;
    let mut left = disposal.quantity.value();
    let mut gains = Vec::with_capacity(disposal.parts.len());
    for part in &disposal.parts {
        let quantity = part.quantity.value();
        let own_proceeds = share(proceeds, quantity, left)?;
        let own_charges = share(charges, quantity, left)?;
        proceeds = sub(proceeds, own_proceeds)?;
        charges = sub(charges, own_charges)?;
        left = sub(left, quantity)?;
        let [cost, fees] = [part.cost, part.fees].map(|money| rounded(money.amount()));
        let figures = match rates.of(disposal, part) {
            Ok(known) => Ok(Figures {
                gross: known.gain(own_proceeds, cost, base)?,
                net: known.gain(sub(own_proceeds, own_charges)?, add(cost, fees)?, base)?,
            }),
            Err(missing) => Err(missing),
        };
        let currency = disposal.proceeds.currency();
        gains.push(PartGain {
            lot: part.lot,
            purchase_date: part.purchase_date,
            quantity: part.quantity,
            held_days: days_between(part.purchase_date, disposal.date),
            proceeds: Money::new(own_proceeds, currency),
            charges: Money::new(own_charges, currency),
            cost: part.cost,
            fees: part.fees,
            figures,
        });
    }
    Ok(gains)
}

/// Days from one date to another, however far apart.
fn days_between(from: Date, to: Date) -> i32 {
    // A span between two civil dates is one of days alone, and always exists.
    from.until(to).map_or(0, |span| span.get_days())
}

struct Rates<F> {
    base: Currency,
    market: F,
}

/// The rates of one part.
struct Known {
    /// Of the proceeds, on the day of the sale.
    proceeds: Decimal,
    /// Of the cost, on the day of the sale.
    cost_then: Decimal,
    /// Of the cost, on the day of the purchase.
    cost: Decimal,
}

impl<F: Fn(Currency, Date) -> Option<Rate>> Rates<F> {
    fn of(&self, disposal: &Disposal, part: &LotPart) -> Result<Known, BTreeSet<MissingRate>> {
        let sold = disposal.proceeds.currency();
        let bought = part.cost.currency();
        let sale_rate = self.rate(sold, disposal.date, disposal.fx_rate);
        let cost_then = if bought == sold {
            sale_rate
        } else {
            self.rate(bought, disposal.date, None)
        };
        let cost = match part.lacks_rate_of {
            Some(date) if bought != self.base => Err(self.missing(bought, date)),
            _ => self.rate(bought, part.purchase_date, part.fx_rate),
        };
        match (sale_rate, cost_then, cost) {
            (Ok(proceeds), Ok(cost_then), Ok(cost)) => Ok(Known {
                proceeds,
                cost_then,
                cost,
            }),
            rates => {
                let missing = [rates.0.err(), rates.1.err(), rates.2.err()];
                Err(missing.into_iter().flatten().collect())
            }
        }
    }

    fn rate(
        &self,
        currency: Currency,
        date: Date,
        stated: Option<Rate>,
    ) -> Result<Decimal, MissingRate> {
        if currency == self.base {
            return Ok(Decimal::ONE);
        }
        stated
            .or_else(|| (self.market)(currency, date))
            .map(Rate::value)
            .ok_or_else(|| self.missing(currency, date))
    }

    const fn missing(&self, currency: Currency, date: Date) -> MissingRate {
        MissingRate {
            currency,
            base: self.base,
            date,
        }
    }
}

impl Known {
    fn gain(
        &self,
        proceeds: Decimal,
        cost: Decimal,
        base: Currency,
    ) -> Result<Gain, ArithmeticError> {
        let sold = product(proceeds, self.proceeds)?;
        let cost_then = product(cost, self.cost_then)?;
        let bought = product(cost, self.cost)?;
        let money = |amount| Money::new(amount, base);
        Ok(Gain {
            proceeds: money(sold),
            cost: money(bought),
            gain: money(sub(sold, bought)?),
            price: money(sub(sold, cost_then)?),
            currency: money(sub(cost_then, bought)?),
        })
    }
}
