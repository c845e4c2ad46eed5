//! Nobody reaches what is somebody else's, and nobody reaches anything without a token.

use http::Method;
use service_kit::testing::TestRequest;

use crate::world::{World, bought, buy};

const PATCH: &str = r#"{"name":"Mine now"}"#;
const AMEND: &str = r#"{"quantity":7}"#;

/// Every route below one portfolio, with a body it would take.
fn routes(portfolio: &str, investment: &str) -> Vec<(Method, String, Option<String>)> {
    let purchase = bought("AAPL", "1", "1", "2026-01-05");
    let investments = format!("{portfolio}/investments");
    let entry = buy("AAPL", "1", "1", "2026-01-05");
    let transactions = format!("{portfolio}/transactions");
    // An investment is what its purchase left.
    let transaction = investment.replace("investments", "transactions");
    vec![
        (Method::GET, portfolio.into(), None),
        (Method::PATCH, portfolio.into(), Some(PATCH.into())),
        (Method::GET, investments.clone(), None),
        (Method::POST, investments, Some(purchase)),
        (Method::GET, investment.into(), None),
        (Method::PATCH, investment.into(), Some(AMEND.into())),
        (Method::DELETE, investment.into(), None),
        (Method::GET, transactions.clone(), None),
        (Method::POST, transactions.clone(), Some(entry.clone())),
        (
            Method::POST,
            format!("{transactions}:batch"),
            Some(format!(r#"{{"transactions":[{entry}]}}"#)),
        ),
        (Method::GET, transaction.clone(), None),
        (Method::PATCH, transaction.clone(), Some(AMEND.into())),
        (Method::DELETE, transaction, None),
        (Method::GET, format!("{portfolio}/holdings"), None),
        (Method::GET, format!("{portfolio}/summary"), None),
        (Method::GET, format!("{portfolio}/performance"), None),
        (
            Method::GET,
            format!("{portfolio}/holdings/AAPL/performance"),
            None,
        ),
        (Method::DELETE, portfolio.into(), None),
    ]
}

fn request(world: &World, method: Method, path: &str, body: Option<String>) -> TestRequest {
    let request = world.app.request(method, path);
    match body {
        Some(body) => request.json_text(body),
        None => request,
    }
}

#[tokio::test]
async fn somebody_elses_portfolio_is_not_found_by_any_route() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let investment = world
        .record(&portfolio, &bought("AAPL", "1", "1", "2026-01-05"))
        .await;
    let before = (world.read(&portfolio).await, world.read(&investment).await);
    let stranger = world.stranger();
    for (method, path, body) in routes(&portfolio, &investment) {
        let refused = request(&world, method.clone(), &path, body).bearer(&stranger);
        let refused = refused.send().await.expect(404);
        let code = refused.problem().code;
        assert_eq!(code, "PORTFOLIO_NOT_FOUND", "{method} {path}");
    }
    let list = world.app.get("/v1/portfolios").bearer(&stranger);
    assert_eq!(list.send().await.expect(200).count("/items"), 0);
    assert_eq!(world.read(&portfolio).await.body, before.0.body);
    assert_eq!(
        world.etag(&portfolio).await,
        before.0.header("etag").unwrap()
    );
    assert_eq!(world.read(&investment).await.body, before.1.body);
}

#[tokio::test]
async fn somebody_elses_investment_is_not_found_through_an_own_portfolio() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let investment = world
        .record(&portfolio, &bought("AAPL", "1", "1", "2026-01-05"))
        .await;
    let stranger = world.stranger();
    let opened = world.app.post("/v1/portfolios").bearer(&stranger);
    let opened = opened.json_text(r#"{"name":"Mine","type":"IRA"}"#);
    let own = format!("/v1/portfolios/{}", opened.send().await.at("/portfolio_id"));
    let path = investment.replace(&portfolio, &own);
    for (method, body) in [
        (Method::GET, None),
        (Method::PATCH, Some(AMEND.to_owned())),
        (Method::DELETE, None),
    ] {
        let refused = request(&world, method, &path, body).bearer(&stranger);
        let refused = refused.send().await.expect(404);
        assert_eq!(refused.problem().code, "INVESTMENT_NOT_FOUND");
    }
    let path = path.replace("investments", "transactions");
    for (method, body) in [
        (Method::GET, None),
        (Method::PATCH, Some(AMEND.to_owned())),
        (Method::DELETE, None),
    ] {
        let refused = request(&world, method, &path, body).bearer(&stranger);
        let refused = refused.send().await.expect(404);
        assert_eq!(refused.problem().code, "TRANSACTION_NOT_FOUND");
    }
}

#[tokio::test]
async fn no_route_answers_without_a_token() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let investment = world
        .record(&portfolio, &bought("AAPL", "1", "1", "2026-01-05"))
        .await;
    let mut all = routes(&portfolio, &investment);
    all.push((Method::GET, "/v1/portfolios".into(), None));
    all.push((Method::GET, "/v1/performance".into(), None));
    all.push((Method::GET, "/v1/summary".into(), None));
    all.push((Method::POST, "/v1/portfolios".into(), Some(PATCH.into())));
    for (method, path, body) in all {
        let refused = request(&world, method, &path, body.clone()).send().await;
        let refused = refused.expect(401);
        assert_eq!(refused.problem().code, "TOKEN_MISSING");
        assert!(refused.header("www-authenticate").is_some(), "{path}");
    }
    world.read(&investment).await;
}

#[tokio::test]
async fn an_id_that_is_none_is_not_found() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for path in [
        "/v1/portfolios/1".to_owned(),
        "/v1/portfolios/me".to_owned(),
        "/v1/portfolios/%00".to_owned(),
        "/v1/portfolios/%ff/investments".to_owned(),
        "/v1/portfolios/..%2F..%2Fetc".to_owned(),
        "/v1/portfolios/00000000-0000-0000-0000-000000000000/summary".to_owned(),
        format!("{portfolio}/investments/1"),
        format!("{portfolio}/investments/00000000-0000-0000-0000-000000000000"),
        format!("{portfolio}/nothing"),
        format!("{portfolio}/"),
    ] {
        let refused = world.get(&path).send().await.expect(404);
        assert_eq!(refused.problem().status, 404, "{path}");
    }
}
