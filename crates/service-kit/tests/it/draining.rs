use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use service_kit::server::{Shutdown, run_until_stopped, serve};
use service_kit::testing::TestClient;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

#[tokio::test]
async fn a_request_in_flight_is_finished_and_no_new_connection_taken() {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (begun, finish) = (Arc::clone(&begun), Arc::clone(&finish));
        move || async move {
            begun.notify_one();
            finish.notified().await;
            "done"
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::default();
    let router = Router::new().route("/slow", get(slow));
    let server = tokio::spawn(serve(listener, router, shutdown.subscribe()));
    let client = TestClient::new(format!("http://{address}"));
    let in_flight = tokio::spawn(client.get("/slow").send());
    begun.notified().await;

    shutdown.begin();
    // The listener is closed as soon as the server has heard of it.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!server.is_finished());
    finish.notify_one();
    assert_eq!(in_flight.await.unwrap().expect(200).body, "done");
    server.await.unwrap();
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = Shutdown::default();
    let router = Router::new().route("/", get(|| async { "here" }));
    let server = tokio::spawn(serve(listener, router, shutdown.subscribe()));
    let client = TestClient::new(format!("http://{address}"));
    client.get("/").send().await.expect(200);
    shutdown.begin();
    server.await.unwrap();
}

#[tokio::test]
async fn a_process_does_not_wait_for_a_signal_once_it_no_longer_serves() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shutdown = Shutdown::default();
    shutdown.begin();
    run_until_stopped(listener, Router::new(), &shutdown)
        .await
        .unwrap();
}
