//! The server's own routes: what a test in another process tells it, and asks it.

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use crate::calls::Calls;
use crate::faults::{Rule, Trouble};
use crate::market::Market;

pub(crate) fn router() -> Router<Market> {
    Router::new()
        .route("/control/misbehave", post(misbehave))
        .route("/control/trouble", post(trouble))
        .route("/control/clock", post(clock))
        .route("/control/reset", post(reset))
        .route("/control/calls", get(calls))
}

async fn misbehave(State(market): State<Market>, Json(rule): Json<Rule>) -> StatusCode {
    market.misbehave(rule);
    StatusCode::NO_CONTENT
}

async fn trouble(State(market): State<Market>, Json(trouble): Json<Option<Trouble>>) -> StatusCode {
    market.set_trouble(trouble);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    /// The system's time if it is `null`.
    now: Option<Timestamp>,
}

async fn clock(State(market): State<Market>, Json(set): Json<SetClock>) -> StatusCode {
    market.set_now(set.now);
    StatusCode::NO_CONTENT
}

async fn reset(State(market): State<Market>) -> StatusCode {
    market.reset();
    StatusCode::NO_CONTENT
}

async fn calls(State(market): State<Market>) -> Json<Calls> {
    Json(market.calls())
}
