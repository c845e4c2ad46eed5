use axum::Router;
use axum::routing::get;
use service_kit::layers::current_request_id;
use service_kit::testing::TestApp;
use service_kit::transport;

async fn start() -> TestApp {
    let id = || async { current_request_id().unwrap_or_default() };
    TestApp::start(Router::new().route("/id", get(id))).await
}

#[tokio::test]
async fn a_usable_id_is_kept() {
    let app = start().await;
    for id in ["req-1", "01HV:zz/..%20", &"x".repeat(128)] {
        let answered = app.get("/id").header("x-request-id", id).send().await;
        let answered = answered.expect(200);
        assert_eq!(answered.body, id);
        assert_eq!(answered.header("x-request-id"), Some(id));
    }
}

#[tokio::test]
async fn an_unusable_id_is_replaced() {
    let app = start().await;
    for id in ["", "two words", "tab\tbed", "naïve", &"x".repeat(129)] {
        let answered = app.get("/id").header("x-request-id", id).send().await;
        let answered = answered.expect(200);
        assert_ne!(answered.body, id);
        assert_eq!(answered.body.len(), 36, "a UUID");
        assert_eq!(
            answered.header("x-request-id"),
            Some(answered.body.as_str())
        );
    }
}

#[tokio::test]
async fn two_requests_without_an_id_get_two() {
    let app = start().await;
    let first = app.get("/id").send().await.body;
    let second = app.get("/id").send().await.body;
    assert_ne!(first, second);
}

#[tokio::test]
async fn an_id_is_handed_on_to_the_services_asked_on_behalf_of_the_request() {
    let far = start().await;
    let near = Router::new().route(
        "/id",
        get(|headers: http::HeaderMap| async move {
            headers["x-request-id"].to_str().unwrap().to_owned()
        }),
    );
    let transports = [
        transport::http(&far.url()).unwrap(),
        transport::in_process(near),
    ];
    for transport in transports {
        let ask = move || {
            let transport = transport.clone();
            async move {
                let request = http::Request::get("/id").body(bytes::Bytes::new()).unwrap();
                let answer = tower::ServiceExt::oneshot(transport, request)
                    .await
                    .unwrap();
                String::from_utf8(answer.body().to_vec()).unwrap()
            }
        };
        let app = TestApp::start(Router::new().route("/ask", get(ask))).await;
        let answered = app.get("/ask").header("x-request-id", "req-7").send().await;
        assert_eq!(answered.expect(200).body, "req-7");
    }
}
