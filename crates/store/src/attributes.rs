//! The attribute and index names that every table shares with the infrastructure code.

pub(crate) const PK: &str = "PK";
pub(crate) const SK: &str = "SK";
pub(crate) const KIND: &str = "kind";
pub(crate) const SCHEMA: &str = "schema";
pub(crate) const VERSION: &str = "version";
pub(crate) const DATA: &str = "data";
/// Epoch seconds after which DynamoDB may delete the item.
pub(crate) const EXPIRES_AT: &str = "expires_at";
pub(crate) const OUTBOX_SHARD: &str = "outbox_shard";
pub(crate) const OUTBOX_AT: &str = "outbox_at";
pub(crate) const TICKER_KEY: &str = "ticker_key";

/// Events not yet published: `outbox_shard`, then `outbox_at`.
pub(crate) const OUTBOX_INDEX: &str = "outbox";
/// A partition's items by `ticker_key`.
pub(crate) const TICKER_INDEX: &str = "by_ticker";
