//! The SDK's requests, as it really spells them, take the short way: a release that spells them
//! otherwise would still be answered rightly, by the engine, but several times slower.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use dynoxide::storage::Storage;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::engine::Operation;
use super::plan::Plan;
use super::{client_over, engine, lookup};
use crate::{Event, Key, Query, Record, Table};

/// Writes down what it is asked and answers nothing of note.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<(Operation, Bytes)>>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = Operation::from_target(target).unwrap();
        let body = Bytes::copy_from_slice(request.body().bytes().unwrap());
        self.0.lock().unwrap().push((operation, body));
        let status = 200.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from("{}"))))
    }
}

#[derive(Serialize, Deserialize)]
struct Note {
    text: String,
}

impl Record for Note {
    const KIND: &'static str = "note";
}

async fn requests() -> Vec<(Operation, Bytes)> {
    let recorder = Recorder::default();
    let connector = recorder.clone();
    let client = client_over(http_client_fn(move |_, _| {
        SharedHttpConnector::new(connector.clone())
    }));
    let table = Table {
        client,
        name: "items".into(),
        remote: false,
    };
    let (key, note) = (
        Key::new("P#1", "A"),
        Note {
            text: "é \"".to_owned(),
        },
    );
    let event = Event {
        id: Uuid::from_u128(1),
        event_type: "Noted".to_owned(),
        schema_version: 1,
        occurred_at: Timestamp::UNIX_EPOCH,
        aggregate_pk: "P#1".to_owned(),
        aggregate_id: "1".to_owned(),
        aggregate_version: 1,
        trace: None,
        data: "{\"a\":1}".to_owned(),
    };
    table
        .write()
        .create(&key, &note)
        .ticker_key("T")
        .commit()
        .await
        .unwrap();
    table
        .write()
        .put(&key, &note)
        .expire_at(Timestamp::UNIX_EPOCH)
        .commit()
        .await
        .unwrap();
    table.write().delete(&key, 1).commit().await.unwrap();
    let many = table
        .write()
        .replace(&key, 1, &note)
        .remove(&Key::new("P#1", "B"));
    many.event(&event).commit().await.unwrap();
    table.get::<Note>(&key).await.unwrap();
    let partition = Query::partition("P#1");
    for query in [
        partition.clone(),
        partition.clone().prefix("A").limit(5).after("AB"),
        partition.clone().between("A", "B").descending(),
        partition.by_ticker("T").after("T\u{1f}A"),
        Query::outbox(1).limit(5),
    ] {
        table.query::<Note>(&query).await.unwrap();
    }
    let requests = recorder.0.lock().unwrap();
    requests.clone()
}

#[tokio::test]
async fn what_the_sdk_sends_takes_the_short_way() {
    let storage = Storage::memory().unwrap();
    engine::answer(
        &storage,
        Operation::CreateTable,
        super::tests::TABLE.as_bytes(),
    );
    let requests = requests().await;
    assert_eq!(requests.len(), 10);
    for (operation, body) in requests {
        let recognised = if operation.reads_only() {
            lookup::answer(&storage, operation, &body).is_some()
        } else {
            Plan::of(operation, &body).is_some()
        };
        assert!(recognised, "{operation:?} {body:?}");
    }
}
