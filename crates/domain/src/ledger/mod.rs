//! What happened in a portfolio, and what is left of it.
//!
//! [`Transaction`]s are recorded and never rewritten in place except by their
//! owner's amendment; everything else is derived from them. Folding the
//! entries of one instrument, in order, gives its [`Position`]: the open
//! [`Lot`]s and the [`Totals`]. An investment, as customers see it, is one such
//! lot.
//!
//! | Here | Is |
//! |---|---|
//! | `entry.rs`, `transaction.rs` | what is recorded, and in which order it counts |
//! | `position.rs`, `fold.rs` | the position, and what each entry does to it |
//! | `shelf.rs`, `pool.rs` | which lots a sale takes, by method, and what they cost |
//! | [`gains`] | what sales gained, in the base currency |
//! | [`cash`] | the money the entries leave, by currency |
//! | `held.rs` | the units held at the end of each day |
//! | `exact.rs` | the arithmetic: exact sums, two roundings |
//!
//! Prices and rates are not looked up here; what a position is worth now is in
//! [`crate::valuation`]. The rules in prose, with examples: `docs/ledger.md`.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

pub mod cash;
mod disposal;
mod entry;
mod error;
mod exact;
mod fold;
pub mod gains;
mod held;
mod lot;
mod pool;
mod position;
mod shelf;
mod totals;
mod transaction;

pub use disposal::{Departure, Disposal};
pub use entry::{
    Buy, CashFlow, CashTransfer, Counterpart, Dividend, Entry, EntryKind, Expense, Interest,
    LotPart, NamedLot, Sell, Split, TransferIn, TransferOut,
};
pub use error::LedgerError;
pub use held::held_by_day;
pub use lot::Lot;
pub use position::{Folded, Position, Tally, fold_all, preview_all};
pub use totals::Totals;
pub use transaction::{LedgerOrder, Transaction};

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
