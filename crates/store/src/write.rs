//! One atomic change: all of its actions happen, or none does.
//!
//! A write of one action is a plain put or delete, which DynamoDB charges half as much for and
//! answers faster; from two on it is a transaction. Mistakes made while building (a value that
//! cannot be stored) surface in [`Write::commit`], so that a write reads as one expression.

mod commit;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::attributes::{EXPIRES_AT, OUTBOX_AT, OUTBOX_SHARD, TICKER_KEY};
use crate::codec::item_size;
use crate::event::{Event, shard_key};
use crate::record::{self, Attributes, number, text};
use crate::{Key, Record, StoreError, Table, WriteError};

pub(crate) const ABSENT: &str = "attribute_not_exists(PK)";
pub(crate) const AT_VERSION: &str = "version = :expected";

/// A bound DynamoDB puts on writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    ItemBytes,
    TransactionActions,
    TransactionBytes,
}

impl Limit {
    pub const fn max(self) -> usize {
        match self {
            Self::ItemBytes => 400 * 1024,
            Self::TransactionActions => 100,
            Self::TransactionBytes => 4 * 1024 * 1024,
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ItemBytes => "the size of an item",
            Self::TransactionActions => "the number of actions",
            Self::TransactionBytes => "the size of a transaction",
        })
    }
}

/// An atomic write being put together. Nothing happens before [`commit`](Self::commit).
#[derive(Debug)]
#[must_use = "nothing is written before `commit`"]
pub struct Write {
    table: Table,
    actions: Vec<Action>,
    mistake: Option<StoreError>,
}

#[derive(Debug)]
struct Action {
    key: Key,
    condition: Condition,
    /// What to store; `None` deletes.
    item: Option<Attributes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    None,
    Absent,
    Version(u64),
}

impl Condition {
    fn expression(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Absent => Some(ABSENT.to_owned()),
            Self::Version(_) => Some(AT_VERSION.to_owned()),
        }
    }

    fn values(self) -> Option<HashMap<String, AttributeValue>> {
        match self {
            Self::None | Self::Absent => None,
            Self::Version(expected) => {
                Some(HashMap::from([(":expected".to_owned(), number(expected))]))
            }
        }
    }
}

impl Write {
    pub(crate) fn new(table: Table) -> Self {
        Self {
            table,
            actions: Vec::new(),
            mistake: None,
        }
    }

    /// Stores a new item at version 1; fails if there is one already.
    pub fn create<T: Record>(self, key: &Key, value: &T) -> Self {
        self.store(key, Condition::Absent, 1, value)
    }

    /// Replaces the item if it is still at `expected_version`.
    pub fn replace<T: Record>(self, key: &Key, expected_version: u64, value: &T) -> Self {
        let condition = Condition::Version(expected_version);
        self.store(key, condition, expected_version + 1, value)
    }

    /// Stores the item whatever was there, at version 1: for items nobody replaces by version.
    pub fn put<T: Record>(self, key: &Key, value: &T) -> Self {
        self.store(key, Condition::None, 1, value)
    }

    /// Deletes the item if it is still at `expected_version`.
    pub fn delete(mut self, key: &Key, expected_version: u64) -> Self {
        self.actions.push(Action {
            key: key.clone(),
            condition: Condition::Version(expected_version),
            item: None,
        });
        self
    }

    /// Deletes the item if there is one.
    pub fn remove(mut self, key: &Key) -> Self {
        self.actions.push(Action {
            key: key.clone(),
            condition: Condition::None,
            item: None,
        });
        self
    }

    /// The actions of both, which are for one table, as one write.
    pub fn and(mut self, other: Self) -> Self {
        if self.table.name != other.table.name {
            self.mistake.get_or_insert_with(|| StoreError::Refused {
                source: "a write is to one table".into(),
            });
        }
        self.mistake = self.mistake.or(other.mistake);
        self.actions.extend(other.actions);
        self
    }

    /// When the item of the last action lapses.
    pub fn expire_at(self, at: Timestamp) -> Self {
        self.attribute(EXPIRES_AT, number(at.as_second()))
    }

    /// Where the item of the last action appears in `by_ticker`.
    pub fn ticker_key(self, value: &str) -> Self {
        self.attribute(TICKER_KEY, text(value))
    }

    /// Adds an event to the outbox, in the partition of its aggregate.
    pub fn event(self, event: &Event) -> Self {
        self.create(&event.key(), event)
            .attribute(OUTBOX_SHARD, text(shard_key(event.shard())))
            .attribute(OUTBOX_AT, text(event.occurred_at.to_string()))
    }

    fn store<T: Record>(
        mut self,
        key: &Key,
        condition: Condition,
        version: u64,
        value: &T,
    ) -> Self {
        match record::encode(key, version, value) {
            Ok(item) => self.actions.push(Action {
                key: key.clone(),
                condition,
                item: Some(item),
            }),
            Err(error) => {
                self.mistake.get_or_insert(error);
            }
        }
        self
    }

    fn attribute(mut self, name: &str, value: AttributeValue) -> Self {
        if let Some(item) = self.actions.last_mut().and_then(|last| last.item.as_mut()) {
            item.insert(name.to_owned(), value);
        }
        self
    }

    /// Carries the actions out. A write without actions succeeds.
    pub async fn commit(mut self) -> Result<(), WriteError> {
        if let Some(mistake) = self.mistake.take() {
            return Err(mistake.into());
        }
        self.check_limits()?;
        let Self {
            table, mut actions, ..
        } = self;
        if actions.len() > 1 {
            return commit::together(&table, actions).await;
        }
        match actions.pop() {
            Some(action) => commit::alone(&table, action).await,
            None => Ok(()),
        }
    }

    fn check_limits(&self) -> Result<(), WriteError> {
        let within = |limit: Limit, size: usize| {
            if size > limit.max() {
                Err(WriteError::TooLarge { limit, size })
            } else {
                Ok(())
            }
        };
        within(Limit::TransactionActions, self.actions.len())?;
        let mut total = 0;
        for item in self
            .actions
            .iter()
            .filter_map(|action| action.item.as_ref())
        {
            let size = item_size(item);
            within(Limit::ItemBytes, size)?;
            total += size;
        }
        within(Limit::TransactionBytes, total)
    }
}
