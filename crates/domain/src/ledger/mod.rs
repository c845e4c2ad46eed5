//! What happened in a portfolio, and what is left of it.
//!
//! [`Transaction`]s are recorded and never rewritten in place except by their
//! owner's amendment; everything else is derived from them. Folding the
//! entries of one instrument, in order, gives its [`Position`]: the open
//! [`Lot`]s. An investment, as customers see it, is one such lot.
//!
//! Another kind of entry is another variant of [`Entry`] and another arm of
//! [`Position::apply`].

mod lot;
mod position;
mod transaction;

pub use lot::Lot;
pub use position::{LedgerError, Position};
pub use transaction::{Buy, Entry, Transaction};

#[cfg(test)]
pub(crate) mod fixtures;
