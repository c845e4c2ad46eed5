//! Deleting what has lapsed, which DynamoDB does by itself.
//!
//! The engine has a sweep of its own, but it would hold the writer for the whole table. Here a
//! reader looks for candidates page by page and each is deleted by an ordinary request, on the
//! condition that it still has lapsed, so that a sweep is nothing special to anyone else.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use jiff::Timestamp;

use super::Embedded;
use super::readers::Readers;
use crate::attributes::EXPIRES_AT;
use crate::record::{key_attributes, number};
use crate::{Key, StoreError, retry};

/// Rows looked at before the reader's handle is given back.
const PAGE: i64 = 1000;

/// Where a sweep has got to, in the engine's own key form.
type Position = (String, String);

impl Embedded {
    pub(crate) async fn sweep(&self, table: &str, now: Timestamp) -> Result<usize, StoreError> {
        let mut position = (String::new(), String::new());
        let mut swept = 0;
        loop {
            let readers = Arc::clone(&self.readers);
            let (name, from) = (table.to_owned(), position.clone());
            let found = tokio::task::spawn_blocking(move || lapsed(&readers, &name, &from, now))
                .await
                .map_err(|error| StoreError::Failed {
                    source: error.into(),
                })?;
            let (keys, end) = found.map_err(|why| StoreError::Failed { source: why.into() })?;
            for batch in keys.chunks(64) {
                let deleted = batch
                    .iter()
                    .map(|key| delete(&self.client, table, key, now));
                for outcome in join_all(deleted).await {
                    swept += usize::from(outcome?);
                }
            }
            match end {
                Some(end) => position = end,
                None => return Ok(swept),
            }
        }
    }
}

/// The lapsed keys of one page, and the last row of it unless it was the last page.
fn lapsed(
    readers: &Readers,
    table: &str,
    from: &Position,
    now: Timestamp,
) -> Result<(Vec<Key>, Option<Position>), String> {
    let sql = format!(
        "SELECT pk, sk, json_extract(item_json, '$.{EXPIRES_AT}.N') + 0 <= ?3 FROM \"{table}\" \
         WHERE (pk, sk) > (?1, ?2) ORDER BY pk, sk LIMIT {PAGE}"
    );
    readers.with(|storage| {
        let mut statement = storage
            .conn()
            .prepare_cached(&sql)
            .map_err(|e| e.to_string())?;
        let rows: Vec<(String, String, Option<bool>)> = statement
            .query_map((&from.0, &from.1, now.as_second()), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .and_then(Iterator::collect)
            .map_err(|error| error.to_string())?;
        let full = rows.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
        let end = rows
            .last()
            .filter(|_| full)
            .map(|(pk, sk, _)| (pk.clone(), sk.clone()));
        let keys = rows
            .into_iter()
            .filter(|(_, _, lapsed)| *lapsed == Some(true))
            .map(|(pk, sk, _)| Key::new(without_type(&pk), without_type(&sk)))
            .collect();
        Ok((keys, end))
    })?
}

/// The engine puts the type of a key before its text.
fn without_type(stored: &str) -> &str {
    stored.strip_prefix("S:").unwrap_or(stored)
}

async fn delete(
    client: &Client,
    table: &str,
    key: &Key,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let now: AttributeValue = number(now.as_second());
    let sent = client
        .delete_item()
        .table_name(table)
        .set_key(Some(key_attributes(key)))
        .condition_expression(format!("{EXPIRES_AT} <= :now"))
        .expression_attribute_values(":now", now)
        .send()
        .await;
    match sent {
        Ok(_) => Ok(true),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
        {
            Ok(false)
        }
        Err(error) => Err(retry::classify(error)),
    }
}
