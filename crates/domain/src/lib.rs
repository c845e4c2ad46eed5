//! Folio's values and rules: plain values in, plain values out.
//!
//! No I/O, no async, no clock and no randomness live here; whoever needs the
//! time passes it in. Nothing here knows HTTP or a table, though what is stored
//! has a serde form because stored items are these values.
//!
//! Start with [`decimal`] (how numbers are read), [`money`] (what may be added
//! to what), [`ledger`] (what a portfolio is made of) and [`performance`] (how
//! well it has done).

pub mod currency;
pub mod customer;
pub mod decimal;
pub mod ids;
pub mod instrument;
pub mod ledger;
pub mod money;
pub mod performance;
pub mod portfolio;
pub mod text;
pub mod valuation;
mod value_error;

pub use currency::Currency;
pub use ids::{CustomerId, PortfolioId, SessionId, TransactionId};
pub use instrument::{InstrumentType, Ticker};
pub use money::{Money, Price, Quantity, Rate};
pub use value_error::ValueError;
