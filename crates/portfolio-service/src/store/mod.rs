//! Keys, stored items and writes of the `portfolios` table.

pub(crate) mod events;
pub(crate) mod ledger;
mod pages;
pub(crate) mod portfolios;
