//! Ways for one service to reach another: over the network, or in this process.
//!
//! Either way the callee sees an HTTP request with the caller's request id.

use std::time::Duration;

use api::client::{Transport, TransportError};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::layers;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(5);

/// A transport to a router of this process.
pub fn in_process(router: Router) -> Transport {
    BoxCloneSyncService::new(tower::service_fn(move |request: Request<Bytes>| {
        let router = router.clone();
        async move {
            let request = layers::with_request_id(request.map(Body::from));
            let response = match router.oneshot(request).await {
                Ok(response) => layers::finished(response, None),
                Err(never) => match never {},
            };
            collected(response).await
        }
    }))
}

async fn collected(response: Response<Body>) -> Result<Response<Bytes>, TransportError> {
    let (parts, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| TransportError(error.into()))?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

/// A transport to the service at `base_url`.
///
/// # Errors
///
/// The HTTP client could not be built.
pub fn http(base_url: &str) -> Result<Transport, reqwest::Error> {
    let client = client(CONNECT_TIMEOUT, TIMEOUT)?;
    let base_url = base_url.trim_end_matches('/').to_owned();
    Ok(BoxCloneSyncService::new(tower::service_fn(
        move |request: Request<Bytes>| {
            let client = client.clone();
            let url = format!("{base_url}{}", request.uri());
            async move {
                sent(&client, &url, request)
                    .await
                    .map_err(|e| TransportError(e.into()))
            }
        },
    )))
}

async fn sent(
    client: &reqwest::Client,
    url: &str,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, reqwest::Error> {
    let (parts, body) = layers::with_request_id(request).into_parts();
    let answer = client
        .request(parts.method, url)
        .headers(parts.headers)
        .body(body)
        .send()
        .await?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?;
    Ok(response)
}

/// An HTTP client with time-outs, over the process's one TLS stack.
///
/// # Errors
///
/// The platform's certificates could not be loaded.
pub fn client(connect: Duration, total: Duration) -> Result<reqwest::Client, reqwest::Error> {
    // A second call finds the provider installed, which is just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(connect)
        .timeout(total)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("folio/", env!("CARGO_PKG_VERSION")))
        .build()
}
