//! What the routes share: reading a ticker from the path, and answering public data.

pub(crate) mod actions;
pub(crate) mod closes;
pub(crate) mod fx;
pub(crate) mod instruments;
pub(crate) mod market;
pub(crate) mod own;
pub(crate) mod own_prices;
pub(crate) mod prices;
pub(crate) mod problems;
pub(crate) mod quotes;
mod range;
mod symbols;

use axum::extract::{FromRef, FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use domain::{CustomerId, Ticker};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use http::request::Parts;
use serde::Serialize;
use service_kit::{Caller, Error, Result, TokenVerifier};

pub(crate) const NO_SUCH_INSTRUMENT: Error = Error::NotFound { what: "instrument" };

/// The instrument in the path, whoever's it is. What cannot be a ticker is not found, like one that
/// nobody knows. Only [`Subject::Market`] may be asked of a source.
#[derive(Debug)]
pub(crate) enum Subject {
    /// Everybody's.
    Market(Ticker),
    /// The caller's own. Without a token there is none, and it is not found.
    Own(CustomerId, Ticker),
}

impl<S: Send + Sync> FromRequestParts<S> for Subject
where
    TokenVerifier: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let caller = Option::<Caller>::from_request_parts(parts, state).await?;
        let ticker = read_ticker(parts, state).await?;
        match caller {
            _ if !ticker.is_own() => Ok(Self::Market(ticker)),
            Some(caller) => Ok(Self::Own(caller.customer_id, ticker)),
            None => Err(NO_SUCH_INSTRUMENT),
        }
    }
}

async fn read_ticker<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Ticker> {
    let Path(text) = Path::<String>::from_request_parts(parts, state)
        .await
        .map_err(|_| NO_SUCH_INSTRUMENT)?;
    Ticker::parse(&text).map_err(|_| NO_SUCH_INSTRUMENT)
}

/// How long others may keep an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cached {
    /// Prices: this service caches them itself, and says how old they are.
    Never,
    /// Descriptions hardly ever change.
    FiveMinutes,
    /// What is the caller's own is for nobody else, and may change at any time.
    NotByOthers,
}

pub(crate) fn answer<T: Serialize>(body: &T, cached: Cached) -> Result<Response> {
    let json = serde_json::to_string(body).map_err(Error::internal)?;
    let cache_control = match cached {
        Cached::Never => "no-store",
        Cached::FiveMinutes => "public, max-age=300",
        Cached::NotByOthers => "private, no-store",
    };
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, cache_control),
        // A cache must not take what anybody may see for what a customer sees.
        (VARY, "authorization"),
    ];
    Ok((headers, json).into_response())
}
