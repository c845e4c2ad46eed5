//! Carrying out plans on the engine's rows.
//!
//! A plan is carried out in two passes: first every condition is looked at, then, if all hold, every
//! action is done. The thread that writes is alone, so nothing changes in between, and a plan
//! refused has touched nothing: plans of strangers can share one SQLite transaction without one's
//! failed condition undoing another's write.
//!
//! The statements are the engine's own in effect; this module knows its tables as release 3.2.0
//! lays them out, which is why that release is pinned.

use std::collections::HashMap;

use dynoxide::DynoxideError;
use dynoxide::storage::Storage;
use serde::Serialize;
use serde_json::value::RawValue;

use super::plan::{Action, Condition, Effect, Plan, Row};
use super::refusal::Answer;
use crate::attributes::{OUTBOX_INDEX, OUTBOX_SHARD, PK, SK, TICKER_INDEX, TICKER_KEY, VERSION};

const CONDITION_FAILED: &str = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
const CANCELLED: &str = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
const CONDITION_TEXT: &str = "The conditional request failed";

/// What is known of the tables of one handle.
#[derive(Debug, Default)]
pub(super) struct Tables(HashMap<String, Option<Statements>>);

/// The statements for one table of the usual layout.
#[derive(Debug)]
struct Statements {
    ticker_index: bool,
    /// Version and index memberships of the item there is.
    look: String,
    store: String,
    delete: String,
}

/// Why a plan was not carried out.
pub(super) enum Setback {
    /// A table of another layout: the engine itself has to do it.
    NotPlain,
    Storage(DynoxideError),
}

impl From<DynoxideError> for Setback {
    fn from(error: DynoxideError) -> Self {
        Self::Storage(error)
    }
}

/// For SQLite's own errors, whose type this crate cannot name.
fn sql(error: impl Into<DynoxideError>) -> Setback {
    Setback::Storage(error.into())
}

/// The item an action found in its place.
struct Found {
    version: Option<String>,
    in_outbox: bool,
    by_ticker: bool,
}

impl Tables {
    /// Carries `plan` out within the transaction that is open.
    pub(super) fn apply(&mut self, storage: &Storage, plan: &Plan) -> Result<Answer, Setback> {
        for action in &plan.actions {
            self.learn(storage, &action.table)?;
        }
        let mut found = Vec::with_capacity(plan.actions.len());
        for action in &plan.actions {
            found.push(self.statements(action)?.look(storage, action)?);
        }
        let holds: Vec<bool> = plan
            .actions
            .iter()
            .zip(&found)
            .map(|(action, found)| action.condition.holds(found.as_ref()))
            .collect();
        if holds.contains(&false) {
            return refusal(storage, plan, &holds);
        }
        for (action, found) in plan.actions.iter().zip(found) {
            self.statements(action)?
                .act(storage, action, found.as_ref())?;
        }
        Ok(Answer {
            status: 200,
            body: b"{}".to_vec(),
        })
    }

    /// Forgets what was learnt, after a request that may have changed a table.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    fn statements(&self, action: &Action) -> Result<&Statements, Setback> {
        self.0
            .get(&action.table)
            .and_then(Option::as_ref)
            .ok_or(Setback::NotPlain)
    }

    fn learn(&mut self, storage: &Storage, table: &str) -> Result<(), Setback> {
        if !self.0.contains_key(table) {
            let statements = Statements::of(storage, table)?;
            self.0.insert(table.to_owned(), statements);
        }
        Ok(())
    }
}

impl Condition {
    fn holds(&self, found: Option<&Found>) -> bool {
        match self {
            Self::None => true,
            Self::Absent => found.is_none(),
            Self::Version(expected) => {
                found.and_then(|found| found.version.as_ref()) == Some(expected)
            }
        }
    }
}

impl Statements {
    /// The statements for `table`, unless it has a layout that only the engine can serve.
    fn of(storage: &Storage, table: &str) -> Result<Option<Self>, Setback> {
        let Some(layout) = storage.get_table_metadata(table)? else {
            return Ok(None);
        };
        let keys = format!(
            r#"[{{"AttributeName":"{PK}","KeyType":"HASH"}},{{"AttributeName":"{SK}","KeyType":"RANGE"}}]"#
        );
        let ticker_index = layout.lsi_definitions.is_some();
        let indexes = |json: &Option<String>, name: &str| {
            let name = format!(r#""IndexName":"{name}""#);
            json.as_deref().is_none_or(|json| {
                json.contains(&name) && json.matches(r#""IndexName""#).count() == 1
            })
        };
        let plain = layout.key_schema == keys
            && layout.gsi_definitions.is_some()
            && indexes(&layout.gsi_definitions, OUTBOX_INDEX)
            && indexes(&layout.lsi_definitions, TICKER_INDEX)
            && !layout.stream_enabled
            && layout.vector_index_definitions.is_none();
        let name = table.replace('"', "\"\"");
        Ok(plain.then(|| Self {
            ticker_index,
            look: format!(
                "SELECT json_extract(item_json, '$.{VERSION}.N'), \
                 json_type(item_json, '$.{OUTBOX_SHARD}') IS NOT NULL, \
                 json_type(item_json, '$.{TICKER_KEY}') IS NOT NULL \
                 FROM \"{name}\" WHERE pk = ?1 AND sk = ?2"
            ),
            store: format!(
                "INSERT INTO \"{name}\" (pk, sk, item_json, item_size, hash_prefix) \
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (pk, sk) DO UPDATE SET \
                 item_json = excluded.item_json, item_size = excluded.item_size"
            ),
            delete: format!("DELETE FROM \"{name}\" WHERE pk = ?1 AND sk = ?2"),
        }))
    }

    fn look(&self, storage: &Storage, action: &Action) -> Result<Option<Found>, Setback> {
        let mut statement = storage.conn().prepare_cached(&self.look).map_err(sql)?;
        let mut rows = statement.query((&action.pk, &action.sk)).map_err(sql)?;
        let Some(row) = rows.next().map_err(sql)? else {
            return Ok(None);
        };
        Ok(Some(Found {
            version: row.get(0).map_err(sql)?,
            in_outbox: row.get(1).map_err(sql)?,
            by_ticker: row.get(2).map_err(sql)?,
        }))
    }

    fn act(
        &self,
        storage: &Storage,
        action: &Action,
        found: Option<&Found>,
    ) -> Result<(), Setback> {
        let (table, pk, sk) = (&*action.table, &*action.pk, &*action.sk);
        if found.is_some_and(|found| found.in_outbox) {
            storage.delete_gsi_item(table, OUTBOX_INDEX, pk, sk)?;
        }
        if self.ticker_index && found.is_some_and(|found| found.by_ticker) {
            storage.delete_lsi_item(table, TICKER_INDEX, pk, sk)?;
        }
        match &action.effect {
            Effect::Put(row) => self.put(storage, action, row),
            Effect::Delete => {
                let deleted = storage
                    .conn()
                    .prepare_cached(&self.delete)
                    .and_then(|mut statement| statement.execute((pk, sk)));
                deleted.map(drop).map_err(sql)
            }
        }
    }

    fn put(&self, storage: &Storage, action: &Action, row: &Row) -> Result<(), Setback> {
        let (table, pk, sk) = (&*action.table, &*action.pk, &*action.sk);
        let json = str::from_utf8(&row.json)
            .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
        let size = i64::try_from(row.size).unwrap_or(i64::MAX);
        storage
            .conn()
            .prepare_cached(&self.store)
            .and_then(|mut it| it.execute((pk, sk, json, size, &row.hash_prefix)))
            .map_err(sql)?;
        if let Some((shard, at, entry)) = &row.outbox {
            storage.insert_gsi_item(table, OUTBOX_INDEX, shard, at, pk, sk, entry)?;
        }
        if self.ticker_index
            && let Some(ticker_key) = &row.ticker_key
        {
            storage.insert_lsi_item(table, TICKER_INDEX, pk, ticker_key, pk, sk, json)?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct ConditionFailed {
    #[serde(rename = "__type")]
    code: &'static str,
    message: &'static str,
    #[serde(rename = "Item", skip_serializing_if = "Option::is_none")]
    item: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Cancelled {
    #[serde(rename = "__type")]
    code: &'static str,
    #[serde(rename = "Message")]
    message: String,
    #[serde(rename = "CancellationReasons")]
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Reason {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Box<RawValue>>,
}

/// The answer to a plan of which some condition does not hold, in DynamoDB's words.
fn refusal(storage: &Storage, plan: &Plan, holds: &[bool]) -> Result<Answer, Setback> {
    let mut reasons = Vec::with_capacity(holds.len());
    for (action, holds) in plan.actions.iter().zip(holds) {
        reasons.push(if *holds {
            Reason {
                code: "None",
                message: None,
                item: None,
            }
        } else {
            Reason {
                code: "ConditionalCheckFailed",
                message: Some(CONDITION_TEXT),
                item: shown(storage, action)?,
            }
        });
    }
    let body = if plan.transaction {
        let codes: Vec<_> = reasons.iter().map(|reason| reason.code).collect();
        serde_json::to_vec(&Cancelled {
            code: CANCELLED,
            message: format!(
                "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
                codes.join(", ")
            ),
            reasons,
        })
    } else {
        serde_json::to_vec(&ConditionFailed {
            code: CONDITION_FAILED,
            message: CONDITION_TEXT,
            item: reasons.pop().and_then(|reason| reason.item),
        })
    };
    let body = body.map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    Ok(Answer { status: 400, body })
}

fn shown(storage: &Storage, action: &Action) -> Result<Option<Box<RawValue>>, Setback> {
    if !action.show_found {
        return Ok(None);
    }
    let json = storage.get_item(&action.table, &action.pk, &action.sk)?;
    json.map(RawValue::from_string)
        .transpose()
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()).into())
}
