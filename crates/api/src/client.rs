//! Typed clients of the services.
//!
//! A client speaks HTTP over a [`Transport`]; whether that is a connection to
//! another machine or a router in the same process is the transport's matter.

use bytes::Bytes;
use domain::Ticker;
use http::{Method, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use thiserror::Error;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::Problem;
use crate::asset::{Instrument, Quote, QuoteList};

/// Carries one request to a service and brings back its answer.
pub type Transport = BoxCloneSyncService<Request<Bytes>, Response<Bytes>, TransportError>;

/// The service could not be reached.
#[derive(Debug, Error)]
#[error("the service could not be reached")]
pub struct TransportError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

#[derive(Debug, Error)]
pub enum ClientError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error("the service answered {status}: {}", problem.as_ref().map_or("no problem document", |p| p.code.as_str()))]
    Refused {
        status: StatusCode,
        problem: Option<Problem>,
    },
    #[error("the service answered in another shape than its contract")]
    Shape(#[from] serde_json::Error),
    #[error("the request could not be built")]
    Request(#[from] http::Error),
}

/// The Asset service.
#[derive(Debug, Clone)]
pub struct AssetClient {
    transport: Transport,
}

/// How many symbols one batch of quotes may have.
pub const MAX_QUOTES: usize = 100;

impl AssetClient {
    pub fn new(transport: Transport) -> Self {
        Self { transport }
    }

    /// The latest quote of each ticker, in the order asked; at most [`MAX_QUOTES`].
    pub async fn list_quotes(&self, tickers: &[Ticker]) -> Result<Vec<Quote>, ClientError> {
        let symbols: Vec<String> = tickers
            .iter()
            .map(|ticker| escaped(ticker.as_str()))
            .collect();
        let path = format!("/v1/quotes?symbols={}", symbols.join(","));
        Ok(get::<QuoteList>(&self.transport, &path).await?.items)
    }

    /// One instrument, or nothing when no source knows it.
    pub async fn get_instrument(&self, ticker: &Ticker) -> Result<Option<Instrument>, ClientError> {
        let path = format!("/v1/instruments/{}", escaped(ticker.as_str()));
        match get(&self.transport, &path).await {
            Ok(instrument) => Ok(Some(instrument)),
            Err(ClientError::Refused {
                status: StatusCode::NOT_FOUND,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Reads the JSON document at `path`.
pub async fn get<T: DeserializeOwned>(transport: &Transport, path: &str) -> Result<T, ClientError> {
    let request = Request::builder()
        .method(Method::GET)
        .uri(path)
        .header(http::header::ACCEPT, "application/json")
        .body(Bytes::new())?;
    let response = transport.clone().oneshot(request).await?;
    let status = response.status();
    if status.is_success() {
        return Ok(serde_json::from_slice(response.body())?);
    }
    Err(ClientError::Refused {
        status,
        problem: serde_json::from_slice(response.body()).ok(),
    })
}

/// A ticker as it is written in a URL.
pub fn escaped(symbol: &str) -> String {
    symbol
        .replace('^', "%5E")
        .replace('=', "%3D")
        .replace('&', "%26")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickers_survive_a_url() {
        assert_eq!(escaped("EURUSD=X"), "EURUSD%3DX");
        assert_eq!(escaped("^GSPC"), "%5EGSPC");
        assert_eq!(escaped("M&M.NS"), "M%26M.NS");
    }
}
