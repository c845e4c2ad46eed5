//! One DynamoDB request against one handle of the engine.
//!
//! The engine's functions are `async` in name only: on SQLite they finish at the first poll.

use dynoxide::actions::{
    batch_get_item, batch_write_item, create_table, delete_item, describe_table, get_item,
    put_item, query, transact_get_items, transact_write_items, update_item, update_time_to_live,
    vector_lifecycle::VectorIndexLifecycle,
};
use dynoxide::storage::Storage;
use futures::FutureExt;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::refusal::Answer;

/// The requests this crate makes. The engine knows more; what is not needed is not reachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    BatchGetItem,
    BatchWriteItem,
    CreateTable,
    DeleteItem,
    DescribeTable,
    GetItem,
    PutItem,
    Query,
    TransactGetItems,
    TransactWriteItems,
    UpdateItem,
    UpdateTimeToLive,
}

impl Operation {
    /// Reads the `X-Amz-Target` header.
    pub(super) fn from_target(target: &str) -> Option<Self> {
        let (_, name) = target.split_once('.')?;
        Some(match name {
            "BatchGetItem" => Self::BatchGetItem,
            "BatchWriteItem" => Self::BatchWriteItem,
            "CreateTable" => Self::CreateTable,
            "DeleteItem" => Self::DeleteItem,
            "DescribeTable" => Self::DescribeTable,
            "GetItem" => Self::GetItem,
            "PutItem" => Self::PutItem,
            "Query" => Self::Query,
            "TransactGetItems" => Self::TransactGetItems,
            "TransactWriteItems" => Self::TransactWriteItems,
            "UpdateItem" => Self::UpdateItem,
            "UpdateTimeToLive" => Self::UpdateTimeToLive,
            _ => return None,
        })
    }

    /// Whether a reader's handle may answer. `DescribeTable` may not: a reader that had looked at
    /// a table before it was made would go on believing what it saw.
    pub(super) fn reads_only(self) -> bool {
        match self {
            Self::GetItem | Self::Query | Self::BatchGetItem | Self::TransactGetItems => true,
            Self::BatchWriteItem
            | Self::CreateTable
            | Self::DeleteItem
            | Self::DescribeTable
            | Self::PutItem
            | Self::TransactWriteItems
            | Self::UpdateItem
            | Self::UpdateTimeToLive => false,
        }
    }

    /// Whether what is known of the tables themselves is still true afterwards.
    pub(super) fn touches_items_only(self) -> bool {
        !matches!(self, Self::CreateTable | Self::UpdateTimeToLive)
    }
}

pub(super) fn answer(storage: &Storage, operation: Operation, body: &[u8]) -> Answer {
    match operation {
        Operation::BatchGetItem => run(body, |it| batch_get_item::execute(storage, it)),
        Operation::BatchWriteItem => run(body, |it| batch_write_item::execute(storage, it)),
        Operation::CreateTable => run(body, |it| create_table::execute(storage, it)),
        Operation::DeleteItem => run(body, |it| delete_item::execute(storage, it)),
        Operation::DescribeTable => {
            let lifecycle = VectorIndexLifecycle::new();
            run(body, |it| describe_table::execute(storage, it, &lifecycle))
        }
        Operation::GetItem => run(body, |it| get_item::execute(storage, it)),
        Operation::PutItem => run(body, |it| put_item::execute(storage, it)),
        Operation::Query => run(body, |it| query::execute(storage, it)),
        Operation::TransactGetItems => run(body, |it| transact_get_items::execute(storage, it)),
        Operation::TransactWriteItems => run(body, |it| transact_write_items::execute(storage, it)),
        Operation::UpdateItem => run(body, |it| update_item::execute(storage, it)),
        Operation::UpdateTimeToLive => run(body, |it| update_time_to_live::execute(storage, it)),
    }
}

fn run<Q, R, F>(body: &[u8], call: impl FnOnce(Q) -> F) -> Answer
where
    Q: DeserializeOwned,
    R: Serialize,
    F: Future<Output = dynoxide::Result<R>>,
{
    let request = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return Answer::malformed(&error),
    };
    match call(request).now_or_never() {
        Some(Ok(response)) => Answer::ok(&response),
        Some(Err(error)) => Answer::error(&error),
        None => Answer::failed("the engine did not finish"),
    }
}
