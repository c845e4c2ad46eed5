//! An Asset service that knows only what a test tells it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use api::Number;
use api::asset::{Instrument, Quote, QuoteList, Staleness};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};

use crate::world::NOW;

#[derive(Clone, Default)]
pub(crate) struct Market(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    quotes: BTreeMap<String, Quote>,
    /// Quotes of own instruments, by `Authorization` and symbol.
    own: BTreeMap<(String, String), Quote>,
    /// The symbols of each batch, and what it was authorized by.
    batches: Vec<(String, Option<String>)>,
    instruments: BTreeMap<String, Instrument>,
    broken: bool,
}

impl Market {
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/v1/quotes", get(list_quotes))
            .route("/v1/instruments/{symbol}", get(get_instrument))
            .with_state(self.clone())
    }

    pub(crate) fn price(&self, symbol: &str, price: &str, currency: &str) {
        self.quote(symbol, |quote| {
            quote.price = Some(number(price));
            quote.currency = Some(currency.to_owned());
        });
    }

    /// A price with the closing price of the session before.
    pub(crate) fn price_after(&self, symbol: &str, price: &str, close: &str, currency: &str) {
        self.quote(symbol, |quote| {
            quote.price = Some(number(price));
            quote.previous_close = Some(number(close));
            quote.currency = Some(currency.to_owned());
        });
    }

    /// How many units of `quote` one unit of `base` costs.
    pub(crate) fn rate(&self, base: &str, quote: &str, rate: &str) {
        self.price(&format!("{base}{quote}=X"), rate, quote);
    }

    pub(crate) fn quote(&self, symbol: &str, change: impl FnOnce(&mut Quote)) {
        let mut quote = Quote {
            ticker_symbol: symbol.to_owned(),
            staleness: Staleness::Fresh,
            source: Some("test market".to_owned()),
            as_of: Some(as_of()),
            fetched_at: Some(NOW.parse().unwrap()),
            ..unpriced(symbol, "UNKNOWN_SYMBOL")
        };
        quote.reason = None;
        change(&mut quote);
        self.known().quotes.insert(symbol.to_owned(), quote);
    }

    /// What whoever has this token entered for an instrument of their own.
    pub(crate) fn own_price(&self, token: &str, symbol: &str, price: &str, currency: &str) {
        let quote = Quote {
            price: Some(number(price)),
            currency: Some(currency.to_owned()),
            source: Some("manual".to_owned()),
            as_of: Some(as_of()),
            fetched_at: Some(as_of()),
            staleness: Staleness::Fresh,
            reason: None,
            ..unpriced(symbol, "")
        };
        let key = (format!("Bearer {token}"), symbol.to_owned());
        self.known().own.insert(key, quote);
    }

    pub(crate) fn batches(&self) -> Vec<(String, Option<String>)> {
        self.known().batches.clone()
    }

    pub(crate) fn no_price(&self, symbol: &str, reason: &str) {
        let quote = unpriced(symbol, reason);
        self.known().quotes.insert(symbol.to_owned(), quote);
    }

    pub(crate) fn instrument(&self, symbol: &str, kind: &str, currency: &str) {
        let instrument = Instrument {
            ticker_symbol: symbol.to_owned(),
            name: format!("{symbol} Inc."),
            exchange: None,
            instrument_type: kind.to_owned(),
            sector: None,
            currency: currency.to_owned(),
            source: "test market".to_owned(),
        };
        self.known()
            .instruments
            .insert(symbol.to_owned(), instrument);
    }

    /// Every request fails from now on.
    pub(crate) fn break_down(&self) {
        self.known().broken = true;
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap()
    }
}

/// When the test market made its prices: a quarter of an hour ago.
pub(crate) fn as_of() -> Timestamp {
    NOW.parse::<Timestamp>().unwrap() - SignedDuration::from_mins(15)
}

fn number(text: &str) -> Number {
    Number(domain::decimal::parse(text).unwrap())
}

fn unpriced(symbol: &str, reason: &str) -> Quote {
    Quote {
        ticker_symbol: symbol.to_owned(),
        price: None,
        currency: None,
        previous_close: None,
        as_of: None,
        fetched_at: None,
        source: None,
        crossed_through: None,
        staleness: Staleness::Unavailable,
        reason: Some(reason.to_owned()),
    }
}

async fn list_quotes(
    State(market): State<Market>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut known = market.known();
    let authorization = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    known
        .batches
        .push((query["symbols"].clone(), authorization.clone()));
    if known.broken {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let quote = |symbol: &str| {
        let own = authorization.clone().map(|by| (by, symbol.to_owned()));
        own.and_then(|own| known.own.get(&own))
            .or_else(|| known.quotes.get(symbol))
            .cloned()
            .unwrap_or_else(|| unpriced(symbol, "UNKNOWN_SYMBOL"))
    };
    let symbols: Vec<&str> = query["symbols"].split(',').collect();
    assert!(symbols.len() <= 100, "more symbols than a batch may have");
    let items = symbols.into_iter().map(quote).collect();
    serde_json::to_string(&QuoteList { items })
        .unwrap()
        .into_response()
}

async fn get_instrument(State(market): State<Market>, Path(symbol): Path<String>) -> Response {
    let known = market.known();
    if known.broken {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    match known.instruments.get(&symbol) {
        Some(instrument) => serde_json::to_string(instrument).unwrap().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
