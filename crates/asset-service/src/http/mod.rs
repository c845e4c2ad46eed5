//! What the routes share: reading a ticker from the path, and answering public data.

pub(crate) mod fx;
pub(crate) mod instruments;
pub(crate) mod problems;
pub(crate) mod quotes;

use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use domain::Ticker;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use serde::Serialize;
use service_kit::{Error, Result};

pub(crate) const NO_SUCH_INSTRUMENT: Error = Error::NotFound { what: "instrument" };

/// The ticker in the path, of an instrument that is everybody's. What cannot be a ticker is not
/// found, like one that nobody knows; so are customers' own, of which no source may learn.
#[derive(Debug)]
pub(crate) struct TickerSymbol(pub(crate) Ticker);

impl<S: Send + Sync> FromRequestParts<S> for TickerSymbol {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| NO_SUCH_INSTRUMENT)?;
        let ticker = Ticker::parse(&text).ok().filter(|ticker| !ticker.is_own());
        ticker.map(Self).ok_or(NO_SUCH_INSTRUMENT)
    }
}

/// How long others may keep an answer. It is the same for everybody.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cached {
    /// Prices: this service caches them itself, and says how old they are.
    Never,
    /// Descriptions hardly ever change.
    FiveMinutes,
}

pub(crate) fn answer<T: Serialize>(body: &T, cached: Cached) -> Result<Response> {
    let json = serde_json::to_string(body).map_err(Error::internal)?;
    let cache_control = match cached {
        Cached::Never => "no-store",
        Cached::FiveMinutes => "public, max-age=300",
    };
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, cache_control),
    ];
    Ok((headers, json).into_response())
}
