//! The outbox: what happened, stored in the same write as the change itself.
//!
//! An event is an item of the aggregate's own partition that also appears in a sparse index, cut
//! into shards so that no single index partition takes every write. A relay reads each shard with
//! [`Query::outbox`](crate::Query::outbox), publishes, and removes the item; the index forgets it.
//! Not here: publishing, and the inbox of the receiving side, which is an ordinary record.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Key, Record};

/// How many index partitions the outbox is spread over.
pub const OUTBOX_SHARDS: u8 = 8;

/// One thing that happened to one aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub id: Uuid,
    pub event_type: String,
    pub schema_version: u32,
    pub occurred_at: Timestamp,
    pub aggregate_pk: String,
    pub aggregate_id: String,
    pub aggregate_version: u64,
    pub trace: Option<String>,
    /// JSON text, opaque to the store.
    pub data: String,
}

impl Record for Event {
    const KIND: &'static str = "event";
}

impl Event {
    pub fn key(&self) -> Key {
        Key::new(self.aggregate_pk.clone(), format!("OUTBOX#{}", self.id))
    }

    pub(crate) fn shard(&self) -> u8 {
        // Fowler–Noll–Vo over the random bits: the leading ones of a v7 id are a clock and would
        // put a burst of events into one shard.
        let hash = self.id.as_bytes()[6..]
            .iter()
            .fold(0x811c_9dc5_u32, |hash, byte| {
                (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
            });
        hash.to_be_bytes()[0] % OUTBOX_SHARDS
    }
}

pub(crate) fn shard_key(shard: u8) -> String {
    format!("OUTBOX#{shard}")
}
