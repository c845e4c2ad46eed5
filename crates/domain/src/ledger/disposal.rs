//! What sales and transfers took out of a position.

use jiff::civil::Date;

use super::LotPart;
use crate::portfolio::CostBasisMethod;
use crate::{Money, Quantity, Rate, TransactionId};

/// A sale and the lots it took.
///
/// Invariant: the parts add up to the quantity, and what they cost left the
/// position with them, to the last digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposal {
    pub transaction: TransactionId,
    pub date: Date,
    pub quantity: Quantity,
    /// Before fee and tax.
    pub proceeds: Money,
    /// In the currency of the proceeds, like the tax.
    pub fee: Money,
    pub tax: Money,
    pub fx_rate: Option<Rate>,
    /// The method that chose the lots. Lots that were named were chosen by nobody else.
    pub method: CostBasisMethod,
    pub parts: Vec<LotPart>,
    /// Only in a preview: the sale names lots that the method had sold before, so that the method
    /// chose all of its lots.
    pub names_sold_lots: bool,
}

/// A transfer out and the lots that left: what the other side's `TRANSFER_IN` records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    pub transaction: TransactionId,
    pub date: Date,
    pub parts: Vec<LotPart>,
}
