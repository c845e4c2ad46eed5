//! Answering the usual reads from the engine's rows.
//!
//! An item is stored as the JSON that goes back to the SDK, so a read that filters and projects
//! nothing is a copy. The engine would parse every item and write it out again. Requests of any
//! other form than this crate's own, and all errors, are left to the engine.

use dynoxide::storage::Storage;
use serde::Deserialize;

use super::engine::Operation;
use super::plan::stored_key;
use super::refusal::Answer;
use crate::attributes::{OUTBOX_AT, OUTBOX_INDEX, OUTBOX_SHARD, PK, SK, TICKER_INDEX, TICKER_KEY};

/// DynamoDB ends a page here.
const PAGE_BYTES: usize = 1024 * 1024;

/// The answer to one of the usual reads, if this is one.
pub(super) fn answer(storage: &Storage, operation: Operation, body: &[u8]) -> Option<Answer> {
    let body = match operation {
        Operation::GetItem => item(storage, &serde_json::from_slice(body).ok()?),
        Operation::Query => page(storage, &serde_json::from_slice(body).ok()?),
        _ => None,
    }?;
    Some(Answer { status: 200, body })
}

#[derive(Deserialize)]
struct Text<'a> {
    #[serde(rename = "S")]
    text: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct GetItem<'a> {
    table_name: &'a str,
    #[serde(borrow)]
    key: ItemKey<'a>,
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
struct ItemKey<'a> {
    #[serde(borrow)]
    pk: Text<'a>,
    #[serde(borrow)]
    sk: Text<'a>,
}

fn item(storage: &Storage, request: &GetItem<'_>) -> Option<Vec<u8>> {
    let (pk, sk) = (request.key.pk.text, request.key.sk.text);
    if pk.is_empty() || sk.is_empty() {
        return None;
    }
    let sql = format!(
        "SELECT item_json FROM {} WHERE pk = ?1 AND sk = ?2",
        quoted(request.table_name)
    );
    let mut statement = storage.conn().prepare_cached(&sql).ok()?;
    let mut rows = statement.query((stored_key(pk), stored_key(sk))).ok()?;
    let Some(row) = rows.next().ok()? else {
        return Some(b"{}".to_vec());
    };
    let json = row.get_ref(0).ok()?.as_str().ok()?;
    Some([br#"{"Item":"#, json.as_bytes(), b"}"].concat())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Query<'a> {
    table_name: &'a str,
    index_name: Option<&'a str>,
    key_condition_expression: &'a str,
    #[serde(borrow)]
    expression_attribute_values: Bounds<'a>,
    scan_index_forward: Option<bool>,
    limit: Option<usize>,
    #[serde(borrow)]
    exclusive_start_key: Option<StartKey<'a>>,
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds<'a> {
    #[serde(borrow, rename = ":partition")]
    partition: Text<'a>,
    #[serde(borrow, rename = ":prefix")]
    prefix: Option<Text<'a>>,
    #[serde(borrow, rename = ":first")]
    first: Option<Text<'a>>,
    #[serde(borrow, rename = ":last")]
    last: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StartKey<'a> {
    #[serde(borrow, rename = "PK")]
    pk: Text<'a>,
    #[serde(borrow, rename = "SK")]
    sk: Text<'a>,
    #[serde(borrow)]
    outbox_shard: Option<Text<'a>>,
    #[serde(borrow)]
    outbox_at: Option<Text<'a>>,
    #[serde(borrow)]
    ticker_key: Option<Text<'a>>,
}

/// One of the three orders in which a table can be read.
struct Order {
    /// What the engine adds to the table's name.
    suffix: String,
    /// Its columns: partition, what is sorted by, and the item's own keys.
    columns: [&'static str; 4],
    /// The attributes of a start key besides the item's own keys.
    key: &'static [&'static str],
    /// Attributes of partition and sort key, as key conditions name them.
    partition: &'static str,
    sort: &'static str,
}

impl Order {
    fn of(index: Option<&str>) -> Option<Self> {
        Some(match index {
            None => Self {
                suffix: String::new(),
                columns: ["pk", "sk", "pk", "sk"],
                key: &[],
                partition: PK,
                sort: SK,
            },
            Some(TICKER_INDEX) => Self {
                suffix: format!("::lsi::{TICKER_INDEX}"),
                columns: ["pk", "sk", "base_pk", "base_sk"],
                key: &[TICKER_KEY],
                partition: PK,
                sort: TICKER_KEY,
            },
            Some(OUTBOX_INDEX) => Self {
                suffix: format!("::gsi::{OUTBOX_INDEX}"),
                columns: ["gsi_pk", "gsi_sk", "table_pk", "table_sk"],
                key: &[OUTBOX_SHARD, OUTBOX_AT],
                partition: OUTBOX_SHARD,
                sort: OUTBOX_AT,
            },
            Some(_) => return None,
        })
    }
}

/// A sort key from `from` on, up to `to`.
struct Range {
    from: String,
    to: String,
    to_included: bool,
}

/// Sorts behind every key, for it is no `S:`.
const BEHIND: &str = "T";

fn range(request: &Query<'_>, order: &Order) -> Option<Range> {
    let (partition, sort) = (order.partition, order.sort);
    let bounds = &request.expression_attribute_values;
    let ends = (&bounds.prefix, &bounds.first, &bounds.last);
    let (condition, range) = match ends {
        (None, None, None) => (
            format!("{partition} = :partition"),
            Range {
                from: stored_key(""),
                to: BEHIND.to_owned(),
                to_included: false,
            },
        ),
        (Some(prefix), None, None) if !prefix.text.is_empty() => (
            format!("{partition} = :partition AND begins_with({sort}, :prefix)"),
            Range {
                from: stored_key(prefix.text),
                to: behind_prefix(&stored_key(prefix.text)),
                to_included: false,
            },
        ),
        (None, Some(first), Some(last)) if first.text <= last.text && !first.text.is_empty() => (
            format!("{partition} = :partition AND {sort} BETWEEN :first AND :last"),
            Range {
                from: stored_key(first.text),
                to: stored_key(last.text),
                to_included: true,
            },
        ),
        _ => return None,
    };
    (request.key_condition_expression == condition).then_some(range)
}

/// The least text that sorts behind everything beginning with `prefix`.
fn behind_prefix(prefix: &str) -> String {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            characters.push(next);
            return characters.into_iter().collect();
        }
    }
    BEHIND.to_owned()
}

fn page(storage: &Storage, request: &Query<'_>) -> Option<Vec<u8>> {
    let order = Order::of(request.index_name)?;
    let range = range(request, &order)?;
    let partition = request.expression_attribute_values.partition.text;
    if partition.is_empty() || request.limit == Some(0) {
        return None;
    }
    let start = match &request.exclusive_start_key {
        Some(key) => Some(start(request, &order, key)?),
        None => None,
    };
    let descending = request.scan_index_forward == Some(false);
    let sql = statement(request, &order, &range, start.is_some(), descending);
    let limit = request.limit.unwrap_or(usize::MAX);
    let rows_wanted = i64::try_from(limit).unwrap_or(i64::MAX);
    let (sort, pk, sk) = start.unwrap_or_default();
    let mut statement = storage.conn().prepare_cached(&sql).ok()?;
    let mut rows = statement
        .query((
            stored_key(partition),
            &range.from,
            &range.to,
            rows_wanted,
            sort,
            pk,
            sk,
        ))
        .ok()?;
    let mut page = Page::default();
    while let Some(row) = rows.next().ok()? {
        let json = row.get_ref(0).ok()?.as_str().ok()?;
        if page.is_full(json) {
            break;
        }
        let text = |column| Some(row.get_ref(column).ok()?.as_str().ok()?.to_owned());
        page.push(json, [text(1)?, text(2)?, text(3)?]);
    }
    // DynamoDB says that it stopped at a limit, even if nothing follows.
    let ended = page.count < limit && !page.cut;
    Some(page.finish(&order, partition, ended))
}

/// Where to continue, in the engine's key form: sorted by, and the item's own keys.
fn start(
    request: &Query<'_>,
    order: &Order,
    start: &StartKey<'_>,
) -> Option<(String, String, String)> {
    let partition = request.expression_attribute_values.partition.text;
    let (own_partition, sort) = match (&start.outbox_shard, &start.outbox_at, &start.ticker_key) {
        (None, None, None) if order.key.is_empty() => (&start.pk, &start.sk),
        (None, None, Some(ticker)) if order.sort == TICKER_KEY => (&start.pk, ticker),
        (Some(shard), Some(at), None) if order.sort == OUTBOX_AT => (shard, at),
        _ => return None,
    };
    let complete = own_partition.text == partition && !sort.text.is_empty();
    complete.then(|| {
        (
            stored_key(sort.text),
            stored_key(start.pk.text),
            stored_key(start.sk.text),
        )
    })
}

fn statement(
    request: &Query<'_>,
    order: &Order,
    range: &Range,
    continued: bool,
    descending: bool,
) -> String {
    let [partition, sort, pk, sk] = order.columns;
    let table = quoted(&format!("{}{}", request.table_name, order.suffix));
    let (beyond, direction) = if descending {
        ("<", "DESC")
    } else {
        (">", "ASC")
    };
    let up_to = if range.to_included { "<=" } else { "<" };
    // The parameters are named so that every form of the statement has the same seven.
    let after = if continued {
        format!("({sort}, {pk}, {sk}) {beyond} (?5, ?6, ?7)")
    } else {
        "?5 = ?6 AND ?6 = ?7".to_owned()
    };
    format!(
        "SELECT item_json, {sort}, {pk}, {sk} FROM {table} \
         WHERE {partition} = ?1 AND {sort} >= ?2 AND {sort} {up_to} ?3 AND {after} \
         ORDER BY {sort} {direction}, {pk} {direction}, {sk} {direction} LIMIT ?4"
    )
}

/// The items of an answer, joined as they come.
#[derive(Default)]
struct Page {
    items: Vec<u8>,
    count: usize,
    /// Whether it ended because it was full.
    cut: bool,
    /// Sorted by, and own keys, of the last item.
    last: Option<[String; 3]>,
}

impl Page {
    fn is_full(&mut self, json: &str) -> bool {
        self.cut = self.count > 0 && self.items.len() + json.len() > PAGE_BYTES;
        self.cut
    }

    fn push(&mut self, json: &str, keys: [String; 3]) {
        if self.count > 0 {
            self.items.push(b',');
        }
        self.items.extend_from_slice(json.as_bytes());
        self.count += 1;
        self.last = Some(keys);
    }

    fn finish(self, order: &Order, partition: &str, ended: bool) -> Vec<u8> {
        let count = self.count;
        let mut body = Vec::with_capacity(self.items.len() + 128);
        body.extend_from_slice(br#"{"Items":["#);
        body.extend_from_slice(&self.items);
        body.extend_from_slice(format!(r#"],"Count":{count},"ScannedCount":{count}"#).as_bytes());
        if let Some([sort, pk, sk]) = self.last.filter(|_| !ended) {
            let mut key = vec![(PK, text_of(&pk)), (SK, text_of(&sk))];
            if order.key.contains(&TICKER_KEY) {
                key.push((TICKER_KEY, text_of(&sort)));
            }
            if order.key.contains(&OUTBOX_SHARD) {
                key.push((OUTBOX_SHARD, partition));
                key.push((OUTBOX_AT, text_of(&sort)));
            }
            let parts: Vec<_> = key
                .into_iter()
                .map(|(name, text)| attribute(name, text))
                .collect();
            body.extend_from_slice(
                format!(r#","LastEvaluatedKey":{{{}}}"#, parts.join(",")).as_bytes(),
            );
        }
        body.push(b'}');
        body
    }
}

fn attribute(name: &str, text: &str) -> String {
    let text = serde_json::Value::from(text);
    format!(r#""{name}":{{"S":{text}}}"#)
}

fn text_of(stored: &str) -> &str {
    stored.strip_prefix("S:").unwrap_or(stored)
}

fn quoted(table: &str) -> String {
    format!("\"{}\"", table.replace('"', "\"\""))
}
