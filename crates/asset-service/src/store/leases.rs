use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Item, Key, Query, Record, StoreError, Table, WriteError};

/// Who does a piece of work, and until when nobody else does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lease {
    pub(crate) holder: String,
    pub(crate) until: Timestamp,
}

impl Record for Lease {
    const KIND: &'static str = "lease";
}

/// Refreshing one shard of the tracked symbols.
fn shard_key(shard: u8) -> Key {
    Key::new(format!("LEASE#refresh#{shard}"), "R")
}

/// Taking part in refreshing at all.
const TAKING_PART: &str = "LEASE#refresh";

fn part_key(holder: &str) -> Key {
    Key::new(TAKING_PART, format!("HOLDER#{holder}"))
}

/// Takes part until `part.until`.
pub(crate) async fn take_part(table: &Table, part: &Lease) -> Result<(), WriteError> {
    let write = table.write().put(&part_key(&part.holder), part);
    write.expire_at(part.until).commit().await
}

/// How many take part.
pub(crate) async fn count_parts(table: &Table, now: Timestamp) -> Result<usize, StoreError> {
    let all = table
        .query_all::<Lease>(&Query::partition(TAKING_PART))
        .await?;
    Ok(all.iter().filter(|part| now < part.value.until).count())
}

pub(crate) async fn leave(table: &Table, holder: &str) -> Result<(), WriteError> {
    table.write().remove(&part_key(holder)).commit().await
}

pub(crate) async fn find(table: &Table, shard: u8) -> Result<Option<Item<Lease>>, StoreError> {
    table.get(&shard_key(shard)).await
}

/// Takes or renews the lease, unless somebody else has since `before` was read.
pub(crate) async fn take(
    table: &Table,
    shard: u8,
    before: Option<&Item<Lease>>,
    lease: Lease,
) -> Result<Item<Lease>, WriteError> {
    let key = shard_key(shard);
    let (write, version) = match before {
        Some(before) => (
            table.write().replace(&key, before.version, &lease),
            before.version + 1,
        ),
        None => (table.write().create(&key, &lease), 1),
    };
    write.commit().await?;
    Ok(Item {
        key,
        version,
        expires_at: None,
        value: lease,
    })
}

/// Lets others take it at once, unless somebody has already. It stays, lapsed, so that a version
/// never comes twice.
pub(crate) async fn give_back(
    table: &Table,
    held: Item<Lease>,
    now: Timestamp,
) -> Result<(), WriteError> {
    let lapsed = Lease {
        until: now,
        ..held.value
    };
    let write = table.write().replace(&held.key, held.version, &lapsed);
    write.commit().await
}
