//! `/docs`, an API browser that works with no network, and `/openapi.json`.

use axum::Router;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};

use crate::contract;

const SCRIPT: &str = "/docs/scalar.js";
const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Folio API</title>
</head>
<body>
  <div id="docs"></div>
  <script src="/docs/scalar.js"></script>
  <script>
    Scalar.createApiReference('#docs', { url: '/openapi.json', withDefaultFonts: false, telemetry: false })
  </script>
</body>
</html>
"#;

/// # Errors
///
/// The contract cannot be written.
pub fn routes() -> Result<Router, serde_json::Error> {
    let contract: bytes::Bytes = contract::text(&contract::whole())?.into();
    let document = move || async move {
        ([(header::CONTENT_TYPE, "application/json")], contract).into_response()
    };
    Ok(Router::new()
        .route("/docs", get(|| async { Html(PAGE) }))
        .route(SCRIPT, get(script))
        .route("/openapi.json", get(document)))
}

/// Copied out of the binary when somebody asks, which is seldom: it is 5 MB.
async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    match scalar_api_reference::get_asset("scalar.js") {
        Some(script) => (headers, script).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
