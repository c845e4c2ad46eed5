use api::{Field, FieldError};
use axum::Router;
use axum::routing::{get, post};
use domain::Quantity;
use serde::Deserialize;
use service_kit::testing::{TestApp, TestResponse};
use service_kit::{Body, Error, Result};

#[derive(Deserialize)]
struct Order {
    #[serde(default)]
    quantity: Field<Quantity>,
}

async fn order(body: Body<Order>) -> Result<&'static str> {
    let mut fields = body.fields;
    let quantity = fields.required("quantity", body.request.quantity);
    fields.all((quantity,))?;
    Ok("ordered")
}

async fn explode() -> &'static str {
    panic!("the password is hunter2")
}

async fn fail() -> Result<()> {
    Err(Error::internal("the password is hunter2"))
}

async fn start() -> TestApp {
    let router = Router::new()
        .route("/orders", post(order))
        .route("/explode", get(explode))
        .route("/fail", get(fail));
    TestApp::start(router).await
}

fn assert_problem(response: &TestResponse, status: u16, code: &str) {
    let problem = response.problem();
    assert_eq!(response.status.as_u16(), status, "{}", response.body);
    assert_eq!((problem.status, problem.code.as_str()), (status, code));
    let kind = code.to_lowercase().replace('_', "-");
    assert_eq!(problem.type_uri, format!("/problems/{kind}"));
    assert!(!problem.title.is_empty() && !problem.detail.is_empty());
    let id = problem.request_id.expect("a request id");
    assert_eq!(response.header("x-request-id"), Some(id.as_str()));
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn a_path_that_is_none_is_a_problem() {
    let app = start().await;
    assert_problem(&app.get("/nothing").send().await, 404, "ROUTE_NOT_FOUND");
    let garbled = app.get("/%ff%00").send().await;
    assert_problem(&garbled, 404, "ROUTE_NOT_FOUND");
}

#[tokio::test]
async fn a_method_that_is_none_of_the_paths_names_those_that_are() {
    let app = start().await;
    let refused = app.delete("/orders").send().await;
    assert_problem(&refused, 405, "METHOD_NOT_ALLOWED");
    assert_eq!(refused.header("allow"), Some("POST"));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_whether_its_length_is_told_or_not() {
    let app = start().await;
    let large = format!(r#"{{"quantity":"{}"}}"#, "1".repeat(1024 * 1024));
    let refused = app.post("/orders").json_text(large.clone()).send().await;
    assert_problem(&refused, 413, "PAYLOAD_TOO_LARGE");

    let url = app.url();
    let address = url.trim_start_matches("http://");
    let head = format!(
        "POST /orders HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    let body = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let answer = exchange(address, &(head + &body)).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("PAYLOAD_TOO_LARGE"), "{answer}");
}

/// Sends bytes as they are and reads until the other side has had enough.
async fn exchange(address: &str, request: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let request = request.to_owned();
    // The answer may come, and the connection go, before all is sent.
    let sending = tokio::spawn(async move {
        let _ = write.write_all(request.as_bytes()).await;
        write
    });
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = read.read(&mut buffer).await {
        answer.extend_from_slice(&buffer[..count]);
    }
    sending.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn only_json_is_read() {
    let app = start().await;
    let body = br#"{"quantity":1}"#.to_vec();
    for good in [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/merge-patch+json",
    ] {
        let request = app.post("/orders").body(good, body.clone());
        request.send().await.expect(200);
    }
    for bad in [
        "text/plain",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "",
    ] {
        let refused = app.post("/orders").body(bad, body.clone()).send().await;
        assert_problem(&refused, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let without = app.post("/orders").send().await;
    assert_problem(&without, 415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_malformed() {
    let app = start().await;
    for body in [
        "",
        "  ",
        "{",
        "[]",
        "[1]",
        "null",
        "7",
        r#""{}""#,
        "{} {}",
        r#"{"quantity":1}x"#,
        r#"{"quantity":1,"quantity":2}"#,
        r#"{"quantity":1,}"#,
        r"{'quantity':1}",
        r#"{"quantity":NaN}"#,
        "\u{feff}{}",
    ] {
        let refused = app.post("/orders").json_text(body).send().await;
        assert_problem(&refused, 400, "MALFORMED_JSON");
    }
    for bytes in [
        &b"{\"quantity\":\"\xff\"}"[..],
        b"\xfe\xff{}",
        b"{\"\xc3\x28\":1}",
    ] {
        let request = app.post("/orders").body("application/json", bytes.to_vec());
        assert_problem(&request.send().await, 400, "MALFORMED_JSON");
    }
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let app = start().await;
    let refused = app.post("/orders").json_text(r#"{"quantity":-1,"a/b":2}"#);
    let refused = refused.send().await;
    assert_problem(&refused, 422, "VALIDATION_FAILED");
    let mut errors = refused.problem().errors;
    errors.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    let expected = [
        FieldError::new("/a~1b", "UNKNOWN_FIELD", "is not a field of this request"),
        FieldError::new("/quantity", "NOT_POSITIVE", "must be greater than zero"),
    ];
    assert_eq!(errors, expected);
}

#[tokio::test]
async fn a_panic_and_an_inner_error_are_answered_without_a_word_of_their_cause() {
    let app = start().await;
    for path in ["/explode", "/fail"] {
        let answered = app.get(path).send().await;
        assert_problem(&answered, 500, "INTERNAL_ERROR");
        assert!(!answered.body.contains("hunter2"), "{}", answered.body);
    }
    app.post("/orders")
        .json_text(r#"{"quantity":1}"#)
        .send()
        .await
        .expect(200);
}
