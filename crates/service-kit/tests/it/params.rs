use axum::Router;
use axum::routing::get;
use domain::Ticker;
use service_kit::testing::{TestApp, TestResponse};
use service_kit::{PageRequest, Params, PathId, Result};

async fn list(mut params: Params) -> Result<String> {
    let ticker = params.parsed("ticker", Ticker::parse);
    let page = params.page();
    params.finish()?;
    let scope = format!("list/{ticker:?}");
    let after = page.after(&scope)?;
    let next = PageRequest::token(&scope, "PF#7");
    Ok(format!(
        "{} {} {next}",
        page.size,
        after.unwrap_or_default()
    ))
}

async fn start() -> TestApp {
    let router = Router::new().route("/list", get(list)).route(
        "/things/{id}",
        get(|PathId(id): PathId<domain::PortfolioId>| async move { id.to_string() }),
    );
    TestApp::start(router).await
}

fn errors(response: &TestResponse) -> Vec<(String, String)> {
    assert_eq!(response.status.as_u16(), 422, "{}", response.body);
    let errors = response.problem().errors.into_iter();
    errors.map(|error| (error.pointer, error.code)).collect()
}

#[tokio::test]
async fn what_is_not_asked_for_has_a_default() {
    let app = start().await;
    let listed = app.get("/list").send().await.expect(200);
    assert!(listed.body.starts_with("50  "), "{}", listed.body);
    for size in [1, 200] {
        let listed = app.get(&format!("/list?page_size={size}")).send().await;
        assert!(listed.expect(200).body.starts_with(&size.to_string()));
    }
}

#[tokio::test]
async fn a_size_that_is_no_page_is_refused() {
    let app = start().await;
    for size in [
        "0",
        "201",
        "abc",
        "",
        "-1",
        "1.5",
        "1e2",
        "99999999999999999999",
    ] {
        let refused = app.get(&format!("/list?page_size={size}")).send().await;
        let expected = [("?page_size".into(), "OUT_OF_RANGE".into())];
        assert_eq!(errors(&refused), expected, "{size}");
    }
}

#[tokio::test]
async fn every_wrong_parameter_is_named_at_once() {
    let app = start().await;
    let path = "/list?colour=red&ticker=A&ticker=B&page_size=0&colour=blue&q%20x=%00";
    let mut found = errors(&app.get(path).send().await);
    found.sort();
    found.dedup();
    let expected = [
        ("?colour", "UNKNOWN_PARAMETER"),
        ("?page_size", "OUT_OF_RANGE"),
        ("?q x", "UNKNOWN_PARAMETER"),
        ("?ticker", "REPEATED"),
    ];
    assert_eq!(found, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let malformed = errors(&app.get("/list?ticker=A%20B").send().await);
    assert_eq!(malformed, [("?ticker".into(), "MALFORMED".into())]);
}

#[tokio::test]
async fn a_page_token_continues_its_own_list_only() {
    let app = start().await;
    let listed = app.get("/list?ticker=A").send().await.expect(200);
    let token = listed.body.split(' ').next_back().unwrap().to_owned();
    let next = format!("/list?ticker=A&page_token={token}");
    let continued = app.get(&next).send().await.expect(200);
    assert!(continued.body.starts_with("50 PF#7 "), "{}", continued.body);
    let edited = format!("B{}", &token[1..]);
    for path in [
        format!("/list?page_token={token}"),
        format!("/list?ticker=B&page_token={token}"),
        format!("/list?ticker=A&page_token={edited}"),
        "/list?page_token=".to_owned(),
        "/list?page_token=%00%ff".to_owned(),
    ] {
        let refused = errors(&app.get(&path).send().await);
        let expected = [("?page_token".into(), "INVALID_PAGE_TOKEN".into())];
        assert_eq!(refused, expected, "{path}");
    }
}

#[tokio::test]
async fn an_id_that_is_none_is_not_found() {
    let app = start().await;
    let id = "0192f0c4-0000-7000-8000-0000000000c1";
    let found = app.get(&format!("/things/{id}")).send().await;
    assert_eq!(found.expect(200).body, id);
    for path in ["/things/1", "/things/%ff", "/things/%00", "/things/..%2f"] {
        let refused = app.get(path).send().await.expect(404);
        assert_eq!(refused.problem().code, "RESOURCE_NOT_FOUND");
    }
}
