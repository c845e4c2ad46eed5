//! What surrounds every route: the request's id, the log line, the limits, and
//! the problem document of every answer that is an error.
//!
//! Invariant: no error leaves a service in another form than
//! `application/problem+json`, whoever made it: a handler, the router, a limit
//! or a panic.

use std::sync::Arc;
use std::time::Duration;

use api::Problem;
use axum::Router;
use axum::body::Body;
use axum::body::HttpBody;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;
use tracing::Instrument;

use crate::config::ConfigError;
use crate::{Clock, Error, error};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

tokio::task_local! {
    static CURRENT: HeaderValue;
}

/// What one process takes on at most.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub body_bytes: usize,
    /// Of a request to a route that ends in `:batch`.
    pub batch_body_bytes: usize,
    /// Batches received and worked on at once; more are turned away with 503.
    pub concurrent_batches: usize,
    pub request_seconds: u64,
    /// Requests worked on at once; more are turned away with 503, except those for health.
    pub concurrent_requests: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            batch_body_bytes: 16 * 1024 * 1024,
            concurrent_batches: 16,
            request_seconds: 10,
            concurrent_requests: 1024,
        }
    }
}

impl Limits {
    /// # Errors
    ///
    /// Names every limit of nothing, under which no request could be answered.
    pub fn check(&self) -> Result<(), ConfigError> {
        let limits = [
            ("limits.body_bytes", self.body_bytes == 0),
            ("limits.request_seconds", self.request_seconds == 0),
            ("limits.concurrent_requests", self.concurrent_requests == 0),
        ];
        let of_nothing = limits.into_iter().filter(|(_, is_nothing)| *is_nothing);
        ConfigError::of_all(of_nothing.map(|(key, _)| ConfigError::at(key, "must be at least 1")))
    }
}

/// Surrounds a service's routes. The last step before serving them. The `health` routes are
/// answered however busy the others are: a process that is busy is alive.
pub fn surround(routes: Router, health: Router, limits: &Limits, clock: &Clock) -> Router {
    let time = Duration::from_secs(limits.request_seconds);
    let permits = |most: usize| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
    let gate = Gate {
        permits: permits(limits.concurrent_requests),
        batches: permits(limits.concurrent_batches),
        body_bytes: limits.body_bytes,
        batch_body_bytes: limits.batch_body_bytes,
        body_time: time,
    };
    routes
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            time,
        ))
        .layer(middleware::from_fn_with_state(gate, admit))
        .merge(health)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(clock.clone(), envelop))
}

#[derive(Clone)]
struct Gate {
    permits: Arc<Semaphore>,
    batches: Arc<Semaphore>,
    body_bytes: usize,
    batch_body_bytes: usize,
    body_time: Duration,
}

/// Lets a request in once its body is here: who sends slowly holds up nobody else.
async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match let_in(&gate, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn let_in(gate: &Gate, request: Request, next: Next) -> Result<Response, Error> {
    const BUSY: Error = Error::Unavailable {
        detail: "Too busy. Try again.",
        retry_after_seconds: 1,
    };
    // Batches are large, so that few of them are in memory at once.
    let batch = is_batch(&request).then(|| gate.batches.try_acquire());
    let batch = batch.transpose().map_err(|_| BUSY)?;
    let most = match &batch {
        Some(_) => gate.batch_body_bytes,
        None => gate.body_bytes,
    };
    let request = received(gate, request, most).await?;
    let _permit = gate.permits.try_acquire().map_err(|_| BUSY)?;
    Ok(next.run(request).await)
}

fn is_batch(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>();
    route.is_some_and(|route| route.as_str().ends_with(":batch"))
}

async fn received(gate: &Gate, request: Request, most: usize) -> Result<Request, Error> {
    let (parts, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(Request::from_parts(parts, body));
    }
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > most {
        return Err(Error::PayloadTooLarge);
    }
    let whole = Limited::new(body, most).collect();
    match tokio::time::timeout(gate.body_time, whole).await {
        Ok(Ok(body)) => Ok(Request::from_parts(parts, Body::from(body.to_bytes()))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Error::PayloadTooLarge),
        Ok(Err(_)) => Err(Error::Malformed {
            code: "INCOMPLETE_BODY",
            detail: "The body could not be read to its end.".into(),
        }),
        Err(_) => Err(Error::RequestTimeout),
    }
}

async fn envelop(State(clock): State<Clock>, mut request: Request, next: Next) -> Response {
    let id = request_id(&request, &clock);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        method = %request.method(),
        route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str),
    );
    let answered = async {
        let response = finished(next.run(request).await, Some(&id));
        let status = response.status().as_u16();
        if response.status().is_server_error() {
            tracing::warn!(status, "answered");
        } else {
            tracing::debug!(status, "answered");
        }
        response
    };
    CURRENT.scope(id.clone(), answered.instrument(span)).await
}

/// The client's id if it sent a usable one, else a new one.
fn request_id(request: &Request, clock: &Clock) -> HeaderValue {
    let usable = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    match request.headers().get(REQUEST_ID).filter(usable) {
        Some(id) => id.clone(),
        None => HeaderValue::try_from(clock.new_id().to_string())
            .unwrap_or(HeaderValue::from_static("unknown")),
    }
}

/// The id of the request being answered, to be kept with what it causes.
pub fn current_request_id() -> Option<String> {
    CURRENT
        .try_with(|id| id.to_str().ok().map(str::to_owned))
        .ok()
        .flatten()
}

/// Hands the current request's id on to a request made on its behalf.
pub(crate) fn with_request_id<B>(mut request: http::Request<B>) -> http::Request<B> {
    if let Ok(id) = CURRENT.try_with(Clone::clone) {
        request.headers_mut().insert(REQUEST_ID, id);
    }
    request
}

/// Writes the problem document of an error, and the headers of every answer.
pub(crate) fn finished(response: Response, id: Option<&HeaderValue>) -> Response {
    let mut response = if response.status().is_client_error() || response.status().is_server_error()
    {
        as_problem(response, id)
    } else {
        response
    };
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if let Some(id) = id {
        headers.insert(REQUEST_ID, id.clone());
    }
    response
}

fn as_problem(response: Response, id: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    if parts.headers.get(header::CONTENT_TYPE) == Some(&PROBLEM_JSON) {
        return Response::from_parts(parts, body);
    }
    let mut problem = parts
        .extensions
        .remove::<Problem>()
        .unwrap_or_else(|| unspoken(parts.status));
    problem.request_id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
    parts.headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts
        .headers
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if parts.status == StatusCode::SERVICE_UNAVAILABLE {
        parts
            .headers
            .entry(header::RETRY_AFTER)
            .or_insert(HeaderValue::from_static("1"));
    }
    let text = serde_json::to_vec(&problem).unwrap_or_default();
    Response::from_parts(parts, Body::from(text))
}

/// The problem of an error that the router or a limit answered with a bare status.
fn unspoken(status: StatusCode) -> Problem {
    let (code, detail) = match status {
        StatusCode::NOT_FOUND => ("ROUTE_NOT_FOUND", "There is nothing at this path."),
        StatusCode::METHOD_NOT_ALLOWED => (
            "METHOD_NOT_ALLOWED",
            "This path does not take this method; see the Allow header.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "PAYLOAD_TOO_LARGE",
            "The request body is larger than this endpoint takes.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => ("UNAVAILABLE", "The answer took too long. Try again."),
        status if status.is_server_error() => {
            ("INTERNAL_ERROR", "Something went wrong on our side.")
        }
        _ => ("BAD_REQUEST", "The request could not be understood."),
    };
    error::problem(status, code.to_owned(), detail.to_owned(), Vec::new())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that the layer calls"
)]
fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(message, "a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
