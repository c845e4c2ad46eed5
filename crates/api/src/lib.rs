//! The wire: what Folio's services say and accept, and typed clients to ask them.
//!
//! One module per service, a module for what they share. Requests are made of
//! [`Field`]s, so that every mistake in a body is reported at once; numbers
//! that count money are [`Number`]s, which keep every digit. Nothing here
//! decides anything: rules live in `domain`.

pub mod asset;
#[cfg(feature = "client")]
pub mod client;
mod currency;
pub mod customer;
mod field;
mod number;
mod page;
pub mod portfolio;
mod problem;
mod rows;

pub use currency::CurrencyCode;
pub use field::{Field, FieldValue, Fields, plain_date, read_object};
pub use number::{AmountInput, ChargeInput, Number, PositiveInput};
pub use page::Page;
pub use problem::{FieldError, Problem, code};
pub use rows::{MOST_ERRORS, Rows};
