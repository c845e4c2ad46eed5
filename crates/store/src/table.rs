//! Reading one table.
//!
//! Reads are strongly consistent, except through the outbox index, which DynamoDB cannot offer so.
//! Not here: deciding whether an item past its expiry counts. The store has no clock;
//! [`Item::is_live`] answers for the caller's time.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use tokio::task::yield_now;

use crate::attributes::{OUTBOX_AT, OUTBOX_INDEX, OUTBOX_SHARD, PK, SK, TICKER_INDEX, TICKER_KEY};
use crate::query::{Index, Range, Start, join_position, split_position};
use crate::record::{self, Attributes, key_attributes, text};
use crate::retry::{self, Tries};
use crate::{Item, Key, Page, Query, Record, StoreError, Write};

/// DynamoDB's limit of keys in one batch.
const BATCH: usize = 100;

/// One table of the store.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) client: Client,
    pub(crate) name: Arc<str>,
    /// Whether there is a network in between.
    pub(crate) remote: bool,
}

/// Items as they were stored, and where the next page starts.
struct RawPage {
    items: Vec<Attributes>,
    next: Option<String>,
}

impl RawPage {
    /// A limited query asks for one item more than it wants: DynamoDB says that it stopped at a
    /// limit even when nothing follows, and a page that promises another should have one.
    fn new(query: &Query, mut items: Vec<Attributes>, ended_at: Option<&Attributes>) -> Self {
        let limit = query.limit.map_or(usize::MAX, usize::from);
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last()
        } else {
            ended_at
        };
        let next = next.map(|key| position(query, key));
        Self { items, next }
    }
}

impl Table {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub async fn get<T: Record>(&self, key: &Key) -> Result<Option<Item<T>>, StoreError> {
        let mut tries = Tries::new(self.remote);
        loop {
            // The embedded engine answers without ever suspending; this lets others run.
            yield_now().await;
            let sent = self
                .client
                .get_item()
                .table_name(&*self.name)
                .set_key(Some(key_attributes(key)))
                .consistent_read(true)
                .send()
                .await;
            match sent {
                Ok(answer) => return answer.item.map(record::decode).transpose(),
                Err(error) => tries.after(retry::classify(error)).await?,
            }
        }
    }

    /// The items of those keys that have one, in any order.
    pub async fn get_many<T: Record>(&self, keys: &[Key]) -> Result<Vec<Item<T>>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            yield_now().await;
            let found = self.batch_get(batch).await?;
            items.extend(
                found
                    .into_iter()
                    .map(record::decode)
                    .collect::<Result<Vec<_>, _>>()?,
            );
        }
        Ok(items)
    }

    /// One page: up to the limit of the query or 1 MB, whichever comes first.
    pub async fn query<T: Record>(&self, query: &Query) -> Result<Page<T>, StoreError> {
        let RawPage { items, next } = self.page(query).await?;
        let items = match query.index {
            Index::Outbox => self.load(items).await?,
            Index::Table | Index::Ticker => items,
        };
        let items = items
            .into_iter()
            .map(record::decode)
            .collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// Every page. A limit of the query bounds each page, not the answer.
    pub async fn query_all<T: Record>(&self, query: &Query) -> Result<Vec<Item<T>>, StoreError> {
        let mut query = query.clone();
        let mut all = Vec::new();
        loop {
            let page = self.query(&query).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Begins an atomic write to this table.
    pub fn write(&self) -> Write {
        Write::new(self.clone())
    }

    async fn page(&self, query: &Query) -> Result<RawPage, StoreError> {
        let start = match query.start() {
            Start::Beginning => None,
            Start::After(position) => Some(start_key(query, position)),
            Start::PastTheEnd => {
                return Ok(RawPage {
                    items: Vec::new(),
                    next: None,
                });
            }
        };
        let (partition, sort, index) = match query.index {
            Index::Table => (PK, SK, None),
            Index::Ticker => (PK, TICKER_KEY, Some(TICKER_INDEX)),
            Index::Outbox => (OUTBOX_SHARD, OUTBOX_AT, Some(OUTBOX_INDEX)),
        };
        let (conditions, values) = conditions(query, partition, sort);
        let mut tries = Tries::new(self.remote);
        loop {
            yield_now().await;
            let sent = self
                .client
                .query()
                .table_name(&*self.name)
                .set_index_name(index.map(str::to_owned))
                .consistent_read(query.index != Index::Outbox)
                .scan_index_forward(!query.descending)
                .set_limit(query.limit.map(|limit| i32::from(limit) + 1))
                .set_exclusive_start_key(start.clone())
                .key_condition_expression(&conditions)
                .set_expression_attribute_values(Some(values.clone()))
                .send()
                .await;
            match sent {
                Ok(answer) => {
                    let items = answer.items.unwrap_or_default();
                    return Ok(RawPage::new(
                        query,
                        items,
                        answer.last_evaluated_key.as_ref(),
                    ));
                }
                Err(error) => tries.after(retry::classify(error)).await?,
            }
        }
    }

    /// The whole items behind the keys an index gave, in the same order, without those that were
    /// removed in between.
    async fn load(&self, keys: Vec<Attributes>) -> Result<Vec<Attributes>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        for batch in keys.chunks(BATCH) {
            let wanted: Vec<Key> = batch.iter().cloned().map(key_of).collect();
            let mut found: Vec<(Key, Attributes)> = self
                .batch_get(&wanted)
                .await?
                .into_iter()
                .map(|item| (key_of(item.clone()), item))
                .collect();
            for key in &wanted {
                if let Some(position) = found.iter().position(|(found, _)| found == key) {
                    items.push(found.swap_remove(position).1);
                }
            }
        }
        Ok(items)
    }

    async fn batch_get(&self, keys: &[Key]) -> Result<Vec<Attributes>, StoreError> {
        let mut left: Vec<Attributes> = keys.iter().map(key_attributes).collect();
        let mut items = Vec::with_capacity(keys.len());
        let mut tries = Tries::new(self.remote);
        while !left.is_empty() {
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(left.clone()))
                .consistent_read(true)
                .build()
                .map_err(|error| StoreError::Refused {
                    source: error.into(),
                })?;
            let sent = self
                .client
                .batch_get_item()
                .request_items(&*self.name, wanted)
                .send()
                .await;
            match sent {
                Ok(answer) => {
                    items.extend(answer.responses.unwrap_or_default().into_values().flatten());
                    left = answer
                        .unprocessed_keys
                        .unwrap_or_default()
                        .into_values()
                        .flat_map(|unprocessed| unprocessed.keys)
                        .collect();
                }
                Err(error) => tries.after(retry::classify(error)).await?,
            }
        }
        Ok(items)
    }
}

/// The key condition of a query, and the values it names.
fn conditions(query: &Query, partition: &str, sort: &str) -> (String, Attributes) {
    let mut values = Attributes::from([(":partition".to_owned(), text(&query.partition))]);
    let mut bind = |name: &str, value: &str| {
        values.insert(name.to_owned(), text(value));
    };
    let range = match &query.range {
        Range::All => String::new(),
        Range::Prefix(prefix) => {
            bind(":prefix", prefix);
            format!(" AND begins_with({sort}, :prefix)")
        }
        Range::Between(first, last) => {
            bind(":first", first);
            bind(":last", last);
            format!(" AND {sort} BETWEEN :first AND :last")
        }
    };
    (format!("{partition} = :partition{range}"), values)
}

fn key_of(mut item: Attributes) -> Key {
    Key {
        pk: record::take_text(&mut item, PK).unwrap_or_default(),
        sk: record::take_text(&mut item, SK).unwrap_or_default(),
    }
}

/// DynamoDB's start key for a position of this query.
fn start_key(query: &Query, position: &str) -> Attributes {
    let mut parts = split_position(position).map(text);
    let names: &[&str] = match query.index {
        Index::Table => &[SK],
        Index::Ticker => &[TICKER_KEY, SK],
        Index::Outbox => &[OUTBOX_AT, SK, PK],
    };
    let partition = match query.index {
        Index::Table | Index::Ticker => PK,
        Index::Outbox => OUTBOX_SHARD,
    };
    let mut key = Attributes::from([(partition.to_owned(), text(&query.partition))]);
    for name in names {
        key.insert((*name).to_owned(), parts.next().unwrap_or_else(|| text("")));
    }
    key
}

/// The position of an item, or of a last evaluated key. The partition of a table or ticker query
/// stays out of it.
fn position(query: &Query, key: &Attributes) -> String {
    let part = |name| match key.get(name) {
        Some(AttributeValue::S(text)) => text.as_str(),
        _ => "",
    };
    match query.index {
        Index::Table => part(SK).to_owned(),
        Index::Ticker => join_position(&[part(TICKER_KEY), part(SK)]),
        Index::Outbox => join_position(&[part(OUTBOX_AT), part(SK), part(PK)]),
    }
}
