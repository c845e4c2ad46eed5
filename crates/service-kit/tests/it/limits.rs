use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use service_kit::layers::Limits;
use service_kit::testing::{TestApp, TestResponse};
use tokio::sync::Notify;

fn assert_turned_away(response: &TestResponse) {
    assert_eq!(response.status.as_u16(), 503, "{}", response.body);
    let problem = response.problem();
    assert_eq!(problem.code, "UNAVAILABLE");
    assert!(problem.request_id.is_some());
    let seconds: u32 = response.header("retry-after").unwrap().parse().unwrap();
    assert!(seconds >= 1);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let limits = Limits {
        request_seconds: 0,
        ..Limits::default()
    };
    let router = Router::new()
        .route("/never", get(std::future::pending::<&'static str>))
        .route("/now", get(|| async { "now" }));
    let app = TestApp::start_with(router, &limits).await;
    assert_turned_away(&app.get("/never").send().await);
}

#[tokio::test]
async fn more_requests_than_can_be_worked_on_at_once_are_turned_away() {
    let limits = Limits {
        concurrent_requests: 1,
        ..Limits::default()
    };
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (begun, finish) = (Arc::clone(&begun), Arc::clone(&finish));
        move || async move {
            begun.notify_one();
            finish.notified().await;
            "done"
        }
    };
    let router = Router::new()
        .route("/slow", get(slow))
        .route("/now", get(|| async { "now" }));
    let health = Router::new().route("/health/live", get(|| async { "alive" }));
    let app = TestApp::start_with_health(router, health, &limits).await;
    let first = tokio::spawn(app.get("/slow").send());
    begun.notified().await;
    assert_turned_away(&app.get("/now").send().await);
    app.get("/health/live").send().await.expect(200);
    finish.notify_one();
    assert_eq!(first.await.unwrap().expect(200).body, "done");
    app.get("/now").send().await.expect(200);
}

#[tokio::test]
async fn a_request_given_up_makes_room_for_the_next() {
    let limits = Limits {
        request_seconds: 0,
        concurrent_requests: 1,
        ..Limits::default()
    };
    let router = Router::new().route("/never", get(std::future::pending::<&'static str>));
    let app = TestApp::start_with(router, &limits).await;
    for _ in 0..3 {
        let given_up = app.get("/never").send().await;
        assert_turned_away(&given_up);
        assert!(given_up.problem().detail.contains("too long"));
    }
}

#[tokio::test]
async fn only_a_batch_may_be_larger_than_other_bodies() {
    let limits = Limits {
        body_bytes: 10,
        batch_body_bytes: 100,
        ..Limits::default()
    };
    let length = |body: String| async move { body.len().to_string() };
    let router = Router::new()
        .route("/{id}/notes", post(length))
        .route("/{id}/notes:batch", post(length));
    let app = TestApp::start_with(router, &limits).await;
    let send = |path: &str, bytes| app.post(path).body("text/plain", vec![b'x'; bytes]).send();
    assert_eq!(send("/7/notes", 10).await.expect(200).body, "10");
    let refused = send("/7/notes", 11).await.expect(413);
    assert_eq!(refused.problem().code, "PAYLOAD_TOO_LARGE");
    assert_eq!(send("/7/notes:batch", 100).await.expect(200).body, "100");
    send("/7/notes:batch", 101).await.expect(413);
    send("/nowhere:batch", 11).await.expect(404);
}
