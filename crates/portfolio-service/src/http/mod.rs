//! One file per noun: its routes, each read, load, decide, save, answer.

pub(crate) mod amendments;
pub(crate) mod cash;
mod changes;
pub(crate) mod corrections;
mod days;
mod draft;
mod entry;
pub(crate) mod figures;
pub(crate) mod gains;
mod held;
pub(crate) mod holdings;
mod instruments;
pub(crate) mod investments;
mod links;
pub(crate) mod overview;
pub(crate) mod performance;
pub(crate) mod portfolios;
pub(crate) mod purchases;
pub(crate) mod recording;
mod refusals;
pub(crate) mod summary;
pub(crate) mod transactions;
mod transfers;
