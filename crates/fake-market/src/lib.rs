//! A market that does not exist: every provider's shapes under one port, for tests.
//!
//! | To find | Read |
//! |---|---|
//! | what a symbol is, and which exist | [`listing`] |
//! | what it costs, and who says so | [`prices`], [`events`] |
//! | a server for a test | [`FakeMarket`] |
//! | how it misbehaves | [`faults`], `answer.rs` |
//! | what was asked of it | [`calls`] |
//! | the same from another process | `control.rs`, `main.rs` |
//! | the shapes | `sources/<name>.rs`, written from each provider's public documentation |
//!
//! Nothing here knows Folio's clients, so that the two can disagree. All figures are invented.
//! Invariant: a price is a pure function of source, symbol and second, and no two sources say the
//! same, so that whoever shows a price can be asked whose it is.

mod answer;
pub mod calls;
mod control;
pub mod events;
pub mod faults;
mod line;
pub mod listing;
mod market;
pub mod prices;
mod server;
mod sources;

pub use calls::{Call, Kind};
pub use faults::{Misbehaviour, Rule, Trouble};
pub use prices::{close, price};
pub use server::FakeMarket;
pub use sources::Source;
