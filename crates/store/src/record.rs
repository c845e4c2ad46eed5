//! The envelope around every stored value.
//!
//! An item is `PK`, `SK`, `kind`, `schema`, `version`, the index and expiry attributes it needs,
//! and the value itself as one map under `data`. The value is kept apart so that a record may
//! have fields called `version`, `kind` or `expires_at` without breaking conditions or expiry.
//!
//! Invariant: an item is only read as the kind it was written as, and never by code older than it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::attributes::{DATA, EXPIRES_AT, KIND, PK, SCHEMA, SK, VERSION};
use crate::codec::{self, CodecError};
use crate::{Key, StoreError};

pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// What is stored under a key. Its serde form is the item's `data`.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// Tells records of one partition apart; never changes once items exist.
    const KIND: &'static str;

    /// Raised when older code could no longer read what this code writes.
    const SCHEMA: u32 = 1;
}

/// A stored value with its place and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    pub key: Key,
    /// Rises by one with each replacement; the condition of the next one.
    pub version: u64,
    /// When the item lapses, in epoch seconds.
    pub expires_at: Option<i64>,
    pub value: T,
}

impl<T> Item<T> {
    /// Whether the item still counts at `now`. DynamoDB deletes up to days late, and the store has
    /// no clock of its own, so whoever writes items with an expiry asks this when reading them.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|at| at > now.as_second())
    }
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

pub(crate) fn key_attributes(key: &Key) -> Attributes {
    HashMap::from([
        (PK.to_owned(), text(&key.pk)),
        (SK.to_owned(), text(&key.sk)),
    ])
}

pub(crate) fn encode<T: Record>(
    key: &Key,
    version: u64,
    value: &T,
) -> Result<Attributes, StoreError> {
    let data = codec::to_attribute(value).map_err(|source| StoreError::Unencodable {
        kind: T::KIND,
        source,
    })?;
    let mut item = Attributes::with_capacity(9);
    item.insert(PK.to_owned(), text(&key.pk));
    item.insert(SK.to_owned(), text(&key.sk));
    item.insert(KIND.to_owned(), text(T::KIND));
    item.insert(SCHEMA.to_owned(), number(T::SCHEMA));
    item.insert(VERSION.to_owned(), number(version));
    item.insert(DATA.to_owned(), data);
    Ok(item)
}

pub(crate) fn decode<T: Record>(mut item: Attributes) -> Result<Item<T>, StoreError> {
    let key = Key {
        pk: take_text(&mut item, PK).unwrap_or_default(),
        sk: take_text(&mut item, SK).unwrap_or_default(),
    };
    match decode_parts(&mut item) {
        Ok((version, expires_at, value)) => Ok(Item {
            key,
            version,
            expires_at,
            value,
        }),
        Err(Undecodable::Corrupt(source)) => Err(StoreError::Corrupt {
            key,
            kind: T::KIND,
            source,
        }),
        Err(Undecodable::Newer(found)) => Err(StoreError::NewerSchema {
            key,
            kind: T::KIND,
            found,
            supported: T::SCHEMA,
        }),
    }
}

enum Undecodable {
    Corrupt(CodecError),
    Newer(u32),
}

impl From<CodecError> for Undecodable {
    fn from(error: CodecError) -> Self {
        Self::Corrupt(error)
    }
}

fn decode_parts<T: Record>(item: &mut Attributes) -> Result<(u64, Option<i64>, T), Undecodable> {
    let kind = take_text(item, KIND).ok_or_else(|| CodecError::new("no kind"))?;
    if kind != T::KIND {
        return Err(CodecError::new(format!("the item is a {kind}")).into());
    }
    let schema = take_number(item, SCHEMA)?;
    if schema > T::SCHEMA {
        return Err(Undecodable::Newer(schema));
    }
    let version = take_number(item, VERSION)?;
    let expires_at = if item.contains_key(EXPIRES_AT) {
        Some(take_number(item, EXPIRES_AT)?)
    } else {
        None
    };
    let data = item
        .remove(DATA)
        .ok_or_else(|| CodecError::new("no data"))?;
    Ok((version, expires_at, codec::from_attribute(data)?))
}

pub(crate) fn take_text(item: &mut Attributes, name: &str) -> Option<String> {
    match item.remove(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}

fn take_number<N: std::str::FromStr>(item: &mut Attributes, name: &str) -> Result<N, CodecError> {
    match item.remove(name) {
        Some(AttributeValue::N(text)) => text.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| CodecError::new(format!("no readable {name}")))
}
