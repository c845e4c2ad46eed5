use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::HeaderMap;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use service_kit::testing::{TestApp, TestRequest};
use service_kit::{Answer, Begun, Clock, ETag, Error, Idempotency, Result};
use store::{Key, Query, Record, Store, Table, TableSpec};
use tempfile::TempDir;
use tokio::sync::Notify;

#[derive(Serialize, Deserialize)]
struct Thing {
    number: u32,
}

impl Record for Thing {
    const KIND: &'static str = "thing";
}

#[derive(Clone)]
struct Things {
    table: Table,
    clock: Clock,
    numbers: Arc<AtomicU32>,
    begun: Arc<Notify>,
    finish: Arc<Notify>,
}

/// Makes a thing; the body says what happens on the way.
async fn make(
    State(things): State<Things>,
    idempotency: Idempotency,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let principal = headers
        .get("x-principal")
        .map_or("ada", |name| name.to_str().unwrap());
    let begun = idempotency
        .begin(&things.table, principal, &body, &things.clock)
        .await?;
    let guard = match begun {
        Begun::Replay(response) => return Ok(response),
        Begun::Run(guard) => guard,
    };
    match &body[..] {
        b"wait" => {
            things.begun.notify_one();
            things.finish.notified().await;
        }
        b"refuse" => return Err(Error::invalid("/", "REFUSED", "refused")),
        b"panic" => panic!("on the way"),
        _ => {}
    }
    let number = things.numbers.fetch_add(1, Ordering::SeqCst);
    let thing = Thing { number };
    let key = Key::new("THINGS", format!("{number:03}"));
    let write = things.table.write().create(&key, &thing);
    let answer = Answer::created(format!("/things/{number}"), &thing)?;
    let answer = answer.etag(&ETag::strong(number));
    Ok(guard.commit(write, answer).await?)
}

struct Service {
    app: TestApp,
    things: Things,
    store: Store,
    _directory: TempDir,
}

impl Service {
    async fn start() -> Self {
        let directory = TempDir::new().unwrap();
        let tables = [TableSpec {
            name: "things",
            ticker_index: false,
        }];
        let store = Store::open_embedded(directory.path(), &tables)
            .await
            .unwrap();
        let things = Things {
            table: store.table("things"),
            clock: Clock::manual("2026-03-10T21:00:00Z".parse().unwrap()),
            numbers: Arc::default(),
            begun: Arc::default(),
            finish: Arc::default(),
        };
        let routes = Router::new()
            .route("/things", post(make))
            .route("/others", post(make));
        Self {
            app: TestApp::start(routes.with_state(things.clone())).await,
            things,
            store,
            _directory: directory,
        }
    }

    fn make(&self, key: &str, body: &str) -> TestRequest {
        let request = self.app.post("/things").header("idempotency-key", key);
        request.body("text/plain", body.as_bytes().to_vec())
    }

    async fn count(&self) -> usize {
        let things = Query::partition("THINGS");
        self.things
            .table
            .query_all::<Thing>(&things)
            .await
            .unwrap()
            .len()
    }
}

#[tokio::test]
async fn a_repeated_request_is_done_once_and_answered_alike() {
    let service = Service::start().await;
    let first = service.make("k-1", "a").send().await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    let second = service.make("k-1", "a").send().await.expect(201);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    for header in ["location", "etag", "content-type", "cache-control"] {
        assert_eq!(second.header(header), first.header(header), "{header}");
    }
    assert_eq!(second.body, first.body);
    assert_eq!(service.count().await, 1);
    service.make("k-2", "a").send().await.expect(201);
    assert_eq!(service.count().await, 2);
}

#[tokio::test]
async fn without_a_key_every_request_is_done() {
    let service = Service::start().await;
    for _ in 0..2 {
        service.app.post("/things").send().await.expect(201);
    }
    assert_eq!(service.count().await, 2);
}

#[tokio::test]
async fn a_key_is_good_for_one_request_only() {
    let service = Service::start().await;
    service.make("k-1", "a").send().await.expect(201);
    let elsewhere = service.app.post("/others").header("idempotency-key", "k-1");
    for other in [
        service.make("k-1", "b"),
        service.make("k-1", ""),
        elsewhere.body("text/plain", b"a".to_vec()),
    ] {
        let refused = other.send().await.expect(422);
        assert_eq!(refused.problem().code, "IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(service.count().await, 1);
}

#[tokio::test]
async fn while_the_first_request_runs_the_second_is_told_to_wait() {
    let service = Service::start().await;
    let first = tokio::spawn(service.make("k-1", "wait").send());
    service.things.begun.notified().await;
    for body in ["wait", "other"] {
        let refused = service.make("k-1", body).send().await.expect(409);
        assert_eq!(refused.problem().code, "IDEMPOTENCY_KEY_IN_USE");
    }
    service.make("k-2", "a").send().await.expect(201);
    service.things.finish.notify_one();
    let first = first.await.unwrap().expect(201);
    let second = service.make("k-1", "wait").send().await.expect(201);
    assert_eq!(second.body, first.body);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(service.count().await, 2);
}

#[tokio::test]
async fn what_was_refused_or_broke_on_the_way_leaves_the_key_free() {
    let service = Service::start().await;
    service.make("k-1", "refuse").send().await.expect(422);
    service.make("k-1", "panic").send().await.expect(500);
    let begun = tokio::spawn(service.make("k-1", "wait").send());
    service.things.begun.notified().await;
    begun.abort();
    let _ = begun.await;
    // The server hears of the client's leave in its own time.
    let mut done = service.make("k-1", "a").send().await;
    while done.status.as_u16() == 409 {
        tokio::task::yield_now().await;
        done = service.make("k-1", "a").send().await;
    }
    done.expect(201);
    assert_eq!(service.count().await, 1);
}

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let service = Service::start().await;
    let first = service.make("k-1", "a").send().await.expect(201);
    let nearly_a_day = SignedDuration::from_hours(24) - SignedDuration::from_secs(1);
    service.things.clock.advance(nearly_a_day);
    let replayed = service.make("k-1", "a").send().await.expect(201);
    assert_eq!(replayed.body, first.body);
    service.things.clock.advance(SignedDuration::from_secs(1));
    let anew = service.make("k-1", "b").send().await.expect(201);
    assert_eq!(anew.header("idempotency-replayed"), None);
    assert_ne!(anew.body, first.body);
    let replayed = service.make("k-1", "b").send().await.expect(201);
    assert_eq!(replayed.body, anew.body);

    service.things.clock.advance(SignedDuration::from_hours(24));
    let swept = service
        .store
        .sweep_expired(service.things.clock.now())
        .await;
    assert_eq!(swept.unwrap(), 1);
    service.make("k-1", "a").send().await.expect(201);
    assert_eq!(service.count().await, 3);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let service = Service::start().await;
    for key in ["", "two words", "tab\tbed", "naïve", &"x".repeat(256)] {
        let refused = service.make(key, "a").send().await.expect(400);
        assert_eq!(refused.problem().code, "MALFORMED_HEADER", "{key:?}");
    }
    assert_eq!(service.count().await, 0);
    for key in ["x", &"x".repeat(255), "!#~"] {
        service.make(key, "a").send().await.expect(201);
    }
}

#[tokio::test]
async fn two_keys_on_one_request_are_refused() {
    let service = Service::start().await;
    let request = service.make("k-1", "a").header("idempotency-key", "k-2");
    let refused = request.send().await.expect(400);
    assert_eq!(refused.problem().code, "MALFORMED_HEADER");
    assert_eq!(service.count().await, 0);
}

#[tokio::test]
async fn two_customers_with_one_key_do_not_meet() {
    let service = Service::start().await;
    let of = |name: &str| service.make("k-1", "a").header("x-principal", name);
    let first = of("ada").send().await.expect(201);
    let second = of("bob").send().await.expect(201);
    assert_ne!(first.body, second.body);
    assert_eq!(of("ada").send().await.expect(201).body, first.body);
    assert_eq!(of("bob").send().await.expect(201).body, second.body);
    assert_eq!(service.count().await, 2);
}
