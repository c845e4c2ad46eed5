//! What the embedded engine never does: throttle, conflict, lose an answer.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Region};
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::put_item::PutItemOutput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsOutput;
use aws_smithy_mocks::{MockResponseInterceptor, Rule, RuleMode, create_mock_http_client, mock};
use serde::{Deserialize, Serialize};

use super::TRIES;
use crate::{Key, Record, StoreError, Table, WriteError};

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Record for Note {
    const KIND: &'static str = "note";
}

fn note() -> Note {
    Note {
        text: "hello".to_owned(),
    }
}

fn table(rule: &Rule) -> Table {
    let interceptor = MockResponseInterceptor::new()
        .rule_mode(RuleMode::Sequential)
        .with_rule(rule);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("local"))
        .allow_no_auth()
        .retry_config(RetryConfig::disabled())
        .http_client(create_mock_http_client())
        .interceptor(interceptor)
        .build();
    Table {
        client: Client::from_conf(config),
        name: "notes".into(),
        remote: true,
    }
}

fn failure(code: &str) -> String {
    format!(r#"{{"__type":"x#{code}","message":"said so"}}"#)
}

fn cancelled(reasons: &str) -> String {
    format!(
        r#"{{"__type":"x#TransactionCanceledException","Message":"no","CancellationReasons":[{reasons}]}}"#
    )
}

async fn write_two(table: &Table) -> Result<(), WriteError> {
    table
        .write()
        .create(&Key::new("P", "A"), &note())
        .replace(&Key::new("P", "B"), 1, &note())
        .commit()
        .await
}

#[tokio::test(start_paused = true)]
async fn a_conflict_is_tried_again_under_the_same_token() {
    let tokens = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tokens);
    let conflict = r#"{"Code":"None"},{"Code":"TransactionConflict","Message":"busy"}"#;
    let rule = mock!(Client::transact_write_items)
        .match_requests(move |request| {
            let token = request.client_request_token().map(str::to_owned);
            seen.lock().is_ok_and(|mut seen| {
                seen.push(token);
                true
            })
        })
        .sequence()
        .http_status(400, Some(cancelled(conflict)))
        .times(2)
        .output(|| TransactWriteItemsOutput::builder().build())
        .build();
    write_two(&table(&rule)).await.unwrap();
    let tokens = tokens.lock().unwrap();
    assert_eq!(rule.num_calls(), 3);
    assert!(tokens[0].is_some() && tokens.iter().all(|token| *token == tokens[0]));
}

#[tokio::test(start_paused = true)]
async fn throttling_that_does_not_end_is_unavailable() {
    for code in [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
    ] {
        let rule = mock!(Client::get_item)
            .sequence()
            .http_status(400, Some(failure(code)))
            .repeatedly()
            .build();
        let got = table(&rule).get::<Note>(&Key::new("P", "A")).await;
        let error = got.unwrap_err();
        assert!(
            matches!(error, StoreError::Unavailable { .. }),
            "{code}: {error:?}"
        );
        assert!(error.retryable());
        assert_eq!(error.to_string(), "storage is unavailable");
        assert_eq!(rule.num_calls(), usize::try_from(TRIES).unwrap(), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_succeeds_at_the_second_try_succeeds() {
    let rule = mock!(Client::get_item)
        .sequence()
        .http_status(500, Some(failure("InternalServerError")))
        .output(|| GetItemOutput::builder().build())
        .build();
    let got = table(&rule).get::<Note>(&Key::new("P", "A")).await.unwrap();
    assert!(got.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_failed_condition_is_final_and_names_the_first_key() {
    let failed = r#"{"Code":"None"},{"Code":"ConditionalCheckFailed"}"#;
    let rule = mock!(Client::transact_write_items)
        .sequence()
        .http_status(400, Some(cancelled(failed)))
        .repeatedly()
        .build();
    let refused = write_two(&table(&rule)).await;
    assert!(matches!(refused, Err(WriteError::ConditionFailed { key }) if key.sk == "B"));
    assert_eq!(rule.num_calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_good_is_not_tried_again() {
    let rule = mock!(Client::put_item)
        .sequence()
        .http_status(400, Some(failure("AccessDeniedException")))
        .repeatedly()
        .build();
    let refused = table(&rule)
        .write()
        .put(&Key::new("P", "A"), &note())
        .commit()
        .await;
    assert!(matches!(
        refused,
        Err(WriteError::Store(StoreError::Refused { .. }))
    ));
    assert_eq!(rule.num_calls(), 1);
}

/// A create whose first `lost` answers got lost, and which then finds an item holding `text`.
async fn create_again(lost: u32, text: &str) -> Result<(), WriteError> {
    let found = format!(
        r#"{{"__type":"x#ConditionalCheckFailedException","message":"no","Item":{{
            "PK":{{"S":"P"}},"SK":{{"S":"A"}},"kind":{{"S":"note"}},"schema":{{"N":"1"}},
            "version":{{"N":"1"}},"data":{{"M":{{"text":{{"S":"{text}"}}}}}}}}}}"#
    );
    let rule = mock!(Client::put_item)
        .sequence()
        .http_status(500, Some(failure("InternalServerError")))
        .times(usize::try_from(lost).unwrap())
        .http_status(400, Some(found))
        .output(|| PutItemOutput::builder().build())
        .build();
    table(&rule)
        .write()
        .create(&Key::new("P", "A"), &note())
        .commit()
        .await
}

#[tokio::test(start_paused = true)]
async fn a_create_that_meets_its_own_first_try_has_succeeded() {
    for lost in 1..TRIES {
        create_again(lost, "hello").await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_meets_somebody_elses_item_has_failed() {
    for lost in 1..TRIES {
        let refused = create_again(lost, "other").await;
        assert!(matches!(refused, Err(WriteError::ConditionFailed { key }) if key.sk == "A"));
    }
}
