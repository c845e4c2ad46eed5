//! Typed clients of the services.
//!
//! A client speaks HTTP over a [`Transport`]; whether that is a connection to
//! another machine or a router in the same process is the transport's matter.

use bytes::Bytes;
use domain::{Currency, Ticker};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::Problem;
use crate::asset::{
    Adjusted, CorporateActions, DailyCloses, DailyClosesList, Instrument, PriceHistory, Quote,
    QuoteList, RateHistory,
};

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
    authorization: Option<HeaderValue>,
}

/// How many symbols one batch of quotes may have.
pub const MAX_QUOTES: usize = 100;

/// How many symbols one batch of daily closes may have.
pub const MAX_HISTORIES: usize = 50;

/// How many years, those of all its symbols together, one batch of several symbols may have.
pub const MAX_HISTORY_YEARS: usize = 1500;

impl AssetClient {
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            authorization: None,
        }
    }

    /// Asks in the name of whoever the access token is of, so that their own instruments are known.
    ///
    /// # Errors
    ///
    /// The token holds what no header may.
    pub fn acting_for(&self, token: &str) -> Result<Self, http::Error> {
        let value = HeaderValue::try_from(format!("Bearer {token}"));
        let mut authorization = value?;
        authorization.set_sensitive(true);
        Ok(Self {
            transport: self.transport.clone(),
            authorization: Some(authorization),
        })
    }

    /// The latest quote of each ticker, in the order asked; at most [`MAX_QUOTES`].
    pub async fn list_quotes(&self, tickers: &[Ticker]) -> Result<Vec<Quote>, ClientError> {
        let path = format!("/v1/quotes?symbols={}", joined(tickers));
        Ok(self.get::<QuoteList>(&path).await?.items)
    }

    /// One instrument, or nothing when no source knows it.
    pub async fn get_instrument(&self, ticker: &Ticker) -> Result<Option<Instrument>, ClientError> {
        let path = format!("/v1/instruments/{}", escaped(ticker.as_str()));
        match self.get(&path).await {
            Ok(instrument) => Ok(Some(instrument)),
            Err(ClientError::Refused {
                status: StatusCode::NOT_FOUND,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The daily closes of one instrument, both days included.
    ///
    /// # Errors
    ///
    /// Among others `Refused` with 404 when no source knows the ticker.
    pub async fn list_prices(
        &self,
        ticker: &Ticker,
        from: Date,
        to: Date,
        adjusted: Adjusted,
    ) -> Result<PriceHistory, ClientError> {
        let (symbol, adjusted) = (escaped(ticker.as_str()), adjusted.word());
        let query = format!("from={from}&to={to}&adjusted={adjusted}");
        self.get(&format!("/v1/instruments/{symbol}/prices?{query}"))
            .await
    }

    /// The daily closes of each ticker as traded, in the order asked, both days included; at most
    /// [`MAX_HISTORIES`]. The last close before `from` comes first.
    pub async fn list_closes(
        &self,
        tickers: &[Ticker],
        from: Date,
        to: Date,
    ) -> Result<Vec<DailyCloses>, ClientError> {
        let symbols = joined(tickers);
        let path = format!("/v1/prices?symbols={symbols}&from={from}&to={to}");
        Ok(self.get::<DailyClosesList>(&path).await?.items)
    }

    /// The dividends and splits of one instrument, both days included.
    ///
    /// # Errors
    ///
    /// As for [`list_prices`](Self::list_prices).
    pub async fn list_actions(
        &self,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<CorporateActions, ClientError> {
        let symbol = escaped(ticker.as_str());
        let path = format!("/v1/instruments/{symbol}/actions?from={from}&to={to}");
        self.get(&path).await
    }

    /// What one `base` cost in `quote` day by day, both days included.
    pub async fn list_fx_rates(
        &self,
        base: Currency,
        quote: Currency,
        from: Date,
        to: Date,
    ) -> Result<RateHistory, ClientError> {
        let path = format!("/v1/fx/{base}/{quote}/rates?from={from}&to={to}");
        self.get(&path).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        get_as(&self.transport, path, self.authorization.clone()).await
    }
}

/// Reads the JSON document at `path`.
pub async fn get<T: DeserializeOwned>(transport: &Transport, path: &str) -> Result<T, ClientError> {
    get_as(transport, path, None).await
}

async fn get_as<T: DeserializeOwned>(
    transport: &Transport,
    path: &str,
    authorization: Option<HeaderValue>,
) -> Result<T, ClientError> {
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(path)
        .header(http::header::ACCEPT, "application/json")
        .body(Bytes::new())?;
    if let Some(authorization) = authorization {
        let headers = request.headers_mut();
        headers.insert(http::header::AUTHORIZATION, authorization);
    }
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

fn joined(tickers: &[Ticker]) -> String {
    let symbols = tickers.iter().map(|ticker| escaped(ticker.as_str()));
    symbols.collect::<Vec<_>>().join(",")
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
