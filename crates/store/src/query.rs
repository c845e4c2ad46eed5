//! Which items of one partition to read, in which order, from where.
//!
//! The partition comes first because every list belongs to someone: there is no way to ask for
//! items of all partitions. The one exception is an outbox shard, which only relays read.

use crate::record::Item;

/// Joins the parts of a position in an index; never part of a key.
const PART: char = '\u{1f}';

/// A range of one partition.
#[derive(Clone, Debug)]
pub struct Query {
    pub(crate) partition: String,
    pub(crate) index: Index,
    pub(crate) range: Range,
    pub(crate) after: Option<String>,
    pub(crate) limit: Option<u16>,
    pub(crate) descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Index {
    Table,
    Ticker,
    Outbox,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    All,
    Prefix(String),
    Between(String, String),
}

/// One page of a query.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub items: Vec<Item<T>>,
    /// Where the next page continues: pass it to [`Query::after`]. `None` on the last page.
    pub next: Option<String>,
}

impl Query {
    pub fn partition(pk: impl Into<String>) -> Self {
        Self {
            partition: pk.into(),
            index: Index::Table,
            range: Range::All,
            after: None,
            limit: None,
            descending: false,
        }
    }

    /// Events of one outbox shard not yet removed, oldest first. Read them as
    /// [`Event`](crate::Event). Eventually consistent on AWS.
    pub fn outbox(shard: u8) -> Self {
        Self {
            index: Index::Outbox,
            ..Self::partition(crate::event::shard_key(shard))
        }
    }

    /// Only sort keys that begin with `prefix`.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        // DynamoDB refuses to compare with nothing, which every key begins with.
        self.range = if prefix.is_empty() {
            Range::All
        } else {
            Range::Prefix(prefix)
        };
        self
    }

    /// Only sort keys from `first` to `last`, both included.
    #[must_use]
    pub fn between(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.range = Range::Between(first.into(), last.into());
        self
    }

    /// Only items whose ticker key begins with `prefix`, ordered by it.
    #[must_use]
    pub fn by_ticker(mut self, prefix: impl Into<String>) -> Self {
        self.index = Index::Ticker;
        self.prefix(prefix)
    }

    /// Continue after a position that [`Page::next`] gave.
    #[must_use]
    pub fn after(mut self, position: impl Into<String>) -> Self {
        self.after = Some(position.into());
        self
    }

    /// At most this many items a page.
    #[must_use]
    pub fn limit(mut self, items: u16) -> Self {
        self.limit = Some(items);
        self
    }

    #[must_use]
    pub fn descending(mut self) -> Self {
        self.descending = true;
        self
    }

    /// Whether the range holds anything after the position. DynamoDB refuses a position outside
    /// the range, where the plain meaning is: the whole range, or nothing of it.
    pub(crate) fn start(&self) -> Start<'_> {
        let Some(after) = self.after.as_deref() else {
            return Start::Beginning;
        };
        let sort_key = after.split(PART).next().unwrap_or(after);
        let (below, above) = match &self.range {
            Range::All => (false, false),
            Range::Prefix(prefix) => {
                let inside = sort_key.starts_with(prefix.as_str());
                let below = sort_key < prefix.as_str();
                (!inside && below, !inside && !below)
            }
            Range::Between(first, last) => (sort_key < first.as_str(), sort_key > last.as_str()),
        };
        match (below, above, self.descending) {
            (true, _, false) | (_, true, true) => Start::Beginning,
            (true, _, true) | (_, true, false) => Start::PastTheEnd,
            _ => Start::After(after),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start<'a> {
    Beginning,
    After(&'a str),
    PastTheEnd,
}

pub(crate) fn join_position(parts: &[&str]) -> String {
    parts.join(&PART.to_string())
}

pub(crate) fn split_position(position: &str) -> impl Iterator<Item = &str> {
    position.split(PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_inside_the_range_is_continued_from() {
        let query = Query::partition("P").prefix("TX#").after("TX#5");
        assert_eq!(query.start(), Start::After("TX#5"));
    }

    #[test]
    fn a_position_before_the_range_starts_it_from_the_beginning() {
        let query = Query::partition("P").prefix("TX#").after("POS#AAPL");
        assert_eq!(query.start(), Start::Beginning);
        assert_eq!(query.descending().start(), Start::PastTheEnd);
    }

    #[test]
    fn a_position_behind_the_range_leaves_nothing() {
        let query = Query::partition("P").between("a", "m").after("z");
        assert_eq!(query.start(), Start::PastTheEnd);
        assert_eq!(query.descending().start(), Start::Beginning);
    }
}
