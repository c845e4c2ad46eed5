//! A demo customer with two portfolios, created through the public API.
//!
//! Running it again changes nothing: portfolios are created only for a demo
//! customer that has none.

use axum::Router;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde::Deserialize;
use thiserror::Error;
use tower::ServiceExt;

#[derive(Debug, Clone, Copy)]
pub struct Credentials {
    pub email: &'static str,
    pub password: &'static str,
}

pub const DEMO: Credentials = Credentials {
    email: "demo@folio.example",
    password: "folio-demo-password",
};

#[derive(Debug, Error)]
pub enum DemoError {
    #[error("{path} answered {status}: {body}")]
    Answer {
        path: String,
        status: StatusCode,
        body: String,
    },
    #[error("the request could not be made")]
    Request(#[from] http::Error),
    #[error("the answer could not be read")]
    Body(#[from] axum::Error),
    #[error("the answer has another shape than its contract")]
    Shape(#[from] serde_json::Error),
}

struct DemoPortfolio {
    name: &'static str,
    kind: &'static str,
    currency: &'static str,
    /// Ticker, quantity, price, date, fees.
    purchases: &'static [(
        &'static str,
        &'static str,
        &'static str,
        &'static str,
        &'static str,
    )],
}

/// Bought at the closes of the simulated market, so that performance begins with what was paid.
const PORTFOLIOS: [DemoPortfolio; 2] = [
    DemoPortfolio {
        name: "Everyday brokerage",
        kind: "Brokerage",
        currency: "USD",
        purchases: &[
            ("AAPL", "12", "185.67", "2025-03-03", "1.00"),
            ("AAPL", "8.5", "173.60", "2025-09-15", "1.00"),
            ("MSFT", "5", "376.75", "2025-04-22", "1.00"),
            ("VOD.L", "1500", "1.263", "2025-06-10", "5.95"),
            ("BTC-USD", "0.0425", "97598.12", "2025-11-28", "2.60"),
        ],
    },
    DemoPortfolio {
        name: "Retirement",
        kind: "Roth IRA",
        currency: "USD",
        purchases: &[
            ("VTI", "40", "247.25", "2025-01-15", "0"),
            ("VEA", "55.25", "49.09", "2025-01-15", "0"),
            ("BND", "70", "73.63", "2025-02-03", "0"),
        ],
    },
];

#[derive(Deserialize)]
struct Session {
    access_token: String,
}

#[derive(Deserialize)]
struct Portfolios {
    items: Vec<Portfolio>,
}

#[derive(Deserialize)]
struct Portfolio {
    portfolio_id: String,
}

/// Makes sure the demo customer and its portfolios exist.
///
/// # Errors
///
/// The API refused what the demo asked of it.
pub async fn ensure(router: Router) -> Result<Credentials, DemoError> {
    let api = Api { router };
    let token = api.signed_in().await?;
    let found: Portfolios = api
        .send(Method::GET, "/v1/portfolios", Some(&token), None)
        .await?;
    if found.items.is_empty() {
        for portfolio in &PORTFOLIOS {
            api.open(&token, portfolio).await?;
        }
    }
    Ok(DEMO)
}

struct Api {
    router: Router,
}

impl Api {
    async fn signed_in(&self) -> Result<String, DemoError> {
        let credentials = format!(
            r#"{{"email":"{}","password":"{}"}}"#,
            DEMO.email, DEMO.password
        );
        let sign_in = || {
            self.send::<Session>(
                Method::POST,
                "/v1/sessions",
                None,
                Some(credentials.clone()),
            )
        };
        match sign_in().await {
            Err(DemoError::Answer {
                status: StatusCode::UNAUTHORIZED,
                ..
            }) => {
                let profile = format!(
                    r#"{{"first_name":"Demo","last_name":"Customer","email":"{}","password":"{}"}}"#,
                    DEMO.email, DEMO.password
                );
                let path = "/v1/customers";
                self.send::<serde_json::Value>(Method::POST, path, None, Some(profile))
                    .await?;
                Ok(sign_in().await?.access_token)
            }
            session => Ok(session?.access_token),
        }
    }

    async fn open(&self, token: &str, portfolio: &DemoPortfolio) -> Result<(), DemoError> {
        let DemoPortfolio {
            name,
            kind,
            currency,
            purchases,
        } = portfolio;
        let body = format!(r#"{{"name":"{name}","type":"{kind}","base_currency":"{currency}"}}"#);
        let opened: Portfolio = self
            .send(Method::POST, "/v1/portfolios", Some(token), Some(body))
            .await?;
        let path = format!("/v1/portfolios/{}/investments", opened.portfolio_id);
        for (ticker, quantity, price, date, fees) in *purchases {
            let body = format!(
                r#"{{"ticker_symbol":"{ticker}","quantity":{quantity},"purchase_price":{price},"purchase_date":"{date}","fees":{fees}}}"#
            );
            self.send::<serde_json::Value>(Method::POST, &path, Some(token), Some(body))
                .await?;
        }
        Ok(())
    }

    async fn send<T: for<'de> Deserialize<'de>>(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<String>,
    ) -> Result<T, DemoError> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Some(text) => {
                request = request.header("content-type", "application/json");
                Body::from(text)
            }
            None => Body::empty(),
        };
        let response = match self.router.clone().oneshot(request.body(body)?).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1024 * 1024).await?;
        if status.is_success() {
            return Ok(serde_json::from_slice(&bytes)?);
        }
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Err(DemoError::Answer {
            path: path.to_owned(),
            status,
            body,
        })
    }
}
