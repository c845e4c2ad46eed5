//! One file per noun: its routes, each read, load, decide, save, answer.

pub(crate) mod cash;
mod changes;
pub(crate) mod corrections;
mod entry;
pub(crate) mod figures;
pub(crate) mod gains;
pub(crate) mod holdings;
pub(crate) mod investments;
pub(crate) mod overview;
pub(crate) mod performance;
pub(crate) mod portfolios;
pub(crate) mod purchases;
pub(crate) mod summary;
pub(crate) mod transactions;
