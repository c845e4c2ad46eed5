//! `/health/live` (the process runs) and `/health/ready` (it can do its work).

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use store::Store;
use tokio::sync::watch;

use crate::Error;

#[derive(Debug, Serialize, Deserialize)]
struct Health {
    status: String,
}

/// What readiness depends on.
#[derive(Debug, Clone)]
pub struct Readiness {
    pub store: Store,
    /// Turns `true` when the process is about to stop.
    pub draining: watch::Receiver<bool>,
}

pub fn routes(readiness: Readiness) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .with_state(readiness)
}

async fn live() -> impl IntoResponse {
    Json(Health {
        status: "ok".into(),
    })
}

async fn ready(State(readiness): State<Readiness>) -> crate::Result<impl IntoResponse> {
    if *readiness.draining.borrow() {
        return Err(Error::Unavailable {
            detail: "Shutting down.",
            retry_after_seconds: 5,
        });
    }
    // Whatever is wrong with storage, this process should get no requests for now.
    readiness.store.ready().await.map_err(|error| {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "storage is not ready"
        );
        Error::Unavailable {
            detail: "Storage does not answer.",
            retry_after_seconds: 5,
        }
    })?;
    Ok(Json(Health {
        status: "ok".into(),
    }))
}
