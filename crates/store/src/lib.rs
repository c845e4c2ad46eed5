//! The one way to a table: typed records in, typed records out, over `aws-sdk-dynamodb`.
//!
//! | To find | Read |
//! |---|---|
//! | how a value becomes an item: envelope, version, kind | [`record`], `codec` |
//! | reading one item or a page | [`table`], [`query`] |
//! | changing items, atomically and against a version | [`write`] |
//! | events published after the change that caused them | [`event`] |
//! | page tokens | [`cursor`] |
//! | opening a store, on this machine or on AWS | [`store`](mod@store) |
//! | what answers the SDK on one machine | `embedded` |
//!
//! Not here: key layouts, business rules, clocks. A service owns its keys and passes time in.
//! Invariant: nothing outside this crate talks to DynamoDB or to the embedded engine.

mod attributes;
mod codec;
pub mod cursor;
mod embedded;
mod error;
pub mod event;
mod key;
mod query;
mod record;
mod remote;
mod retry;
mod schema;
mod store;
mod table;
mod write;

pub use codec::CodecError;
pub use cursor::InvalidCursor;
pub use error::{OpenError, StoreError, WriteError};
pub use event::Event;
pub use key::Key;
pub use query::{Page, Query};
pub use record::{Item, Record};
#[cfg(feature = "aws")]
pub use remote::DynamoConfig;
pub use schema::TableSpec;
pub use store::Store;
pub use table::Table;
pub use write::{Limit, Write};
