//! The providers, each in a file of its own, each under its own prefix.

mod coingecko;
mod ecb;
mod finnhub;
mod frankfurter;
mod twelvedata;
mod yahoo;

use axum::Router;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::market::Market;

/// A provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Yahoo,
    Finnhub,
    TwelveData,
    CoinGecko,
    Frankfurter,
    Ecb,
}

impl Source {
    pub const ALL: [Self; 6] = [
        Self::Yahoo,
        Self::Finnhub,
        Self::TwelveData,
        Self::CoinGecko,
        Self::Frankfurter,
        Self::Ecb,
    ];

    /// What its prefix is called, and Folio's `source`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yahoo => "yahoo",
            Self::Finnhub => "finnhub",
            Self::TwelveData => "twelvedata",
            Self::CoinGecko => "coingecko",
            Self::Frankfurter => "frankfurter",
            Self::Ecb => "ecb",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    pub fn publishes_daily(self) -> bool {
        matches!(self, Self::Frankfurter | Self::Ecb)
    }

    /// How far it is off, in millionths.
    pub(crate) fn skew(self) -> i128 {
        match self {
            Self::Yahoo => 0,
            Self::Finnhub => 2_000,
            Self::TwelveData => -2_000,
            Self::CoinGecko => 4_000,
            Self::Frankfurter => 500,
            Self::Ecb => -500,
        }
    }

    /// The last digit of its prices.
    pub(crate) fn mark(self) -> i128 {
        self as i128 + 1
    }

    /// The key a request carries. One in the address is not looked for: it does not belong there.
    pub(crate) fn key_in(self, headers: &HeaderMap) -> Option<&str> {
        let (header, before) = match self {
            Self::Finnhub => ("x-finnhub-token", ""),
            Self::TwelveData => ("authorization", "apikey "),
            Self::CoinGecko => ("x-cg-demo-api-key", ""),
            Self::Yahoo | Self::Frankfurter | Self::Ecb => return None,
        };
        headers.get(header)?.to_str().ok()?.strip_prefix(before)
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Ecb => "text/xml",
            _ => "application/json; charset=utf-8",
        }
    }

    /// What it says instead of an answer.
    pub(crate) fn error_body(self) -> &'static str {
        match self {
            Self::Yahoo => {
                r#"{"chart":{"result":null,"error":{"code":"Internal Server Error","description":"Error occurred while retrieving timeseries"}}}"#
            }
            Self::Finnhub => {
                r#"{"error":"API limit reached. Please try again later. Remaining Limit: 0"}"#
            }
            Self::TwelveData => {
                r#"{"code":429,"message":"You have run out of API credits for the current minute.","status":"error"}"#
            }
            Self::CoinGecko => {
                r#"{"status":{"error_code":429,"error_message":"You've exceeded the Rate Limit."}}"#
            }
            Self::Frankfurter => r#"{"status":500,"message":"internal server error"}"#,
            Self::Ecb => "<error>The service is temporarily unavailable.</error>",
        }
    }
}

pub(crate) fn router() -> Router<Market> {
    Router::new()
        .nest("/yahoo", yahoo::router())
        .nest("/finnhub", finnhub::router())
        .nest("/twelvedata", twelvedata::router())
        .nest("/coingecko", coingecko::router())
        .nest("/frankfurter", frankfurter::router())
        .nest("/ecb", ecb::router())
}
