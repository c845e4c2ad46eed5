//! What an instrument brought in and cost over its life in a portfolio.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::exact::{add, rounded, sub};
use crate::money::ArithmeticError;
use crate::{Currency, Money, decimal};

/// Sums of one currency over all entries of one instrument.
///
/// They count in ten places: an amount that has more (a price times many
/// decimals of a coin) is rounded half to even once, when it is added. The sums
/// themselves are exact.
///
/// | Figure | Is |
/// |---|---|
/// | [`Totals::realized`] | `proceeds − cost_sold`: without any fees |
/// | [`Totals::realized_net`] | `proceeds − sale_charges − cost_sold − fees_sold` |
///
/// An instrument bought in one currency and sold in another has its proceeds
/// and its cost in different totals; only a rate brings them together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub currency: Currency,
    /// Of sales, before their fees and taxes.
    #[serde(with = "decimal")]
    pub proceeds: Decimal,
    /// The fees and taxes of sales.
    #[serde(with = "decimal")]
    pub sale_charges: Decimal,
    /// What the units sold had cost, without fees.
    #[serde(with = "decimal")]
    pub cost_sold: Decimal,
    /// The fees and taxes of the purchases of the units sold.
    #[serde(with = "decimal")]
    pub fees_sold: Decimal,
    /// Dividends and interest, before fees and taxes.
    #[serde(with = "decimal")]
    pub income: Decimal,
    /// All fees paid, those of purchases and sales included.
    #[serde(with = "decimal")]
    pub fees: Decimal,
    /// All taxes paid, those of purchases and sales included.
    #[serde(with = "decimal")]
    pub taxes: Decimal,
}

impl Totals {
    pub const fn zero(currency: Currency) -> Self {
        Self {
            currency,
            proceeds: Decimal::ZERO,
            sale_charges: Decimal::ZERO,
            cost_sold: Decimal::ZERO,
            fees_sold: Decimal::ZERO,
            income: Decimal::ZERO,
            fees: Decimal::ZERO,
            taxes: Decimal::ZERO,
        }
    }

    /// What sales brought above cost, fees left out on both sides.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn realized(&self) -> Result<Money, ArithmeticError> {
        let gain = sub(self.proceeds, self.cost_sold)?;
        Ok(Money::new(gain, self.currency))
    }

    /// What sales brought above cost basis, after the fees of both sides.
    ///
    /// # Errors
    ///
    /// `Overflow`.
    pub fn realized_net(&self) -> Result<Money, ArithmeticError> {
        let charges = add(self.sale_charges, self.fees_sold)?;
        let gain = sub(sub(self.proceeds, self.cost_sold)?, charges)?;
        Ok(Money::new(gain, self.currency))
    }
}

/// The totals of `currency` among `all`, which stay ordered by currency.
pub(super) fn totals_of(all: &mut Vec<Totals>, currency: Currency) -> &mut Totals {
    let place = match all.binary_search_by_key(&currency, |totals| totals.currency) {
        Ok(place) => place,
        Err(place) => {
            all.insert(place, Totals::zero(currency));
            place
        }
    };
    &mut all[place]
}

/// Adds `amount` to a figure of some totals.
pub(super) fn raise(figure: &mut Decimal, amount: Decimal) -> Result<(), ArithmeticError> {
    *figure = add(*figure, rounded(amount))?;
    Ok(())
}
