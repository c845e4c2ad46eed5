//! Recognising the writes this crate makes, before they reach the writer's thread.
//!
//! The engine can do all of DynamoDB and pays for it: it reads each request, and each item it
//! meets, into trees several times over. The writes of this crate come in one shape, a put or a
//! delete under one of three conditions, and a plan is such a write reduced to what it does to
//! rows. Anything else has no plan and goes to the engine as it came.
//!
//! Invariant: a plan does to the file what the engine would have done (see the test that compares
//! the two row by row).

use std::collections::HashSet;

use bytes::Bytes;
use dynoxide::AttributeValue;
use dynoxide::storage::compute_hash_prefix;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::engine::Operation;
use super::shape::Shape;
use crate::write::{ABSENT, AT_VERSION, Limit};

/// DynamoDB's bounds on the length of keys.
const PK_BYTES: usize = 2048;
const SK_BYTES: usize = 1024;

/// One request: all of its actions or none.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) actions: Vec<Action>,
    /// Whether it is answered as a transaction, with a reason for each action.
    pub(super) transaction: bool,
}

#[derive(Debug)]
pub(super) struct Action {
    pub(super) table: String,
    /// Keys in the engine's form, which puts the type before the text.
    pub(super) pk: String,
    pub(super) sk: String,
    pub(super) condition: Condition,
    pub(super) effect: Effect,
    /// Whether a failed condition is answered with the item that failed it.
    pub(super) show_found: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Condition {
    None,
    Absent,
    Version(String),
}

#[derive(Debug)]
pub(super) enum Effect {
    Put(Row),
    Delete,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) json: Bytes,
    pub(super) size: usize,
    pub(super) hash_prefix: String,
    /// Shard and time, in the engine's key form, and what the index keeps.
    pub(super) outbox: Option<(String, String, String)>,
    pub(super) ticker_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Transaction<'a> {
    #[serde(borrow)]
    transact_items: Vec<Part<'a>>,
    #[serde(rename = "ClientRequestToken")]
    _token: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Part<'a> {
    #[serde(borrow)]
    put: Option<Request<'a>>,
    #[serde(borrow)]
    delete: Option<Request<'a>>,
}

/// A put or a delete, alone or in a transaction.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Request<'a> {
    table_name: &'a str,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
    condition_expression: Option<&'a str>,
    #[serde(borrow)]
    expression_attribute_values: Option<Values<'a>>,
    return_values_on_condition_check_failure: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values<'a> {
    #[serde(borrow, rename = ":expected")]
    expected: Number<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
struct Number<'a> {
    n: &'a str,
}

impl Plan {
    pub(super) fn of(operation: Operation, body: &Bytes) -> Option<Self> {
        match operation {
            Operation::PutItem | Operation::DeleteItem => {
                let request = serde_json::from_slice(body).ok()?;
                Some(Self {
                    actions: vec![action(&request, operation == Operation::PutItem, body)?],
                    transaction: false,
                })
            }
            Operation::TransactWriteItems => transaction(body),
            _ => None,
        }
    }
}

fn transaction(body: &Bytes) -> Option<Plan> {
    let request: Transaction<'_> = serde_json::from_slice(body).ok()?;
    let actions = request
        .transact_items
        .iter()
        .map(|part| match (&part.put, &part.delete) {
            (Some(put), None) => action(put, true, body),
            (None, Some(delete)) => action(delete, false, body),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    let mut targets = HashSet::with_capacity(actions.len());
    let distinct = actions
        .iter()
        .all(|action| targets.insert((&action.table, &action.pk, &action.sk)));
    let bytes: usize = actions
        .iter()
        .map(|action| match &action.effect {
            Effect::Put(row) => row.size,
            Effect::Delete => 0,
        })
        .sum();
    let allowed = (1..=Limit::TransactionActions.max()).contains(&actions.len())
        && bytes <= Limit::TransactionBytes.max();
    (distinct && allowed).then_some(Plan {
        actions,
        transaction: true,
    })
}

fn action(request: &Request<'_>, put: bool, body: &Bytes) -> Option<Action> {
    let target = match (put, request.item, request.key) {
        (true, Some(item), None) => item,
        (false, None, Some(key)) => key,
        _ => return None,
    };
    let expected = request.expression_attribute_values.as_ref();
    let condition = match (request.condition_expression, expected) {
        (None, None) => Condition::None,
        (Some(ABSENT), None) => Condition::Absent,
        (Some(AT_VERSION), Some(values)) => {
            // In its one spelling, a number is equal to a stored one if its text is.
            values.expected.n.parse::<u64>().ok()?;
            Condition::Version(values.expected.n.to_owned())
        }
        _ => return None,
    };
    let show_found = match request.return_values_on_condition_check_failure {
        None => false,
        Some("ALL_OLD") => true,
        Some(_) => return None,
    };
    let mut shape = Shape::read(target.get())?;
    let (pk, sk) = (shape.pk.take()?, shape.sk.take()?);
    if pk.len() > PK_BYTES || sk.len() > SK_BYTES || shape.size > Limit::ItemBytes.max() {
        return None;
    }
    let effect = if put {
        Effect::Put(row(
            &shape,
            &pk,
            &sk,
            body.slice_ref(target.get().as_bytes()),
        )?)
    } else {
        Effect::Delete
    };
    Some(Action {
        table: request.table_name.to_owned(),
        pk: stored_key(&pk),
        sk: stored_key(&sk),
        condition,
        effect,
        show_found,
    })
}

fn row(shape: &Shape<'_>, pk: &str, sk: &str, json: Bytes) -> Option<Row> {
    let outbox = match (&shape.outbox_shard, &shape.outbox_at) {
        (Some(shard), Some(at)) if shard.len() <= PK_BYTES && at.len() <= SK_BYTES => {
            let entry = outbox_entry(pk, sk, shard, at)?;
            Some((stored_key(shard), stored_key(at), entry))
        }
        (None, None) => None,
        _ => return None,
    };
    let ticker_key = match &shape.ticker_key {
        Some(key) if key.len() > SK_BYTES => return None,
        Some(key) => Some(stored_key(key)),
        None => None,
    };
    Some(Row {
        json,
        size: shape.size,
        hash_prefix: compute_hash_prefix(&AttributeValue::S(pk.to_owned())),
        outbox,
        ticker_key,
    })
}

/// What an index of keys only keeps of an event.
fn outbox_entry(pk: &str, sk: &str, shard: &str, at: &str) -> Option<String> {
    let quoted = |text: &str| serde_json::to_string(text).ok();
    Some(format!(
        r#"{{"PK":{{"S":{}}},"SK":{{"S":{}}},"outbox_shard":{{"S":{}}},"outbox_at":{{"S":{}}}}}"#,
        quoted(pk)?,
        quoted(sk)?,
        quoted(shard)?,
        quoted(at)?
    ))
}

/// The engine's form of a text key.
pub(super) fn stored_key(text: &str) -> String {
    format!("S:{text}")
}
