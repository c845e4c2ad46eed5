//! Keys, stored items and writes of the `portfolios` table.

pub(crate) mod change;
pub(crate) mod events;
pub(crate) mod journal;
pub(crate) mod ledger;
mod packed;
pub(crate) mod portfolios;
mod positions;
