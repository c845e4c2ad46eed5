//! Sending a write, and reading its refusal.
//!
//! A try whose answer got lost may have been carried out. A transaction is sent again under the
//! same token, which DynamoDB honours for ten minutes. A single put has no token: when its second
//! try meets its own first one, the stored item equals the one being written, and that counts as
//! success.

use std::hash::{BuildHasher, RandomState};

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, Delete, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::{Action, Attributes, Condition};
use crate::record::key_attributes;
use crate::retry::{self, Tries};
use crate::{StoreError, Table, WriteError};

pub(super) async fn alone(table: &Table, mut action: Action) -> Result<(), WriteError> {
    let mut tries = Tries::new(table.remote);
    let mut unsure = false;
    loop {
        let outcome = match &mut action.item {
            Some(item) => {
                // What an earlier try may have left is told by comparing it with the item.
                let item = if unsure {
                    item.clone()
                } else {
                    tries.lend(item)
                };
                put(table, &action, item).await
            }
            None => delete(table, &action).await,
        };
        match outcome {
            Ok(()) => return Ok(()),
            Err(Refusal::Condition { found }) if unsure && action.leaves(found.as_ref()) => {
                return Ok(());
            }
            Err(Refusal::Condition { .. }) => {
                return Err(WriteError::ConditionFailed { key: action.key });
            }
            Err(Refusal::Store(error)) => {
                tries.after(error).await?;
                unsure = true;
            }
        }
    }
}

pub(super) async fn together(table: &Table, mut actions: Vec<Action>) -> Result<(), WriteError> {
    let token = token();
    let mut items = actions
        .iter_mut()
        .map(|action| transact_item(table, action))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| StoreError::Refused { source })?;
    let mut tries = Tries::new(table.remote);
    loop {
        let sent = table
            .client
            .transact_write_items()
            .set_transact_items(Some(tries.lend(&mut items)))
            .client_request_token(&token)
            .send()
            .await;
        match sent {
            Ok(_) => return Ok(()),
            Err(error) => match cancelled(error, &actions) {
                WriteError::Store(error) => tries.after(error).await?,
                refused => return Err(refused),
            },
        }
    }
}

enum Refusal {
    Condition { found: Option<Attributes> },
    Store(StoreError),
}

impl Action {
    /// Whether an item like `found` is what this action would have left behind.
    fn leaves(&self, found: Option<&Attributes>) -> bool {
        self.item.as_ref() == found
    }

    fn when_refused(&self) -> Option<ReturnValuesOnConditionCheckFailure> {
        (self.condition != Condition::None).then_some(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

async fn put(table: &Table, action: &Action, item: Attributes) -> Result<(), Refusal> {
    let sent = table
        .client
        .put_item()
        .table_name(&*table.name)
        .set_item(Some(item))
        .set_condition_expression(action.condition.expression())
        .set_expression_attribute_values(action.condition.values())
        .set_return_values_on_condition_check_failure(action.when_refused())
        .send()
        .await;
    sent.map(drop).map_err(|error| match error {
        SdkError::ServiceError(service) => match service.into_err() {
            PutItemError::ConditionalCheckFailedException(failed) => {
                Refusal::Condition { found: failed.item }
            }
            other => Refusal::Store(retry::classify_service(other)),
        },
        other => Refusal::Store(retry::classify(other)),
    })
}

async fn delete(table: &Table, action: &Action) -> Result<(), Refusal> {
    let sent = table
        .client
        .delete_item()
        .table_name(&*table.name)
        .set_key(Some(key_attributes(&action.key)))
        .set_condition_expression(action.condition.expression())
        .set_expression_attribute_values(action.condition.values())
        .set_return_values_on_condition_check_failure(action.when_refused())
        .send()
        .await;
    sent.map(drop).map_err(|error| match error {
        SdkError::ServiceError(service) => match service.into_err() {
            DeleteItemError::ConditionalCheckFailedException(failed) => {
                Refusal::Condition { found: failed.item }
            }
            other => Refusal::Store(retry::classify_service(other)),
        },
        other => Refusal::Store(retry::classify(other)),
    })
}

/// Takes the item out of `action`.
fn transact_item(
    table: &Table,
    action: &mut Action,
) -> Result<TransactWriteItem, crate::error::Source> {
    let request = TransactWriteItem::builder();
    let request = match action.item.take() {
        Some(item) => request.put(
            Put::builder()
                .table_name(&*table.name)
                .set_item(Some(item))
                .set_condition_expression(action.condition.expression())
                .set_expression_attribute_values(action.condition.values())
                .build()?,
        ),
        None => request.delete(
            Delete::builder()
                .table_name(&*table.name)
                .set_key(Some(key_attributes(&action.key)))
                .set_condition_expression(action.condition.expression())
                .set_expression_attribute_values(action.condition.values())
                .build()?,
        ),
    };
    Ok(request.build())
}

fn cancelled(
    error: SdkError<TransactWriteItemsError, HttpResponse>,
    actions: &[Action],
) -> WriteError {
    let reasons: &[CancellationReason] = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => return retry::classify(error).into(),
    };
    let codes = || {
        reasons
            .iter()
            .map(|reason| reason.code().unwrap_or_default())
    };
    if let Some(action) = codes()
        .position(|code| code == "ConditionalCheckFailed")
        .and_then(|position| actions.get(position))
    {
        return WriteError::ConditionFailed {
            key: action.key.clone(),
        };
    }
    let passing = codes().any(|code| {
        matches!(
            code,
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
        )
    });
    let source = error.into();
    if passing {
        StoreError::Unavailable { source }.into()
    } else {
        StoreError::Refused { source }.into()
    }
}

/// A token no other write uses: both halves are keyed at random by the standard library.
fn token() -> String {
    let half = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", half(), half())
}
